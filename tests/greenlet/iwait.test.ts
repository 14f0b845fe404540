/** Rules S-27 and S-28: iwait and asCompleted. */
import fc from "fast-check";
import {
  asCompleted,
  collect,
  forEach,
  type Greenlet,
  iwait,
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
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf, places, sleepers, timersSet, Watched } from "./traces.ts";

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
          for (let step = yield* stream.next(); !step.done; step = yield* stream.next()) {
            seen.push(step.value);
          }
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
      yield* collect(iwait([things[1]!], { timeout: 1000 }));
      assertEquals(timersSet(), 0);
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
