/** What texts are made of, as numbers. */
import { count, show } from "../../core/mod.ts";
import type { HashSets } from "./simhash.ts";

/** Options of {@linkcode wordHashes}. */
export interface WordHashesOptions {
  /** Words in a row that are hashed as one. With 2 or 3, their order counts. Default 1. */
  shingle?: number;
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * The words of texts as hashes of 64 bits, for `simhash` and `minhash`: in lower case, without what stands between them, each as often as
 * it comes.
 *
 * @param texts one for each set of hashes.
 * @throws `TypeError` for what is no text, `RangeError` for a shingle below 1.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const { hashes, offsets } = kernels.wordHashes(["To be, or not to be", "Be!"]);
 * assertEquals([...offsets], [0, 6, 7]);
 * assertEquals(hashes[1], hashes[6]);
 * ```
 */
export function wordHashes(texts: readonly string[], options: WordHashesOptions = {}): HashSets {
  const shingle = count(options.shingle ?? 1, "wordHashes: shingle", 1);
  if (!Array.isArray(texts)) {
    throw new TypeError(`wordHashes: texts must be an array of strings, not ${show(texts)}`);
  }
  const offsets = new Int32Array(texts.length + 1);
  const sets = texts.map((text, i) => {
    if (typeof text !== "string") {
      throw new TypeError(`wordHashes: texts[${i}] must be a string, not ${show(text)}`);
    }
    const words: string[] = text.toLowerCase().match(WORD) ?? [];
    const set = shingle === 1 || words.length === 0 ? words : shingles(words, shingle);
    offsets[i + 1] = offsets[i] + set.length;
    return set;
  });
  const hashes = new BigUint64Array(offsets[texts.length]);
  const halves = new Uint32Array(hashes.buffer);
  let at = 0;
  for (const set of sets) for (const words of set) writeHash(words, halves, 2 * at++);
  return { hashes, offsets };
}

/** A text of fewer words is one shingle. */
function shingles(words: readonly string[], size: number): string[] {
  const n = Math.max(1, words.length - size + 1);
  return Array.from({ length: n }, (_, i) => words.slice(i, i + size).join(" "));
}

/** Two sums of 32 bits over the text's units, each ended as MurmurHash3 ends, with something of the other. */
function writeHash(text: string, out: Uint32Array, at: number): void {
  let a = 0xdeadbeef, b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ a >>> 16, 0x85ebca6b) ^ Math.imul(b ^ b >>> 13, 0xc2b2ae35);
  b = Math.imul(b ^ b >>> 16, 0x85ebca6b) ^ Math.imul(a ^ a >>> 13, 0xc2b2ae35);
  out[at] = a;
  out[at + 1] = b;
}
