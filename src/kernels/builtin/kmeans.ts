/** Clusters of points. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/kmeans.ts";
import { embedded, kernel, type Run } from "./define.ts";

/** What {@linkcode nearest} is asked for. */
export interface NearestOptions {
  /** Coordinates of a point. */
  dimension: number;
}

/** What {@linkcode kmeans} is asked for. */
export interface KmeansOptions extends NearestOptions {
  /** Rounds at most. Default 100. */
  iterations?: number;
}

/** Which center each point is nearest to. */
export interface NearestResult {
  /** The index of a center for each point. */
  readonly labels: Uint32Array;
  /** The square of the distance to it. */
  readonly distances: Float32Array;
}

/** What {@linkcode kmeans} has found. */
export interface KmeansResult extends NearestResult {
  /** The middle of each cluster. */
  readonly centers: Float32Array;
  /** Rounds that were done. */
  readonly iterations: number;
}

const module = embedded(wasm);

/** Centers that the kernel takes together, and coordinates that it adds together. */
const CENTERS = 8, COORDINATES = 4;

const ITERATIONS = 100;

function checkPoints(
  what: string,
  points: Float32Array,
  centers: Float32Array,
  options: NearestOptions,
): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: the third argument must be an object, { dimension }, not ${show(options)}`);
  }
  const { dimension } = options;
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new RangeError(`${what}: dimension must be a whole number from 1, not ${show(dimension)}`);
  }
  for (const [name, array] of [["points", points], ["centers", centers]] as const) {
    if (!(array instanceof Float32Array)) {
      throw new TypeError(`${what}: ${name} must be a Float32Array, not ${show(array)}`);
    }
    if (array.length % dimension !== 0) {
      throw new RangeError(
        `${what}: ${name} has ${array.length} elements, which is no multiple of the dimension, ${dimension}`,
      );
    }
  }
  if (centers.length === 0) throw new RangeError(`${what}: there must be a center at least`);
}

/** Points and centers where all rounds see them. */
class Clusters {
  readonly points: Float32Array;
  readonly labels: Uint32Array;
  readonly distances: Float32Array;
  private readonly run: Run;
  private readonly dimension: number;
  private readonly columns: Float32Array;

  constructor(run: Run, points: Float32Array, centers: Float32Array, dimension: number) {
    this.run = run;
    this.dimension = dimension;
    this.points = points;
    this.labels = run.array(Uint32Array, points.length / dimension);
    this.distances = run.array(Float32Array, points.length / dimension);
    this.columns = run.array(
      Float32Array,
      dimension * Math.ceil(centers.length / dimension / CENTERS) * CENTERS,
    );
    this.columns.fill(Infinity);
  }

  /** Gives how many points have another center than before. */
  *assign(centers: Float32Array): Generator<unknown, number, unknown> {
    const { points, columns, labels, distances, dimension } = this;
    const row = columns.length / dimension;
    for (let i = 0; i < centers.length; i++) {
      columns[i % dimension * row + Math.floor(i / dimension)] = centers[i];
    }
    const args = [points, columns, labels, distances, dimension];
    const changed = yield* this.run.phase(module(), "nearest", args, labels.length) as Generator<
      unknown,
      number[],
      unknown
    >;
    return changed.reduce((sum, n) => sum + n, 0);
  }

  result(): NearestResult {
    return { labels: new Uint32Array(this.labels), distances: new Float32Array(this.distances) };
  }
}

/**
 * Which of some centers each point is nearest to, by the sum of the squares; of equally near ones the first.
 *
 * @param points one after the other. @param centers the same way.
 * @throws `TypeError`, `RangeError` for lengths that do not fit the dimension.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const points = new Float32Array([0, 1, 9, 9, 0, 0]), centers = new Float32Array([10, 10, 0, 0]);
 * const { labels, distances } = await kernels.nearest(points, centers, { dimension: 2 });
 * assertEquals([...labels], [1, 0, 1]);
 * assertEquals([...distances], [1, 2, 0]);
 * ```
 */
export const nearest: KernelFunction<
  [points: Float32Array, centers: Float32Array, options: NearestOptions],
  NearestResult
> = kernel(
  "nearest",
  3,
  (points: Float32Array, centers: Float32Array, options: NearestOptions) =>
    checkPoints("nearest", points, centers, options),
  function* (run, points, centers, { dimension }: NearestOptions) {
    const clusters = new Clusters(run, points, centers, dimension);
    yield* clusters.assign(centers);
    return clusters.result();
  },
);

/**
 * Clusters of points, by Lloyd's rounds: each point goes to its nearest center, then each center to the middle of its points, until no point
 * goes anywhere else. A center without points stays where it is.
 *
 * @param points one after the other. @param centers where to begin: some of the points, say. As many clusters there will be.
 * @throws `TypeError`, `RangeError` for lengths that do not fit the dimension.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const points = new Float32Array([1, 2, 3, 11, 12, 13]);
 * const { centers, labels } = await kernels.kmeans(points, new Float32Array([1, 2]), { dimension: 1 });
 * assertEquals([...centers], [2, 12]);
 * assertEquals([...labels], [0, 0, 0, 1, 1, 1]);
 * ```
 */
export const kmeans: KernelFunction<
  [points: Float32Array, centers: Float32Array, options: KmeansOptions],
  KmeansResult
> = kernel(
  "kmeans",
  3,
  (points: Float32Array, centers: Float32Array, options: KmeansOptions) => {
    checkPoints("kmeans", points, centers, options);
    const { iterations = ITERATIONS } = options;
    if (!Number.isSafeInteger(iterations) || iterations < 1) {
      throw new RangeError(`kmeans: iterations must be a whole number from 1, not ${show(iterations)}`);
    }
  },
  function* (run, points, start, { dimension, iterations: most = ITERATIONS }: KmeansOptions) {
    const centers = new Float32Array(start);
    const clusters = new Clusters(run, run.array(Float32Array, points), start, dimension);
    const sums = run.array(Float64Array, centers.length);
    const counts = run.array(Uint32Array, centers.length / dimension);
    yield* clusters.assign(centers);
    for (let iterations = 1;; iterations++) {
      const args = [clusters.points, clusters.labels, sums, counts, dimension];
      yield* run.phase(module(), "sums", args, Math.ceil(dimension / COORDINATES));
      for (let i = 0; i < centers.length; i++) {
        const count = counts[Math.floor(i / dimension)];
        if (count > 0) centers[i] = sums[i] / count;
      }
      const changed = yield* clusters.assign(centers);
      if (changed === 0 || iterations === most) return { centers, iterations, ...clusters.result() };
    }
  },
);
