/** Cancel scopes: shields and deadlines. */
import {
  CancelScope,
  cancelScope,
  type CancelScopeOptions,
  failAfter,
  moveOnAfter,
  run,
  shield,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";

describe("cancelScope: shield", () => {
  test("S-73: a shield blocks outer cancels only, up to its end", () =>
    virtual(function* () {
      const log: string[] = [];
      const outer = new CancelScope();
      yield* outer.run(function* () {
        outer.cancel();
        yield* cancelScope({ shield: true }, function* () {
          yield* sleep(5);
          log.push("shielded");
          spawn(() => void log.push("its greenlets too"));
          yield* sleep(1);
        });
        log.push("left the shield");
        yield* sleep(0);
        log.push("not reached");
      });
      assertEquals(log, ["shielded", "its greenlets too", "left the shield"]);
      assertEquals(outer.cancelledCaught, true);
    }));

  test("S-73: a shield does not block the scope's own cancel, its deadline, or those of scopes inside", () =>
    virtual(function* () {
      const clock: number[] = [];
      yield* cancelScope({ shield: true, timeout: 5 }, () => suspend());
      clock.push(1);
      yield* cancelScope({ shield: true }, function* (s) {
        yield* cancelScope({ timeout: 5 }, () => suspend());
        clock.push(2);
        s.cancel();
        yield* suspend();
      });
      clock.push(3);
      assertEquals(clock, [1, 2, 3]);
    }));

  test("S-73: a shield holds a kill of the greenlet back, which comes at the next park after it", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(function* () {
        yield* cancelScope({ shield: true }, () => sleep(10));
        log.push("shield over");
        yield* sleep(0);
        log.push("not reached");
      });
      yield* settle();
      assertEquals(yield* g.kill(undefined, { timeout: 5 }), false);
      assertEquals(yield* g.kill(undefined, { timeout: 10 }), true);
      assertEquals(log, ["shield over"]);
    }));

  test("S-73: removing the shield delivers what is pending, at the call", () =>
    virtual(function* () {
      const log: string[] = [];
      const [outer, inner] = [new CancelScope(), new CancelScope({ shield: true })];
      const g = spawn(() =>
        outer.run(function* () {
          yield* inner.run(function* () {
            try {
              yield* sleep(100);
            } finally {
              log.push("cancelled");
            }
          });
        })
      );
      yield* settle();
      outer.cancel();
      yield* sleep(5);
      assertEquals(log, []);
      inner.shield = false;
      yield* settle();
      assertEquals([...log, g.dead], ["cancelled", true]);
      assertEquals([outer.cancelledCaught, inner.cancelledCaught], [true, false]);
    }));

  test("S-73: a shield may be put up before the cancel comes; with two, both must go", () =>
    virtual(function* () {
      const [outer, one, two] = [new CancelScope(), new CancelScope(), new CancelScope({ shield: true })];
      const g = spawn(() => outer.run(() => one.run(() => two.run(() => suspend()))));
      yield* settle();
      one.shield = true;
      assertEquals([one.shield, two.shield], [true, true]);
      outer.cancel();
      yield* settle();
      two.shield = false;
      yield* settle();
      assertEquals(g.dead, false);
      one.shield = false;
      yield* settle();
      assertEquals(g.dead, true);
    }));

  test("S-73: the deadline of a scope outside is held back by a shield like a cancel", () =>
    virtual(function* () {
      let reached = false;
      const value = yield* cancelScope({ timeout: 5 }, function* () {
        yield* cancelScope({ shield: true }, () => sleep(20));
        reached = true;
        yield* sleep(0);
        return "not reached";
      });
      assertEquals([value, reached], [undefined, true]);
    }));

  test("shield(body) holds a kill back for the length of its body, and gives its value", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        log.push(
          yield* shield(function* () {
            yield* sleep(10);
            return "kept";
          }),
        );
        yield* suspend();
      });
      yield* settle();
      g.kill();
      yield* g.join();
      assertEquals(log, ["kept"]);
    }));

  test("shield(body, { timeout }) holds nothing back after its time", () =>
    virtual(function* () {
      let ended = 0;
      const clock = new VirtualClock();
      yield* until(run(function* () {
        const g = spawn(() => shield(() => sleep(100), { timeout: 10 }));
        yield* sleep(1);
        yield* g.kill();
        ended = clock.now();
      }, { clock }));
      assertEquals(ended, 10);
    }));
});

