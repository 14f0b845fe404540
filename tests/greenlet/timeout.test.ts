/** Rules S-38 and S-42: the class Timeout. */
import { Event, sleep, spawn, suspend, Timeout } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { timersSet } from "./traces.ts";

describe("Timeout", () => {
  test("is an Error with its milliseconds and message", () => {
    const plain = new Timeout(50), told = new Timeout(50, { message: "too slow" });
    assertInstanceOf(plain, Error);
    assertEquals([plain.name, plain.ms, told.message], ["Timeout", 50, "too slow"]);
    assert(plain.message.includes("50"));
    assertEquals(plain.pending, false);
    assertThrows(() => plain.start(), Error, "greenlet");
  });

  test("S-42: using takes the timer back when the block is left, by its end, an error or a kill", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      {
        using limit = Timeout.start(10);
        assertEquals(limit.pending, true);
        yield* sleep(5);
      }
      assertEquals(timersSet(), 0);
      const failing = function* () {
        using _ = Timeout.start(10);
        throw new Error("boom");
      };
      yield* caught(failing());
      assertEquals(timersSet(), 0);
      const g = spawn(function* () {
        using _ = Timeout.start(10);
        yield* suspend();
      });
      yield* settle();
      yield* g.kill();
      assertEquals(timersSet(), 0);
      yield* sleep(100);
    }, clock);
  });

  test("pending until it is thrown or cancelled; thrown once", () =>
    virtual(function* () {
      const limit = new Timeout(5);
      assertEquals(limit.pending, false);
      limit.start();
      assertEquals(limit.pending, true);
      assertThrows(() => limit.start(), Error);
      assertStrictEquals(yield* caught(sleep(100)), limit);
      assertEquals(limit.pending, false);
      yield* sleep(100);
      limit.start();
      assertStrictEquals(yield* caught(sleep(100)), limit, "it may be started again");
      limit.start();
      limit.cancel();
      limit.cancel();
      assertEquals(limit.pending, false);
      yield* sleep(100);
    }));

  test("one that has expired and waits for a park is pending, and cancel takes it back", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const event = new Event();
      const g = spawn(function* () {
        const limit = Timeout.start(5);
        yield* event.wait();
        assertEquals(limit.pending, true, "expired when this greenlet was woken already");
        limit.cancel();
        yield* sleep(10);
        return "never thrown";
      });
      yield* settle();
      event.set();
      clock.tick(50);
      assertEquals(yield* g, "never thrown");
    }, clock);
  });

  test("uncaught, it is the error of its greenlet", () =>
    virtual(function* () {
      let limit: Timeout | undefined;
      const g = spawn(function* () {
        limit = Timeout.start(5);
        yield* suspend();
      });
      assertStrictEquals(yield* caught(g), limit);
      assertEquals(g.successful, false);
    }));

  test("it is thrown into the greenlet that started it, not into one that it waits for", () =>
    virtual(function* () {
      const other = spawn(() => sleep(20));
      using limit = Timeout.start(5);
      assertStrictEquals(yield* caught(other.join()), limit);
      assertEquals(yield* other.join({ timeout: 20 }), true);
      assertEquals(other.successful, true);
    }));
});
