/** Rule S-39 for random nests of timeouts: which one fires, and that only its own block catches it. */
import fc from "fast-check";
import {
  cancelScope,
  Event,
  failAfter,
  moveOnAfter,
  sleep,
  Timeout,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { virtual } from "../regressions/helpers.ts";
import { timersSet } from "./traces.ts";

describe("random nesting", () => {
  const kinds = [
    "withTimeout",
    "withTimeout with a value",
    "moveOnAfter",
    "failAfter",
    "cancelScope",
    "Timeout",
  ] as const;
  interface Level {
    kind: typeof kinds[number];
    ms: number;
  }
  /** What the innermost body does: parks for so long, or computes for so long. */
  type Step = ["sleep" | "wait" | "compute", number];

  type Body = () => Generator<unknown, void>;

  /** Which level is to fire, by the rules: -1 for none. */
  function model(levels: readonly Level[], steps: readonly Step[]): number {
    const zero = levels.findIndex((l) => l.ms === 0 && l.kind.startsWith("withTimeout"));
    if (zero >= 0) return zero; // what is not started is not started, and has no park
    let now = 0;
    for (const [what, ms] of steps) {
      if (what !== "compute") {
        // The timers between here and the wake go off one instant after the other; of one instant the outer counts.
        const due = Math.min(...levels.map((l) => Math.max(l.ms, now)));
        if (due <= now + ms) return levels.findIndex((l) => Math.max(l.ms, now) === due);
      }
      now += ms;
    }
    return -1;
  }

  function* nest(
    levels: readonly Level[],
    at: number,
    fired: number[],
    body: Body,
  ): Generator<unknown, void> {
    const level = levels[at];
    if (level === undefined) return yield* body();
    const { kind, ms } = level;
    const inner = () => nest(levels, at + 1, fired, body);
    const DONE = "done";
    const done = function* () {
      yield* inner();
      return DONE;
    };
    if (kind === "Timeout") {
      using limit = Timeout.start(ms);
      try {
        yield* inner();
      } catch (e) {
        if (e !== limit) throw e;
        fired.push(at);
      }
    } else if (kind === "withTimeout" || kind === "failAfter") {
      try {
        yield* kind === "withTimeout" ? withTimeout(ms, done) : failAfter(ms, done);
      } catch (e) {
        if (!(e instanceof TimeoutError)) throw e;
        fired.push(at);
      }
    } else {
      const value = yield* kind === "moveOnAfter"
        ? moveOnAfter(ms, done)
        : kind === "cancelScope"
        ? cancelScope({ timeout: ms }, done)
        : withTimeout(ms, done, { value: undefined });
      if (value !== DONE) fired.push(at);
    }
  }

  test("S-39: whatever the deadlines, the outermost of the first due fires, and only its block catches it", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), ms: fc.nat({ max: 8 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(fc.tuple(fc.constantFrom("sleep", "wait", "compute"), fc.integer({ min: 1, max: 4 })), {
          maxLength: 4,
        }),
        async (some, steps) => {
          // What has expired by computing is noticed at the loop's next look at the clock, which a timeout of 0 does not wait for.
          const least = steps.some(([what]) => what === "compute") ? 1 : 0;
          const levels = some.map(({ kind, ms }) => ({ kind, ms: Math.max(ms, least) }));
          const clock = new VirtualClock();
          await virtual(function* () {
            const fired: number[] = [];
            const body = function* () {
              for (const [what, ms] of steps as Step[]) {
                if (what === "compute") clock.tick(ms);
                else if (what === "sleep") yield* sleep(ms);
                else assertEquals(yield* new Event().wait({ timeout: ms }), false);
              }
            };
            yield* nest(levels, 0, fired, body);
            const expected = model(levels, steps as Step[]);
            assertEquals(fired, expected < 0 ? [] : [expected]);
            assertEquals(timersSet(), 0);
            yield* sleep(20); // nothing comes late
          }, clock);
        },
      ),
      { numRuns: 500 },
    ));
});
