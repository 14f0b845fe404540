/**
 * Mistakes of programs: what people get wrong over primitives that are right, each beside the program without it. FIFO finds none
 * of them.
 */
import { type Classic, expect, type Gen, type Program, type Tendril } from "./kit.ts";

function* turns(sleep: Tendril["sleep"], n: number): Gen {
  for (let i = 0; i < n; i++) yield* sleep(0);
}

/** Read, a turn, write; and others who only take their turns. */
const deposits = (locked: boolean): Program => ({ Lock, sleep, spawn }, { cell }) =>
  function* () {
    const lock = new Lock(), balance = cell(0);
    const deposit = function* () {
      const read = balance.value;
      yield* sleep(0);
      balance.value = read + 10;
    };
    const both = [0, 2].map((delay) =>
      spawn({ name: `deposit ${delay}` }, function* () {
        yield* turns(sleep, delay);
        yield* locked ? lock.withLock(deposit) : deposit();
      })
    );
    for (let i = 0; i < 4; i++) spawn({ name: `noise ${i}` }, () => turns(sleep, 3));
    for (const one of both) yield* one;
    expect(balance.value === 20, `both deposits count, the balance is ${balance.value}`);
  };

/** A semaphore of one's own: whoever is killed between his wake and his next step has to hand the permit on. */
const ownSemaphore = (handsOn: boolean): Program => ({ Event, sleep, spawn }, { cell, track }) =>
  function* () {
    const free = cell(1), line: { go: InstanceType<Tendril["Event"]> }[] = track([]);
    const release = () => {
      const next = line.shift();
      if (next === undefined) free.value++;
      else next.go.set();
    };
    const acquire = function* () {
      if (free.value > 0) return void free.value--;
      const place = { go: new Event() };
      line.push(place);
      try {
        yield* place.go.wait();
        yield* sleep(0); // as in a trace, a metric
      } catch (e) {
        const at = line.findIndex(({ go }) => go === place.go);
        if (at >= 0) line.splice(at, 1);
        else if (handsOn) release();
        throw e;
      }
    };
    const visit = function* () {
      yield* acquire();
      try {
        yield* sleep(0);
      } finally {
        release();
      }
    };
    let victim = spawn({ name: "nobody" }, function* () {});
    spawn({ name: "killer" }, () => void victim.kill());
    victim = ["first", "victim", "last"].map((name) => spawn({ name }, visit))[1];
    yield* victim.join();
  };

/** Four philosophers, four forks; each thinks a little longer than the one before. */
const philosophers = (inOrder: boolean): Program => ({ Lock, sleep, spawn }) =>
  function* () {
    const forks = [0, 1, 2, 3].map(() => new Lock());
    for (let i = 0; i < forks.length; i++) {
      const sides = [i, (i + 1) % forks.length];
      if (inOrder) sides.sort((a, b) => a - b);
      const [first, second] = sides.map((at) => forks[at]);
      spawn({ name: `philosopher ${i}` }, function* () {
        yield* turns(sleep, 2 * i);
        yield* first.withLock(function* () {
          yield* sleep(0);
          yield* second.withLock(() => sleep(0));
        });
      });
    }
    yield* sleep(1);
  };

/** A turn between the opening and the `try` that closes. */
const openAndTry = (atOnce: boolean): Program => ({ sleep, spawn }, { cell }) =>
  function* () {
    const open = cell(0);
    let reader = spawn({ name: "nobody" }, () => sleep(0));
    spawn({ name: "killer" }, function* () {
      yield* sleep(0);
      reader.kill();
    });
    reader = spawn({ name: "reader" }, function* () {
      yield* turns(sleep, 4);
      open.value++;
      if (!atOnce) yield* sleep(0);
      try {
        yield* sleep(0);
      } finally {
        open.value--;
      }
    });
    yield* reader.join();
    expect(open.value === 0, "what was opened is closed");
  };

/** One place for an item, and a flag that says that there is one. */
const mailbox = (queued: boolean): Program => ({ Event, Queue, sleep, spawn }, { cell }) =>
  function* () {
    const box = cell(0), full = new Event(), queue = new Queue<number>(), sum = cell(0);
    const receiver = spawn({ name: "receiver" }, function* () {
      for (let i = 0; i < 3; i++) {
        if (queued) {
          sum.value += yield* queue.get();
          continue;
        }
        if (!(yield* full.wait({ timeout: 10 }))) return;
        full.clear();
        sum.value += box.value;
      }
    });
    spawn({ name: "sender" }, function* () {
      for (let i = 0; i < 3; i++) {
        if (queued) yield* queue.put(1);
        box.value = 1;
        full.set();
        yield* sleep(0);
      }
    });
    yield* receiver;
    expect(sum.value === 3, `three items come, not ${sum.value}`);
  };

