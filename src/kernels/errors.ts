/** What goes wrong in kernels. */

import { knowError } from "../wire/mod.ts";

/** A kernel has thrown, or done what WebAssembly does not allow. Its instance can be used again. */
export class KernelError extends Error {
  override readonly name: string = "KernelError";
}

knowError(KernelError);
