/** Rule S-39: of nested timeouts the one that fired is reported, and only its own block catches it. */
import {
  all,
  call,
  cancelScope,
  Event,
  failAfter,
  gather,
  getCurrent,
  isKill,
  moveOnAfter,
  type Op,
  Queue,
  QueueEmpty,
  race,
  sleep,
  spawn,
  suspend,
  taskGroup,
  Timeout,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { timersSet, work } from "./traces.ts";

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

  for (
    const [name, outerMs, innerMs] of [["set for one instant", 10, 10], ["both overdue", 20, 10]] as const
  ) {
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

  test("S-39: a Timeout leaves through all, race, groups and scopes as itself, after their cleanup", () =>
    virtual(function* () {
      const through: [string, (work: () => Generator<unknown, unknown>) => Op<unknown>][] = [
        ["all", (work) => all([work(), work()])],
        ["race", (work) => race([work(), work()])],
        ["gather", (work) => gather([work(), work()])],
        ["a group", (work) =>
          taskGroup(function* (group) {
            group.spawn(work);
            group.spawn(work);
          })],
        ["a scope", (work) =>
          cancelScope({ timeout: 1_000 }, function* () {
            spawn(work);
            yield* work();
          })],
        ["call", (work) => call(() => all([work(), withTimeout(1_000, work())]))],
      ];
      for (const [name, op] of through) {
        const log: unknown[] = [];
        using limit = Timeout.start(10);
        assertStrictEquals(yield* caught(op(work(log, 500, name, 20))), limit);
        assertEquals(log, [`${name} killed`, `${name} killed`]);
        assertEquals(timersSet(), 0);
      }
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
