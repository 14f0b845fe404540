/** What all shared primitives can be told. */
import { count } from "../core/mod.ts";
import { MAX_WAITERS, monitorBytes } from "./shared_lines.ts";

/** Options of the shared primitives. */
export interface SharedOptions {
  /** How many threads and greenlets may wait for it at once; 32 bytes each. Default 1,024. */
  maxWaiters?: number;
}

/** The number of waiters among `options`, checked. */
export function waitersOf(options: SharedOptions | undefined): number {
  return Math.min(count(options?.maxWaiters ?? MAX_WAITERS, "maxWaiters", 1), 1 << 20);
}

/** The number of waiters for which a buffer was made that has nothing else in it. */
export function waitersIn(buffer: SharedArrayBuffer): number {
  return (buffer.byteLength - monitorBytes(0)) / (monitorBytes(1) - monitorBytes(0));
}
