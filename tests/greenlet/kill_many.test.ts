/** Reasons, and killing several: who goes first, who survives, what is awaited. */
import {
  cancelScope,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  isKill,
  killAll,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, leaving, outcomeOf, toss, virtual } from "./kit.ts";

describe("reason", () => {
  const plain: unknown[] = [
    "why",
    3,
    null,
    0,
    "",
    false,
    { a: 1 },
    { name: "Bob", message: "hi" },
    () => 1,
    Symbol("s"),
  ];
  for (const reason of plain) {
    test(`S-18: ${String(reason)}${JSON.stringify(reason) ?? ""} is no Error: it is wrapped, with itself as the cause`, () =>
      virtual(function* () {
        const [unborn, parked] = [spawn(suspend), spawn(suspend)];
        unborn.kill(reason);
        yield* settle();
        yield* parked.kill(reason);
        for (const g of [unborn, parked]) {
          assertEquals([g.successful, g.value], [false, undefined]);
          assertInstanceOf(g.exception, Error);
          assertStrictEquals(g.exception.cause, reason);
          assertStrictEquals(yield* caught(g), g.exception);
        }
      }));
  }

  test("S-18: an Error, a DOMException, is thrown as it is", () =>
    virtual(function* () {
      for (
        const reason of [new TypeError("t"), new DOMException("gone", "AbortError"), new AggregateError([])]
      ) {
        const seen: unknown[] = [];
        const g = spawn(function* () {
          try {
            yield* suspend();
          } catch (e) {
            seen.push(e, isKill(e));
            throw e;
          }
        });
        yield* settle();
        yield* g.kill(reason);
        assertStrictEquals(seen[0], reason);
        assertEquals(seen[1], true);
        assertStrictEquals(g.exception, reason);
        assertStrictEquals(g.signal.reason, reason);
      }
    }));

  test("S-18: the first reason wins: parked, in cleanup, running, under a shield", () =>
    virtual(function* () {
      const [first, second] = [new Error("first"), new Error("second")];
      const log: unknown[] = [];
      const bodies = [
        suspend,
        () => leaving(log, "cleaning", 5),
        function* () {
          yield* shield(() => sleep(5));
          yield* sleep(5);
        },
        function* () {
          getCurrent().kill(first);
          getCurrent().kill(second);
          yield* sleep(1);
        },
      ];
      for (const body of bodies) {
        const g = spawn(body as () => Gen);
        yield* settle();
        g.kill(first);
        g.kill();
        yield* settle();
        yield* g.kill(second);
        assertStrictEquals(g.exception, first);
        assertStrictEquals(g.signal.reason, first);
      }
    }));

  test("S-18: the first reason wins over the cancel of the scope that the greenlet lives in, and the other way", () =>
    virtual(function* () {
      const reason = new Error("first");
      yield* cancelScope({}, function* (scope) {
        const g = spawn(suspend);
        yield* settle();
        g.kill(reason);
        scope.cancel();
        yield* shield(() => g.join());
        assertStrictEquals(g.exception, reason);
      });
      yield* cancelScope({}, function* (scope) {
        const g = spawn(() => leaving([], "g", 1));
        yield* settle();
        scope.cancel();
        g.kill(reason);
        yield* shield(() => g.join());
        assertInstanceOf(g.value, GreenletExit);
      });
    }));
});

describe("killAll", () => {
  test("S-19: first those not started are withdrawn, then the others are thrown into in the given order", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const [a, b, c] = ["a", "b", "c"].map((name) => spawn(() => leaving(log, name)));
      yield* settle();
      const [u, v] = ["u", "v"].map((name) => spawn(() => leaving(log, name)));
      u.link(() => log.push("u is dead"));
      v.link(() => log.push("v is dead"));
      const end = killAll([c, u, a, v, b]);
      assertEquals([u, v, a, b, c].map((g) => g.dead), [true, true, false, false, false]);
      assertEquals(yield* end, []);
      assertEquals(log, ["u is dead", "v is dead", "c", "a", "b"]);
    }));

  test("S-19: takes any iterable, once; ignores duplicates and the dead", () =>
    virtual(function* () {
      const makers: ((gs: Greenlet<unknown>[]) => Iterable<Greenlet<unknown>>)[] = [
        (gs) => new Set(gs),
        (gs) => gs.values(),
        (gs) => new Map(gs.map((g) => [g, 1])).keys(),
        function* (gs) {
          yield* gs;
        },
        (gs) => [...gs, ...gs, spawn(() => 1), ...gs.toReversed()],
      ];
      for (const make of makers) {
        const log: unknown[] = [];
        const gs = ["a", "b"].map((name) => spawn(() => leaving(log, name, 1)));
        const dead = spawn(suspend);
        dead.kill();
        yield* settle();
        assertEquals(yield* killAll(make([...gs, dead])), []);
        assertEquals([log, gs.every((g) => g.dead)], [["a", "b", "a left", "b left"], true]);
      }
      assertEquals(yield* killAll([]), []);
      assertEquals(yield* killAll(new Set<Greenlet<unknown>>()), []);
    }));

  test("S-19: acts at the call; the order and the reason are those of the call", () =>
    virtual(function* () {
      const reason = new Error("all of you");
      const gs = [spawn(suspend), spawnLater(9, suspend), spawn(suspend)];
      yield* settle();
      killAll(gs, reason);
      yield* settle();
      for (const g of gs) assertStrictEquals(g.exception, reason);
    }));

  test("S-19: with a timeout nothing throws: what survived is given back, and dies in its time", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const group = new Group();
      const start = () => {
        const gs = [0, 40, 20].map((ms, i) => group.spawn(() => leaving(log, `${i}`, ms)));
        return gs;
      };
      const [a, b, c]: Greenlet<unknown>[] = start();
      yield* settle();
      assertEquals((yield* killAll([a, b, c], undefined, { timeout: 30 })).indexOf(b), 0);
      assertEquals(yield* killAll([a, b, c], undefined, { timeout: 12 }), []);
      const [, e, f]: Greenlet<unknown>[] = start();
      yield* settle();
      assertEquals((yield* group.kill(undefined, { timeout: 0 })).length, 3, "nobody had a turn");
      const left = yield* group.kill(undefined, { timeout: 1 });
      assertEquals(left.map((g) => [e, f].indexOf(g)).toSorted(), [0, 1]);
      assertEquals(yield* e.kill(undefined, { timeout: 38 }), false);
      assertEquals(yield* e.kill(undefined, { timeout: 5 }), true);
      assertEquals(yield* f.kill(undefined, { timeout: -5 }), true);
    });
    assertEquals([outcome.error, outcome.reports, outcome.ms], [undefined, [], 80]);
  });

  test("S-19: an error of one that is killed does not come out of killAll, and the others die", async () => {
    const failure = new Error("cleanup");
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const bad = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          toss(failure);
        }
      });
      const good = spawn(() => leaving(log, "good", 1));
      yield* settle();
      assertEquals(yield* killAll([bad, good]), []);
      assertStrictEquals(yield* caught(bad), failure);
      assertEquals(log, ["good", "good left"]);
    });
    assertEquals(outcome.error, undefined);
  });

  test("S-19: who comes to life through the kills is not among those killed", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const group = new Group();
      group.spawn(function* () {
        try {
          yield* suspend();
        } finally {
          group.spawn(() => leaving(log, "late"));
        }
      });
      yield* settle();
      yield* group.kill();
      yield* settle();
      assertEquals([log, group.size], [[], 1]);
      yield* group.kill();
      assertEquals([log, group.size], [["late"], 0]);
    }));
});
