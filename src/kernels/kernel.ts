/** Kernels as their users see them: the functions of a module, typed, on the thread that is asked for. */
import { duration, show } from "../core/mod.ts";
import { readBytes } from "../host/io.ts";
import { type Awaitable, both } from "../host/mod.ts";
import { ThreadPool } from "../threads/mod.ts";
import type { HostFunctions } from "./instance.ts";
import type { KernelFunction as Signature } from "./manifest.ts";
import { KernelModule } from "./module.ts";
import { callInPool, rangeInPool } from "./pool_call.ts";
import { callSliced, needSuspending, slicedRange } from "./slice.ts";

/** Where a call runs. Without any of these: here and now, in one piece. */
export interface KernelOptions {
  /** In the threads of this pool. A range function runs in all of them. */
  pool?: ThreadPool;
  /** On this thread, which gets back to its loop every so many milliseconds. */
  everyMs?: number;
  /** Of a range function in a pool or in slices: called now and then with how far it is, from 0 to 1. */
  onProgress?: (done: number) => void;
}

/**
 * A function of a kernel. `yield*` its call in a greenlet, or `await` it. Options may stand behind the arguments; `sync` runs it here and
 * gives the result itself.
 */
export interface KernelFunction<A extends readonly unknown[], R> {
  (...args: [...A, options?: KernelOptions]): Awaitable<R>;
  sync(...args: A): R;
}

/** The functions of a kernel, by an interface of their types: `tendril build` writes it. */
export type Kernel<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends
    (...args: infer A) => infer R ? KernelFunction<A, R> : never;
};

/** Options of {@linkcode loadKernel}. */
export interface LoadOptions {
  /**
   * Functions that the kernel imports, by module and name: `{ env: { recv } }`. In a kernel that is sliced they may give an operation, a
   * generator or a promise, and the kernel waits for it. Threads do not have them.
   */
  imports?: HostFunctions;
  /** Bytes in which one call may allocate strings, arrays and objects. Default 1 MiB; a kernel that allocates nothing takes none. */
  arena?: number;
}

const ARENA = 1 << 20;

/** How a function runs with options, for those who set them once. */
export const BOUND: unique symbol = Symbol("tendril.kernel");

/** What all kernels' functions have, our own too. */
export interface Bindable<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly [BOUND]: (options: KernelOptions) => (...args: A) => Awaitable<R>;
}

/** What only functions of a loaded module have. */
export const SOURCE: unique symbol = Symbol("tendril.kernel.source");

/** The module and signature behind a function. */
export interface Source {
  readonly module: KernelModule;
  readonly signature: Signature;
}

/**
 * Loads a kernel: a module of AssemblyScript that `tendril build` has compiled.
 *
 * @param source the bytes; or where the `.wasm` is, a `file:` or `data:` URL.
 * @throws `TypeError` for what is no kernel, and where an import is missing.
 * @example
 * ```ts
 * import { compile } from "tendril/kernels/build";
 * import { loadKernel } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * interface Sums {
 *   sum(values: Float64Array): number;
 * }
 * const { bytes } = await compile(`
 *   export function sum(values: In<f64>): f64 {
 *     let sum = 0.0;
 *     for (let i = 0; i < values.length; i++) sum += values[i];
 *     return sum;
 *   }
 * `);
 * const sums = loadKernel<Sums>(bytes);
 * assertEquals(sums.sum.sync(new Float64Array([1, 2, 3])), 6);
 * ```
 */
export function loadKernel<M>(
  source: URL | string | ArrayBuffer | ArrayBufferView,
  options: LoadOptions = {},
): Kernel<M> {
  const { imports = {}, arena = ARENA } = options;
  if (!Number.isInteger(arena) || arena < 1) {
    throw new RangeError(`loadKernel's arena must be a whole number of bytes, not ${show(arena)}`);
  }
  const module = new KernelModule(bytesOf(source), { imports, arena, longPieces: true });
  const functions: Record<string, unknown> = Object.create(null);
  for (const signature of module.manifest.functions) {
    functions[signature.name] = functionOf(module, signature);
  }
  return Object.freeze(functions) as Kernel<M>;
}

