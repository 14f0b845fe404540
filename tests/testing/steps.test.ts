/** steps: a numbered order across greenlets. */
import { DeadlockError, joinAll, run, sleep, spawn } from "../../src/mod.ts";
import { settle, steps, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertMatch, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual } from "../regressions/helpers.ts";

describe("steps", () => {
  test("greenlets go on in the order of the numbers, whoever comes first", () =>
    virtual(function* () {
      const step = steps();
      const log: number[] = [];
      for (const n of [4, 1, 3, 0, 2]) {
        spawn(function* () {
          yield* step(n);
          log.push(n);
        });
      }
      yield* step(5);
      assertEquals(log, upTo(5));
    }));

  test("a step comes only when the one before it has parked again or ended", () =>
    virtual(function* () {
      const step = steps();
      const log: string[] = [];
      spawn(function* () {
        yield* step(0);
        log.push("0");
        yield* sleep(0);
        log.push("0 after its turn");
        yield* sleep(10);
        log.push("0 much later");
      });
      yield* step(1);
      log.push("1");
      assertEquals(log, ["0", "0 after its turn", "1"]);
    }));

  test("one greenlet may take several, between those of others", () =>
    virtual(function* () {
      const step = steps();
      const log: string[] = [];
      const player = (name: string, ...numbers: number[]) =>
        spawn(function* () {
          for (const n of numbers) {
            yield* step(n);
            log.push(`${name}${n}`);
          }
        });
      yield* joinAll([player("a", 0, 2, 5), player("b", 1, 3, 4)], { raiseError: true });
      assertEquals(log, ["a0", "b1", "a2", "b3", "b4", "a5"]);
    }));

  test("it passes no time", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const step = steps();
      spawn({ daemon: true }, () => sleep(1_000));
      spawn(() => step(1));
      yield* step(0);
      yield* step(2);
    }, clock);
    assertEquals(clock.now(), 0);
  });

  test("a number that comes up twice, or is none, is an error", () =>
    virtual(function* () {
      const step = steps();
      yield* step(0);
      assertInstanceOf(yield* caught(step(0)), Error);
      const first = spawn(() => step(2));
      yield* settle();
      assertInstanceOf(yield* caught(step(2)), Error);
      for (const bad of [-1, 0.5, NaN, Infinity]) assertInstanceOf(yield* caught(step(bad)), RangeError);
      yield* step(1);
      yield* first;
    }));

  test("a number that never comes is a deadlock, which says what is missing", async () => {
    const error = await assertRejects(
      () =>
        run(function* () {
          const step = steps();
          yield* step(0);
          yield* step(2);
        }, { clock: new VirtualClock() }),
      DeadlockError,
    );
    assertMatch(error.message, /step.*1/);
  });

  test("each steps() counts for itself", () =>
    virtual(function* () {
      const [one, two] = [steps(), steps()];
      yield* one(0);
      yield* two(0);
      yield* one(1);
    }));
});
