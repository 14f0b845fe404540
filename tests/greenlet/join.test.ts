/** Rules S-25, S-26, S-29, S-30 and S-33: waiting for greenlets. */
import {
  call,
  cancelScope,
  Event,
  gather,
  getCurrent,
  type Greenlet,
  iwait,
  joinAll,
  killAll,
  type Op,
  sleep,
  spawn,
  suspend,
  Timeout,
  TimeoutError,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf, places, timersSet } from "./traces.ts";

/** The ways to wait for one greenlet. */
const ways: [name: string, way: (g: Greenlet<unknown>) => Op<unknown>][] = [
  ["join", (g) => g.join()],
  ["join with a timeout", (g) => g.join({ timeout: 1_000_000 })],
  ["get", (g) => g.get()],
  ["yield*", (g) => g],
  ["joinAll", (g) => joinAll([g])],
  ["wait", (g) => wait([g], { timeout: 1_000_000 })],
  ["iwait", (g) => iwait([g]).next()],
];

describe("join: what waiting leaves behind", () => {
  for (const [name, way] of ways) {
    test(`S-25: a joiner that is killed in ${name} leaves the other greenlet alone`, () =>
      virtual(function* () {
        const target = spawn(function* () {
          yield* sleep(100);
          return "done";
        });
        const joiner = spawn(() => way(target));
        yield* settle();
        yield* joiner.kill();
        assertEquals(target.ready, false);
        assertEquals(target.signal.aborted, false);
        if (name !== "iwait") assertEquals(linksOf(target), 0);
        assertEquals(yield* target, "done");
      }));
  }

  test("S-25: a joiner that times out in a block of its own leaves no link behind", () =>
    virtual(function* () {
      const target = spawn(suspend);
      yield* caught(withTimeout(5, () => target));
      yield* cancelScope({ timeout: 5 }, () => target.join());
      {
        using limit = Timeout.start(5);
        assertStrictEquals(yield* caught(joinAll([target])), limit);
      }
      assertEquals(yield* target.join({ timeout: 5 }), false);
      assertInstanceOf(yield* caught(target.get({ timeout: 5 })), TimeoutError);
      assertEquals([target.dead, linksOf(target), timersSet()], [false, 0, 0]);
      yield* target.kill();
    }));

  test("S-25: with one of three joiners gone the others hear of the end, in order", () =>
    virtual(function* () {
      const go = new Event();
      const target = spawn(() => go.wait());
      const log: string[] = [];
      const joiners = ["a", "b", "c"].map((name) =>
        spawn(function* () {
          yield* target.join();
          log.push(name);
        })
      );
      yield* settle();
      yield* joiners[1]!.kill();
      go.set();
      yield* joinAll(joiners);
      assertEquals(log, ["a", "c"]);
    }));
});

describe("join: timeouts", () => {
  test("S-26: join gives true at the end and false at the timeout", () =>
    virtual(function* () {
      const g = spawn(() => sleep(10));
      assertEquals(yield* g.join({ timeout: 5 }), false);
      assertEquals(g.dead, false);
      assertEquals(yield* g.join({ timeout: 6 }), true);
      assertEquals(yield* g.join({ timeout: 6 }), true);
      assertEquals(yield* g.join(), true);
    }));

  test("S-26: join gives true for a failure and for a kill, and throws neither", async () => {
    const { value, reports } = await virtualReporting(function* () {
      const failing = spawn(() => {
        throw new Error("boom");
      });
      const killed = spawn(suspend);
      killed.kill();
      const joined = [yield* failing.join(), yield* killed.join()];
      return [joined, (failing.exception as Error).message];
    });
    assertEquals(value, [[true, true], "boom"]);
    assertEquals(reports.length, 1);
  });

  test("S-26: get throws TimeoutError at its timeout, and the greenlet runs on", () =>
    virtual(function* () {
      const g = spawn(function* () {
        yield* sleep(10);
        return 7;
      });
      assertInstanceOf(yield* caught(g.get({ timeout: 5 })), TimeoutError);
      assertEquals(yield* g.get({ timeout: 6 }), 7);
    }));

  test("S-26: a TimeoutError that the greenlet died of comes out of join as true", () =>
    virtual(function* () {
      const own = new TimeoutError("its own");
      const g = spawn(function* () {
        yield* sleep(1);
        throw own;
      });
      const getter = spawn(() => caught(g.get({ timeout: 100 })));
      assertEquals(yield* g.join({ timeout: 100 }), true);
      assertStrictEquals(yield* getter, own);
    }));

  test("S-26: an outer timeout that fires inside join or get is thrown as itself", () =>
    virtual(function* () {
      const target = spawn(suspend);
      for (const [, way] of ways) {
        for (const timeout of [10, 20, undefined]) {
          using outer = Timeout.start(10);
          const inner = () => timeout === undefined ? way(target) : target.get({ timeout });
          assertStrictEquals(yield* caught(inner()), outer, String(timeout));
          assertStrictEquals(outer.pending, false);
        }
        const late = yield* withTimeout(10, function* () {
          return yield* target.join({ timeout: 10 });
        }, { value: "the outer one" });
        assertEquals(late, "the outer one");
      }
      yield* target.kill();
    }));
});

