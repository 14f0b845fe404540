/**
 * Kernels: AssemblyScript compiled to WebAssembly, with SIMD, that can be stopped in the middle, sliced on the loop's own thread, and run on all
 * threads over one shared memory.
 *
 * @module
 */
import * as kernels from "./builtin/kernels.ts";

export { type InShared, type KernelArray, kernelArray } from "./arrays.ts";
export type { BlurOptions, ConvolveOptions } from "./builtin/convolve.ts";
export type { NearDuplicates, SimilarPairs, SimilarPairsOptions } from "./builtin/duplicates.ts";
export type { FourierOptions, GridOptions } from "./builtin/fft.ts";
export type { KmeansOptions, KmeansResult, NearestOptions, NearestResult } from "./builtin/kmeans.ts";
export type { ClosestWord } from "./builtin/levenshtein.ts";
export type { Lz4CompressOptions, Lz4DecompressOptions } from "./builtin/lz4.ts";
export type { MandelbrotOptions } from "./builtin/mandelbrot.ts";
export type { MatrixShape } from "./builtin/matmul.ts";
export type { NbodyOptions } from "./builtin/nbody.ts";
export type { AlphaOptions, ImageSize, Pixels, ResizeOptions } from "./builtin/resize.ts";
export type { HashSets, MinhashOptions } from "./builtin/simhash.ts";
export type { Sortable } from "./builtin/sort.ts";
export type { Stats } from "./builtin/stats.ts";
export type { TopkOptions, TopkResult } from "./builtin/topk.ts";
export type { WordHashesOptions } from "./builtin/word_hashes.ts";
export type { Xxh64Options } from "./builtin/xxhash.ts";
export { KernelError } from "./errors.ts";
export type { HostFunctions } from "./instance.ts";
export {
  type Kernel,
  type KernelFunction,
  type KernelOptions,
  loadKernel,
  type LoadOptions,
} from "./kernel.ts";
export {
  parallelFor,
  type ParallelForOptions,
  type RangeFunction,
  type Sliced,
  timeSlice,
  type TimeSliceOptions,
} from "./parallel.ts";
export { kernels };
