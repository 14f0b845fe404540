/** What else the door `tendril/lowlevel` has. */
import { call, type Op, sleep, spawn, type WaitOptions } from "../../src/mod.ts";
import { isGenerator, Lockable, op, perform, WAIT, WaitLine, waitTime } from "../../src/lowlevel.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";

/** A lock made of nothing but a line. */
class Gate extends Lockable {
  taken = false;
  readonly #line: WaitLine<boolean> = new WaitLine({
    name: "Gate",
    rule: () => {
      if (this.taken) return WAIT;
      this.taken = true;
      return true;
    },
    lapse: () => false,
  });

  acquire(options?: WaitOptions): Op<boolean> {
    return this.#line.wait(undefined, waitTime(options, "Gate.acquire"));
  }

  tryAcquire(): boolean {
    if (this.taken || this.#line.size > 0) return false;
    return this.taken = true;
  }

  release(): void {
    this.taken = false;
    this.#line.serve();
  }
}

describe("lowlevel: the rest of the door", () => {
  test("Lockable gives withLock and hold, which cannot forget the release", () =>
    virtual(function* () {
      const gate = new Gate();
      const value = yield* gate.withLock(function* () {
        yield* sleep(1);
        return gate.taken;
      });
      assertEquals([value, gate.taken], [true, false]);
      assertInstanceOf(
        yield* caught(gate.withLock(() => {
          throw new Error("body");
        })),
        Error,
      );
      {
        using _held = yield* gate.hold();
        assertEquals([gate.taken, gate.tryAcquire()], [true, false]);
      }
      const held = yield* gate.hold();
      held.release();
      assertEquals(gate.tryAcquire(), true);
      held.release();
      assertEquals(gate.taken, true, "a second release of the same hold does nothing");
    }));

  test("op makes an operation of a generator function, which acts each time that it is delegated to", () =>
    virtual(function* () {
      let runs = 0;
      const twice = op(function* () {
        runs++;
        yield* sleep(1);
        return runs;
      });
      assertEquals(runs, 0);
      assertEquals([yield* twice, yield* twice], [1, 2]);
      assertEquals(yield* spawn(() => twice), 3);
    }));

  test("perform makes an operation of whatever can be waited for, and refuses the rest", () =>
    virtual(function* () {
      function* generator(): Generator<unknown, string> {
        yield* sleep(1);
        return "generator";
      }
      assertEquals(yield* perform(() => "body", "me"), "body");
      assertEquals(yield* perform(Promise.resolve("promise"), "me"), "promise");
      assertEquals(yield* perform(generator(), "me"), "generator");
      assertEquals(yield* perform(call(generator), "me"), "generator");
      assertThrows(() => perform(5 as never, "my thing"), TypeError, "my thing");
      assertEquals([isGenerator(generator()), isGenerator(generator), isGenerator([])], [true, false, false]);
    }));

  test("waitTime reads the timeout of the options", () => {
    assertEquals([undefined, {}, { timeout: 5 }, { timeout: -5 }].map((o) => waitTime(o, "x")), [
      Infinity,
      Infinity,
      5,
      0,
    ]);
    assertThrows(() => waitTime({ timeout: NaN }, "x"), RangeError, "x");
    assertThrows(() => waitTime({ timeout: "5" as never }, "x"), TypeError, "x");
  });
});
