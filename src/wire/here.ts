/** The end at which this realm is called, for code that runs in a call and asks about it. */
import type { Callee } from "./callee.ts";

let callee: Callee | null = null;

/** Said once, by the worker's entry. */
export function setCallee(here: Callee): void {
  callee = here;
}

/**
 * In a function that runs in a pool: whether its job has been killed, or has run out of time. Costs a few nanoseconds, so a loop can
 * ask often. False everywhere else.
 *
 * A job that has asked once is given the whole grace to end by itself; one that never asks is ended hard, sooner.
 *
 * @example
 * ```ts
 * import { cancelled } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * // An exported function of a module that a pool runs.
 * function countPrimes(limit: number): number {
 *   let found = 0;
 *   for (let n = 2; n < limit && !cancelled(); n++) {
 *     let d = 2;
 *     while (n % d !== 0) d++;
 *     if (d === n) found++;
 *   }
 *   return found;
 * }
 * assertEquals(countPrimes(100), 25);
 * ```
 */
export function cancelled(): boolean {
  return callee !== null && callee.cancelled;
}

/** In a function that runs in a pool: a signal that is aborted when its job is killed, for `fetch` and the like. */
export function cancelSignal(): AbortSignal | undefined {
  return callee?.signal;
}

/**
 * In a function that runs in a pool: says how far its job is. A number from 0 to 1 is what `job.progress` gives at any time, also while
 * this thread computes; any other value reaches `job.onProgress`. More than one in 10 ms is dropped. Does nothing everywhere else.
 */
export function reportProgress(value: unknown): void {
  callee?.progress(value);
}
