/** all and race (S-23, S-70 for their part), and shield (S-32). */
import fc from "fast-check";
import {
  all,
  cancelScope,
  Event,
  isKill,
  moveOnAfter,
  race,
  shield,
  sleep,
  spawn,
  suspend,
  Timeout,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf, timersSet, work } from "./traces.ts";

describe("all", () => {
  test("all gives the results in the order of the operands", () =>
    virtual(function* () {
      const g = spawn(work([], 1, "c"));
      const results = yield* all([work([], 3, "a")(), work([], 2, 7)(), g, Promise.resolve(true)]);
      const typed: [string, number, string, boolean] = results;
      assertEquals(typed, ["a", 7, "c", true]);
      assertEquals(yield* all([]), []);
    }));

  test("the first failure kills the other parts of all, and is thrown when all have ended", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const log: unknown[] = [], boom = new Error("boom");
      const given = spawn(work(log, 40, "given"));
      const ops = [work(log, 50, "a", 5)(), work(log, 10, boom)(), work(log, 50, "b", 3)(), given];
      assertStrictEquals(yield* caught(all<unknown>(ops)), boom);
      assertEquals(clock.now(), 15);
      assertEquals(log, ["boom ended", "b killed", "a killed"]);
      assertEquals(yield* given, "given", "what all was given only to wait for lives on");
    }, clock);
  });

  test("an error in the cleanup of all's parts comes behind the first failure", () =>
    virtual(function* () {
      const boom = new Error("boom"), broken = new Error("broken");
      const error = yield* caught(all<unknown>([
        work([], 1, boom)(),
        (function* () {
          try {
            yield* suspend();
          } finally {
            // deno-lint-ignore no-unsafe-finally
            throw broken;
          }
        })(),
      ]));
      assertEquals(errorsIn(error).length, 2);
      assertStrictEquals(errorsIn(error)[0], boom);
      assertStrictEquals(errorsIn(error)[1], broken);
    }));

  test("killing who waits for all ends its parts first", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const waiter = spawn(() => all([work(log, 50, "a", 5)(), work(log, 50, "b", 3)()]));
      yield* sleep(1);
      yield* waiter.kill();
      assertEquals(log, ["b killed", "a killed"]);
      assert(isKill(waiter.value));
    }));
});

describe("race", () => {
  test("S-23: the losers are cleaned up wholly before race returns", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const log: unknown[] = [];
      const ops = [work(log, 30, "a", 20)(), work(log, 10, "b")(), work(log, 30, "c", 5)()];
      assertEquals(yield* race(ops), "b");
      assertEquals(log, ["b ended", "c killed", "a killed"]);
      assertEquals(clock.now(), 30);
      assertEquals(timersSet(), 0);
    }, clock);
  });

  test("S-23: an error decides the race too, after the cleanup", () =>
    virtual(function* () {
      const log: unknown[] = [], boom = new Error("boom");
      assertStrictEquals(
        yield* caught(race<unknown>([work(log, 30, "a", 5)(), work(log, 10, boom)()])),
        boom,
      );
      assertEquals(log, ["boom ended", "a killed"]);
    }));

  test("S-23: of several that end in one instant the first wins, and a later failure is no error", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const ops = [work(log, 10, "a")(), work(log, 10, new Error("boom"))(), work(log, 10, "c")()];
      assertEquals(yield* race<unknown>(ops), "a");
    }));

  test("S-25: a greenlet that lost a race lives on, and keeps no link", () =>
    virtual(function* () {
      const given = spawn(work([], 20, "given"));
      assertEquals(yield* race([given, sleep(5)]), undefined);
      assertEquals([given.dead, linksOf(given)], [false, 0]);
      assertEquals(yield* given, "given");
    }));

  test("race of one gives it, race of none is a RangeError", () =>
    virtual(function* () {
      assertEquals(yield* race([work([], 1, "a")()]), "a");
      assertThrows(() => race([]), RangeError);
    }));

  test("S-23: random races: the first one wins, everyone is cleaned up", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })), { minLength: 1, maxLength: 6 }),
        async (arms) => {
          const clock = new VirtualClock();
          await virtual(function* () {
            const log: unknown[] = [];
            const first = Math.min(...arms.map(([ms]) => ms));
            const winner = arms.findIndex(([ms]) => ms === first);
            assertEquals(yield* race(arms.map(([ms, cleanup], i) => work(log, ms, i, cleanup)())), winner);
            assertEquals(log.length, arms.length);
            assertEquals(
              clock.now(),
              first +
                Math.max(0, ...arms.map(([ms, cleanup], i) => i === winner || ms === first ? 0 : cleanup)),
            );
            assertEquals(timersSet(), 0);
          }, clock);
        },
      ),
      { numRuns: 100 },
    ));
});