function bytesOf(source: unknown): Uint8Array<ArrayBuffer> {
  if (typeof source === "string" || source instanceof URL) return readBytes(new URL(source));
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (!ArrayBuffer.isView(source)) {
    throw new TypeError(`loadKernel needs the bytes of a .wasm file, or its URL, not ${show(source)}`);
  }
  return new Uint8Array(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
}

function functionOf(module: KernelModule, signature: Signature): unknown {
  const { name, params } = signature;
  const bound = (options: KernelOptions) => {
    check(options, name);
    return (...given: readonly unknown[]) => both(() => start(module, signature, given, options));
  };
  const f = (...given: readonly unknown[]) => {
    const options = given.length > params.length ? given[params.length] : undefined;
    const args = given.length === params.length + 1 ? given.slice(0, -1) : given;
    return bound((options ?? {}) as KernelOptions)(...args);
  };
  Object.defineProperty(f, "name", { value: name });
  return Object.assign(f, {
    sync: (...given: readonly unknown[]) => module.call(signature, given),
    [BOUND]: bound,
    [SOURCE]: { module, signature } satisfies Source,
  });
}

/** @throws `TypeError`, `RangeError` for options that make no sense. */
export function check(options: KernelOptions, what: string): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${what}: what follows the arguments are options, { pool } or { everyMs }, not ${show(options)}`,
    );
  }
  const { pool, everyMs, onProgress } = options;
  if (pool !== undefined && !(pool instanceof ThreadPool)) {
    throw new TypeError(`${what}: { pool } must be a ThreadPool, not ${show(pool)}`);
  }
  if (everyMs !== undefined) {
    duration(everyMs, `${what}: everyMs`);
    if (pool !== undefined) throw new TypeError(`${what}: { pool } and { everyMs } exclude each other`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new TypeError(`${what}: { onProgress } must be a function, not ${show(onProgress)}`);
  }
}

function* start(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  options: KernelOptions,
): Generator<unknown, unknown, unknown> {
  const { pool, everyMs } = options;
  if (pool === undefined && everyMs === undefined) return module.call(signature, given);
  // The pieces of a range give results of their own, which nobody knows to put together; see `parallelFor`.
  if (signature.range && signature.result.kind === "void" && given.length === signature.params.length) {
    const [from, to] = given.slice(-2) as [number, number];
    yield* runRange({ module, signature }, given.slice(0, -2), [from, to], options);
    return undefined;
  }
  if (pool !== undefined) return yield* callInPool(module, signature, given, pool);
  needSuspending(signature.name);
  return yield* callSliced(module, signature, given, everyMs as number);
}

/** Milliseconds between two reports. */
const REPORT_MS = 50;

/** Runs a range function for all of a range, wherever the options say. */
export function* runRange(
  { module, signature }: Source,
  given: readonly unknown[],
  range: readonly [number, number],
  { pool, everyMs = Infinity, onProgress }: KernelOptions,
): Generator<unknown, { readonly from: number; readonly value: unknown }[], unknown> {
  checkRange(range, signature.name);
  const [from, to] = range;
  let timer: ReturnType<typeof setInterval> | undefined;
  const watch = (done: () => number) => {
    if (onProgress === undefined) return;
    timer = setInterval(() => onProgress(to === from ? 1 : done() / (to - from)), REPORT_MS);
  };
  try {
    const results = pool === undefined
      ? yield* slicedRange(module, signature, given, range, everyMs, watch)
      : yield* rangeInPool(module, signature, given, range, pool, watch);
    onProgress?.(1);
    return results;
  } finally {
    clearInterval(timer);
  }
}

function checkRange([from, to]: readonly [number, number], what: string): void {
  for (const end of [from, to]) {
    if (!Number.isInteger(end) || Math.abs(end) > 2 ** 31 - 1) {
      throw new RangeError(
        `${what}: a range is two whole numbers of 32 bits, not ${show(from)} to ${show(to)}`,
      );
    }
  }
  if (to < from) throw new RangeError(`${what}: the range ends at ${to}, before it begins at ${from}`);
}
