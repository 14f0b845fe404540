/** Reasons, and killing several: who goes first, who survives, what is awaited. */
import {
  cancelScope,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  isKill,
  joinAll,
  killAll,
  Lock,
  Queue,
  race,
  resource,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
  taskGroup,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, virtual } from "./kit.ts";

/** Waits; logs when it is told to leave and, `cleanup` milliseconds later, when it has left. */
function* leaving(log: unknown[], name: string, cleanup = 0): Gen {
  try {
    yield* suspend();
  } finally {
    log.push(name);
    if (cleanup > 0) {
      yield* sleep(cleanup);
      log.push(`${name} left`);
    }
  }
}

describe("reason", () => {
  const plain: unknown[] = ["why", 3, null, 0, "", false, { a: 1 }, { name: "Bob", message: "hi" }, () => 1, Symbol("s")];
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
      for (const reason of [new TypeError("t"), new DOMException("gone", "AbortError"), new AggregateError([])]) {
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
      const [a, b, c] = start();
      yield* settle();
      assertEquals((yield* killAll([a, b, c], undefined, { timeout: 30 })).indexOf(b), 0);
      assertEquals(yield* killAll([a, b, c], undefined, { timeout: 12 }), []);
      const [, e, f] = start();
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
          throw failure;
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

describe("scopes", () => {
  test("S-21: from the inside out: what lives in an inner scope has left before what lives around it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const victim = spawn(function* () {
        try {
          yield* cancelScope({}, function* () {
            spawn({ daemon: true }, () => leaving(log, "outer", 2));
            yield* taskGroup(function* () {
              spawn({ daemon: true }, () => leaving(log, "middle", 2));
              yield* cancelScope({}, function* () {
                spawn(() => leaving(log, "inner", 2));
                yield* leaving(log, "body", 2);
              });
            });
          });
        } finally {
          log.push("greenlet");
        }
      });
      yield* settle();
      yield* victim.kill();
      const body = log.filter((entry) => `${entry}`.startsWith("body"));
      const inner = log.filter((entry) => `${entry}`.startsWith("inner"));
      assertEquals([body, inner], [["body", "body left"], ["inner", "inner left"]]);
      assertEquals(log.slice(4), ["middle", "middle left", "outer", "outer left", "greenlet"]);
    }));

  test("S-21: greenlets of one scope die last born first, and each cleanup is awaited", () =>
    virtual(function* () {
      const ends: Record<string, (body: () => Gen) => Gen> = {
        *"its own cancel"(body) {
          yield* cancelScope({}, function* (scope) {
            yield* body();
            scope.cancel();
          });
        },
        *"its group's cancel"(body) {
          yield* taskGroup(function* (tg) {
            yield* body();
            tg.cancel();
          });
        },
        *"an error of its body"(body) {
          yield* caught(cancelScope({}, function* () {
            yield* body();
            throw new Error("body");
          }));
        },
        *"a kill of its greenlet"(body) {
          const g = spawn(() =>
            cancelScope({}, function* () {
              yield* body();
              yield* suspend();
            })
          );
          yield* settle();
          yield* g.kill();
        },
      };
      for (const [name, end] of Object.entries(ends)) {
        const log: unknown[] = [];
        yield* end(function* () {
          for (const [who, ms] of [["a", 3], ["b", 2], ["c", 1]] as const) spawn(() => leaving(log, who, ms));
          yield* sleep(0);
        });
        assertEquals(log.filter((entry) => `${entry}`.length === 1), ["c", "b", "a"], name);
        assertEquals(log.length, 6, `${name}: every cleanup was awaited`);
      }
    }));

  test("S-21: daemons and resources end one after the other, last born first, after all others", () =>
    virtual(function* () {
      const log: unknown[] = [];
      yield* cancelScope({}, function* () {
        spawn({ daemon: true }, () => leaving(log, "a", 3));
        yield* resource<number>(function* (provide) {
          try {
            yield* provide(1);
          } finally {
            log.push("b");
            yield* sleep(2);
            log.push("b left");
          }
        });
        spawn({ daemon: true }, () => leaving(log, "c", 1));
        spawn(function* () {
          yield* sleep(10);
          log.push("worker");
        });
      });
      assertEquals(log, ["worker", "c", "c left", "b", "b left", "a", "a left"]);
    }));
});

describe("race", () => {
  test("S-23: the losers are cleaned up wholly before race returns, also when the winner fails", async () => {
    const failure = new Error("won by failing");
    for (const fails of [false, true]) {
      const { ms } = await outcomeOf(function* () {
        const log: unknown[] = [];
        const op = race([
          leaving(log, "a", 30),
          (function* () {
            yield* sleep(1);
            if (fails) throw failure;
            return "won";
          })(),
          leaving(log, "b", 20),
        ]);
        if (fails) assertStrictEquals(yield* caught(op), failure);
        else assertEquals(yield* op, "won");
        assertEquals(log.toSorted(), ["a", "a left", "b", "b left"]);
      });
      assertEquals(ms, 31);
    }
  });

  test("S-23: losers that were woken keep nothing: the item, the permit and the lock are still there", () =>
    virtual(function* () {
      const q = new Queue<number>(), lock = new Lock();
      assertEquals(
        yield* race([
          sleep(1),
          lock.withLock(function* () {
            yield* suspend();
          }),
          q.get(),
        ]),
        undefined,
      );
      q.putNowait(1);
      assertEquals([q.qsize, lock.locked], [1, false]);
    }));

  test("S-23: a loser that spawned leaves its scopes' greenlets dead, and no error of a loser is lost", async () => {
    const failure = new Error("loser's cleanup");
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const error = yield* caught(race([
        sleep(1),
        taskGroup(function* (tg) {
          tg.spawn(() => leaving(log, "child", 5));
          try {
            yield* suspend();
          } finally {
            throw failure;
          }
        }),
      ]));
      assertEquals(log, ["child", "child left"]);
      assertStrictEquals(error, failure);
    });
    assertEquals([outcome.error, outcome.reports], [undefined, []]);
  });

  test("S-20, S-23: a race that is killed while it cleans up the losers cleans them up", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(() => race([sleep(1), leaving(log, "a", 30)]));
      yield* sleep(10);
      yield* g.kill();
      assertEquals(log, ["a", "a left"]);
      assert(g.dead);
      yield* joinAll([g]);
    }));
});
