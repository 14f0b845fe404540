/** Rule S-75: a deadlock is found, told by names, and ends the run. */
import {
  AsyncResult,
  Barrier,
  cancelScope,
  Channel,
  DeadlockError,
  Event,
  getCurrent,
  type Greenlet,
  joinAll,
  Lock,
  type Op,
  Queue,
  run,
  Semaphore,
  sleep,
  spawn,
  suspend,
  taskGroup,
  Timeout,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { start } from "./child.ts";

type Main = () => Op<unknown> | Generator<unknown, unknown>;

/** The message of the deadlock that `body` ends in. */
async function deadlockOf(body: Main, clock: VirtualClock | undefined = new VirtualClock()): Promise<string> {
  const error = await assertRejects(() => run(body, { clock }), DeadlockError);
  return error.message;
}

describe("deadlock", () => {
  test("S-75: run throws DeadlockError, on a virtual clock and on the system's, and no time passes", async () => {
    const clock = new VirtualClock(5);
    await deadlockOf(() => suspend(), clock);
    assertEquals(clock.now(), 5);
    await assertRejects(() => run(() => suspend()), DeadlockError);
    await assertRejects(() => run(() => new Event().wait(), { grace: Infinity }), DeadlockError);
  });

  const queue = new Queue<number>(), full = new Queue<number>({ maxsize: 1 });
  full.putNowait(1);
  const lock = new Lock();
  const waits: [kind: string, expected: RegExp, op: () => Op<unknown>][] = [
    ["an event", /Event\.wait/, () => new Event().wait()],
    ["a result", /AsyncResult\.get/, () => new AsyncResult<number>().get()],
    ["an empty queue", /Queue\.get/, () => queue.get()],
    ["a full queue", /Queue\.put/, () => full.put(1)],
    ["a channel", /Channel\.put/, () => new Channel<number>().put(1)],
    ["a semaphore", /Semaphore\.acquire/, () => new Semaphore(0).acquire()],
    ["a barrier", /Barrier/, () => new Barrier(2).wait()],
    ["a lock", /Lock\.acquire.*main/, () => lock.acquire()],
    ["suspend", /suspend/, () => suspend()],
    ["another greenlet", /the end of main/, () => mainGreenlet.join()],
  ];
  let mainGreenlet: Greenlet<unknown>;
  test("S-75: the message names every parked greenlet and what it waits on", async () => {
    const message = await deadlockOf(function* () {
      mainGreenlet = getCurrent();
      yield* lock.acquire();
      for (const [kind, , op] of waits) spawn({ name: `one for ${kind}` }, op);
      yield* sleep(1);
      yield* wait([new Event(), new Event()]);
    });
    const lines = message.split("\n");
    for (const [kind, expected] of waits) {
      const line = lines.find((line) => line.includes(`one for ${kind} waits on`));
      assert(line !== undefined, `${kind} is missing in ${message}`);
      assertMatch(line, expected);
    }
    assertMatch(message, /main waits on/);
  });

  test("S-75: greenlets that have ended, and those that never waited, are not named", async () => {
    const message = await deadlockOf(function* () {
      spawn({ name: "ended" }, () => sleep(1));
      spawn({ name: "killed" }, suspend).kill();
      yield* sleep(2);
      yield* suspend();
    });
    for (const name of ["ended", "killed"]) assertEquals(message.includes(name), false, message);
  });

  test("S-75: two that join each other are shown as a cycle", async () => {
    const message = await deadlockOf(function* () {
      const a: Greenlet<unknown> = spawn({ name: "anna" }, () => b.join());
      const b = spawn({ name: "bert" }, () => a.join());
      spawn({ name: "bystander" }, suspend);
      yield* joinAll([a, b]);
    });
    const cycle = message.split("\n").find((line) => line.includes("cycle"));
    assert(cycle !== undefined, message);
    assertMatch(cycle, /anna.*bert.*anna|bert.*anna.*bert/);
    assertEquals(cycle.includes("bystander"), false);
  });

  test("S-75: locks taken in two orders are shown as a cycle", async () => {
    const [left, right] = [new Lock(), new Lock()];
    const message = await deadlockOf(function* () {
      const philosopher = (first: Lock, second: Lock) =>
        function* () {
          yield* first.acquire();
          yield* sleep(1);
          yield* second.acquire();
        };
      spawn({ name: "anna" }, philosopher(left, right));
      spawn({ name: "bert" }, philosopher(right, left));
      yield* sleep(5);
    });
    assertMatch(message, /cycle.*(anna.*bert.*anna|bert.*anna.*bert)/);
  });

  test("S-75: a child that waits for its parent is a cycle through the parent's scope", async () => {
    const message = await deadlockOf(() =>
      taskGroup(function* (group) {
        const main = getCurrent();
        group.spawn({ name: "child" }, () => main.join());
        yield* sleep(0);
      })
    );
    assertMatch(message, /cycle.*(main.*child.*main|child.*main.*child)/);
  });

  test("S-75: without a cycle the message speaks of none", async () => {
    const message = await deadlockOf(() => new Event().wait());
    assertEquals(message.includes("cycle"), false, message);
  });

  test("S-75: the body has ended, a greenlet of its scope never will", async () => {
    const message = await deadlockOf(function* () {
      spawn({ name: "left behind" }, () => new Event().wait());
      yield* sleep(1);
    });
    assertMatch(message, /left behind waits on Event\.wait/);
  });

  test("S-75: the cleanup of all runs before run throws, and may take its time", async () => {
    const clock = new VirtualClock(), log: string[] = [];
    const tidy = (name: string) =>
      function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(10);
          log.push(name);
        }
      };
    await deadlockOf(function* () {
      spawn(tidy("worker"));
      spawn({ daemon: true }, tidy("daemon"));
      yield* tidy("main")();
    }, clock);
    assertEquals(log.toSorted(), ["daemon", "main", "worker"]);
    assert(clock.now() <= 30);
  });

  test("S-75: a cleanup that parks for ever does not make it a hang", async () => {
    const clock = new VirtualClock();
    const stuck = function* () {
      try {
        yield* suspend();
      } finally {
        yield* new Event().wait();
      }
    };
    const running = run(function* () {
      spawn({ name: "stuck child" }, stuck);
      yield* stuck();
    }, { clock, grace: 100, onError: () => {} });
    assertMatch(String(await assertRejects(() => running)), /DeadlockError/);
    assert(clock.now() <= 300, `it took ${clock.now()} ms`);
  });

  test("S-75: a daemon that only waits does not keep the main greenlet waiting for ever", async () => {
    const queue = new Queue<number>();
    const message = await deadlockOf(function* () {
      spawn({ name: "server", daemon: true }, () => queue.get());
      yield* new Event().wait();
    });
    assertMatch(message, /server waits on Queue\.get/);
  });
});