/** A semaphore of one's own that wakes all: whoever is quickest takes it. */
const bargingSemaphore = (fair: boolean): Program => ({ Event, Semaphore, sleep, spawn }, { cell, track }) =>
  function* () {
    const permits = cell(1), freed = new Event(), semaphore = new Semaphore(1);
    const came: string[] = track([]), served: string[] = track([]);
    const acquire = function* () {
      while (permits.value === 0) {
        freed.clear();
        yield* freed.wait();
      }
      permits.value--;
    };
    const release = () => {
      permits.value++;
      freed.set();
    };
    const visitors = ["a", "b", "c"].map((name) =>
      spawn({ name }, function* () {
        came.push(name);
        yield* fair ? semaphore.acquire() : acquire();
        served.push(name);
        yield* sleep(0);
        if (fair) semaphore.release();
        else release();
      })
    );
    for (const one of visitors) yield* one;
    expect(served.join() === came.join(), `${came.join()} are served in this order, not as ${served.join()}`);
  };

/** Somebody comes back again and again, and another one is passed over each time. */
const starvation = (fair: boolean): Program => ({ Event, Lock, sleep, spawn }, { cell }) =>
  function* () {
    const taken = cell(false), freed = new Event(), lock = new Lock();
    const rounds = cell(0);
    const acquire = function* () {
      while (taken.value) {
        freed.clear();
        yield* freed.wait();
      }
      taken.value = true;
    };
    const release = () => {
      taken.value = false;
      freed.set();
    };
    spawn({ name: "greedy" }, function* () {
      for (let i = 0; i < 6; i++) {
        yield* fair ? lock.acquire() : acquire();
        rounds.value++;
        yield* sleep(0);
        if (fair) lock.release();
        else release();
        yield* sleep(0);
      }
    });
    yield* spawn({ name: "patient" }, function* () {
      const before = rounds.value;
      yield* fair ? lock.acquire() : acquire();
      const passed = rounds.value - before;
      if (fair) lock.release();
      else release();
      expect(passed < 4, `it is not passed over ${passed} times`);
    });
  };

/** Two locks, taken in two orders. */
const twoLocks = (oneOrder: boolean): Program => ({ Lock, sleep, spawn }) =>
  function* () {
    const a = new Lock(), b = new Lock();
    const both = (first: typeof a, second: typeof a) =>
      first.withLock(function* () {
        yield* sleep(0);
        yield* second.withLock(() => {});
      });
    spawn({ name: "a, then b" }, () => both(a, b));
    spawn({ name: "the other" }, function* () {
      yield* turns(sleep, 3);
      yield* oneOrder ? both(a, b) : both(b, a);
    });
    yield* sleep(1);
  };

/** A signal to nobody: the flag is looked at, then a turn, then the wait. */
const lookThenWait = (conditionally: boolean): Program => ({ Condition, sleep, spawn }, { cell }) =>
  function* () {
    const changed = new Condition(), ready = cell(false);
    spawn({ name: "setter" }, function* () {
      yield* sleep(0);
      yield* changed.withLock(() => {
        ready.value = true;
        changed.notifyAll();
      });
    });
    yield* spawn({ name: "waiter" }, function* () {
      yield* turns(sleep, 3);
      if (conditionally) return void (yield* changed.withLock(() => changed.waitFor(() => ready.value)));
      if (ready.value) return;
      yield* sleep(0);
      yield* changed.withLock(() => changed.wait());
    });
  };

function classic(name: string, kind: string, make: (mended: boolean) => Program): Classic {
  return { name, kind, buggy: make(false), mended: make(true) };
}

export const classics: readonly Classic[] = [
  classic("a lost update, with four noise greenlets", "lost update", deposits),
  classic("a waiter killed after its wake", "lost wake-up", ownSemaphore),
  classic("four dining philosophers", "lock order inversion", philosophers),
  classic("two locks in two orders", "lock order inversion", twoLocks),
  classic("a kill between open and try", "leak", openAndTry),
  classic("a mailbox that is overwritten", "item lost", mailbox),
  classic("a semaphore that lets others overtake", "barging", bargingSemaphore),
  classic("one who is passed over again and again", "starvation", starvation),
  classic("looked at, then waited for", "lost wake-up", lookThenWait),
];
