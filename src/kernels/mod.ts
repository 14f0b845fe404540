/**
 * Kernels: AssemblyScript compiled to WebAssembly, with SIMD, that can be stopped in the middle, sliced on the loop's own thread, and run on all
 * threads over one shared memory.
 *
 * @module
 */
import * as kernels from "./builtin/kernels.ts";

export { type InShared, type KernelArray, kernelArray } from "./arrays.ts";
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
