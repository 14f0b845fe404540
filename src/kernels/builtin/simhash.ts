/** Small signatures by which near duplicates are found. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/simhash.ts";
import { embedded, kernel } from "./define.ts";

const module = embedded(wasm);

/** Sets of hashes, one behind the other: of the words of texts, say, or of their shingles. */
export interface HashSets {
  /** 64-bit hashes, all of which bits count. */
  hashes: BigUint64Array;
  /** Set i is `hashes[offsets[i]]` up to `hashes[offsets[i + 1]]`: one number more than there are sets. */
  offsets: Int32Array;
  /** How much each hash counts in `simhash`, negative ones against it. Default: all the same. */
  weights?: Float32Array;
}

/** Sets of which one has more hashes than this need larger counters. */
const SMALL = 255;
/** Permutations that the kernel does together. */
const GROUP = 16;

function checkSets(sets: HashSets, what: string): void {
  if (typeof sets !== "object" || sets === null) {
    throw new TypeError(`${what}: the first argument must be { hashes, offsets }, not ${show(sets)}`);
  }
  const { hashes, offsets, weights } = sets;
  if (!(hashes instanceof BigUint64Array)) {
    throw new TypeError(`${what}: hashes must be a BigUint64Array, not ${show(hashes)}`);
  }
  if (!(offsets instanceof Int32Array) || offsets.length === 0) {
    throw new TypeError(
      `${what}: offsets must be an Int32Array of at least one number, not ${show(offsets)}`,
    );
  }
  if (weights !== undefined && !(weights instanceof Float32Array)) {
    throw new TypeError(`${what}: weights must be a Float32Array, not ${show(weights)}`);
  }
  if (weights !== undefined && weights.length !== hashes.length) {
    throw new RangeError(
      `${what}: weights must be as many as there are hashes, ${hashes.length}, not ${weights.length}`,
    );
  }
  const odd = offsets.findIndex((offset, i) =>
    offset < (i === 0 ? 0 : offsets[i - 1]) || offset > hashes.length
  );
  if (odd >= 0) {
    throw new RangeError(
      `${what}: offsets[${odd}] is ${
        offsets[odd]
      }: offsets must not fall, and lie from 0 to ${hashes.length}, the number of hashes`,
    );
  }
}

/**
 * SimHash: 64 bits for each set of hashes, of which each is what most of the hashes have there, by weight, and 0 where they are even. Sets
 * that have most of their hashes in common differ in few bits: see `nearDuplicates`.
 *
 * @param sets of hashes; `wordHashes` makes them of texts. Weights are added in Float32, in order; a bit for which their sum is NaN is 0.
 * @throws `TypeError`, `RangeError` where hashes, offsets and weights do not fit each other.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const sets = { hashes: new BigUint64Array([0b110n, 0b011n, 0b010n, 0b1n]), offsets: new Int32Array([0, 3, 4]) };
 * assertEquals([...await kernels.simhash(sets)], [0b010n, 0b1n]);
 * ```
 */
export const simhash: KernelFunction<[sets: HashSets], BigUint64Array> = kernel(
  "simhash",
  1,
  (sets: HashSets) => checkSets(sets, "simhash"),
  function* (run, { hashes, offsets, weights }: HashSets) {
    const out = new BigUint64Array(offsets.length - 1);
    if (weights !== undefined) {
      yield* run.phase(module(), "weightedSimhash", [hashes, weights, offsets, out], out.length);
      return out;
    }
    const isLarge = offsets.some((offset, i) => i > 0 && offset - offsets[i - 1] > SMALL);
    const totals = run.array(Uint32Array, isLarge ? 64 * out.length : 0);
    yield* run.phase(module(), "simhash", [hashes, offsets, totals, out], out.length);
    return out;
  },
);

/** Options of {@linkcode minhash}. */
export interface MinhashOptions {
  /** Numbers in a signature. Default 128. */
  size?: number;
  /** Another seed gives other permutations; signatures compare only with those of the same. Default 0. */
  seed?: number;
}

/** Numbers that differ enough, from a seed: splitmix32. */
function* random(seed: number): Generator<number, never, unknown> {
  for (let state = seed | 0;;) {
    state = (state + 0x9e3779b9) | 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    yield (x ^ (x >>> 15)) >>> 0;
  }
}

/**
 * MinHash: `size` numbers for each set of hashes. In two signatures as large a part of the numbers is equal as the sets have in common
 * (Jaccard's index: the intersection's size by the union's), within about 1 / sqrt(size): see `similarPairs`. Both halves of a hash are put
 * together by an exclusive or. The numbers of an empty set are 2^32 - 1.
 *
 * @param sets of hashes; `wordHashes` makes them of texts. How often a set has a hash does not matter, nor do weights.
 * @returns `size` numbers of the first set, then those of the second, and so on.
 * @throws `TypeError`, `RangeError` where hashes and offsets do not fit each other, or for options that make no sense.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const sets = { hashes: new BigUint64Array([7n, 8n, 8n, 7n]), offsets: new Int32Array([0, 2, 4]) };
 * const signatures = await kernels.minhash(sets, { size: 64 });
 * assertEquals(signatures.subarray(0, 64), signatures.subarray(64));
 * ```
 */
export const minhash: KernelFunction<[sets: HashSets, options?: MinhashOptions], Uint32Array> = kernel(
  "minhash",
  2,
  (sets: HashSets, { size = 128, seed = 0 }: MinhashOptions = {}) => {
    checkSets(sets, "minhash");
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`minhash: size must be a whole number from 1, not ${show(size)}`);
    }
    if (!Number.isSafeInteger(seed)) {
      throw new TypeError(`minhash: seed must be a whole number, not ${show(seed)}`);
    }
  },
  function* (run, { hashes, offsets }: HashSets, { size = 128, seed = 0 }: MinhashOptions = {}) {
    const sets = offsets.length - 1, row = GROUP * Math.ceil(size / GROUP);
    const factors = new Uint32Array(row), terms = new Uint32Array(row), numbers = random(seed);
    for (let i = 0; i < size; i++) {
      factors[i] = numbers.next().value | 1;
      terms[i] = numbers.next().value;
    }
    const out = new Uint32Array(row * sets);
    yield* run.phase(module(), "minhash", [hashes, offsets, factors, terms, row, out], sets);
    if (row === size) return out;
    const exact = new Uint32Array(size * sets);
    for (let set = 0; set < sets; set++) exact.set(out.subarray(row * set, row * set + size), size * set);
    return exact;
  },
);
