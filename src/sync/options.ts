/** The last parameter of every waiting call. */
import { duration } from "../core/mod.ts";

/** The last parameter of every waiting call. */
export interface WaitOptions {
  /** Milliseconds; default: no limit. 0 or less: only what is ready. */
  timeout?: number;
}

/** The timeout among `options`, checked: milliseconds of at least 0, `Infinity` for none. */
export function waitTime(options: WaitOptions | undefined, what: string): number {
  return options === undefined ? Infinity : duration(options.timeout, `${what}'s timeout`);
}
