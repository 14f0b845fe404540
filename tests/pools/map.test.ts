/** Pool.map and Pool.starmap. */
import fc from "fast-check";
import { Pool, sleep, spawn, suspend, taskGroup } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, upTo, virtual, virtualReporting } from "../regressions/helpers.ts";

/** An input that says how far it was read and whether it was closed. */
function watched<T>(items: Iterable<T>): Iterable<T> & { pulled: number; closed: number } {
  const input = {
    pulled: 0,
    closed: 0,
    *[Symbol.iterator](): Generator<T> {
      let ended = false;
      try {
        for (const item of items) {
          input.pulled++;
          yield item;
        }
        ended = true;
      } finally {
        if (!ended) input.closed++;
      }
    },
  };
  return input;
}

describe("Pool.map", () => {
  test("S-69: map keeps the order of the input, whatever order the calls end in", () =>
    virtual(function* () {
      const pool = new Pool(3);
      const log: number[] = [];
      const values = yield* pool.map(function* (n: number) {
        yield* sleep(n);
        log.push(n);
        return -n;
      }, [30, 10, 20, 5]);
      assertEquals(values, [-30, -10, -20, -5]);
      assertEquals(log, [10, 5, 20, 30]);
      assertEquals(pool.freeCount, 3);
    }));

  test("takes any iterable, any kind of body, and hands over the item alone", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const seen: number[] = [];
      const count = (...args: readonly unknown[]) => {
        seen.push(args.length);
        return args[0];
      };
      assertEquals(yield* pool.map(count, new Set(["a", "b"])), ["a", "b"]);
      assertEquals(yield* pool.map(count, "xyz"), ["x", "y", "z"]);
      assertEquals(seen, [1, 1, 1, 1, 1]);
      assertEquals(yield* pool.map((n: number) => Promise.resolve(n + 1), watched([1, 2])), [2, 3]);
      assertEquals(yield* pool.map((n: number) => sleep(n), []), []);
    }));

  test("never has more calls in flight than the pool has slots, and reads its input as slots come free", () =>
    virtual(function* () {
      const pool = new Pool(2);
      let [running, most] = [0, 0];
      const input = watched(upTo(7));
      const mapping = spawn(() =>
        pool.map(function* () {
          most = Math.max(most, ++running);
          yield* sleep(10);
          running--;
        }, input)
      );
      yield* sleep(5);
      assert(input.pulled <= 3, `${input.pulled} items were read for 2 slots`);
      yield* mapping;
      assertEquals([most, input.pulled, input.closed], [2, 7, 0]);
    }));

  test("shares its pool with others", () =>
    virtual(function* () {
      const pool = new Pool(1);
      yield* pool.spawn(() => sleep(10));
      assertEquals(yield* pool.map((n: number) => n, [1, 2]), [1, 2]);
    }));

  test("S-69: map throws the first failing item's error; the other calls end before it does, and no further one starts", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const log: string[] = [];
      const input = watched(upTo(6));
      const failure = new Error("item 1");
      const error = yield* caught(pool.map(function* (n: number) {
        log.push(`start ${n}`);
        try {
          yield* sleep(n === 1 ? 5 : 50);
          if (n === 1) throw failure;
        } finally {
          yield* sleep(1);
          log.push(`end ${n}`);
        }
      }, input));
      assertStrictEquals(error, failure);
      assertEquals(log, ["start 0", "start 1", "end 1", "end 0"]);
      assertEquals([input.closed, pool.freeCount], [1, 2]);
      yield* sleep(100);
      assertEquals(log.length, 4);
    }));

  test("S-69: a failure that nobody catches is told once, as what map throws", async () => {
    const { value, reports } = await virtualReporting(function* () {
      return yield* caught(new Pool(2).map((n: number) => {
        throw new Error(`item ${n}`);
      }, [1]));
    });
    assertEquals((value as Error).message, "item 1");
    assertEquals(reports, []);
  });

  test("S-69: an error of the input is thrown once, and what is in flight is killed", () =>
    virtual(function* () {
      const pool = new Pool(3);
      const log: string[] = [];
      const failure = new Error("input");
      function* input(): Generator<number> {
        yield 1;
        throw failure;
      }
      const error = yield* caught(pool.map(function* (n: number) {
        try {
          yield* suspend();
        } finally {
          log.push(`killed ${n}`);
        }
      }, input()));
      assertStrictEquals(error, failure);
      assertEquals(pool.freeCount, 3);
      assert(log.length <= 1);
    }));

  test("S-69: an input that cannot be iterated at all, or fails to begin, leaves nothing behind", () =>
    virtual(function* () {
      const pool = new Pool(1);
      assertThrows(() => pool.map((n: number) => n, 5 as never), TypeError);
      assertThrows(() => pool.map(5 as never, [1]), TypeError);
      assertThrows(() => pool.starmap((n: number) => n, null as never), TypeError);
      const failure = new Error("no iterator");
      const items: Iterable<number> = {
        [Symbol.iterator]() {
          throw failure;
        },
      };
      assertStrictEquals(yield* caught(pool.map((n: number) => n, items)), failure);
      assertEquals(pool.freeCount, 1);
    }));

  test("killing who maps kills the calls, closes the input and starts no more", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const log: string[] = [];
      const input = watched(upTo(9));
      const mapping = spawn(() =>
        pool.map(function* (n: number) {
          try {
            yield* suspend();
          } finally {
            yield* sleep(1);
            log.push(`killed ${n}`);
          }
        }, input)
      );
      yield* settle();
      yield* mapping.kill();
      assertEquals(log.toSorted(), ["killed 0", "killed 1"]);
      assertEquals([input.closed, pool.freeCount], [1, 2]);
    }));

  test("an error of map that is caught does not fail the task group around it", () =>
    virtual(function* () {
      let reached = false;
      yield* taskGroup(function* () {
        assertInstanceOf(
          yield* caught(new Pool(1).map(() => {
            throw new Error("caught");
          }, [1])),
          Error,
        );
        yield* sleep(1);
        reached = true;
      });
      assertEquals(reached, true);
    }));

  test("starmap calls with each tuple's members as arguments", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const power = function* (base: number, exponent: number) {
        yield* sleep(base);
        return base ** exponent;
      };
      assertEquals(yield* pool.starmap(power, [[3, 2], [2, 3], [1, 0]] as [number, number][]), [9, 8, 1]);
      assertEquals(yield* pool.starmap(() => "none", [[], []] as [][]), ["none", "none"]);
    }));
});

