/** The library's own kernels, by name. */
import { colorMatrix, grayscale } from "./color.ts";
import { blur, convolve } from "./convolve.ts";
import { nearDuplicates, similarPairs } from "./duplicates.ts";
import { fft, fft2, ifft, ifft2, irfft, rfft } from "./fft.ts";
import { kmeans, nearest } from "./kmeans.ts";
import { levenshtein, levenshteinClosest, levenshteinMany, packWords } from "./levenshtein.ts";
import { lz4Compress, lz4CompressBlock, lz4Decompress, lz4DecompressBlock } from "./lz4.ts";
import { mandelbrot } from "./mandelbrot.ts";
import { matmul } from "./matmul.ts";
import { nbody } from "./nbody.ts";
import { countPrimes, primes } from "./primes.ts";
import { resize } from "./resize.ts";
import { placesOf } from "./search.ts";
import { sha256 } from "./sha256.ts";
import { minhash, simhash } from "./simhash.ts";
import { argsort, sort } from "./sort.ts";
import { stats } from "./stats.ts";
import { dot, topk } from "./topk.ts";
import { wordHashes } from "./word_hashes.ts";
import { xxh64 } from "./xxhash.ts";

export {
  argsort,
  blur,
  colorMatrix,
  convolve,
  countPrimes,
  dot,
  fft,
  fft2,
  grayscale,
  ifft,
  ifft2,
  irfft,
  kmeans,
  levenshtein,
  levenshteinClosest,
  levenshteinMany,
  lz4Compress,
  lz4CompressBlock,
  lz4Decompress,
  lz4DecompressBlock,
  mandelbrot,
  matmul,
  minhash,
  nbody,
  nearDuplicates,
  nearest,
  packWords,
  placesOf,
  primes,
  resize,
  rfft,
  sha256,
  simhash,
  similarPairs,
  sort,
  stats,
  topk,
  wordHashes,
  xxh64,
};
