/**
 * Known bugs of peers, each as a program over a model of the peer, and the same program over ours. The titles are those of the
 * reports.
 */
import {
  asCompleted,
  AsyncResult,
  Barrier,
  CancelScope,
  CapacityLimiter,
  Condition,
  Event,
  iwait,
  Lock,
  Queue,
  QueueEmpty,
  Semaphore,
  sleep,
  spawn,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import * as anyio from "./anyio.ts";
import { type AioTask, asyncio, Future } from "./asyncio.ts";
import * as aio from "./asyncio_primitives.ts";
import { Coroutine, type Operation } from "./effection.ts";
import * as gevent from "./gevent.ts";
import * as programs from "./programs.ts";
import { Limiter, TimedMutex } from "./promises.ts";
import * as trio from "./trio.ts";
import { expect, type Gen, type Items, ours, type PeerBug, type Permits } from "./world.ts";

function held(lock: Lock | Semaphore | CapacityLimiter): Permits<null> & { tryAcquire(): boolean } {
  return {
    *acquire() {
      yield* lock.acquire();
    },
    release: () => lock.release(),
    tryAcquire: () => lock.tryAcquire(),
  };
}

function queued(): Items<null> & { getWithin(me: null, ms: number): Gen<number | undefined> } {
  const queue = new Queue<number>();
  return {
    get size() {
      const n = queue.qsize;
      return n === 1 ? queue.getNowait() : n; // it is taken out, so that nothing is left over
    },
    put: (item) => queue.putNowait(item),
    *get() {
      return yield* queue.get();
    },
    *getWithin(_me, timeout) {
      try {
        return yield* queue.get({ timeout });
      } catch (e) {
        expect(e instanceof QueueEmpty, "it timed out");
        return undefined;
      }
    },
  };
}

function changed(): programs.Changed<null> {
  const condition = new Condition();
  return {
    ...{
      release: () => condition.release(),
      notify: () => condition.notify(),
      holds: () => condition.holds(),
    },
    *acquire() {
      yield* condition.acquire();
    },
    *wait() {
      yield* condition.wait();
    },
  };
}

/** Waits for a lock, with a timeout around the wait that never comes. */
function lockWithin(lock: aio.Lock37): Permits<AioTask> {
  return {
    *acquire(me) {
      const acquired = function* (inner: AioTask): Gen<boolean> {
        yield* lock.acquire(inner);
        return true;
      };
      expect((yield* aio.waitFor351(me, acquired, 1_000)) === true, "it comes before the timeout");
    },
    release: () => lock.release(),
  };
}

/** Takes what is ready, and does something with it in between. */
function* allCome(take: (all: ReturnType<typeof spawn<number>>[]) => () => Gen<unknown>): Gen {
  const workers = [1, 2, 3].map((n) =>
    spawn({ name: `worker ${n}` }, function* () {
      yield* sleep(n === 1 ? 1 : 2);
      return n;
    })
  );
  const next = take(workers);
  for (let i = 0; i < workers.length; i++) {
    yield* next();
    yield* sleep(5);
  }
}

function* setAndClear(event: { set(): void; clear(): void; wait(): Gen<boolean> }): Gen {
  const waiter = spawn({ name: "waiter" }, function* () {
    return yield* event.wait();
  });
  spawn({ name: "setter" }, function* () {
    yield* sleep(1);
    event.set();
    event.clear();
  });
  expect(yield* waiter, "it was set");
}

/** Two results, and somebody who is not patient. */
function* impatient(
  take: (workers: ReturnType<typeof spawn<number>>[]) => { isEmpty(): boolean; next(): Gen<number> },
): Gen {
  const workers = [1, 2].map((n) =>
    spawn({ name: `worker ${n}` }, function* () {
      yield* sleep(3 * n);
      return n;
    })
  );
  const results = take(workers);
  const seen: number[] = [];
  while (!results.isEmpty() && seen.length < 2) {
    try {
      seen.push(yield* withTimeout(2, () => results.next()));
    } catch (e) {
      if (!(e instanceof TimeoutError)) throw e;
    }
  }
  expect(seen.join() === "1,2", `both results come, not ${seen.join()}`);
}

export const bugs: readonly PeerBug[] = [
  {
    name: "bpo-27585",
    title: "asyncio.Lock deadlock after cancellation",
    rule: "S-51",
    peer: () => programs.takingTurns(asyncio, new aio.Lock360()),
    ours: () => programs.takingTurns(ours, held(new Lock())),
  },
  {
    name: "bpo-32734 (gh-76915)",
    title: "Asyncio Lock safety issue (unlimited acquire)",
    rule: "S-50",
    peer: () => programs.takingTurns(asyncio, new aio.Lock364(), 3),
    ours: () => programs.takingTurns(ours, held(new Lock()), 3),
  },
  {
    name: "asyncio#270",
    title: "Does asycio.Semaphore have the same bug as asyncio.Queue?",
    rule: "S-51",
    peer: () => programs.takingTurns(asyncio, new aio.Semaphore350()),
    ours: () => programs.takingTurns(ours, held(new Semaphore())),
  },
  {
    name: "bpo-45997 (gh-90155)",
    title: "asyncio.Semaphore waiters deque doesn't work",
    rule: "S-50",
    peer: () => programs.inOrder(asyncio, new aio.Semaphore3100()),
    ours: () => programs.inOrder(ours, held(new Semaphore())),
  },
  {
    name: "bpo-23812 (gh-68000)",
    title: "asyncio.Queue.put_nowait(), followed get() task cancellation leads to item being lost",
    rule: "S-57",
    peer: () => programs.nothingLost(asyncio, new aio.Queue342()),
    ours: () => programs.nothingLost(ours, queued()),
  },
  {
    name: "asyncio#343",
    title: "Race condition in asyncio.wait_for()",
    rule: "S-58",
    peer: () => programs.inThatMoment(asyncio, new aio.Queue342()),
    ours: () => programs.inThatMoment(ours, queued()),
  },
  {
    name: "bpo-37658",
    title: "Fix asyncio.wait_for() to respect waited task status",
    rule: "S-15",
    peer: () => programs.passedOn(asyncio, lockWithin(new aio.Lock37())),
    ours: () => {
      const lock = new Lock();
      return programs.passedOn(ours, {
        *acquire() {
          yield* withTimeout(1_000, lock.acquire());
        },
        release: () => lock.release(),
      });
    },
  },
  {
    name: "bpo-42130 (gh-86296)",
    title: "AsyncIO's wait_for can hide cancellation in a rare race condition",
    rule: "S-15",
    peer: () => {
      const result = new Future<number>();
      return programs.heardOf(asyncio, {
        finish: () => result.set(1),
        waitFor: (me) => aio.waitFor39(me, (inner) => inner.await(result), 1_000),
      });
    },
    ours: () => {
      const result = new AsyncResult<number>();
      return programs.heardOf(ours, {
        finish: () => result.set(1),
        *waitFor() {
          yield* withTimeout(1_000, result.get());
        },
      });
    },
  },
  {
    name: "gh-112202",
    title: "Race between asyncio Condition.notify() and Task.cancel() may result in lost wakeups.",
    rule: "S-55",
    peer: () => programs.notified(asyncio, new aio.Condition(true)),
    ours: () => programs.notified(ours, changed()),
  },
  {
    name: "bpo-22970",
    title: "Cancelling wait() after notification leaves Condition in an inconsistent state",
    rule: "S-55",
    peer: () => programs.comesBack(asyncio, new aio.Condition(false)),
    ours: () => programs.comesBack(ours, changed()),
  },
  {
    name: "gh-155233",
    title:
      "asyncio.Barrier: cancelling a waiting task mid-round can cause a later arrival to reuse its index",
    rule: "S-56",
    peer: () => programs.places(asyncio, new aio.Barrier(3)),
    ours: () => {
      const barrier = new Barrier(3);
      return programs.places(ours, {
        *wait() {
          return yield* barrier.wait();
        },
      });
    },
  },
  {
    name: "anyio#947",
    title: "asyncio CapacityLimiter lost token on cancellation",
    rule: "S-51",
    peer: () => programs.takingTurns(asyncio, new anyio.CapacityLimiter(false)),
    ours: () => programs.takingTurns(ours, held(new CapacityLimiter(1))),
  },
  {
    name: "anyio#1170",
    title:
      "CapacityLimiter can over-grant tokens (borrowed_tokens > total_tokens, available_tokens goes negative)",
    rule: "S-50",
    peer: () => programs.onItsWay(asyncio, new anyio.CapacityLimiter(true)),
    ours: () => programs.onItsWay(ours, held(new CapacityLimiter(1))),
  },
  {
    name: "anyio#728",
    title: "MemoryObjectStream can drop items when the receiving end is cancelled",
    rule: "S-57",
    peer: () => programs.nothingLost(asyncio, new anyio.MemoryObjectStream()),
    ours: () => programs.nothingLost(ours, queued()),
  },
  {
    name: "gevent#467",
    title: "Unsafe use of Waiter in iwait",
    rule: "S-28",
    peer: () => allCome((workers) => gevent.iwait(workers)),
    ours: () =>
      allCome((workers) => {
        const ready = iwait(workers);
        return function* () {
          return yield* ready.next();
        };
      }),
  },
  {
    name: "gevent#751",
    title: "Fix python bug 13502: race condition in gevent.event.Event.wait()",
    rule: "S-48",
    peer: () => setAndClear(new gevent.Event()),
    ours: () => {
      const event = new Event();
      return setAndClear({
        ...{ set: () => event.set(), clear: () => event.clear() },
        *wait() {
          return yield* event.wait();
        },
      });
    },
  },
  {
    name: "gevent#1487",
    title: "Semaphore terribly unfair",
    rule: "S-50",
    peer: () => programs.inOrder(ours, new gevent.Semaphore()),
    ours: () => programs.inOrder(ours, held(new Semaphore())),
  },
  {
    name: "eventlet#91",
    title: "GreenPile will lose thread result on Exception/Timeout",
    rule: "S-28",
    peer: () =>
      impatient((workers) => {
        const pile = new gevent.GreenPile(workers);
        return { isEmpty: () => pile.isEmpty, next: () => pile.next() };
      }),
    ours: () =>
      impatient((workers) => {
        const results = asCompleted(workers);
        return {
          isEmpty: () => false,
          *next(): Gen<number> {
            return (yield* results.next()).value as number;
          },
        };
      }),
  },
  {
    name: "effection#1190",
    title: "Halt does not propagate past a `yield*`-delegated sub-operation whose `finally` yields",
    rule: "S-13",
    *peer() {
      let asked = false, through = false;
      const inner = function* (): Operation {
        try {
          yield 0;
        } finally {
          yield 0;
        }
      };
      const coroutine = new Coroutine("coroutine", function* () {
        yield* inner();
        through = asked;
      });
      spawn({ name: "halter" }, () => {
        asked = true;
        coroutine.halt();
      });
      yield* coroutine.end();
      // Halted in the `finally` that comes after a normal end, it has nothing left to skip.
      expect(!through, "what comes after it does not run");
    },
    *ours() {
      let asked = false, through = false;
      const inner = function* () {
        try {
          yield* sleep(0);
        } finally {
          yield* sleep(0);
        }
      };
      const victim = spawn({ name: "victim" }, function* () {
        yield* inner();
        through = asked;
      });
      spawn({ name: "killer" }, () => {
        asked = !victim.dead;
        victim.kill();
      });
      yield* victim.join();
      expect(!through, "what comes after it does not run");
    },
  },
  {
    name: "trio#1175",
    title: "New cancellation logic doesn't handle in-flight shielding changes correctly",
    rule: "S-73",
    *peer() {
      const outer = new trio.CancelScope(null), inner = new trio.CancelScope(outer);
      spawn({ name: "canceller" }, () => outer.cancel());
      yield* outer.run(inner.run(function* () {
        try {
          yield* inner.sleep(1);
        } finally {
          inner.shield = true;
        }
      }()));
      expect(!inner.cancelledCaught, "the inner one, which nobody cancelled, absorbs nothing");
    },
    *ours() {
      const outer = new CancelScope(), inner = new CancelScope();
      spawn({ name: "canceller" }, () => outer.cancel());
      yield* outer.run(() =>
        inner.run(function* () {
          try {
            yield* sleep(1);
          } finally {
            inner.shield = true;
          }
        })
      );
      expect(!inner.cancelledCaught, "the inner one, which nobody cancelled, absorbs nothing");
    },
  },
  {
    name: "appstrate#430",
    title: "fix(sidecar): race condition in Semaphore.acquire() can exceed maxConcurrent cap",
    rule: "S-50",
    peer: () => programs.onItsWay(ours, new Limiter()),
    ours: () => programs.onItsWay(ours, held(new Semaphore())),
  },
  {
    name: "async-mutex#54",
    title: "Timing bug inside semaphore for `isLocked()`",
    rule: "S-52",
    peer: () => givenUp(new TimedMutex()),
    ours: () => {
      const lock = new Lock();
      return givenUp({
        get isLocked() {
          return lock.locked;
        },
        *acquire() {
          yield* lock.acquire();
        },
        release: () => lock.release(),
        *acquireWithin(timeout) {
          return yield* lock.acquire({ timeout });
        },
      });
    },
  },
];

/** Whoever gives up is not in the line any more. */
function* givenUp(mutex: TimedLock): Gen {
  const holder = spawn({ name: "holder" }, function* () {
    yield* mutex.acquire();
    yield* sleep(20);
    mutex.release();
    expect(!mutex.isLocked, "it is free");
  });
  const impatient = spawn({ name: "impatient" }, function* () {
    yield* sleep(5);
    expect(!(yield* mutex.acquireWithin(10)), "it times out");
  });
  for (const one of [holder, impatient]) yield* one;
}

interface TimedLock {
  readonly isLocked: boolean;
  acquire(): Gen;
  release(): void;
  acquireWithin(ms: number): Gen<boolean>;
}