describe("shield", () => {
  test("S-32: the waiter may be killed, the shielded operation runs on", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const log: unknown[] = [];
      const waiter = spawn(function* () {
        yield* shield(work(log, 20, "op")());
        log.push("the waiter went on");
      });
      yield* sleep(5);
      yield* waiter.kill();
      assertEquals([clock.now(), log.length], [5, 0], "the kill waits for nobody");
      yield* sleep(20);
      assertEquals(log, ["op ended"]);
    }, clock);
  });

  test("S-32: unharmed, shield gives the value or the error", () =>
    virtual(function* () {
      const boom = new Error("boom"), g = spawn(work([], 3, "greenlet"));
      assertEquals(yield* shield(work([], 1, "op")()), "op");
      assertEquals(yield* shield(g), "greenlet");
      assertEquals(yield* shield(Promise.resolve("promise")), "promise");
      assertEquals(yield* shield(work([], 1, "body")), "body");
      assertStrictEquals(yield* caught(shield(work([], 1, boom)())), boom);
      assertStrictEquals(yield* caught(shield(work([], 1, boom))), boom);
    }));

  test("S-32: an error of the operation after its waiter has gone is reported", async () => {
    const boom = new Error("boom");
    const { value, reports } = await virtualReporting(function* () {
      const outer = spawn(() =>
        cancelScope({}, function* () {
          const waiter = spawn(() => shield(work([], 10, boom)()));
          yield* sleep(1);
          yield* waiter.kill();
        })
      );
      return yield* caught(outer);
    });
    assertStrictEquals(value, boom);
    assertEquals(reports, [boom]);
  });

  test("S-32: timeouts of the waiter leave the operation running", () =>
    virtual(function* () {
      const log: unknown[] = [];
      assertEquals(yield* withTimeout(5, shield(work(log, 20, "a")()), { value: "late" }), "late");
      using limit = Timeout.start(5);
      assertStrictEquals(yield* caught(shield(work(log, 20, "b")())), limit);
      assertEquals(log, []);
      yield* sleep(30);
      assertEquals(log, ["a ended", "b ended"]);
    }));

  test("a shield around a body holds a kill back until the body has ended", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        log.push(yield* shield(work(log, 20, "body")));
        log.push("no park yet");
        yield* sleep(0);
        log.push("the kill came too late");
      });
      yield* sleep(5);
      yield* g.kill();
      assertEquals(log, ["body ended", "body", "no park yet"]);
    }));

  test("a shield around a body holds back the Timeout started before it, not the one started in it", () =>
    virtual(function* () {
      using outer = Timeout.start(5);
      const log: unknown[] = [];
      yield* shield(function* () {
        yield* sleep(10);
        log.push("still here");
        using inner = Timeout.start(5);
        assertStrictEquals(yield* caught(sleep(100)), inner);
        log.push("inner");
      });
      assertEquals(log, ["still here", "inner"]);
      assertStrictEquals(yield* caught(sleep(0)), outer);
    }));

  test("a shield around a body lets the deadlines inside it pass", () =>
    virtual(function* () {
      const g = spawn(() =>
        shield(function* () {
          return yield* moveOnAfter(5, function* () {
            yield* suspend();
          });
        })
      );
      yield* settle();
      g.kill();
      assertEquals(yield* g.join({ timeout: 6 }), true);
    }));

  test("a shield's own deadline lets the kill through", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const never = new Event();
      const g = spawn(() => shield(() => never.wait(), { timeout: 10 }));
      yield* sleep(2);
      yield* g.kill();
      assertEquals(clock.now(), 10);
      assert(isKill(g.value));
      assertEquals(timersSet(), 0);
    }, clock);
  });

  test("a shield's own deadline alone ends nothing", () =>
    virtual(function* () {
      assertEquals(yield* shield(work([], 20, "body"), { timeout: 5 }), "body");
      assertEquals(timersSet(), 0);
    }));
});
