import { CapacityLimiter, isKill, joinAll, sleep, spawn, suspend } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertFalse, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, upTo, virtual } from "../laws/kit.ts";
import { checkPlaces } from "../laws/lock_model.ts";

/** Takes a token of `limiter` and keeps it until it is killed. */
function keeper(limiter: CapacityLimiter, log: string[] = [], name = "") {
  return spawn(function* () {
    yield* limiter.acquire();
    log.push(name);
    yield* suspend();
  });
}

describe("CapacityLimiter", () => {
  test("S-50: raising the total serves the line in order, lowering it takes nothing away and lets nobody in", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1), log: string[] = [];
      const gs = upTo(5).map((i) => keeper(limiter, log, `${i}`));
      yield* settle();
      assertEquals([log.join(""), limiter.borrowed, limiter.available, limiter.locked], ["0", 1, 0, true]);
      limiter.total = 3;
      assertEquals(
        [limiter.borrowed, log.join("")],
        [3, "0"],
        "theirs at the call, though they have not run",
      );
      yield* settle();
      assertEquals(log.join(""), "012");
      limiter.total = 1;
      assertEquals([limiter.total, limiter.borrowed, limiter.available], [1, 3, 0]);
      yield* gs[0].kill();
      yield* gs[2].kill();
      yield* settle();
      assertEquals(log.join(""), "012");
      yield* gs[1].kill();
      yield* settle();
      assertEquals(log.join(""), "0123");
      limiter.total = Infinity;
      yield* settle();
      assertEquals([log.join(""), limiter.locked, limiter.available], ["01234", false, Infinity]);
      for (const g of gs) g.kill();
    }));

  test("S-51: a token that is given to a killed waiter comes back", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1), log: string[] = [];
      yield* limiter.acquire();
      const g = spawn(function* () {
        log.push(`${yield* limiter.acquire()}`);
        try {
          yield* sleep(0);
        } catch (e) {
          log.push(`killed ${isKill(e)}`);
          throw e;
        }
      });
      const next = logging(log, "next", limiter.acquire());
      yield* settle();
      limiter.release();
      g.kill();
      yield* joinAll([g, next]);
      assertEquals(log, ["true", "killed true", "next true"], "without a finally: its end gives it back");
      yield* settle();
      assertEquals(limiter.borrowed, 0);
    }));

  test("S-53: only a holder releases, once; nobody holds two", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(2);
      assertThrows(() => limiter.release(), Error);
      yield* limiter.acquire();
      assertFalse(limiter.tryAcquire());
      assert((yield* caught(limiter.acquire())) instanceof Error);
      const other = keeper(limiter);
      yield* settle();
      assert(
        (yield* caught(limiter.acquire({ timeout: 5 }))) instanceof Error,
        "at once, not after the line",
      );
      assertEquals(limiter.borrowed, 2);
      limiter.release();
      assertThrows(() => limiter.release(), Error);
      assertEquals(limiter.borrowed, 1);
      yield* other.kill();
    }));

  test("S-54: a holder that dies, killed, failed or at its end, gives its token to the next one", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1), log: string[] = [];
      const killed = keeper(limiter, log, "killed");
      const ended = logging(log, "ended", limiter.acquire());
      const failed = spawn(function* () {
        yield* limiter.acquire();
        log.push("failed");
        throw new Error("mine");
      });
      const reason = spawn(() => caught(failed));
      const last = logging(log, "last", limiter.acquire());
      yield* settle();
      killed.kill();
      yield* joinAll([ended, reason, last]);
      assertEquals(log, ["killed", "ended true", "failed", "last true"]);
      assertEquals([limiter.borrowed, limiter.available], [0, 1]);
    }));

  test("takes only totals that make sense", () => {
    for (const bad of [-1, 1.5, NaN]) {
      assertThrows(() => new CapacityLimiter(bad), RangeError);
      const limiter = new CapacityLimiter(2);
      assertThrows(() => {
        limiter.total = bad;
      }, RangeError);
      assertEquals(limiter.total, 2);
    }
  });

  test("a total of 0 lets nobody in until it is raised", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(0), log: string[] = [];
      const g = logging(log, "waiter", limiter.acquire());
      yield* settle();
      assertEquals([limiter.tryAcquire(), limiter.available, limiter.locked, log], [false, 0, true, []]);
      limiter.total = 1;
      yield* g;
      assertEquals(log, ["waiter true"]);
    }));

  for (const places of [1, 2, 3]) {
    test(`S-50, S-51, S-52: keeps to the model under random kills and new totals, from ${places}`, () =>
      checkPlaces((n) => {
        const limiter = new CapacityLimiter(n);
        return {
          acquire: (o) => limiter.acquire(o),
          tryAcquire: () => limiter.tryAcquire(),
          release: () => limiter.release(),
          resize: (total) => void (limiter.total = total),
          get locked() {
            return limiter.locked;
          },
        };
      }, places));
  }
});
