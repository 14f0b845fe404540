/** Products of vectors, and those that are most like a query. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/topk.ts";
import { embedded, kernel, type Run } from "./define.ts";

/** What {@linkcode topk} is asked for. */
export interface TopkOptions {
  /** Elements of a vector. Default: the length of `queries`, which is one query then. */
  dimension?: number;
  /** How many. Where there are fewer vectors, all of them. */
  k: number;
  /** What is compared: the cosine of the angle between two vectors, 0 where one is all zeros; or their product. Default `"cosine"`. */
  metric?: "cosine" | "dot";
}

/** The best, k for each query, one query after the other. */
export interface TopkResult {
  /** Which vectors, best first. */
  readonly indices: Uint32Array;
  /** What they have scored. */
  readonly scores: Float32Array;
}

const module = embedded(wasm);

function checkVectors(what: string, queries: Float32Array, vectors: Float32Array, dimension?: number): void {
  for (const [name, array] of [["queries", queries], ["vectors", vectors]] as const) {
    if (!(array instanceof Float32Array)) {
      throw new TypeError(`${what}: ${name} must be a Float32Array, not ${show(array)}`);
    }
  }
  dimension ??= queries.length;
  if (!Number.isSafeInteger(dimension) || dimension < 1) {
    throw new RangeError(`${what}: dimension must be a whole number from 1, not ${show(dimension)}`);
  }
  for (const [name, { length }] of [["queries", queries], ["vectors", vectors]] as const) {
    if (length % dimension !== 0) {
      throw new RangeError(
        `${what}: ${name} has ${length} elements, which is no multiple of the dimension, ${dimension}`,
      );
    }
  }
}

function* scoresOf(
  run: Run,
  scores: Float32Array,
  queries: Float32Array,
  vectors: Float32Array,
  dimension: number,
  metric: "cosine" | "dot",
): Generator<unknown, void, unknown> {
  const count = vectors.length / dimension;
  if (metric === "dot") {
    yield* run.phase(module(), "dots", [queries, vectors, scores, dimension, count], count);
    return;
  }
  const squares = new Float64Array(queries.length / dimension);
  for (let i = 0; i < queries.length; i++) squares[Math.floor(i / dimension)] += queries[i] ** 2;
  yield* run.phase(module(), "cosines", [queries, squares, vectors, scores, dimension, count], count);
}

/**
 * The scalar products of a query with each of many vectors of its length.
 *
 * @param vectors one after the other. A `kernelArray` is not copied, which is most of the time of a call.
 * @returns a product for each vector. The terms are added in Float32, in an order of their own.
 * @throws `RangeError` where the vectors' length is no multiple of the query's.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const vectors = new Float32Array([1, 0, 0, 1, 2, 2]);
 * assertEquals([...await kernels.dot(new Float32Array([3, 4]), vectors)], [3, 4, 14]);
 * ```
 */
export const dot: KernelFunction<[query: Float32Array, vectors: Float32Array], Float32Array> = kernel(
  "dot",
  2,
  (query: Float32Array, vectors: Float32Array) => checkVectors("dot", query, vectors),
  function* (run, query: Float32Array, vectors: Float32Array) {
    const scores = new Float32Array(vectors.length / query.length);
    yield* scoresOf(run, scores, query, vectors, query.length, "dot");
    return scores;
  },
);

/**
 * The `k` of many vectors that are most like a query: a search in embeddings that looks at all of them.
 *
 * @param queries one vector, or several one after the other. @param vectors one after the other. A `kernelArray` is not copied, which is
 * most of the time of a call.
 * @returns indices and scores, best first; of equal scores the lower index comes first, and NaN after all others.
 * @throws `TypeError`, `RangeError` for lengths that do not fit the dimension.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const vectors = new Float32Array([1, 0, 0, 1, 2, 2]);
 * const { indices, scores } = await kernels.topk(new Float32Array([0, 5]), vectors, { k: 2 });
 * assertEquals([...indices], [1, 2]);
 * assertEquals(scores[0], 1);
 * ```
 */
export const topk: KernelFunction<
  [queries: Float32Array, vectors: Float32Array, options: TopkOptions],
  TopkResult
> = kernel(
  "topk",
  3,
  (queries: Float32Array, vectors: Float32Array, options: TopkOptions) => {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`topk: the third argument must be an object, { k }, not ${show(options)}`);
    }
    const { k, metric = "cosine", dimension } = options;
    checkVectors("topk", queries, vectors, dimension);
    if (!Number.isSafeInteger(k) || k < 1) {
      throw new RangeError(`topk: k must be a whole number from 1, not ${show(k)}`);
    }
    if (metric !== "cosine" && metric !== "dot") {
      throw new TypeError(`topk: metric must be "cosine" or "dot", not ${show(metric)}`);
    }
  },
  function* (run, queries, vectors, options: TopkOptions) {
    const { dimension = queries.length, metric = "cosine" } = options;
    const many = queries.length / dimension, count = vectors.length / dimension;
    const k = Math.min(options.k, count);
    const all = run.array(Float32Array, many * count);
    yield* scoresOf(run, all, queries, vectors, dimension, metric);
    const scores = new Float32Array(many * k), indices = new Uint32Array(many * k);
    if (k > 0) yield* run.phase(module(), "select", [all, scores, indices, count, k], many);
    return { indices, scores };
  },
);
