/** settle: waiting until everybody else is parked. */
import { Event, GreenletExit, run, sleep, spawn, until } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual } from "../regressions/helpers.ts";

describe("settle", () => {
  test("waits until every other greenlet is parked or has ended, those they spawn too", () =>
    virtual(function* () {
      const log: string[] = [];
      spawn(function* () {
        log.push("a1");
        yield* sleep(0);
        log.push("a2");
        spawn(function* () {
          yield* sleep(0);
          log.push("child");
        });
        yield* sleep(1_000);
        log.push("a3");
      });
      spawn(() => log.push("b"));
      yield* settle();
      assertEquals(log, ["a1", "b", "a2", "child"]);
    }));

  test("passes no time, on a clock that jumps or a real one", async () => {
    for (const clock of [new VirtualClock(), undefined]) {
      await run(function* () {
        let woken = false;
        const sleeper = spawn(function* () {
          yield* sleep(1_000_000);
          woken = true;
        });
        yield* settle();
        assertEquals([woken, clock?.now() ?? 0], [false, 0]);
        yield* sleeper.kill();
      }, { clock });
    }
  });

  test("with nobody else it returns, as often as one likes", () =>
    virtual(function* () {
      for (const _ of upTo(100)) yield* settle();
    }));

  test("what it let happen is settled: a wake that follows needs a new one", () =>
    virtual(function* () {
      const event = new Event();
      let woken = false;
      spawn(function* () {
        yield* event.wait();
        woken = true;
      });
      yield* settle();
      event.set();
      assertEquals(woken, false);
      yield* settle();
      assertEquals(woken, true);
    }));

  test("promises that can settle do so first, and what they wake runs", () =>
    virtual(function* () {
      let value: number | undefined;
      spawn(function* () {
        value = yield* until(async () => {
          for (const _ of upTo(10)) await Promise.resolve();
          return 42;
        });
        yield* sleep(0);
        value++;
      });
      yield* settle();
      assertEquals(value, 43);
    }));

  test("does not wait for a promise that does not settle", () =>
    virtual(function* () {
      const never = spawn(() => until(new Promise<never>(() => {})));
      yield* settle();
      assertEquals(never.dead, false);
      yield* never.kill();
    }));

  test("several who settle at once all go on, in their order", () =>
    virtual(function* () {
      const log: string[] = [];
      for (const name of ["a", "b"]) {
        spawn(function* () {
          yield* settle();
          log.push(name);
        });
      }
      spawn(function* () {
        for (const _ of upTo(5)) yield* sleep(0);
        log.push("busy");
      });
      yield* settle();
      yield* settle();
      assertEquals(log.toSorted(), ["a", "b", "busy"]);
      assertEquals(log[0], "busy");
    }));

  test("can be killed, timed out and made again", () =>
    virtual(function* () {
      let busy = true;
      spawn(function* () {
        while (busy) yield* sleep(0);
      });
      const settler = spawn(() => settle());
      yield* sleep(0);
      yield* settler.kill();
      assertInstanceOf(settler.value, GreenletExit);
      busy = false;
      const again = settle();
      yield* again;
      yield* again;
    }));

  test("only the greenlets of its own run count", async () => {
    const clock = new VirtualClock();
    let busy = true;
    const other = run(function* () {
      while (busy) yield* sleep(0);
    }, { clock: new VirtualClock() });
    await run(function* () {
      yield* settle();
      busy = false;
    }, { clock });
    await other;
  });

  test("outside of a greenlet it is an Error", () => {
    assertThrows(() => settle()[Symbol.iterator]().next(), Error, "settle");
  });
});
