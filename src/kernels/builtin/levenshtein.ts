/** Edit distances: of two texts, and of one word from many. */
import { count, show } from "../../core/mod.ts";
import { kernelArray } from "../arrays.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/levenshtein.ts";
import { embedded, kernel, type Run } from "./define.ts";

const module = embedded(wasm);

/** Units of a pattern in a block of the kernel, and of pattern and text in a tile: see asm/kernels/levenshtein.ts. */
const BLOCK = 64, TILE_UNITS = 32 * BLOCK, TILE_COLUMNS = 4096;

/** Small numbers for UTF-16 units, in the order in which they come. */
class Alphabet {
  /** The numbers, one more each; 0: there is none. */
  private readonly numbers = new Uint32Array(65_536);
  size = 0;

  /** Writes the numbers of a text's units, which get one if they have none. */
  write(text: string, out: Uint16Array, at = 0): void {
    const { numbers } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let number = numbers[unit];
      if (number === 0) number = numbers[unit] = ++this.size;
      out[at + i] = number - 1;
    }
  }

  /** The number of a unit, or -1. */
  get(unit: number): number {
    return this.numbers[unit] - 1;
  }
}

/** Words as the kernel wants them: numbers for their units, one word behind the other. */
interface Packed {
  readonly words: readonly string[];
  readonly alphabet: Alphabet;
  readonly units: Uint16Array;
  /** Where each word begins, and where the last one ends. */
  readonly offsets: Int32Array;
}

function pack(given: readonly string[]): Packed {
  const words = [...given], alphabet = new Alphabet();
  const units = new Uint16Array(words.reduce((sum, { length }) => sum + length, 0));
  const offsets = new Int32Array(words.length + 1);
  words.forEach((word, i) => {
    alphabet.write(word, units, offsets[i]);
    offsets[i + 1] = offsets[i] + word.length;
  });
  return { words, alphabet, units, offsets };
}

/** Words in the memory of kernels, for many queries. Dispose of them, or write `using`. */
export class PackedWords implements Disposable {
  /** How many words there are. */
  readonly length: number;
  /** @internal */
  readonly packed: Packed;
  private readonly arrays: readonly Disposable[];

  /** @internal */
  constructor(words: readonly string[]) {
    checkWords(words, "packWords");
    const packed = pack(words);
    const units = kernelArray(Uint16Array, packed.units), offsets = kernelArray(Int32Array, packed.offsets);
    this.length = words.length;
    this.packed = { ...packed, units, offsets };
    this.arrays = [units, offsets];
  }

  [Symbol.dispose](): void {
    for (const array of this.arrays) array[Symbol.dispose]();
  }
}

/**
 * Puts words where kernels reach them, once, for many calls of `levenshteinMany` and `levenshteinClosest`.
 *
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * using words = kernels.packWords(["kitten", "mitten", "sitting"]);
 * assertEquals([...await kernels.levenshteinMany("kitten", words)], [0, 1, 3]);
 * ```
 */
export function packWords(words: readonly string[]): PackedWords {
  return new PackedWords(words);
}

function checkText(text: unknown, name: string, what: string): void {
  if (typeof text !== "string") throw new TypeError(`${what}: ${name} must be a string, not ${show(text)}`);
}

function checkWords(words: unknown, what: string): void {
  if (words instanceof PackedWords) return;
  if (!Array.isArray(words)) {
    throw new TypeError(
      `${what}: words must be an array of strings, or packWords of one, not ${show(words)}`,
    );
  }
  const odd = words.findIndex((word) => typeof word !== "string");
  if (odd >= 0) checkText(words[odd], `words[${odd}]`, what);
}

