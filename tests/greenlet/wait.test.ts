/** Rules S-27 to S-29: waiting for several things, together and one by one. */
import fc from "fast-check";
import {
  asCompleted,
  AsyncResult,
  collect,
  Event,
  forEach,
  type Greenlet,
  iwait,
  type Op,
  sleep,
  spawn,
  type Stream,
  suspend,
  TimeoutError,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf, places, timersSet, Watched } from "./traces.ts";

/** Greenlets that end after so many milliseconds each. */
function sleepers(...times: number[]): Greenlet<number>[] {
  return times.map((ms) =>
    spawn(function* () {
      yield* sleep(ms);
      return ms;
    })
  );
}

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

  for (const how of ["ends", "has its count", "times out", "is killed", "is left by an outer timeout", "throws"]) {
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

describe("iwait", () => {
  test("S-27: streams in the order of readiness and stays ended", () =>
    virtual(function* () {
      const gs = sleepers(3, 1, 2);
      const stream = iwait(gs);
      const seen: unknown[] = [];
      for (;;) {
        const step = yield* stream.next();
        if (step.done) break;
        seen.push(step.value);
      }
      assertEquals(places(seen, gs), [1, 2, 0]);
      assertEquals(yield* stream.next(), { done: true, value: undefined });
      assertEquals(yield* stream.next(), { done: true, value: undefined });
    }));

  test("S-27: iwait with a count stops there and leaves the lines", () =>
    virtual(function* () {
      const things = [new Watched(), new Watched(), new Watched()];
      const stream = iwait(things, { count: 2 });
      things[2]!.set();
      things[0]!.set();
      assertEquals(places(yield* collect(stream), things), [2, 0]);
      assertEquals(things.map((t) => t.waiting), [0, 0, 0]);
    }));

  for (const way of ["next", "forEach", "for await"]) {
    test(`S-27: iwait with a timeout ends by ${way} when the time is over, counted from the call`, async () => {
      const clock = new VirtualClock();
      await virtual(function* () {
        const things = [new Watched(), new Watched()];
        spawn(function* () {
          yield* sleep(6);
          things[1]!.set();
        });
        const stream = iwait(things, { timeout: 10 });
        const seen: unknown[] = [];
        if (way === "next") {
          yield* sleep(4);
          for (let step = yield* stream.next(); !step.done; step = yield* stream.next()) seen.push(step.value);
        } else if (way === "forEach") {
          yield* forEach(stream, (thing) => void seen.push(thing));
        } else {
          const reading = async () => {
            for await (const thing of stream) seen.push(thing);
          };
          const reader = spawn(() => until(reading()));
          assertEquals(yield* reader.join({ timeout: 100 }), true, "it goes on after the timeout");
        }
        assertEquals(places(seen, things), [1]);
        assertEquals(things.map((t) => t.waiting), [0, 0], "linked after the end");
        assertEquals(clock.now(), 10);
        things[0]!.set();
        assertEquals((yield* stream.next()).done, true, "it has ended");
      }, clock);
    });
  }

  test("S-27: an abandoned iwait leaves nothing linked", () =>
    virtual(function* () {
      const things = [new Watched(), new Watched(), new Watched()];
      things[1]!.set();
      yield* forEach(iwait(things), () => false);
      assertEquals(things.map((t) => t.waiting), [0, 0, 0]);
      const reader = spawn(() => forEach(iwait(things, { timeout: 1000 }), suspend));
      yield* settle();
      yield* reader.kill();
      assertEquals(things.map((t) => t.waiting), [0, 0, 0]);
    }));

  test("S-28: what becomes ready while the reader is elsewhere is kept, in order", () =>
    virtual(function* () {
      const gs = sleepers(4, 1, 3, 2, 1);
      const seen: unknown[] = [];
      yield* forEach(iwait(gs), function* (g) {
        seen.push(g);
        yield* sleep(10);
      });
      assertEquals(places(seen, gs), [1, 4, 3, 2, 0]);
    }));

  const readers: [name: string, make: (gs: Greenlet<number>[]) => Stream<unknown>][] = [
    ["iwait", (gs) => iwait(gs)],
    ["asCompleted", (gs) => asCompleted(gs)],
  ];
  for (const [name, make] of readers) {
    test(`S-28: random readers of one ${name} get each item once and lose none`, () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 6 }), { maxLength: 8 }),
          fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 3 }),
          (times, paces) =>
            virtual(function* () {
              const gs = sleepers(...times);
              const stream = make(gs);
              const seen: unknown[] = [];
              yield* wait(paces.map(([pause, patience]) =>
                spawn(function* () {
                  for (;;) {
                    // Patience may end in the same instant in which an item comes.
                    const step = yield* withTimeout(patience + 1, stream.next(), { value: null });
                    if (step?.done === true) return;
                    if (step !== null) seen.push(step.value);
                    yield* sleep(pause);
                  }
                })
              ));
              const items = name === "iwait" ? places(seen, gs) : seen;
              const expected = name === "iwait" ? upTo(times.length) : times;
              assertEquals(items.toSorted(), expected.toSorted());
              assertEquals([gs.reduce((n, g) => n + linksOf(g), 0), timersSet()], [0, 0]);
            }),
        ),
        { numRuns: 150 },
      ));
  }
});

describe("asCompleted", () => {
  test("S-28: results come as they are ready; an error at its turn, and the rest goes on", () =>
    virtual(function* () {
      const later = (ms: number) =>
        function* () {
          yield* sleep(ms);
          if (ms === 2) throw new Error("two");
          return ms;
        };
      const stream = asCompleted([later(3)(), later(1)(), later(2)()]);
      yield* sleep(5);
      assertEquals(yield* stream.next(), { done: false, value: 1 });
      const error = yield* caught(stream.next());
      assertEquals((error as Error).message, "two");
      assertEquals(yield* stream.next(), { done: false, value: 3 });
      assertEquals(yield* stream.next(), { done: true, value: undefined });
    }));

  test("S-28: a next that times out loses nothing", () =>
    virtual(function* () {
      const stream = asCompleted(sleepers(5, 9));
      assertInstanceOf(yield* caught(withTimeout(2, stream.next())), TimeoutError);
      assertEquals((yield* stream.next()).value, 5);
      assertEquals((yield* stream.next()).value, 9);
    }));

  test("S-28: one who was woken with an item and then killed has it, and the next gets the next", () =>
    virtual(function* () {
      const stream = asCompleted(sleepers(1, 2));
      const got: unknown[] = [];
      const reader = spawn(function* () {
        got.push((yield* stream.next()).value);
        yield* sleep(0);
        got.push("the kill came too late");
      });
      yield* sleep(0);
      yield* sleep(1);
      reader.kill();
      yield* reader.join();
      got.push((yield* stream.next()).value);
      assertEquals(got, [1, 2]);
    }));

  test("S-27: closing kills what the stream has started, and lets be what it was given", async () => {
    const { value } = await virtualReporting(function* () {
      const given = spawn(() => sleep(50));
      const cleaned: string[] = [];
      const own = function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(1);
          cleaned.push("own");
        }
      };
      const stream = asCompleted([own(), given, (function* () {})()]);
      yield* forEach(stream, () => false);
      yield* sleep(5);
      assertStrictEquals(given.dead, false);
      assert(linksOf(given) === 0);
      return cleaned;
    });
    assertEquals(value, ["own"]);
  });
});
