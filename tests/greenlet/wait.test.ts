/** Rules S-27 and S-29: waiting for several things together. */
import {
  asCompleted,
  AsyncResult,
  collect,
  Event,
  iwait,
  type Op,
  sleep,
  spawn,
  suspend,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { linksOf, places, sleepers, timersSet, Watched } from "./traces.ts";

describe("wait", () => {
  test("S-27: gives the objects in the order in which they became ready", () =>
    virtual(function* () {
      const gs = sleepers(3, 1, 2);
      assertEquals(places(yield* wait(gs), gs), [1, 2, 0]);
    }));

  test("S-27: those that were ready before the call stand in the order in which they became so", () =>
    virtual(function* () {
      const gs = sleepers(3, 1, 2, 5);
      yield* sleep(4);
      assertEquals(places(yield* wait(gs), gs), [1, 2, 0, 3]);
      assertEquals(places(yield* wait(gs, { count: 2 }), gs), [1, 2]);
    }));

  test("S-27: greenlets, events and results wait together", () =>
    virtual(function* () {
      const event = new Event(), result = new AsyncResult<number>(), failure = new AsyncResult<number>();
      const things = [spawn(() => sleep(4)), event, result, failure] as const;
      spawn(function* () {
        yield* sleep(1);
        failure.setException(new Error("nobody asks for it"));
        yield* sleep(1);
        event.set();
        yield* sleep(1);
        result.set(1);
      });
      assertEquals(places(yield* wait(things), things), [3, 1, 2, 0]);
    }));

  test("S-27: an event that is cleared right after its set was ready", () =>
    virtual(function* () {
      const event = new Event();
      const waiter = spawn(() => wait([event]));
      yield* settle();
      event.set();
      event.clear();
      assertEquals((yield* waiter).length, 1);
    }));

  test("S-27: gives at most count, at once when so many are ready", () =>
    virtual(function* () {
      const gs = sleepers(3, 1, 2);
      assertEquals(places(yield* wait(gs, { count: 2 }), gs), [1, 2]);
      assertEquals(gs[0]!.dead, false);
      assertEquals(places(yield* wait(gs, { count: 0 }), gs), []);
      assertEquals(places(yield* wait(gs, { count: 9 }), gs).length, 3);
      for (const count of [-1, NaN, 0.5]) {
        assertThrows(() => wait(gs, { count }), RangeError);
      }
    }));

  test("S-27: of more that become ready in one instant than count it gives the first ones", () =>
    virtual(function* () {
      const gs = sleepers(5, 5, 5);
      assertEquals(places(yield* wait(gs, { count: 2 }), gs), [0, 1]);
    }));

  test("S-27: gives the partial list on timeout, counted once for all", () =>
    virtual(function* () {
      const gs = sleepers(3, 30, 6, 9);
      assertEquals(places(yield* wait(gs, { timeout: 7 }), gs), [0, 2]);
      assertEquals(places(yield* wait(gs, { timeout: 0 }), gs), [0, 2]);
      assertEquals(places(yield* wait(gs, { timeout: -1, count: 1 }), gs), [0]);
      yield* wait(gs);
    }));

  for (
    const how of ["ends", "has its count", "times out", "is killed", "is left by an outer timeout", "throws"]
  ) {
    test(`S-27: nothing stays linked when wait ${how}`, () =>
      virtual(function* () {
        const things = [new Watched(), new Watched(), new Watched()];
        const g = spawn(suspend);
        const all = [...things, g];
        const op = (): Op<unknown> => {
          if (how === "ends") return wait(things);
          if (how === "has its count") return wait(all, { count: 1 });
          if (how === "times out") return wait(all, { timeout: 5 });
          if (how === "is left by an outer timeout") return withTimeout(5, wait(all), { value: 0 });
          if (how === "throws") return wait([...all, 1 as unknown as Watched]);
          return wait(all);
        };
        const waiter = spawn(() => how === "throws" ? caught(op()) : op());
        yield* settle();
        if (how !== "throws") assertEquals(things.map((t) => t.waiting), [1, 1, 1]);
        if (how === "is killed") yield* waiter.kill();
        else if (how === "ends") things.forEach((t) => t.set());
        else if (how === "has its count") things[1]!.set();
        yield* waiter.join();
        assertEquals([...things.map((t) => t.waiting), linksOf(g), timersSet()], [0, 0, 0, 0, 0]);
        yield* g.kill();
      }));
  }

  test("S-27: what is no greenlet, event or result is a TypeError", () =>
    virtual(function* () {
      for (const wrong of [1, null, "text", {}, Promise.resolve(), { join: 1 }, { wait: () => 1 }]) {
        assertInstanceOf(yield* caught(wait([wrong as unknown as Event])), TypeError);
      }
    }));

  test("S-29: duplicates in wait are harmless and come once", () =>
    virtual(function* () {
      const gs = sleepers(2, 1), event = new Event();
      event.set();
      const things = [...gs, event];
      assertEquals(places(yield* wait([...things, ...things, event]), things), [2, 1, 0]);
      assertEquals(places(yield* wait([event, event, event], { count: 2 }), things), [2]);
      assertEquals(places(yield* collect(iwait([event, gs[0]!, event])), things).toSorted(), [0, 2]);
    }));

  test("S-29: iwait and asCompleted of nothing end without a switch", () =>
    virtual(function* () {
      let ran = false;
      yield* sleep(0);
      spawn(() => {
        ran = true;
      });
      assertEquals((yield* iwait([]).next()).done, true);
      assertEquals((yield* asCompleted([]).next()).done, true);
      assertEquals(ran, false);
    }));
});
