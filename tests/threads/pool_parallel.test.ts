import fc from "fast-check";
import { parallelMap, parallelReduce, parallelSort, ThreadPool } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { failure, withPool, type Work, workUrl } from "./pool_kit.ts";

const random = (n: number) => Float64Array.from({ length: n }, () => Math.random() - 0.5);

describe("parallel helpers", () => {
  test("map, into a new array, another one, or itself", () =>
    withPool({ size: 2 }, function* (work, pool) {
      const array = Float64Array.from({ length: 10_000 }, (_, i) => i);
      const expected = array.map((n, i) => n * i);
      const made = yield* parallelMap(work.timesIndex, array, { pool });
      assertEquals(made, expected);
      assert(made.buffer instanceof SharedArrayBuffer);
      const out = new Float64Array(10_000);
      assertStrictEquals(yield* parallelMap(work.timesIndex, array, { pool, out, chunkSize: 77 }), out);
      assertEquals(out, expected);
      yield* parallelMap(work.timesIndex, array, { pool, out: array });
      assertEquals(array, expected);
      assertEquals((yield* parallelMap(work.timesIndex, new Int8Array(0), { pool })).length, 0);
    }));

  test("reduce", () =>
    withPool({ size: 2 }, async (work, pool) => {
      const array = Float64Array.from({ length: 100_000 }, (_, i) => i);
      assertEquals(await parallelReduce(work.add, array, { pool }), 4_999_950_000);
      assertEquals(
        await parallelReduce(work.add, array, { pool, initial: 50_000, chunkSize: 9_999 }),
        5_000_000_000,
      );
      assertEquals(await parallelReduce(work.larger, new Int32Array([3, 9, 1]), { pool }), 9);
      assertEquals(await parallelReduce(work.add, new Int32Array(0), { pool, initial: 7 }), 7);
      assertThrows(() => parallelReduce(work.add, new Int32Array(0), { pool }), TypeError, "initial");
      assert(
        String(await failure(parallelReduce(work.fail as never, array, { pool }))).startsWith("RangeError"),
      );
    }));

  test("sort is that of the array, for any contents", async () => {
    const pool = new ThreadPool({ size: 3 });
    const work = pool.module<Work>(workUrl);
    const value = fc.oneof(
      fc.double(),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(NaN, -0, 0, Infinity),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 50 }), fc.nat(4_000), async (values, n) => {
        const array = Float64Array.from([...values, ...random(n), ...values]);
        const expected = array.toSorted();
        assertStrictEquals(await parallelSort(array, { pool }), array);
        assertEquals(array, expected);
        const back = await parallelSort(Int16Array.from(array), { pool, compare: work.descending });
        assertEquals(back, Int16Array.from(array).toSorted((a, b) => b - a));
      }),
      { numRuns: 20 },
    );
    const shared: Float64Array = new Float64Array(new SharedArrayBuffer(8 * 100_000));
    shared.set(random(100_000));
    const expected = shared.toSorted();
    await parallelSort(shared, { pool });
    assertEquals(shared, expected);
    assertThrows(() => parallelSort([3, 1] as never, { pool }), TypeError, "typed array");
    assertThrows(() => parallelSort(shared, {} as never), TypeError, "needs a pool");
    await pool.close();
  }, { timeout: 60_000 });
});

testNoneBurns();
