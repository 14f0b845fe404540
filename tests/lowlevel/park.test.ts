/** park and wake: primitives that are no line. */
import { DeadlockError, run, select, sleep, spawn, TimeoutError, withTimeout } from "../../src/mod.ts";
import { park, type Parked, wake } from "../../src/lowlevel.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";

describe("lowlevel: park and wake", () => {
  test("park gives what wake brings; who wakes goes on first", () =>
    virtual(function* () {
      const log: string[] = [];
      let waiting: Parked<string> | undefined;
      const sleeper = spawn(function* () {
        log.push(
          yield* park<string>("a word", (parked) => {
            waiting = parked;
          }),
        );
      });
      yield* settle();
      assertEquals(wake(waiting as Parked<string>, "hello"), true);
      log.push("waker");
      yield* sleeper;
      assertEquals(log, ["waker", "hello"]);
    }));

  test("a wait ends once: further wakes say false and change nothing", () =>
    virtual(function* () {
      let waiting: Parked<number> | undefined;
      const sleeper = spawn(() => park<number>("x", (parked) => void (waiting = parked)));
      yield* settle();
      const parked = waiting as unknown as Parked<number>;
      assertEquals([wake(parked, 1), wake(parked, 2), parked.fail(new Error("late"))], [true, false, false]);
      assertEquals(yield* sleeper, 1);
      assertEquals(wake(parked, 3), false);
    }));

  test("fail throws at the park", () =>
    virtual(function* () {
      let waiting: Parked<number> | undefined;
      const failure = new Error("no");
      const sleeper = spawn(() => caught(park<number>("x", (parked) => void (waiting = parked))));
      yield* settle();
      waiting?.fail(failure);
      assertStrictEquals(yield* sleeper, failure);
    }));

  test("a kill or a timeout withdraws the wait: what enter returned is called, once, and later wakes are ignored", () =>
    virtual(function* () {
      let withdrawn = 0;
      const parks: Parked<string>[] = [];
      const op = park<string>("x", (parked) => {
        parks.push(parked);
        return () => void withdrawn++;
      });
      const sleeper = spawn(() => op);
      yield* settle();
      yield* sleeper.kill();
      assertEquals(withdrawn, 1);
      assertInstanceOf(yield* caught(withTimeout(5, op)), TimeoutError);
      assertEquals([withdrawn, parks.length], [2, 2]);
      assertEquals(parks.map((parked) => wake(parked, "late")), [false, false]);
      const normal = spawn(() => op);
      yield* settle();
      wake(parks[2] as Parked<string>, "in time");
      assertEquals([yield* normal, withdrawn], ["in time", 2]);
    }));

  test("S-75: a deadlock names it", async () => {
    const error = await assertRejects(
      () => run(() => park("the impossible", () => {}), { clock: new VirtualClock() }),
      DeadlockError,
    );
    assertStringIncludes(error.message, "the impossible");
  });

  test("it may be an arm of select", () =>
    virtual(function* () {
      let withdrawn = 0;
      const never = park<string>("never", () => () => void withdrawn++);
      const first = yield* select({ never, late: sleep(5) });
      assertEquals([first.key, withdrawn], ["late", 1]);
    }));
});