describe("no deadlock", () => {
  test("S-75: a promise that the host may still settle is outstanding", async () => {
    for (const clock of [undefined, new VirtualClock()]) {
      const value = await run(function* () {
        const { promise, resolve } = Promise.withResolvers<string>();
        setTimeout(() => resolve("from the host"), 5);
        return yield* until(promise);
      }, { clock });
      assertEquals(value, "from the host");
    }
  });

  test("S-75: an async body and a bare yield of a promise are outstanding too", async () => {
    const later = () => new Promise<number>((resolve) => setTimeout(() => resolve(7), 3));
    assertEquals(await run(async () => await later(), { clock: new VirtualClock() }), 7);
    assertEquals(
      await run(function* () {
        return (yield later()) as number;
      }, { clock: new VirtualClock() }),
      7,
    );
  });

  test("S-75: while a promise is outstanding nobody else's wait is a deadlock, afterwards it is", async () => {
    const event = new Event();
    const log: string[] = [];
    const message = await deadlockOf(function* () {
      spawn({ name: "fed by the host" }, function* () {
        yield* until(new Promise<void>((resolve) => setTimeout(resolve, 5)));
        log.push("came");
        event.set();
      });
      yield* event.wait();
      log.push("woken");
      event.clear();
      yield* event.wait();
    });
    assertEquals(log, ["came", "woken"]);
    assertEquals(message.includes("fed by the host"), false);
  });

  test("S-75: a promise whose wait was killed is outstanding no more", async () => {
    await deadlockOf(function* () {
      const g = spawn(() => until(new Promise(() => {})));
      yield* settle();
      yield* g.kill();
      assertEquals(yield* withTimeout(5, until(new Promise(() => {})), { value: "late" }), "late");
      yield* suspend();
    });
  });

  test("S-75: whoever waits with a deadline is not dead", async () => {
    const clock = new VirtualClock();
    await run(function* () {
      assertEquals(yield* new Event().wait({ timeout: 10 }), false);
      yield* cancelScope({ timeout: 10 }, suspend);
      using limit = Timeout.start(10);
      try {
        yield* suspend();
      } catch (e) {
        if (e !== limit) throw e;
      }
    }, { clock });
    assertEquals(clock.now(), 30);
  });

  test("S-75: a run that waits for another run of this thread is none, until that has ended", async () => {
    const event = new Event(), clock = new VirtualClock();
    const other = run(function* () {
      yield* sleep(10);
      event.set();
    }, { clock });
    await run(() => event.wait(), { clock });
    await other;
    const never = new Event(), log: string[] = [];
    const third = run(function* () {
      yield* sleep(10);
      log.push("the third run ended");
    }, { clock });
    const error = await assertRejects(() => run(() => never.wait(), { clock }), DeadlockError);
    assertInstanceOf(error, DeadlockError);
    assertEquals(log, ["the third run ended"]);
    await third;
  });

  test("S-75: two runs that wait for each other are a deadlock in both", async () => {
    const clock = new VirtualClock();
    const [a, b] = [new Event(), new Event()];
    const runs = [[a, b], [b, a]].map(([mine, yours]) =>
      run(function* () {
        yield* yours!.wait();
        mine!.set();
      }, { clock })
    );
    for (const { status, reason } of await Promise.allSettled(runs) as PromiseRejectedResult[]) {
      assertEquals(status, "rejected");
      assertInstanceOf(reason, DeadlockError);
    }
  });

  test("S-75: a run that is stuck inside another run, which waits for it, is found", async () => {
    const { stdout, stderr } = await start("stuck inside").ended;
    assertEquals(stdout, "inside: DeadlockError\noutside goes on\n", stderr);
  }, { timeout: 60_000 });
});
