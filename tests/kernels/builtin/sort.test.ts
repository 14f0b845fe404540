import fc from "fast-check";
import { commonHeap } from "../../../src/kernels/heap.ts";
import { GreenletExit, run, sleep, spawn } from "../../../src/mod.ts";
import { kernelArray, kernels, timeSlice } from "../../../src/kernels/mod.ts";
import { ThreadPool } from "../../../src/threads/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { argsort as argsortTwin, sort as twin } from "../twins/sort.ts";
import { everywhere } from "./everywhere.ts";

const { argsort, sort } = kernels;

type Sortable = Float64Array | Float32Array | Uint32Array;

/** By their bits, but any NaN is the same. */
function isSame(a: Sortable, b: Sortable): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

/** Repeatable numbers: over all magnitudes, of either sign, and with some that are special. */
function mixture(n: number): Float64Array {
  let seed = 1;
  const next = () => (seed = Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 8;
  const special = [0, -0, NaN, Infinity, -Infinity, 1, -1];
  return Float64Array.from({ length: n }, () => {
    const x = next();
    return x % 17 === 0 ? special[x % 7] : (x / 2 ** 23 - 1) * 2 ** (next() % 80 - 40);
  });
}

const arrays: fc.Arbitrary<Sortable> = fc.oneof(
  fc.float64Array({ maxLength: 300 }),
  fc.float32Array({ maxLength: 300 }),
  fc.uint32Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(0, -0, NaN, 1, -1, Infinity, -Infinity, 5e-324)).map((list) =>
    Float64Array.from(list)
  ),
  fc.array(fc.constantFrom(0, -0, NaN, 1, -1, Infinity, -Infinity)).map((list) => Float32Array.from(list)),
);

describe("sort", () => {
  test("is the twin, and the array's own sort", () => {
    fc.assert(
      fc.property(arrays, (values) => {
        const wanted = twin(values.slice());
        assert(isSame(sort.sync(values.slice()), wanted));
        assert(isSame(values.slice().sort(), wanted));
      }),
      { numRuns: 300 },
    );
  });

  test("many blocks: here, in slices and on threads", async () => {
    const pool = new ThreadPool({ size: 2 });
    try {
      for (const n of [2 ** 15, 150_001]) {
        const doubles = mixture(n);
        for (
          const values of [doubles, Float32Array.from(doubles), Uint32Array.from(doubles, (x) => x * 1e9)]
        ) {
          const wanted = values.slice().sort(), given = values.slice();
          assertStrictEquals(await sort(given), given);
          assert(isSame(given, wanted));
          assert(isSame(await timeSlice(sort, { everyMs: 0.5 })(values.slice()) as Sortable, wanted));
          assert(isSame(await sort(values.slice(), { pool }), wanted));
        }
      }
    } finally {
      await pool.terminate();
    }
  });

  test("what is sorted, reversed or all the same", () => {
    const up = Float64Array.from({ length: 70_000 }, (_, i) => i);
    assert(isSame(sort.sync(up.slice()), up));
    assert(isSame(sort.sync(up.slice().reverse()), up));
    assert(isSame(sort.sync(new Float32Array(70_000).fill(-7)), new Float32Array(70_000).fill(-7)));
    assertEquals(sort.sync(new Uint32Array(0)).length, 0);
    assertEquals([...sort.sync(new Float64Array([2]))], [2]);
  });

  test("a kill leaves the numbers as they were, and no memory is kept", async () => {
    const values = mixture(1_000_000), before = values.slice(), used = commonHeap().used;
    await run(function* () {
      const sorting = spawn(() => sort(values, { everyMs: 1 }));
      while (commonHeap().used === used) yield* sleep(0);
      yield* sorting.kill();
      assert(sorting.value instanceof GreenletExit);
    });
    assert(isSame(values, before));
    assertEquals(commonHeap().used, used);
  });

  test("takes parts of buffers and kernel arrays", () => {
    const buffer = mixture(1_000), part = buffer.subarray(3, 700), before = buffer.slice();
    sort.sync(part);
    assert(isSame(part, before.slice(3, 700).sort()));
    assert(isSame(buffer.subarray(700), before.subarray(700)));
    for (const values of [before, Float32Array.from(before), Uint32Array.from(before, (x) => x * 1e9)]) {
      using inside = kernelArray(values.constructor as Float64ArrayConstructor, values);
      sort.sync(inside);
      assert(isSame(inside, values.slice().sort()));
    }
  });

  test("says what is wrong", () => {
    assertThrows(() => sort([2, 1] as never), TypeError, "sort: values must be a Float64Array");
    assertThrows(() => argsort(new Int8Array(2) as never), TypeError, "argsort: values must be");
  });
});

describe("argsort", () => {
  test("is the twin, which is stable", () => {
    fc.assert(
      fc.property(arrays, (values) => {
        const before = values.slice();
        assertEquals(argsort.sync(values), argsortTwin(values));
        assert(isSame(values, before));
      }),
      { numRuns: 300 },
    );
  });

  test("many blocks: here, in slices and on threads", async () => {
    const doubles = mixture(70_001).map((x) => Math.round(x * 10)); // many of them are the same
    for (const values of [doubles, Float32Array.from(doubles), Uint32Array.from(doubles, (x) => x)]) {
      const order = await everywhere(argsort, values);
      const sorted = (values as Float64Array).map((_, i) => values[order[i]]);
      assert(isSame(sorted as Sortable, values.slice().sort()));
      assert(
        order.every((at, i) => i === 0 || !Object.is(values[at], values[order[i - 1]]) || at > order[i - 1]),
      );
    }
  });
});