test("S-67, S-69: at random, map answers every item once and in order, within the capacity, and throws the first failure", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ delay: fc.nat({ max: 5 }), fails: fc.nat({ max: 9 }).map((n) => n === 0) }), {
        maxLength: 12,
      }),
      (capacity, plan) =>
        virtual(function* () {
          const pool = new Pool(capacity);
          const [calls, failures]: [number[], Error[]] = [[], []];
          let running = 0;
          const mapping = pool.map(function* (i: number) {
            calls.push(i);
            running++;
            assert(running <= capacity && pool.size <= capacity, "over its capacity");
            try {
              if (plan[i].delay > 0) yield* sleep(plan[i].delay);
              if (plan[i].fails) {
                failures.push(new Error(`item ${i}`));
                throw failures.at(-1);
              }
              return i * 2;
            } finally {
              running--;
            }
          }, plan.keys());
          if (plan.some((item) => item.fails)) {
            const error = yield* caught(mapping);
            assertStrictEquals(errorsIn(error)[0], failures[0]);
          } else {
            assertEquals(yield* mapping, [...plan.keys()].map((i) => i * 2));
            assertEquals(calls, [...plan.keys()]);
          }
          assertEquals([running, pool.freeCount, new Set(calls).size], [0, capacity, calls.length]);
        }),
    ),
    { numRuns: 200 },
  ));
