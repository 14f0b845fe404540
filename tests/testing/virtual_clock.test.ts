/** VirtualClock: time that jumps when everybody is parked. */
import {
  DeadlockError,
  type Greenlet,
  joinAll,
  moveOnAfter,
  Queue,
  run,
  Semaphore,
  sleep,
  spawn,
  suspend,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual } from "../regressions/helpers.ts";

describe("VirtualClock: one run", () => {
  test("begins at 0 or where it is told, and an hour takes no time", async () => {
    assertEquals(new VirtualClock().now(), 0);
    const clock = new VirtualClock(500);
    const before = performance.now();
    await run(function* () {
      yield* sleep(3_600_000);
      assertEquals(clock.now(), 3_600_500);
    }, { clock });
    assert(performance.now() - before < 60_000);
  });

  test("goes from deadline to deadline; those of one deadline come in the order in which they were set", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await virtual(function* () {
      for (const [name, ms] of [["c", 30], ["a", 10], ["b", 20], ["a2", 10], ["a3", 10]] as const) {
        spawn(function* () {
          yield* sleep(ms);
          log.push(`${name} ${clock.now()}`);
        });
      }
    }, clock);
    assertEquals(log, ["a 10", "a2 10", "a3 10", "b 20", "c 30"]);
  });

  test("does not jump while anybody can go on", async () => {
    const clock = new VirtualClock();
    const turns: number[] = [];
    await virtual(function* () {
      spawn(function* () {
        for (const _ of upTo(50)) {
          turns.push(clock.now());
          yield* sleep(0);
        }
      });
      yield* sleep(1);
      turns.push(clock.now());
    }, clock);
    assertEquals(turns, [...upTo(50).map(() => 0), 1]);
  });

  test("a crowd that is ready at one instant takes no time", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const crowd = upTo(30_000).map(() => spawn(() => sleep(0)));
      yield* withTimeout(5, joinAll(crowd));
      yield* settle();
      assertEquals(clock.now(), 0);
    }, clock);
  });

  test("S-43: all timers of one instant fire before any greenlet runs", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await virtual(function* () {
      const victims: Greenlet<void>[] = [];
      spawn(function* () {
        yield* sleep(10);
        for (const g of victims) g.kill();
        log.push("killer");
      });
      for (const ms of [10, 11]) {
        victims.push(spawn(function* () {
          yield* sleep(ms);
          log.push(`slept ${ms}`);
          yield* sleep(0);
          log.push("not reached");
        }));
      }
    }, clock);
    assertEquals(log, ["killer", "slept 10"]);
  });

  test("promises that can settle do so before time passes", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const chain = async () => {
        for (const _ of upTo(20)) await Promise.resolve();
        return clock.now();
      };
      spawn(() => sleep(5));
      assertEquals(yield* until(chain), 0);
      assertEquals(yield* withTimeout(5, until(chain)), 0);
    }, clock);
  });

  test("S-37: tick lets time pass by hand; what is due by it fires at the next look, what is set after it counts from there", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await virtual(function* () {
      for (const ms of [10, 40, 60]) {
        spawn(function* () {
          yield* sleep(ms);
          log.push(`${ms} at ${clock.now()}`);
        });
      }
      yield* settle();
      clock.tick(50);
      assertEquals([clock.now(), log], [50, []]);
      spawn(function* () {
        yield* sleep(5);
        log.push(`late 5 at ${clock.now()}`);
      });
    }, clock);
    assertEquals(log, ["10 at 50", "40 at 50", "late 5 at 55", "60 at 60"]);
  });

  test("time never goes back, and is a number", () => {
    const clock = new VirtualClock(10);
    for (const ms of [-1, NaN]) assertThrows(() => clock.tick(ms), RangeError);
    assertEquals(clock.now(), 10);
    clock.tick(0);
    clock.tick(0.5);
    assertEquals(clock.now(), 10.5);
  });

  test("with nothing left to jump to, a deadlock is one", async () => {
    const clock = new VirtualClock();
    await assertRejects(() => run(() => suspend(), { clock }), DeadlockError);
    assertEquals(clock.now(), 0);
  });

  test("what a run leaves behind does not move the clock, and the next run goes on from there", async () => {
    const clock = new VirtualClock();
    for (const at of [10, 20, 30]) {
      await virtual(function* () {
        spawn({ daemon: true }, () => sleep(1_000));
        yield* moveOnAfter(500, () => sleep(10));
      }, clock);
      assertEquals(clock.now(), at);
    }
  });

  test("the schedule of a run on it does not depend on the machine's speed", async () => {
    const play = async (spin: number): Promise<string[]> => {
      const log: string[] = [];
      await virtual(function* () {
        const [permits, queue] = [new Semaphore(5), new Queue<number>()];
        for (const name of ["a", "b", "c"]) {
          spawn(function* () {
            for (const i of upTo(60)) {
              yield* permits.acquire();
              yield* queue.put(i);
              log.push(`${name}${i}`);
              if (i % 20 === 7) yield* sleep(0);
              for (const end = performance.now() + (i % 25 === 3 ? spin : 0); performance.now() < end;);
              yield* queue.get();
              permits.release();
            }
          });
        }
      });
      return log;
    };
    const quick = await play(0);
    assertEquals(await play(12), quick);
    assertEquals(await play(0.5), quick);
  });
});

describe("VirtualClock: several runs", () => {
  /** A run that logs its name at each of the moments. */
  const player = (clock: VirtualClock, log: string[], name: string, ...moments: number[]) =>
    run(function* () {
      for (const at of moments) {
        yield* sleep(at - clock.now());
        log.push(`${name} ${clock.now()}`);
      }
    }, { clock });

  test("of several runs on one clock the earliest deadline comes first", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await Promise.all([
      player(clock, log, "a", 10, 30, 31),
      player(clock, log, "b", 5, 40),
      player(clock, log, "c", 20, 21, 22, 50),
    ]);
    assertEquals(log, ["b 5", "a 10", "c 20", "c 21", "c 22", "a 30", "a 31", "b 40", "c 50"]);
  });

  test("no time passes while one of them waits for a promise that can settle", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const busy = run(function* () {
      for (const _ of upTo(10)) yield* until(Promise.resolve());
      log.push(`promises ${clock.now()}`);
      yield* sleep(5);
      log.push(`then ${clock.now()}`);
    }, { clock });
    await Promise.all([player(clock, log, "a", 10), busy]);
    assertEquals(log, ["promises 0", "then 5", "a 10"]);
  });

  test("a run inside a run uses the same time", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await virtual(function* () {
      spawn(function* () {
        for (const _ of upTo(3)) {
          yield* sleep(10);
          log.push(`outer ${clock.now()}`);
        }
      });
      yield* until(() => player(clock, log, "inner", 5, 15));
      log.push("inner run ended");
    }, clock);
    assertEquals(log, ["inner 5", "outer 10", "inner 15", "inner run ended", "outer 20", "outer 30"]);
  });

  test("runs on different clocks have nothing to do with each other", async () => {
    const [one, two] = [new VirtualClock(), new VirtualClock(1_000)];
    const log: string[] = [];
    await Promise.all([player(one, log, "one", 500), player(two, log, "two", 1_001)]);
    assertEquals([one.now(), two.now()], [500, 1_001]);
  });
});
