import {
  Event,
  isKill,
  joinAll,
  run,
  sleep,
  spawn,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, upTo, virtual } from "../laws/kit.ts";

describe("Event", () => {
  test("S-48: set then clear wakes all who waited at the set", () =>
    virtual(function* () {
      const event = new Event(), log: string[] = [];
      const gs = ["a", "b"].map((n) => logging(log, n, event.wait()));
      yield* settle();
      event.set();
      event.clear();
      const late = logging(log, "late", event.wait({ timeout: 5 }));
      yield* joinAll(gs);
      assertEquals([log, event.isSet], [["a true", "b true"], false]);
      yield* late;
      assertEquals(log[2], "late false", "who came after the clear waits for the next set");
    }));

  test("S-48: a waiter that is woken, and then killed, has waited", () =>
    virtual(function* () {
      const event = new Event(), log: string[] = [];
      const g = spawn(function* () {
        log.push(`${yield* event.wait()}`);
        try {
          yield* sleep(0);
        } catch (e) {
          log.push(`killed ${isKill(e)}`);
          throw e;
        }
      });
      yield* settle();
      event.set();
      event.clear();
      g.kill();
      yield* g.join();
      assertEquals(log, ["true", "killed true"]);
    }));

  test("S-49: wait gives false on timeout, and true when it is set, whatever the timeout", () =>
    virtual(function* () {
      const event = new Event(), log: string[] = [];
      const gs = [-1, 0, 5, 50].map((timeout) => logging(log, `${timeout}`, event.wait({ timeout })));
      yield* sleep(10);
      event.set();
      yield* joinAll(gs);
      assertEquals(log, ["-1 false", "0 false", "5 false", "50 true"]);
      assertEquals(yield* event.wait({ timeout: 0 }), true);
      assertEquals(yield* event.wait({ timeout: -1 }), true);
      assertEquals(yield* event.wait({ timeout: undefined }), true);
    }));

  test("S-43, S-49: a timeout and a set of one instant: the timers are first", () =>
    virtual(function* () {
      const event = new Event(), log: string[] = [];
      spawn(function* () {
        yield* sleep(5);
        event.set();
      });
      const gs = [5, 6].map((timeout) => logging(log, `${timeout}`, event.wait({ timeout })));
      yield* joinAll(gs);
      assertEquals(log, ["5 false", "6 true"]);
    }));

  test("S-46: wakes in the order of the waits, and runs nobody in set", () =>
    virtual(function* () {
      const event = new Event(), order: number[] = [];
      const gs = upTo(10_000).map((i) =>
        spawn(function* () {
          yield* event.wait();
          order.push(i);
        })
      );
      yield* settle();
      event.set();
      assertEquals(order.length, 0);
      yield* joinAll(gs);
      assertEquals(order, upTo(10_000));
    }));

  test("stays set until it is cleared; set and clear may be called twice", () =>
    virtual(function* () {
      const event = new Event();
      assertEquals(event.isSet, false);
      event.clear();
      event.set();
      event.set();
      assertEquals([event.isSet, yield* event.wait(), yield* event.wait()], [true, true, true]);
      event.clear();
      assertEquals([event.isSet, yield* event.wait({ timeout: 1 })], [false, false]);
    }));

  test("S-14: a waiter that was killed or timed out hears of no later set", () =>
    virtual(function* () {
      const event = new Event(), log: string[] = [];
      const g = spawn(function* () {
        try {
          yield* event.wait();
        } finally {
          yield* sleep(10);
          log.push("cleaned up");
        }
      });
      const h = spawn(function* () {
        log.push(`${yield* event.wait({ timeout: 1 })}`);
        yield* sleep(10);
        log.push("slept");
      });
      yield* sleep(2);
      g.kill();
      event.set();
      yield* sleep(5);
      assertEquals(log, ["false"], "the set cut no sleep short");
      yield* joinAll([g, h]);
      assertEquals(log, ["false", "slept", "cleaned up"]);
    }));

  test("S-26: an outer timeout is thrown as itself", () =>
    virtual(function* () {
      assertInstanceOf(yield* caught(withTimeout(5, new Event().wait({ timeout: 10 }))), TimeoutError);
    }));

  test("S-38: a timeout that is no number throws at the call", () => {
    const event = new Event();
    assertThrows(() => event.wait({ timeout: NaN }), RangeError);
    assertThrows(() => event.wait({ timeout: "1" as unknown as number }), TypeError);
  });

  test("is set by a callback of the host", async () => {
    assert(
      await run(function* () {
        const event = new Event();
        const waiter = spawn(() => event.wait());
        yield* until(
          new Promise<void>((resolve) =>
            setTimeout(() => {
              event.set();
              resolve();
            }, 1)
          ),
        );
        return yield* waiter;
      }),
    );
  });

  test("needs a greenlet only to wait", () => {
    const event = new Event();
    event.set();
    assertThrows(() => event.wait()[Symbol.iterator]().next(), Error, "greenlet");
    assertEquals(event.isSet, true);
  });
});
