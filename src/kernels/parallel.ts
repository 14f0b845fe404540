/** One kernel on all threads, and one on the loop's own thread in slices. */
import { show } from "../core/mod.ts";
import { type Awaitable, both } from "../host/mod.ts";
import {
  type Bindable,
  BOUND,
  check,
  type KernelFunction,
  type KernelOptions,
  runRange,
  SOURCE,
  type Source,
} from "./kernel.ts";

/** Options of {@linkcode parallelFor}. */
export interface ParallelForOptions<A extends readonly unknown[]> extends KernelOptions {
  /** What the function is called with, without the range. */
  args: A;
}

/** A kernel's function whose last two parameters are `from: i32` and `to: i32`, a part of a range. */
export type RangeFunction<A extends readonly unknown[], R> = KernelFunction<
  [...A, from: number, to: number],
  R
>;

/**
 * Calls a range function for all of a range, in pieces of about half a millisecond, on all threads of a pool over one memory. Whichever
 * thread is free takes the next piece, so parts that take longer hold nobody up.
 *
 * @param range from 0 up to a number, or from one number up to another.
 * @returns what the pieces gave, in the order of the range: sums, say, that are then added. Nothing, for a function that gives nothing.
 * @throws `TypeError` for a function that has no range.
 */
export function parallelFor<A extends readonly unknown[], R>(
  kernel: RangeFunction<A, R>,
  range: number | readonly [from: number, to: number],
  options: ParallelForOptions<A>,
): Awaitable<R[]> {
  const source = sourceOf(kernel);
  if (source === undefined || !source.signature.range) {
    throw new TypeError(
      `parallelFor: needs a kernel's function whose last parameters are from: i32 and to: i32, not ${
        show(kernel)
      }`,
    );
  }
  check(options, "parallelFor");
  const { args, ...rest } = options;
  if (!Array.isArray(args)) {
    throw new TypeError(
      `parallelFor: { args } must be the arguments without the range, in an array, not ${show(args)}`,
    );
  }
  const ends = typeof range === "number" ? [0, range] as const : range;
  return both(function* () {
    const results = yield* runRange(source, args, ends, rest);
    return results.map(({ value }) => value).filter((value) => value !== undefined) as R[];
  });
}

function sourceOf(kernel: unknown): Source | undefined {
  return typeof kernel === "function" && SOURCE in kernel ? kernel[SOURCE] as Source : undefined;
}

/** Options of {@linkcode timeSlice}. */
export interface TimeSliceOptions {
  /** Milliseconds in which the loop gets no turn. Default 4. */
  everyMs?: number;
}

const EVERY_MS = 4;

/** The same function, or functions, in slices. */
export type Sliced<K> = K extends KernelFunction<infer A, infer R> ? (...args: A) => Awaitable<R>
  : { readonly [N in keyof K]: Sliced<K[N]> };

/**
 * The same kernel on this thread, in slices: every few milliseconds other greenlets, timers and I/O get a turn, and a kill ends it in
 * between. Range functions stop between two pieces, on every runtime; others in the middle, wherever they are, where the runtime can
 * suspend WebAssembly.
 *
 * @param kernel a kernel, or one function of it.
 * @throws `TypeError` for what is no kernel. The call throws `Error` where the runtime cannot suspend WebAssembly.
 */
export function timeSlice<K extends object>(kernel: K, options: TimeSliceOptions = {}): Sliced<K> {
  const { everyMs = EVERY_MS } = options;
  check({ everyMs }, "timeSlice");
  if (isBindable(kernel)) return kernel[BOUND]({ everyMs }) as Sliced<K>;
  const functions = typeof kernel === "object" && kernel !== null ? Object.entries(kernel) : [];
  if (functions.length === 0 || !functions.every(([, f]) => isBindable(f))) {
    throw new TypeError(`timeSlice: needs a kernel or a function of one, not ${show(kernel)}`);
  }
  return Object.fromEntries(
    functions.map(([name, f]) => [name, (f as Bindable)[BOUND]({ everyMs })]),
  ) as Sliced<K>;
}

function isBindable(value: unknown): value is Bindable {
  return typeof value === "function" && BOUND in value;
}
