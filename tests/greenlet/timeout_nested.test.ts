/** Rule S-39: of nested timeouts the one that fired is reported, and only its own block catches it. */
import fc from "fast-check";
import {
  cancelScope,
  Event,
  failAfter,
  getCurrent,
  isKill,
  moveOnAfter,
  type Op,
  Queue,
  QueueEmpty,
  sleep,
  spawn,
  suspend,
  Timeout,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { timersSet } from "./traces.ts";

describe("nested timeouts", () => {
  test("S-39: the inner one fires: its own block catches it, the outer block goes on", () =>
    virtual(function* () {
      const value = yield* withTimeout(20, function* () {
        assertInstanceOf(yield* caught(withTimeout(5, suspend())), TimeoutError);
        assertEquals(yield* moveOnAfter(5, suspend), undefined);
        yield* sleep(5);
        return "in time";
      });
      assertEquals(value, "in time");
    }));

  test("S-39: the outer one fires: no inner block takes it for its own", () =>
    virtual(function* () {
      const seen: string[] = [];
      const inner: [string, (body: () => Op<unknown>) => Op<unknown>][] = [
        ["withTimeout", (body) => withTimeout(20, body)],
        ["withTimeout with a value", (body) => withTimeout(20, body, { value: 1 })],
        ["moveOnAfter", (body) => moveOnAfter(20, body)],
        ["failAfter", (body) => failAfter(20, body)],
        ["cancelScope", (body) => cancelScope({ timeout: 20 }, body)],
      ];
      for (const [name, block] of inner) {
        const outer = yield* withTimeout(10, function* () {
          try {
            yield* block(suspend);
          } catch (e) {
            if (isKill(e) && !(e instanceof TimeoutError)) seen.push(name);
            throw e;
          }
          seen.push(`${name} swallowed it`);
        }, { value: "outer" });
        assertEquals(outer, "outer");
        using limit = Timeout.start(10);
        assertStrictEquals(yield* caught(block(suspend)), limit);
      }
      assertEquals(seen, inner.map(([name]) => name));
      assertEquals(timersSet(), 0);
    }));

  test("S-39: of two Timeouts the one that fired is thrown, the other stays pending", () =>
    virtual(function* () {
      using outer = Timeout.start(5);
      using inner = Timeout.start(10);
      assertStrictEquals(yield* caught(suspend()), outer);
      assertEquals([outer.pending, inner.pending], [false, true]);
      assertStrictEquals(yield* caught(suspend()), inner);
    }));

  for (const [name, outerMs, innerMs] of [["set for one instant", 10, 10], ["both overdue", 20, 10]] as const) {
    test(`S-39: two that expire together, ${name}: the outer is reported`, async () => {
      const clock = new VirtualClock();
      await virtual(function* () {
        /** Parks until both have expired: in one jump where they are due at different times. */
        const expire = function* () {
          if (outerMs !== innerMs) {
            const busy = spawn(function* () {
              yield* sleep(1);
              clock.tick(100);
            });
            yield* busy.join();
          }
          yield* suspend();
        };
        const value = yield* withTimeout(outerMs, () => withTimeout(innerMs, expire, { value: "inner" }), {
          value: "outer",
        });
        assertEquals(value, "outer");
        let inner: unknown = "not over";
        yield* moveOnAfter(outerMs, function* () {
          inner = yield* moveOnAfter(innerMs, function* () {
            yield* expire();
          });
        });
        assertEquals(inner, "not over");
        {
          using outer = Timeout.start(outerMs);
          using _ = Timeout.start(innerMs);
          assertStrictEquals(yield* caught(expire()), outer);
        }
        {
          using outer = Timeout.start(outerMs);
          assertStrictEquals(yield* caught(withTimeout(innerMs, expire)), outer);
        }
        const limit = yield* withTimeout(outerMs, function* () {
          using _ = Timeout.start(innerMs);
          yield* expire();
        }, { value: "outer" });
        assertEquals(limit, "outer");
      }, clock);
    });
  }

  test("S-39: the outer is reported also where its deadline was moved onto the inner one's", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      let inner = "not over";
      yield* cancelScope({}, function* (outer) {
        yield* moveOnAfter(10, function* () {
          outer.deadline = 10;
          yield* suspend();
        });
        inner = "over";
      });
      assertEquals(inner, "not over");
    }, clock);
  });

  test("S-39: an inner wait of the same length never swallows an outer timeout", () =>
    virtual(function* () {
      const event = new Event(), queue = new Queue<number>(), other = spawn(suspend);
      const waits: (() => Op<unknown>)[] = [
        () => event.wait({ timeout: 10 }),
        () => queue.get({ timeout: 10 }),
        () => other.join({ timeout: 10 }),
        () => other.get({ timeout: 10 }),
        () => sleep(10),
      ];
      for (const wait of waits) {
        using outer = Timeout.start(10);
        assertStrictEquals(yield* caught(wait()), outer);
        assertEquals(yield* withTimeout(10, wait(), { value: "outer" }), "outer");
      }
      yield* other.kill();
    }));

  test("S-39: a shorter inner wait ends by itself, a longer one does not", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      const result = yield* withTimeout(10, function* () {
        assertInstanceOf(yield* caught(queue.get({ timeout: 5 })), QueueEmpty);
        yield* queue.get({ timeout: 50 });
      }, { value: "outer" });
      assertEquals(result, "outer");
    }));

  test("S-39: in the cleanup after an inner timeout the outer one still comes", () =>
    virtual(function* () {
      const log: string[] = [];
      using outer = Timeout.start(20);
      const error = yield* caught((function* () {
        using inner = Timeout.start(10);
        try {
          yield* suspend();
        } catch (e) {
          assertStrictEquals(e, inner);
          log.push("inner");
          yield* suspend();
        }
      })());
      assertStrictEquals(error, outer);
      assertEquals(log, ["inner"]);
    }));

  test("S-39: a Timeout started in one block does not reach the next", () =>
    virtual(function* () {
      let left: Timeout | undefined;
      yield* moveOnAfter(5, function* () {
        left = Timeout.start(10);
        yield* suspend();
      });
      left?.cancel();
      yield* sleep(100);
      assertEquals(getCurrent().ready, false);
    }));
});

describe("random nesting", () => {
  const kinds = ["withTimeout", "withTimeout with a value", "moveOnAfter", "failAfter", "cancelScope", "Timeout"] as const;
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

  function* nest(levels: readonly Level[], at: number, fired: number[], body: Body): Generator<unknown, void> {
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
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), ms: fc.nat({ max: 8 }) }), { minLength: 1, maxLength: 5 }),
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
