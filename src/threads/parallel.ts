/**
 * Data-parallel helpers: all threads of a pool work on one array in shared memory. An array that is not in shared memory is copied there and
 * back, which costs about as much as reading it twice.
 */
import { count, show } from "../core/mod.ts";
import { type Awaitable, both } from "../host/mod.ts";
import type { NumberArray, Place, Run } from "./parallel_parts.ts";
import type { ThreadPool } from "./pool.ts";
import { needRemote, type RemoteFunction } from "./remote.ts";

type Parts = typeof import("./parallel_parts.ts");

/** Options of the helpers. */
export interface ParallelOptions {
  pool: ThreadPool;
  /** Numbers that one job takes. Default: the array is cut in four parts for each thread. */
  chunkSize?: number;
}

const PARTS_PER_THREAD = 4;
/** Below this, a part costs less than the message that tells of it. */
const LEAST_PART = 1_024;

const partsOf = (pool: ThreadPool) => pool.module<Parts>(new URL("./parallel_parts.ts", import.meta.url));

/**
 * Applies an exported function `(value, index) => value` to each number, and gives a new array of the same type, in shared memory.
 *
 * @param options `out`: where to put the results, the array itself if need be.
 */
export function parallelMap<A extends NumberArray>(
  remote: RemoteFunction<[value: number, index: number], number>,
  array: A,
  options: ParallelOptions & { out?: A },
): Awaitable<A> {
  const place = placeOf(remote, "parallelMap"), { pool } = check(array, options, "parallelMap");
  const { out } = options;
  if (out !== undefined && out.length < array.length) {
    throw new RangeError(`parallelMap: out has ${out.length} places for ${array.length} numbers`);
  }
  return both(function* () {
    const from = shared(array), isInPlace = out === undefined || isShared(out);
    const to = isInPlace ? out ?? emptyLike(array) : emptyLike(array);
    yield* pool.starmap(
      partsOf(pool).mapPart,
      ranges(array.length, options).map(([start, end]) => [place, from, to, start, end] as const),
      { chunkSize: 1 },
    );
    if (out === undefined || isInPlace) return to as A;
    out.set(to);
    return out;
  });
}

/**
 * Puts an array together with an exported function `(a, b) => c`, which must be associative: the threads do parts of it, in no
 * particular order, and the results of the parts are put together in the order of the array.
 *
 * @param options `initial`: stands before the first one. Needed for an array that may be empty.
 */
export function parallelReduce(
  remote: RemoteFunction<[a: number, b: number], number>,
  array: NumberArray,
  options: ParallelOptions & { initial?: number },
): Awaitable<number> {
  const place = placeOf(remote, "parallelReduce"), { pool } = check(array, options, "parallelReduce");
  const { initial } = options;
  if (array.length === 0 && initial === undefined) {
    throw new TypeError("parallelReduce of an empty array needs { initial }");
  }
  return both(function* () {
    const from = shared(array), { reducePart } = partsOf(pool);
    const parts = yield* pool.starmap(
      reducePart,
      ranges(array.length, options).map(([start, end]) => [place, from, start, end] as const),
      { chunkSize: 1 },
    );
    const rest = Float64Array.from(initial === undefined ? parts : [initial, ...parts]);
    return rest.length === 1 ? rest[0] : yield* pool.apply(reducePart, place, shared(rest), 0, rest.length);
  });
}

/**
 * Sorts an array in place, as `array.sort(compare)` does, and gives it: each thread sorts a part, then all of them merge, each one part of
 * what comes out.
 *
 * @param options `compare`: an exported function. Default: the order of numbers.
 */
export function parallelSort<A extends NumberArray>(
  array: A,
  options: ParallelOptions & { compare?: RemoteFunction<[a: number, b: number], number> },
): Awaitable<A> {
  const { pool } = check(array, options, "parallelSort");
  const place = options.compare === undefined ? null : placeOf(options.compare, "parallelSort");
  return both(function* () {
    const { sortPart, mergePart } = partsOf(pool);
    let from: NumberArray = shared(array), to: NumberArray = emptyLike(array);
    let runs: Run[] = cut(array.length, Math.max(Math.ceil(array.length / pool.size), LEAST_PART));
    yield* pool.starmap(sortPart, runs.map(([start, end]) => [place, from, start, end] as const), {
      chunkSize: 1,
    });
    while (runs.length > 1) {
      const todo: Parameters<Parts["mergePart"]>[] = [], next: Run[] = [];
      for (let i = 0; i < runs.length; i += 2) {
        const a = runs[i], b = runs[i + 1] ?? [a[1], a[1]] as const;
        next.push([a[0], b[1]]);
        const size = Math.max(Math.ceil(array.length / pool.size), LEAST_PART);
        for (const [start, end] of cut(b[1] - a[0], size)) {
          todo.push([place, from, to, [a, b], a[0] + start, a[0] + end]);
        }
      }
      yield* pool.starmap(mergePart, todo, { chunkSize: 1 });
      [from, to, runs] = [to, from, next];
    }
    if (from !== array) array.set(from);
    return array;
  });
}

function placeOf(remote: unknown, what: string): Place {
  const { url, name } = needRemote(remote, what);
  return { url, name };
}

function check(array: unknown, options: ParallelOptions, what: string): { pool: ThreadPool } {
  if (
    !ArrayBuffer.isView(array) || array instanceof DataView || array instanceof BigInt64Array ||
    array instanceof BigUint64Array
  ) {
    throw new TypeError(`${what} needs a typed array of numbers, not ${show(array)}`);
  }
  if (typeof options?.pool !== "object") throw new TypeError(`${what} needs a pool to run in: { pool }`);
  if (options.chunkSize !== undefined) count(options.chunkSize, "chunkSize", 1);
  return options;
}

function isShared(array: NumberArray): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

/** It, in shared memory. */
function shared<A extends NumberArray>(array: A): A {
  if (isShared(array)) return array;
  const copy = emptyLike(array);
  copy.set(array);
  return copy;
}

function emptyLike<A extends NumberArray>(array: A): A {
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => A;
  return new Kind(new SharedArrayBuffer(array.byteLength));
}

function ranges(length: number, { pool, chunkSize }: ParallelOptions): Run[] {
  return cut(length, chunkSize ?? Math.max(Math.ceil(length / (pool.size * PARTS_PER_THREAD)), LEAST_PART));
}

function cut(length: number, size: number): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < length; start += size) runs.push([start, Math.min(start + size, length)]);
  return runs;
}
