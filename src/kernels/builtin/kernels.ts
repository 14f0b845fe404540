/** The library's own kernels, by name. */
import { blur, convolve } from "./convolve.ts";
import { levenshtein, levenshteinClosest, levenshteinMany, packWords } from "./levenshtein.ts";
import { matmul } from "./matmul.ts";
import { resize } from "./resize.ts";
import { argsort, sort } from "./sort.ts";
import { dot, topk } from "./topk.ts";

export {
  argsort,
  blur,
  convolve,
  dot,
  levenshtein,
  levenshteinClosest,
  levenshteinMany,
  matmul,
  packWords,
  resize,
  sort,
  topk,
};
