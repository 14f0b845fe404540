/** Sorting numbers. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/sort.ts";
import { embedded, kernel, type Run } from "./define.ts";

/** What can be sorted. */
export type Sortable = Float64Array | Float32Array | Uint32Array;

const module = embedded(wasm);

/** Keys of a block, which the kernel has as a power of two, and the values of a digit. */
const BLOCK = 2 ** 15, DIGITS = 256;

function checkSortable(what: string, values: Sortable): void {
  if (
    !(values instanceof Float64Array || values instanceof Float32Array || values instanceof Uint32Array)
  ) {
    throw new TypeError(
      `${what}: values must be a Float64Array, a Float32Array or a Uint32Array, not ${show(values)}`,
    );
  }
}

/** Sorts keys by their bits from `low` on. Gives the one of two arrays that has them, sorted. */
function* sortKeys<K extends Float64Array | Uint32Array>(
  run: Run,
  keys: K,
  spare: K,
  low = 0,
): Generator<unknown, K, unknown> {
  const bits = 8 * keys.BYTES_PER_ELEMENT, blocks = Math.ceil(keys.length / BLOCK);
  const counts = run.array(Uint32Array, blocks * DIGITS);
  for (let shift = low; shift < bits; shift += 8) {
    yield* run.phase(module(), `count${bits}`, [keys, counts, shift], blocks);
    if (!countsToPlaces(counts, keys.length)) continue;
    yield* run.phase(module(), `move${bits}`, [keys, counts, spare, shift], blocks);
    [keys, spare] = [spare, keys];
  }
  return keys;
}

/** How often each block has each digit becomes where its keys of that digit go. False where all have the same: they stay. */
function countsToPlaces(counts: Uint32Array, length: number): boolean {
  let place = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const before = place;
    for (let i = digit; i < counts.length; i += DIGITS) {
      const n = counts[i];
      counts[i] = place;
      place += n;
    }
    if (place - before === length) return false;
  }
  return true;
}

/**
 * Sorts numbers where they are, in the order of `TypedArray.prototype.sort`: -0 before 0, NaN last. It gains where V8 sorts (Deno, Node) and
 * from a few thousand numbers on, or on the threads of a pool; on Bun, on one thread, the array's own `sort` is faster.
 *
 * Twice their size is taken in the memory of kernels meanwhile. An array that is sorted in a pool or in slices must be left alone until
 * the end; a kill before it leaves the numbers as they were, or in any order where they are a `kernelArray`.
 *
 * @returns the same array.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.sort(new Float64Array([3, NaN, -1, 0.5]))], [-1, 0.5, 3, NaN]);
 * ```
 */
export const sort: KernelFunction<[values: Sortable], Sortable> = kernel(
  "sort",
  1,
  (values: Sortable) => checkSortable("sort", values),
  function* (run, values: Sortable) {
    const { length } = values, blocks = Math.ceil(length / BLOCK);
    if (values instanceof Uint32Array) {
      const keys = run.array(Uint32Array, values);
      values.set(yield* sortKeys(run, keys, run.array(Uint32Array, length)));
      return values;
    }
    const [type, suffix] = values instanceof Float64Array
      ? [Float64Array, "F64"] as const
      : [Uint32Array, "F32"] as const;
    const keys: Float64Array | Uint32Array = run.array<Float64Array | Uint32Array>(type, length);
    yield* run.phase(module(), `keysOf${suffix}`, [values, keys], blocks);
    const sorted = yield* sortKeys(run, keys, run.array<Float64Array | Uint32Array>(type, length));
    yield* run.phase(module(), `valuesOf${suffix}`, [sorted, values], blocks);
    return values;
  },
);

/**
 * The indices of numbers in the order of the numbers, as {@linkcode sort} would put them: `values[result[0]]` is the least. Of equal
 * numbers the one that comes first stays first. The numbers stay where they are.
 *
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.argsort(new Float32Array([30, 10, 20, 10]))], [1, 3, 2, 0]);
 * ```
 */
export const argsort: KernelFunction<[values: Sortable], Uint32Array> = kernel(
  "argsort",
  1,
  (values: Sortable) => checkSortable("argsort", values),
  function* (run, values: Sortable) {
    const { length } = values, blocks = Math.ceil(length / BLOCK);
    let pairs: Float64Array = run.array(Float64Array, length),
      spare: Float64Array = run.array(Float64Array, length);
    const sortPairs = function* () {
      const sorted = yield* sortKeys(run, pairs, spare, 32);
      if (sorted !== pairs) [pairs, spare] = [spare, pairs];
    };
    if (values instanceof Float64Array) {
      yield* run.phase(module(), "lowPairsF64", [values, pairs], blocks);
      yield* sortPairs();
      yield* run.phase(module(), "highPairsF64", [values, pairs], blocks);
    } else {
      const name = values instanceof Float32Array ? "pairsF32" : "pairsU32";
      yield* run.phase(module(), name, [values, pairs], blocks);
    }
    yield* sortPairs();
    const indices = new Uint32Array(length);
    yield* run.phase(module(), "indicesOf", [pairs, indices], blocks);
    return indices;
  },
);
