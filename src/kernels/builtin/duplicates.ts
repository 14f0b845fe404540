/** Signatures that are alike: what has nearly the same content. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/duplicates.ts";
import { pairsByBuckets } from "./buckets.ts";
import { embedded, kernel } from "./define.ts";

/** What {@linkcode nearDuplicates} has found. */
export interface NearDuplicates {
  /** Two places in the signatures for each pair, the lower first; sorted by the first, then by the second. */
  readonly pairs: Uint32Array;
  /** In how many bits each pair differs. */
  readonly distances: Uint8Array;
}

/** What {@linkcode similarPairs} looks for. */
export interface SimilarPairsOptions {
  /** The least part of a signature that is the same, from 0 to 1. */
  threshold: number;
  /** Numbers of a signature, as `minhash` was told. Default 128. */
  size?: number;
}

/** What {@linkcode similarPairs} has found. */
export interface SimilarPairs {
  /** Two places among the signatures for each pair, the lower first; sorted by the first, then by the second. */
  readonly pairs: Uint32Array;
  /** Which part of its signatures each pair has in common, from 0 to 1. */
  readonly similarities: Float64Array;
}

const module = embedded(wasm);

/** Numbers of a signature. */
const SIZE = 128;

/** More blocks of 64 bits than these are so small that they find as many pairs as a comparison of all with all. */
const MOST_BLOCKS = 15;

/** Blocks of bits, of which a pair that differs in at most `distance` bits has one in common: there is one block more. */
function blocksOf(distance: number): BigUint64Array {
  const n = distance + 1;
  if (n > MOST_BLOCKS) return new BigUint64Array(1); // no bits: all are in one bucket
  const start = (block: number) => BigInt(Math.floor(64 * block / n));
  return BigUint64Array.from({ length: n }, (_, i) => (1n << start(i + 1)) - (1n << start(i)));
}

/** How many numbers of `size` are at least the part `threshold` of them. */
function leastOf(threshold: number, size: number): number {
  const least = Math.floor(threshold * size);
  return least / size < threshold ? least + 1 : least;
}

/** Where each band of `size` numbers begins, and where the last one ends. A pair that has `least` numbers in common has one band in common. */
function bandsOf(size: number, least: number): Int32Array {
  if (least === 0) return Int32Array.of(0, 0); // no numbers: all are in one bucket
  const n = size - least + 1;
  return Int32Array.from({ length: n + 1 }, (_, i) => Math.floor(size * i / n));
}

function halvesOf({ buffer, byteOffset, length }: BigUint64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, 2 * length);
}

