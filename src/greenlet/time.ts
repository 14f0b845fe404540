/** Sleeping. */
import { BackgroundSleep, duration, type Op, Sleep, turn } from "../core/mod.ts";

/** Options of {@linkcode sleep}. */
export interface SleepOptions {
  /** False: the sleep keeps nothing alive. Default true. */
  ref?: boolean;
}

/**
 * Waits `ms` milliseconds; 0 (the default) or less gives the others one turn.
 *
 * @throws `RangeError` at the call for `NaN`.
 * @example
 * ```ts
 * import { run, sleep } from "tendril";
 *
 * await run(function* () {
 *   yield* sleep(1);
 *   console.log("later"); // prints later
 * });
 * ```
 */
export function sleep(ms: number = 0, options?: SleepOptions): Op<void> {
  if (ms === 0) return turn;
  const time = duration(ms, "sleep");
  if (time === 0) return turn;
  return options?.ref === false ? new BackgroundSleep(time) : new Sleep(time);
}

/** Waits until it is killed. */
export function suspend(): Op<never> {
  return new Sleep(Infinity) as Op<unknown> as Op<never>;
}
