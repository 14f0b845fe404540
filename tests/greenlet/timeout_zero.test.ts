/** Rule S-34: what a timeout of 0 or less does. */
import {
  all,
  AsyncResult,
  Event,
  gather,
  joinAll,
  Lock,
  type Op,
  Queue,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { linksOf, places } from "./traces.ts";

describe("timeout 0", () => {
  for (const timeout of [0, -1, -Infinity]) {
    test(`S-34: a timeout of ${timeout} around what is ready gives its value`, () =>
      virtual(function* () {
        const g = spawn(() => 7);
        yield* settle();
        const set = new Event(),
          result = new AsyncResult<string>(),
          queue = new Queue<string>(),
          lock = new Lock();
        set.set();
        result.set("result");
        queue.putNowait("item");
        queue.putNowait("item");
        assertEquals(yield* g.join({ timeout }), true);
        assertEquals(yield* g.get({ timeout }), 7);
        assertEquals(places(yield* joinAll([g], { timeout }), [g]), [0]);
        assertEquals(places(yield* wait([set, g], { timeout }), [set, g]).toSorted(), [0, 1]);
        assertEquals(yield* result.get({ timeout }), "result");
        assertEquals(yield* queue.get({ timeout }), "item");
        assertEquals(yield* withTimeout(timeout, g), 7);
        assertEquals(yield* withTimeout(timeout, set.wait()), true);
        assertEquals(yield* withTimeout(timeout, result.get()), "result");
        assertEquals(yield* withTimeout(timeout, queue.get()), "item");
        assertEquals(yield* withTimeout(timeout, lock.acquire()), true);
        lock.release();
      }));

    test(`S-34: a timeout of ${timeout} around what is not ready times out and starts nothing`, () =>
      virtual(function* () {
        const started: string[] = [];
        const body = (name: string) =>
          function* () {
            started.push(name);
            yield* sleep(1);
          };
        const g = spawn(suspend);
        assertEquals(yield* g.join({ timeout }), false);
        assertInstanceOf(yield* caught(g.get({ timeout })), TimeoutError);
        assertEquals((yield* joinAll([g], { timeout })).length, 0);
        const maker = () => {
          started.push("until");
          return Promise.resolve();
        };
        const late: (() => Op<unknown>)[] = [
          () => withTimeout(timeout, g),
          () => withTimeout(timeout, new Event().wait()),
          () => withTimeout(timeout, new Queue<number>().get()),
          () => withTimeout(timeout, suspend()),
          () => withTimeout(timeout, body("body")),
          () => withTimeout(timeout, body("generator")()),
          () => withTimeout(timeout, all([body("all")()])),
          () => withTimeout(timeout, gather([body("gather")()])),
          () => withTimeout(timeout, until(maker)),
        ];
        for (const op of late) assertInstanceOf(yield* caught(op()), TimeoutError);
        yield* settle();
        assertEquals(started, []);
        assertEquals([g.dead, linksOf(g)], [false, 0]);
        yield* g.kill();
      }));
  }

  test("S-34: a timeout of 0 neither parks nor lets time pass", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      let ran = false;
      const g = spawn(() => {
        ran = true;
      });
      assertEquals(yield* g.join({ timeout: 0 }), false);
      assertEquals((yield* wait([g], { timeout: 0 })).length, 0);
      assertEquals(ran, false);
      assert(!g.dead);
      yield* g;
    }, clock);
    assertEquals(clock.now(), 0);
  });
});