function bitsSet(x: number): number {
  x -= x >>> 1 & 0x55555555;
  x = (x & 0x33333333) + (x >>> 2 & 0x33333333);
  return Math.imul(x + (x >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Numbers that stand for pairs of `n`, as these pairs. */
function pairsOf(keys: Float64Array, n: number): Uint32Array {
  const pairs = new Uint32Array(2 * keys.length);
  for (let i = 0; i < keys.length; i++) {
    const second = keys[i] % n;
    pairs[2 * i] = (keys[i] - second) / n;
    pairs[2 * i + 1] = second;
  }
  return pairs;
}

/**
 * All pairs of 64-bit signatures that differ in at most `distance` bits: texts that are nearly the same, by their `simhash`.
 *
 * For pages of the web 3 bits are usual. Only those are compared that have one of distance + 1 blocks of bits in common, so that the time
 * grows with the distance; from 15 on, all are compared with all. For each block the signatures are put in order first, in one go, also where
 * the rest is in slices or on threads.
 *
 * @param distance in bits, from 0 to 64.
 * @throws `TypeError`, `RangeError` for other arguments; an error of memory where there are more pairs than kernels have room for.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const page = "A greenlet is a piece of code that runs until it has to wait, and then lets others run in the meantime.";
 * const pages = [page, "Something else, which has nothing to do with it", page.toUpperCase()];
 * const signatures = await kernels.simhash(kernels.wordHashes(pages));
 * const { pairs, distances } = await kernels.nearDuplicates(signatures, 3);
 * assertEquals([...pairs], [0, 2]);
 * assertEquals([...distances], [0]);
 * ```
 */
export const nearDuplicates: KernelFunction<
  [signatures: BigUint64Array, distance: number],
  NearDuplicates
> = kernel(
  "nearDuplicates",
  2,
  (signatures: BigUint64Array, distance: number) => {
    if (!(signatures instanceof BigUint64Array)) {
      throw new TypeError(`nearDuplicates: signatures must be a BigUint64Array, not ${show(signatures)}`);
    }
    if (!Number.isInteger(distance) || distance < 0 || distance > 64) {
      throw new RangeError(
        `nearDuplicates: distance must be a whole number from 0 to 64, not ${show(distance)}`,
      );
    }
  },
  function* (run, signatures: BigUint64Array, distance: number) {
    const n = signatures.length, words = halvesOf(signatures), blocks = blocksOf(distance);
    const sorted = run.array(BigUint64Array, n), sortedWords = halvesOf(sorted);
    const keys = yield* pairsByBuckets(run, module(), n, blocks.length, {
      count: "countNear",
      list: "listNear",
      keys(pass, keys) {
        const low = Number(BigInt.asUintN(32, blocks[pass])), high = Number(blocks[pass] >> 32n);
        for (let i = 0; i < n; i++) {
          keys[i] = Math.imul(words[2 * i] & low, 0x85ebca6b) ^ (words[2 * i + 1] & high);
        }
      },
      args(places) {
        for (let at = 0; at < n; at++) {
          sortedWords[2 * at] = words[2 * places[at]];
          sortedWords[2 * at + 1] = words[2 * places[at] + 1];
        }
        return [sorted, places, blocks, distance];
      },
    });
    const pairs = pairsOf(keys, n);
    const distances = Uint8Array.from(keys, (_, i) => {
      const a = 2 * pairs[2 * i], b = 2 * pairs[2 * i + 1];
      return bitsSet(words[a] ^ words[b]) + bitsSet(words[a + 1] ^ words[b + 1]);
    });
    return { pairs, distances };
  },
);

/**
 * All pairs of `minhash` signatures that have at least the part `threshold` of their numbers in common: sets that have about as large a
 * part in common.
 *
 * Only those are compared that have one of so many bands of numbers in common that no pair is missed: the higher the threshold, the fewer.
 *
 * @param signatures one after the other, as `minhash` gives them.
 * @throws `TypeError`, `RangeError` for lengths that are no multiple of the size; an error of memory where there are more pairs than kernels
 * have room for.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const signatures = await kernels.minhash(kernels.wordHashes(["a b c d", "x y z", "D C B A"]));
 * const { pairs, similarities } = await kernels.similarPairs(signatures, { threshold: 0.8 });
 * assertEquals([...pairs], [0, 2]);
 * assertEquals([...similarities], [1]);
 * ```
 */
export const similarPairs: KernelFunction<
  [signatures: Uint32Array, options: SimilarPairsOptions],
  SimilarPairs
> = kernel(
  "similarPairs",
  2,
  (signatures: Uint32Array, options: SimilarPairsOptions) => {
    if (!(signatures instanceof Uint32Array)) {
      throw new TypeError(`similarPairs: signatures must be a Uint32Array, not ${show(signatures)}`);
    }
    if (typeof options !== "object" || options === null) {
      throw new TypeError(
        `similarPairs: the second argument must be an object, { threshold }, not ${show(options)}`,
      );
    }
    const { threshold, size = SIZE } = options;
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new RangeError(`similarPairs: threshold must be a number from 0 to 1, not ${show(threshold)}`);
    }
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`similarPairs: size must be a whole number from 1, not ${show(size)}`);
    }
    if (signatures.length % size !== 0) {
      throw new RangeError(
        `similarPairs: signatures has ${signatures.length} numbers, which is no multiple of the size, ${size}`,
      );
    }
  },
  function* (run, signatures: Uint32Array, { threshold, size = SIZE }: SimilarPairsOptions) {
    const n = signatures.length / size, least = leastOf(threshold, size), bands = bandsOf(size, least);
    const held = run.held(signatures);
    const keys = yield* pairsByBuckets(run, module(), n, bands.length - 1, {
      count: "countSimilar",
      list: "listSimilar",
      keys(pass, keys) {
        for (let i = 0; i < n; i++) {
          let key = 0;
          for (let at = i * size + bands[pass], end = i * size + bands[pass + 1]; at < end; at++) {
            key = Math.imul(key ^ signatures[at], 0x85ebca6b);
          }
          keys[i] = key;
        }
      },
      args: (places) => [held, places, bands, size, least],
    });
    const pairs = pairsOf(keys, n);
    const similarities = Float64Array.from(keys, (_, i) => {
      const a = pairs[2 * i] * size, b = pairs[2 * i + 1] * size;
      let same = 0;
      for (let at = 0; at < size; at++) if (signatures[a + at] === signatures[b + at]) same++;
      return same / size;
    });
    return { pairs, similarities };
  },
);
