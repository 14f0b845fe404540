/** What many numbers are like. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/stats.ts";
import { embedded, kernel } from "./define.ts";

/** See {@linkcode stats}. */
export interface Stats {
  readonly count: number;
  readonly sum: number;
  /** NaN of no numbers. */
  readonly mean: number;
  /** The mean of the squares of how far they are from the mean. For a sample: times `count / (count - 1)`. NaN of no numbers. */
  readonly variance: number;
  /** Infinity of no numbers. */
  readonly min: number;
  /** -Infinity of no numbers. */
  readonly max: number;
}

const module = embedded(wasm);

/** Numbers of a block, and what is said of it: the kernel has the same. */
const BLOCK = 4096, FIELDS = 4;

/**
 * Sum, mean, variance, least and greatest of numbers, in one pass over the memory. Each block of 4,096 is summed by itself, and variances
 * are put together by the formula of Chan, Golub and LeVeque: exact where the numbers are large beside their spread, and the same however
 * the work was shared. Any NaN makes all but `count` NaN; -0 counts as 0.
 *
 * @throws `TypeError` for what is no Float64Array or Float32Array.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const { mean, variance, max } = await kernels.stats(new Float64Array([1, 2, 3, 6]));
 * assertEquals([mean, variance, max], [3, 3.5, 6]);
 * ```
 */
export const stats: KernelFunction<[values: Float64Array | Float32Array], Stats> = kernel(
  "stats",
  1,
  (values: Float64Array | Float32Array) => {
    if (!(values instanceof Float64Array || values instanceof Float32Array)) {
      throw new TypeError(`stats: values must be a Float64Array or a Float32Array, not ${show(values)}`);
    }
  },
  function* (run, values: Float64Array | Float32Array) {
    const name = values instanceof Float64Array ? "blocksF64" : "blocksF32";
    const blocks = Math.ceil(values.length / BLOCK), found = run.array(Float64Array, FIELDS * blocks);
    yield* run.phase(module(), name, [values, found], blocks);
    let count = 0, sum = 0, squares = 0, min = Infinity, max = -Infinity;
    for (let block = 0; block < blocks; block++) {
      const [sumHere, squaresHere, minHere, maxHere] = found.subarray(FIELDS * block, FIELDS * (block + 1));
      const here = Math.min(BLOCK, values.length - count);
      if (count > 0) squares += (sumHere / here - sum / count) ** 2 * (count * here / (count + here));
      squares += squaresHere;
      sum += sumHere;
      count += here;
      min = Math.min(min, minHere);
      max = Math.max(max, maxHere);
    }
    return { count, sum, mean: sum / count, variance: squares / count, min: min + 0, max: max + 0 };
  },
);