/** What two texts begin and end with alike costs nothing. */
function trimmed(a: string, b: string): [string, string] {
  let start = 0, end = 0;
  const most = Math.min(a.length, b.length);
  while (start < most && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  while (end < most - start && a.charCodeAt(a.length - 1 - end) === b.charCodeAt(b.length - 1 - end)) end++;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/**
 * The edit distance (Levenshtein's) of two texts: how many UTF-16 units have to be put in, taken out or changed to make one of the other.
 * A character outside of the Basic Multilingual Plane is two units.
 *
 * It is for long texts, of thousands of units; for words see `levenshteinMany`.
 *
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await kernels.levenshtein("kitten", "sitting"), 3);
 * ```
 */
export const levenshtein: KernelFunction<[a: string, b: string], number> = kernel(
  "levenshtein",
  2,
  (a: string, b: string) => {
    checkText(a, "a", "levenshtein");
    checkText(b, "b", "levenshtein");
  },
  function* (run, a: string, b: string) {
    const [x, y] = trimmed(a, b);
    const [short, long] = x.length < y.length ? [x, y] : [y, x];
    if (short.length === 0) return long.length;
    const alphabet = new Alphabet();
    const pattern = run.array(Uint16Array, short.length), text = run.array(Uint16Array, long.length);
    alphabet.write(short, pattern);
    alphabet.write(long, text);
    const steps = run.array(Int8Array, long.length).fill(1);
    const rows = Math.ceil(short.length / TILE_UNITS), columns = Math.ceil(long.length / TILE_COLUMNS);
    const state = run.array(BigUint64Array, 2 * Math.ceil(short.length / BLOCK));
    const masks = run.array(BigUint64Array, rows * alphabet.size);
    for (let diagonal = 0; diagonal < rows + columns - 1; diagonal++) {
      const range = [Math.max(0, diagonal - columns + 1), Math.min(rows, diagonal + 1)] as const;
      const args = [pattern, text, steps, state, masks, alphabet.size, diagonal];
      yield* run.phase(module(), "tiles", args, range);
    }
    return steps.reduce((sum, step) => sum + step, short.length);
  },
);

function* distances(
  run: Run,
  query: string,
  words: readonly string[] | PackedWords,
): Generator<unknown, { packed: Packed; out: Uint32Array }, unknown> {
  const packed = words instanceof PackedWords ? words.packed : pack(words);
  const { units, offsets, alphabet } = packed, n = packed.words.length;
  const out = new Uint32Array(n);
  if (query.length === 0) return { packed, out: out.map((_, i) => offsets[i + 1] - offsets[i]) };
  const masks = new Uint32Array(2 * alphabet.size * Math.ceil(query.length / BLOCK));
  for (let i = 0; i < query.length; i++) {
    const number = alphabet.get(query.charCodeAt(i));
    if (number < 0) continue; // it is in no word
    masks[2 * (Math.floor(i / BLOCK) * alphabet.size + number) + (i % BLOCK >> 5)] |= 1 << (i & 31);
  }
  if (query.length <= BLOCK) {
    yield* run.phase(module(), "distances", [units, offsets, masks, query.length, out], n);
  } else {
    const steps = run.array(Int8Array, units.length);
    const args = [units, offsets, masks, query.length, alphabet.size, steps, out];
    yield* run.phase(module(), "distancesByBlocks", args, n);
  }
  return { packed, out };
}

/**
 * The edit distances of one word from many: see `levenshtein`. Fastest for queries of up to 64 UTF-16 units.
 *
 * @param words the words; or `packWords` of them, where they are asked often.
 * @returns a distance for each word.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.levenshteinMany("cat", ["cat", "cut", "at"])], [0, 1, 1]);
 * ```
 */
export const levenshteinMany: KernelFunction<
  [query: string, words: readonly string[] | PackedWords],
  Uint32Array
> = kernel(
  "levenshteinMany",
  2,
  (query: string, words: readonly string[] | PackedWords) => {
    checkText(query, "query", "levenshteinMany");
    checkWords(words, "levenshteinMany");
  },
  function* (run, query: string, words: readonly string[] | PackedWords) {
    return (yield* distances(run, query, words)).out;
  },
);

/** A word that {@linkcode levenshteinClosest} has found. */
export interface ClosestWord {
  /** Where in the words it stands. */
  index: number;
  word: string;
  distance: number;
}

/**
 * The words that are nearest to a query, nearest first; of equally near ones those that come first in the words.
 *
 * @param words the words; or `packWords` of them, where they are asked often.
 * @param k how many.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const found = await kernels.levenshteinClosest("sublime", ["lime", "sublimes", "prime"], 1);
 * assertEquals(found, [{ index: 1, word: "sublimes", distance: 1 }]);
 * ```
 */
export const levenshteinClosest: KernelFunction<
  [query: string, words: readonly string[] | PackedWords, k: number],
  ClosestWord[]
> = kernel(
  "levenshteinClosest",
  3,
  (query: string, words: readonly string[] | PackedWords, k: number) => {
    checkText(query, "query", "levenshteinClosest");
    checkWords(words, "levenshteinClosest");
    count(k, "levenshteinClosest's k", 1);
  },
  function* (run, query: string, words: readonly string[] | PackedWords, k: number) {
    const { packed, out } = yield* distances(run, query, words);
    const found: ClosestWord[] = [];
    const most = out.reduce((max, distance) => Math.max(max, distance), 0);
    const tally = new Uint32Array(most + 1);
    for (const distance of out) tally[distance]++;
    let limit = 0;
    for (let n = tally[0]; n < k && limit < most; n += tally[limit]) limit++;
    out.forEach((distance, index) => {
      if (distance <= limit) found.push({ index, word: packed.words[index], distance });
    });
    return found.sort((a, b) => a.distance - b.distance).slice(0, k);
  },
);
