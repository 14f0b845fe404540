/** Order and fairness (S-44 to S-47). The tests of S-45 are the only ones here that look at the real clock. */
import {
  AsyncResult,
  Barrier,
  Broadcast,
  call,
  cancelScope,
  CapacityLimiter,
  collect,
  Condition,
  Event,
  forEach,
  joinAll,
  Lock,
  moveOnAfter,
  type Op,
  Queue,
  RLock,
  run,
  type RunOptions,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  taskGroup,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertLess, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, upTo, virtual } from "../laws/kit.ts";

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
      assertEquals(log, ["main", "result", "lock", "queue", "condition", "semaphore", "event", "child's joiner"]);
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
    const reports: unknown[] = [], log: string[] = [], error = new Error("in a link");
    const throwing = () => {
      throw error;
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
    for (const report of reports) assertStrictEquals(report, error);
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

describe("fairness, on the real clock", () => {
  const event = new Event(), result = new AsyncResult<number>(), ended = new Queue<number>();
  event.set();
  result.set(1);
  ended.shutdown();
  const queue = new Queue<number>(), broadcast = new Broadcast<number>(), semaphore = new Semaphore(1);
  const lock = new Lock(), rlock = new RLock(), limiter = new CapacityLimiter(1), condition = new Condition();
  const steps = (body: () => Gen<unknown>) => () => call(body);
  const ready: { [name: string]: () => Op<unknown> } = {
    "sleep(0)": () => sleep(0),
    "Event.wait": () => event.wait(),
    "Event.wait with a timeout": () => event.wait({ timeout: 1000 }),
    "AsyncResult.get": () => result.get(),
    "Queue.put and get": steps(function* () {
      yield* queue.put(1);
      yield* queue.get();
    }),
    "Queue.put and getNowait": steps(function* () {
      yield* queue.put(1);
      queue.getNowait();
    }),
    "Queue.join": () => ended.join(),
    "Queue.next": () => ended.next(),
    "Broadcast.put": () => broadcast.put(1),
    "Semaphore.acquire": steps(function* () {
      yield* semaphore.acquire();
      semaphore.release();
    }),
    "Lock.withLock": () => lock.withLock(() => 1),
    "RLock.hold": steps(function* () {
      using _held = yield* rlock.hold();
    }),
    "CapacityLimiter.acquire": steps(function* () {
      yield* limiter.acquire();
      limiter.release();
    }),
    "Condition.waitFor": () => condition.withLock(() => condition.waitFor(() => true)),
    "Barrier(1).wait": () => new Barrier(1).wait(),
    "select": () => select([event]),
    "until of a value": () => until(() => 1),
    "forEach of nothing": () => forEach(ended, () => {}),
    "collect of nothing": () => collect(ended),
    "withTimeout": () => withTimeout(1000, () => 1),
    "moveOnAfter": () => moveOnAfter(1000, () => 1),
    "cancelScope": () => cancelScope({}, () => 1),
    "taskGroup": () => taskGroup(() => 1),
    "shield": () => shield(() => 1),
  };

  for (const [name, make] of Object.entries(ready)) {
    test(`S-45: starves no timer and no promise: ${name}`, async () => {
      const seen: string[] = [];
      // The limit is only for the case that it fails: then the loop below would never let anybody run.
      const giveUp = performance.now() + 3_000;
      const spinning = () => seen.length < 3 && performance.now() < giveUp;
      setTimeout(() => void seen.push("timer"), 1);
      await run(function* () {
        spawn(function* () {
          yield* sleep(1);
          seen.push("greenlet's timer");
        });
        spawn(function* () {
          yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
          seen.push("promise");
        });
        const gs = upTo(2).map(() =>
          spawn(function* () {
            while (spinning()) yield* make();
            return [...seen];
          })
        );
        for (const g of gs) assertEquals((yield* g).toSorted(), ["greenlet's timer", "promise", "timer"]);
      });
    });
  }

  /** Turns of 2 ms each that four greenlets take until a host timer of 1 ms fires. */
  const turnsUntilTimer = (before: () => Gen<void>): Promise<number> =>
    run(function* () {
      let turns = 0, fired = false;
      yield* before();
      setTimeout(() => {
        fired = true;
      }, 1);
      const gs = upTo(4).map(() =>
        spawn(function* () {
          while (!fired && turns < 500) {
            turns++;
            const end = performance.now() + 2;
            while (performance.now() < end);
            yield* sleep(0);
          }
        })
      );
      yield* joinAll(gs);
      return turns;
    });

  // Five turns are a slice. The rest is room for a busy machine, and for the switches between two looks at the clock.
  test("S-45: a 1 ms timer fires within a slice, counted in slow turns", async () => {
    assertLess(await turnsUntilTimer(function* () {}), 12);
  });

  test("S-45: the same where all turns have been quick before", async () => {
    const turns = await turnsUntilTimer(function* () {
      yield* sleep(5);
      for (const _ of upTo(2000)) yield* sleep(0);
    });
    assertLess(turns, 25);
  });

  test("S-45: the host's turns come again and again, not once", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    try {
      await run(function* () {
        const giveUp = performance.now() + 3_000;
        const gs = upTo(3).map(() =>
          spawn(function* () {
            while (ticks < 5 && performance.now() < giveUp) yield* semaphoreTurn();
          })
        );
        yield* joinAll(gs);
      });
      assert(ticks >= 5, `${ticks} ticks`);
    } finally {
      clearInterval(timer);
    }
  });

  function semaphoreTurn(): Op<void> {
    return semaphore.withLock(() => {});
  }
});
