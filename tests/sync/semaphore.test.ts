import fc from "fast-check";
import { BoundedSemaphore, call, joinAll, Semaphore, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertFalse, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { logging, property, upTo, virtual } from "../laws/kit.ts";
import { checkPlaces } from "../laws/lock_model.ts";
import { type Pair, play, programs } from "../laws/model.ts";

describe("Semaphore", () => {
  test("lets so many in at once", () =>
    virtual(function* () {
      const semaphore = new Semaphore(3);
      let inside = 0, most = 0;
      const gs = upTo(10).map(() =>
        spawn(() =>
          semaphore.withLock(function* () {
            most = Math.max(most, ++inside);
            yield* sleep(1);
            inside--;
          })
        )
      );
      yield* joinAll(gs, { raiseError: true });
      assertEquals([most, semaphore.available, semaphore.locked], [3, 3, false]);
    }));

  test("S-51: an acquire of many is all or nothing, and nobody overtakes it", () =>
    virtual(function* () {
      const semaphore = new Semaphore(2), log: string[] = [];
      const many = logging(log, "many", semaphore.acquire({ permits: 3 }));
      const one = logging(log, "one", semaphore.acquire());
      yield* settle();
      assertEquals([log, semaphore.available, semaphore.locked], [[], 2, true]);
      assertFalse(semaphore.tryAcquire(), "S-50: two are free, but they are for the one in line");
      assertEquals(yield* semaphore.acquire({ timeout: 0 }), false);
      semaphore.release();
      assertEquals(semaphore.available, 0);
      yield* many;
      assertEquals(log, ["many true"]);
      semaphore.release(2);
      assertEquals(semaphore.available, 1);
      yield* one;
      assertEquals(log, ["many true", "one true"]);
    }));

  test("S-51: when the head of the line leaves, killed or timed out, the line is asked again", () =>
    virtual(function* () {
      const semaphore = new Semaphore(2), log: string[] = [];
      const killed = logging(log, "killed", semaphore.acquire({ permits: 3 }));
      const late = logging(log, "late", semaphore.acquire({ permits: 4, timeout: 5 }));
      const gs = ["a", "b", "c"].map((n) => logging(log, n, semaphore.acquire()));
      yield* settle();
      killed.kill();
      yield* settle();
      assertEquals(log, ["killed !GreenletExit"]);
      yield* late;
      yield* settle();
      assertEquals(log.slice(1), ["late false", "a true", "b true"]);
      assertEquals(semaphore.available, 0);
      semaphore.release();
      yield* joinAll(gs);
      assertEquals(log.length, 5);
    }));

  test("S-51: one in the middle that leaves gives nobody anything", () =>
    virtual(function* () {
      const semaphore = new Semaphore(1), log: string[] = [];
      const head = logging(log, "head", semaphore.acquire({ permits: 2 }));
      const middle = logging(log, "middle", semaphore.acquire());
      const last = logging(log, "last", semaphore.acquire());
      yield* settle();
      middle.kill();
      yield* settle();
      assertEquals([log, semaphore.available], [["middle !GreenletExit"], 1]);
      semaphore.release(2);
      yield* joinAll([head, last]);
      assertEquals([log.slice(1), semaphore.available], [["head true", "last true"], 0]);
    }));

  test("S-46, S-50: a release of many wakes as many as it serves, in line order", () =>
    virtual(function* () {
      const semaphore = new Semaphore(0), log: string[] = [];
      const gs = [1, 2, 1, 1].map((permits, i) => logging(log, `${i}`, semaphore.acquire({ permits })));
      yield* settle();
      semaphore.release(4);
      assertEquals(log, []);
      yield* settle();
      assertEquals([log, semaphore.available], [["0 true", "1 true", "2 true"], 0]);
      semaphore.release();
      yield* joinAll(gs);
    }));

  test("S-52: a timed-out acquire of many consumes nothing", () =>
    virtual(function* () {
      const semaphore = new Semaphore(2);
      assertEquals(yield* semaphore.acquire({ permits: 3, timeout: 5 }), false);
      assertEquals([semaphore.available, semaphore.locked], [2, false]);
      assert(semaphore.tryAcquire(2));
      assertFalse(semaphore.tryAcquire());
    }));

  test("takes only counts that make sense, and says so at the call", () => {
    for (const bad of [-1, 1.5, NaN]) assertThrows(() => new Semaphore(bad), RangeError);
    assertThrows(() => new Semaphore("1" as unknown as number), TypeError);
    const semaphore = new Semaphore(2);
    for (const bad of [0, -1, 1.5, NaN]) {
      assertThrows(() => semaphore.acquire({ permits: bad }), RangeError);
      assertThrows(() => semaphore.tryAcquire(bad), RangeError);
      assertThrows(() => semaphore.release(bad), RangeError);
    }
    assertEquals(semaphore.available, 2);
  });

  test("a release needs no greenlet, and may come before every acquire", () =>
    virtual(function* () {
      const semaphore = new Semaphore(0);
      semaphore.release(2);
      assertEquals([yield* semaphore.acquire(), yield* semaphore.acquire({ timeout: 0 })], [true, true]);
    }));

  test("S-50, S-51, S-52: three places keep to the model under random kills and hand-overs", () =>
    checkPlaces((places) => new Semaphore(places), 3));

  test("S-50, S-51, S-52: permits are conserved and the line is kept, under random kills and timeouts", () =>
    property(
      programs(2, fc.integer({ min: 1, max: 3 })),
      (program) => play(program, () => permits(new Semaphore(2), 2)),
    ));
});

describe("BoundedSemaphore", () => {
  test("S-53: over-release throws and changes nothing", () =>
    virtual(function* () {
      const semaphore = new BoundedSemaphore(2);
      assertThrows(() => semaphore.release(), RangeError);
      assertEquals(semaphore.available, 2);
      yield* semaphore.acquire();
      assertThrows(() => semaphore.release(2), RangeError);
      assertEquals(semaphore.available, 1);
      semaphore.release();
      assertEquals([semaphore.available, semaphore.locked], [2, false]);
      yield* semaphore.acquire({ permits: 2 });
      semaphore.release(2);
      assertEquals(semaphore.available, 2);
    }));

  test("S-53: an over-release with others in line throws, too, and wakes nobody", () =>
    virtual(function* () {
      const semaphore = new BoundedSemaphore(2), log: string[] = [];
      yield* semaphore.acquire();
      const g = logging(log, "both", semaphore.acquire({ permits: 2 }));
      yield* settle();
      assertThrows(() => semaphore.release(2), RangeError);
      yield* settle();
      assertEquals([log, semaphore.available], [[], 1]);
      semaphore.release();
      yield* g;
      assertEquals(semaphore.available, 0);
    }));

  test("asked for more than there ever are, throws at the call instead of waiting for ever", () => {
    const semaphore = new BoundedSemaphore(2);
    assertThrows(() => semaphore.acquire({ permits: 3 }), RangeError);
    assertThrows(() => semaphore.tryAcquire(3), RangeError);
    for (const bad of [0, -1, NaN]) assertThrows(() => semaphore.release(bad), RangeError);
    assertEquals(semaphore.available, 2);
  });

  test("S-51, S-53: keeps to the model under random kills and timeouts", () =>
    property(
      programs(2, fc.integer({ min: 1, max: 3 })),
      (program) => play(program, () => permits(new BoundedSemaphore(3), 3, 3)),
    ));
});

/** A semaphore beside a number. */
function permits(semaphore: Semaphore, free: number, bound = Infinity): Pair {
  const release = (n: number) => {
    if (free + n > bound) return "!RangeError";
    free += n;
    return "ok";
  };
  return {
    verbs: {
      acquire: {
        start: (n, o) => semaphore.acquire({ ...o, permits: n }),
        now: (n) => semaphore.tryAcquire(n),
        model(n) {
          if (free < n) return undefined;
          free -= n;
          return "true";
        },
        late: "false",
      },
      release: {
        start: (n) => call(() => semaphore.release(n)),
        now: (n) => semaphore.release(n),
        model: release,
        late: "",
      },
    },
    real: () => semaphore.available,
    expected: () => free,
  };
}
