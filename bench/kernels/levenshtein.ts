/** Edit distances. */
import { distance } from "fastest-levenshtein";
import { kernels } from "../../src/kernels/mod.ts";
import { levenshtein } from "../../tests/kernels/twins/levenshtein.ts";
import type { KernelCase } from "./types.ts";

let seed = 1;
const letter = (): string => "etaoinshrdlucmfwypvbgkqjxz"[(seed = Math.imul(seed, 48_271) >>> 0) % 26];
const text = (length: number): string => Array.from({ length }, letter).join("");

const words = Array.from({ length: 50_000 }, (_, i) => text(4 + i % 10)), query = "resolution";
const packed = kernels.packWords(words);
const a = text(5_000), b = text(5_000);

/** One word from many; two long texts. */
export const cases: readonly KernelCase[] = [
  {
    title: "one word, 50,000 words",
    sides: {
      tendril: () => kernels.levenshteinMany.sync(query, words),
      "fastest-levenshtein": () => Uint32Array.from(words, (word) => distance(query, word)),
      twin: () => Uint32Array.from(words, (word) => levenshtein(query, word)),
    },
  },
  {
    title: "one word, 50,000 packed words",
    sides: {
      tendril: () => kernels.levenshteinMany.sync(query, packed),
      "fastest-levenshtein": () => Uint32Array.from(words, (word) => distance(query, word)),
    },
  },
  {
    title: "two texts of 5,000",
    sides: {
      tendril: () => kernels.levenshtein.sync(a, b),
      "fastest-levenshtein": () => distance(a, b),
      twin: () => levenshtein(a, b),
    },
  },
];
