/** Scopes and races that end: who goes first, what is awaited. */
import {
  cancelScope,
  joinAll,
  Lock,
  Queue,
  race,
  resource,
  sleep,
  spawn,
  suspend,
  taskGroup,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, leaving, outcomeOf, toss, virtual } from "./kit.ts";

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
            toss(failure);
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