describe("join: many", () => {
  test("S-29: an empty list returns without a switch", () =>
    virtual(function* () {
      let ran = false;
      spawn(() => {
        ran = true;
      });
      assertEquals(yield* joinAll([]), []);
      assertEquals(yield* wait([]), []);
      assertEquals(yield* killAll([]), []);
      assertEquals(ran, false);
    }));

  test("S-29: duplicates in joinAll and killAll are harmless", () =>
    virtual(function* () {
      const a = spawn(() => sleep(2)), b = spawn(() => sleep(1)), c = spawn(suspend);
      assertEquals(places(yield* joinAll([a, b, a, b, b]), [a, b]), [1, 0]);
      assertEquals(places(yield* joinAll([a, a], { count: 2 }), [a]), [0]);
      assertEquals((yield* killAll([c, c, a, c])).length, 0);
      assertEquals(c.dead, true);
    }));

  test("S-29: joinAll takes any iterable and reads it once", () =>
    virtual(function* () {
      const a = spawn(() => sleep(2)), b = spawn(() => sleep(1));
      let read = 0;
      const iterable = {
        *[Symbol.iterator]() {
          read++;
          yield* [a, b];
        },
      };
      assertEquals(places(yield* joinAll(iterable), [a, b]), [1, 0]);
      assertEquals(places(yield* joinAll(new Set([a])), [a]), [0]);
      assertEquals(read, 1);
    }));

  test("S-30: joinAll with raiseError throws the failure that happens first in time, wherever it stands", () =>
    virtual(function* () {
      const errors = [new Error("third"), new Error("first"), new Error("second")];
      const gs = [30, 10, 20].map((ms, i) =>
        spawn(function* () {
          yield* sleep(ms);
          throw errors[i];
        })
      );
      assertStrictEquals(yield* caught(joinAll(gs, { raiseError: true })), errors[1]);
      assertEquals(gs.map((g) => g.dead), [false, true, false], "it throws at the first one");
      assertEquals(gs.map(linksOf), [0, 0, 0]);
      for (const i of [2, 0]) assertStrictEquals(yield* caught(gs[i]!), errors[i]);
    }));

  test("S-30: joinAll with raiseError throws the earliest of failures that lie behind it", async () => {
    const { value } = await virtualReporting(function* () {
      const errors = [new Error("later"), new Error("earlier")];
      const gs = [20, 10].map((ms, i) =>
        spawn(function* () {
          yield* sleep(ms);
          throw errors[i];
        })
      );
      yield* sleep(30);
      const error = yield* caught(joinAll(gs, { raiseError: true }));
      for (const g of gs) yield* caught(g.get());
      return (error as Error).message;
    });
    assertEquals(value, "earlier");
  });

  test("S-30: without raiseError nothing is thrown, a kill is no failure, and one with a reason is", () =>
    virtual(function* () {
      const failing = spawn(function* () {
        yield* sleep(1);
        throw new Error("boom");
      });
      failing.linkException(() => {});
      assertEquals(places(yield* joinAll([failing]), [failing]), [0]);
      const killed = spawn(suspend), shot = spawn(suspend);
      killed.kill();
      assertEquals(places(yield* joinAll([killed], { raiseError: true }), [killed]), [0]);
      const reason = new Error("reason");
      shot.kill(reason);
      assertStrictEquals(yield* caught(joinAll([killed, shot], { raiseError: true })), reason);
    }));

  test("S-30: raiseError with a count looks at those only; a timeout gives those that ended", () =>
    virtual(function* () {
      const fine: Greenlet<void> = spawn(() => sleep(1));
      const failing: Greenlet<void> = spawn(function* (): Generator<unknown, void> {
        yield* sleep(5);
        throw new Error("boom");
      });
      assertEquals(places(yield* joinAll([failing, fine], { raiseError: true, count: 1 }), [failing, fine]), [
        1,
      ]);
      assertEquals(
        places(yield* joinAll([failing, fine], { raiseError: true, timeout: 1 }), [failing, fine]),
        [1],
      );
      yield* caught(failing.get());
    }));
});

describe("join: oneself", () => {
  const selves: [name: string, op: (self: Greenlet<unknown>) => Op<unknown>][] = [
    ...ways,
    ["gather", (g) => gather([g])],
    ["wait among others", (g) => wait([spawn(() => sleep(1)), g])],
  ];
  for (const [name, op] of selves) {
    test(`S-33: a greenlet that joins itself by ${name} gets an error, not a hang`, () =>
      virtual(function* () {
        const g = spawn(() => caught(call(() => op(getCurrent()))));
        const error = yield* withTimeout(1000, g, { value: "it hangs" });
        assertInstanceOf(error, Error);
        assert(!(error instanceof TimeoutError));
      }));
  }
});
