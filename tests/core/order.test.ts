/** Order and fairness (S-44 to S-47). The tests of S-45 are the only ones here that look at the real clock. */
import {
  AsyncResult,
  Condition,
  Event,
  joinAll,
  Lock,
  type Op,
  Queue,
  run,
  type RunOptions,
  Semaphore,
  sleep,
  spawn,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual } from "../laws/kit.ts";

describe("order", () => {
  test("S-44: sleep(0) gives every other ready greenlet one turn", () =>
    virtual(function* () {
      const log: string[] = [];
      const body = (name: string, turn: () => Op<void>) =>
        spawn(function* () {
          for (const i of [1, 2, 3]) {
            log.push(`${i}${name}`);
            yield* turn();
          }
        });
      yield* joinAll([body("A", () => sleep(0)), body("B", () => sleep()), body("C", () => sleep(-5))]);
      assertEquals(log.join(" "), "1A 1B 1C 2A 2B 2C 3A 3B 3C");
    }));

  test("S-44: one turn is enough for those that were ready, and gives none to those that become so later", () =>
    virtual(function* () {
      const log: string[] = [];
      spawn(function* () {
        log.push("first");
        spawn(() => {
          log.push("born in the turn");
        });
        yield* sleep(0);
        log.push("first again");
      });
      spawn(() => {
        log.push("second");
      });
      yield* sleep(0);
      assertEquals(log, ["first", "second"]);
      yield* sleep(0);
      assertEquals(log, ["first", "second", "born in the turn", "first again"]);
    }));

  test("S-44: a sleep(0) takes no time, and no virtual time passes in it", () =>
    virtual(function* () {
      let late = false;
      spawn(function* () {
        yield* sleep(1);
        late = true;
      });
      for (const _ of upTo(1000)) yield* sleep(0);
      assertEquals(late, false);
    }));

  test("S-46: greenlets woken in one pass run in the order of the wakes, whatever woke them", () =>
    virtual(function* () {
      const log: string[] = [];
      const event = new Event(), result = new AsyncResult<number>(), queue = new Queue<number>();
      const lock = new Lock(), semaphore = new Semaphore(0), condition = new Condition();
      yield* lock.acquire();
      const child = spawn(() => event.wait());
      const waits: [name: string, op: Op<unknown>][] = [
        ["child's joiner", child.join()],
        ["semaphore", semaphore.acquire()],
        ["queue", queue.get()],
        ["result", result.get()],
        ["event", event.wait()],
        ["lock", lock.acquire()],
        ["condition", condition.withLock(() => condition.wait())],
      ];
      const gs = waits.map(([name, op]) =>
        spawn(function* () {
          yield* op;
          log.push(name);
        })
      );
      yield* settle();
      result.set(1);
      lock.release();
      queue.putNowait(1);
      assert(condition.tryAcquire());
      condition.notify();
      condition.release();
      semaphore.release();
      event.set();
      log.push("main");
      yield* joinAll(gs, { raiseError: true });
      assertEquals(log, [
        "main",
        "result",
        "lock",
        "queue",
        "condition",
        "semaphore",
        "event",
        "child's joiner",
      ]);
    }));

  test("S-46: a kill is a wake: the killed run in the order of the kills, after the killer parks", () =>
    virtual(function* () {
      const log: string[] = [];
      const gs = upTo(3).map((i) =>
        spawn(function* () {
          try {
            yield* new Event().wait();
          } finally {
            log.push(`${i}`);
          }
        })
      );
      yield* settle();
      for (const i of [2, 0, 1]) gs[i].kill();
      log.push("killer");
      yield* joinAll(gs);
      assertEquals(log, ["killer", "2", "0", "1"]);
    }));

  test("S-47: a link that throws stops nobody else, and is reported", async () => {
    const reports: unknown[] = [], log: string[] = [];
    const throwing = () => {
      throw new Error("in a link");
    };
    await run(function* () {
      const g = spawn(() => sleep(1)), result = new AsyncResult<number>();
      for (const links of [g, result] as const) {
        links.link(() => void log.push("before"));
        links.link(throwing);
        links.link(() => void log.push("after"));
      }
      spawn(function* () {
        yield* g.join();
        log.push("joiner");
        result.set(1);
        yield* until(Promise.resolve());
        yield* sleep(1);
        log.push("goes on");
      });
      yield* sleep(5);
    }, { clock: new VirtualClock(), onError: (e) => void reports.push(e) });
    assertEquals(log.filter((what) => what !== "joiner"), ["before", "after", "before", "after", "goes on"]);
    assert(log.includes("joiner"));
    assertEquals(reports.length, 2);
    for (const report of reports) assertEquals((report as Error).message, "in a link");
  });

  for (const hook of ["spawned", "parked", "woken", "switched", "ended"] as const) {
    test(`S-47: a hook that throws stops nobody: ${hook}`, async () => {
      const log: string[] = [];
      let calls = 0;
      const options: RunOptions = {
        clock: new VirtualClock(),
        hooks: {
          [hook]() {
            calls++;
            throw new Error("in a hook");
          },
        },
      };
      const got = await run(function* () {
        const gs = upTo(3).map((i) =>
          spawn(function* () {
            yield* sleep(i);
            log.push(`${i}`);
          })
        );
        yield* joinAll(gs, { raiseError: true });
        return "done";
      }, options);
      assertEquals([got, log.join("")], ["done", "012"]);
      assert(calls > 2, "the hook is still called");
    }, { timeout: 2_000 });
  }

  test("S-47: a callback that throws is its caller's alone: compare, predicate, body of withLock", () =>
    virtual(function* () {
      const condition = new Condition();
      const waiter = spawn(() =>
        condition.withLock(() =>
          condition.waitFor(() => {
            throw new RangeError("predicate");
          })
        )
      );
      waiter.link(() => {});
      const name = yield* spawn(function* () {
        try {
          yield* waiter;
          return "";
        } catch (e) {
          return (e as Error).name;
        }
      });
      assertEquals(name, "RangeError");
      assertEquals(condition.locked, false);
    }));
});
