import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { stats as twin } from "../twins/stats.ts";
import { everywhere } from "./everywhere.ts";

const { stats } = kernels;

function waves(n: number, around = 0): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => around + Math.sin(i * i + i));
}

function assertNear(got: number, wanted: number, size: number, what: string): void {
  assert(Object.is(got, wanted) || Math.abs(got - wanted) <= 1e-13 * size, `${what}: ${got}, and ${wanted}`);
}

/** Least and greatest exactly, the others to a few units of the sum of the sizes. */
function check(values: Float64Array | Float32Array): void {
  const got = stats.sync(values), wanted = twin(values);
  assertEquals([got.count, got.min, got.max], [wanted.count, wanted.min, wanted.max]);
  let size = 0;
  for (const x of values) size += Math.abs(x);
  assertNear(got.sum, wanted.sum, size, "sum");
  assertNear(got.mean, wanted.mean, size / values.length, "mean");
  // A mean is rounded to a unit of its size, which counts times the spread.
  const { variance } = wanted, around = size / values.length;
  const bound = variance + 0.01 * Math.sqrt(variance) * around + 1e-14 * around ** 2;
  assertNear(got.variance, variance, bound, "variance");
}

describe("stats", () => {
  test("are those of the twin", () => {
    const numbers = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 100 });
    fc.assert(
      fc.property(numbers, (list) => {
        check(Float64Array.from(list));
        check(Float32Array.from(list));
      }),
      { numRuns: 200 },
    );
    for (const n of [4_095, 4_096, 4_097, 50_001]) {
      check(waves(n));
      check(Float32Array.from(waves(n)));
    }
  });

  test("whole numbers are exact", () => {
    const { sum, mean } = stats.sync(Float64Array.from({ length: 100_001 }, (_, i) => i));
    assertEquals([sum, mean], [5_000_050_000, 50_000]);
  });

  test("a spread that is small beside the numbers is not lost", () => {
    const { variance } = stats.sync(Float64Array.from({ length: 30_000 }, (_, i) => 1e9 + i % 2));
    assertEquals(variance, 0.25);
    check(waves(30_000, 1e6));
  });

  test("no numbers, one, and what is no number", () => {
    assertEquals(stats.sync(new Float64Array(0)), {
      count: 0,
      sum: 0,
      mean: NaN,
      variance: NaN,
      min: Infinity,
      max: -Infinity,
    });
    assertEquals(stats.sync(new Float32Array([-3])), {
      count: 1,
      sum: -3,
      mean: -3,
      variance: 0,
      min: -3,
      max: -3,
    });
    for (const at of [0, 7, 8, 16, 5_000]) {
      const values = waves(5_001);
      values[at] = NaN;
      const { count, ...rest } = stats.sync(values);
      assertEquals([count, Object.values(rest)], [5_001, [NaN, NaN, NaN, NaN, NaN]]);
    }
    const { sum, min, max } = stats.sync(new Float64Array([Infinity, 1, 2]));
    assertEquals([sum, min, max], [Infinity, 1, Infinity]);
    const both = stats.sync(new Float64Array([Infinity, 1, -Infinity]));
    assertEquals([both.sum, both.min, both.max], [NaN, -Infinity, Infinity]);
    const zero = stats.sync(new Float64Array(9).fill(-0));
    assert(Object.is(zero.min, 0) && Object.is(zero.max, 0));
  });

  test("gives the same here, in slices and on threads", async () => {
    const values = waves(1_000_003);
    assertEquals(await everywhere(stats, values.subarray(3)), stats.sync(values.slice(3)));
    using inside = kernelArray(Float32Array, values);
    assertEquals(await everywhere(stats, inside), stats.sync(Float32Array.from(values)));
  });

  test("says what is wrong", () => {
    assertThrows(() => stats([1] as never), TypeError, "values must be a Float64Array or a Float32Array");
  });
});