describe("cancelScope: deadline", () => {
  /** Runs a scope and gives the moment at which it was left, and whether it was cancelled. */
  function* timed(
    clock: VirtualClock,
    options: CancelScopeOptions,
    meanwhile: (s: CancelScope) => Generator<unknown, void>,
  ): Generator<unknown, [number, boolean]> {
    const scope = new CancelScope(options);
    const helper = spawn(meanwhile, scope);
    yield* scope.run(() => sleep(1_000));
    const left: [number, boolean] = [clock.now(), scope.cancelledCaught];
    yield* helper;
    return left;
  }
  function* nothing(): Generator<unknown, void> {}
  const move = (after: number, to: number) =>
    function* (s: CancelScope): Generator<unknown, void> {
      yield* sleep(after);
      s.deadline = to;
    };

  test("S-42: a timeout counts from the entry, a deadline is a moment; the earlier of the two counts", async () => {
    for (
      const [options, at] of [
        [{ timeout: 30 }, 130],
        [{ deadline: 150 }, 150],
        [{ timeout: 30, deadline: 150 }, 130],
        [{ timeout: 30, deadline: 110 }, 110],
        [{ timeout: Infinity, deadline: Infinity }, 1_100],
        [{}, 1_100],
      ] as const
    ) {
      const clock = new VirtualClock(100);
      assertEquals(await virtual(() => timed(clock, options, nothing), clock), [at, at < 1_000]);
    }
  });

  test("S-42: a timeout counts from the entry, not from the making", () =>
    virtual(function* () {
      const scope = new CancelScope({ timeout: 10 });
      yield* sleep(100);
      yield* scope.run(() => sleep(5));
      assertEquals(scope.cancelledCaught, false);
    }));

  test("S-42: the deadline moves in both directions while the body waits", async () => {
    for (
      const [after, to, at] of [
        [10, 500, 500], // later
        [10, 20, 20], // earlier
        [10, 5, 10], // into the past
        [10, 10, 10], // to now
        [10, -Infinity, 10],
        [10, Infinity, 1_000], // away
      ] as const
    ) {
      const clock = new VirtualClock();
      assertEquals(await virtual(() => timed(clock, { timeout: 100 }, move(after, to)), clock), [
        at,
        at < 1_000,
      ]);
    }
  });

  test("S-42: it reads back what was set, and moves again and again", async () => {
    const clock = new VirtualClock();
    const left = await virtual(() =>
      timed(clock, { deadline: 50 }, function* (s) {
        assertEquals(s.deadline, 50);
        for (const at of [200, 30, Infinity, 70]) {
          s.deadline = at;
          assertEquals(s.deadline, at);
          yield* sleep(5);
        }
      }), clock);
    assertEquals(left, [70, true]);
  });

  test("S-38: a deadline that is set into the past inside the body cancels at the next park", () =>
    virtual(function* () {
      for (const at of [-Infinity, 0, 5]) {
        let reached = false;
        yield* cancelScope({}, function* (s) {
          s.deadline = at;
          reached = true;
          yield* sleep(0);
          reached = false;
        });
        assertEquals(reached, true);
      }
    }, new VirtualClock(5)));

  test("S-40: a body that ends without parking after its deadline has not timed out", () => {
    const clock = new VirtualClock();
    return virtual(function* () {
      let scope: CancelScope | undefined;
      const value = yield* cancelScope({ timeout: 5 }, (s) => {
        scope = s;
        clock.tick(50);
        return "late but whole";
      });
      assertEquals([value, scope?.cancelledCaught], ["late but whole", false]);
      yield* sleep(1);
    }, clock);
  });

  test("S-42: leaving the scope withdraws its timer: the run does not wait for it", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      yield* cancelScope({ timeout: 1_000 }, () => sleep(1));
      yield* moveOnAfter(1_000, () => sleep(1));
      yield* failAfter(1_000, () => sleep(1));
    }, clock);
    assertEquals(clock.now(), 3);
  });

  test("moveOnAfter gives undefined when its time is over, failAfter throws TimeoutError; both hand over the scope", () =>
    virtual(function* () {
      assertEquals(yield* moveOnAfter(5, () => suspend()), undefined);
      assertEquals(yield* moveOnAfter(5, (s) => s.cancelCalled), false);
      assertInstanceOf(yield* caught(failAfter(5, () => suspend())), TimeoutError);
      assertEquals(yield* failAfter(5, (s) => s.deadline > 0), true);
      assertEquals(
        yield* failAfter(5, function* (s) {
          s.deadline = Infinity;
          yield* sleep(50);
          return "moved";
        }),
        "moved",
      );
      assertThrows(() => moveOnAfter(NaN, () => 1), RangeError);
      assertThrows(() => failAfter(NaN, () => 1), RangeError);
    }));
});
