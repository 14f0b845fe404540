import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const N = 20_000, DIMENSION = 32, K = 32, ROUNDS = 5;

const points = Float32Array.from({ length: N * DIMENSION }, (_, i) => Math.sin(i * i) * 10);
const start = points.slice(0, K * DIMENSION);
const options = { dimension: DIMENSION };

/** In doubles, as one writes it: four sums at a time. */
function nearest(centers: Float32Array): Uint32Array {
  const labels = new Uint32Array(N);
  for (let i = 0; i < N; i++) {
    let best = Infinity;
    for (let c = 0; c < K; c++) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let j = 0, p = i * DIMENSION, q = c * DIMENSION; j < DIMENSION; j += 4, p += 4, q += 4) {
        const a = points[p] - centers[q], b = points[p + 1] - centers[q + 1];
        const d = points[p + 2] - centers[q + 2], e = points[p + 3] - centers[q + 3];
        s0 += a * a;
        s1 += b * b;
        s2 += d * d;
        s3 += e * e;
      }
      const sum = s0 + s1 + s2 + s3;
      if (sum < best) {
        best = sum;
        labels[i] = c;
      }
    }
  }
  return labels;
}

function rounds(): Uint32Array {
  const centers = start.slice();
  let labels = nearest(centers);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(centers.length), counts = new Uint32Array(K);
    for (let i = 0; i < N; i++) {
      const q = labels[i] * DIMENSION, p = i * DIMENSION;
      counts[labels[i]]++;
      for (let j = 0; j < DIMENSION; j++) sums[q + j] += points[p + j];
    }
    for (let i = 0; i < centers.length; i++) centers[i] = sums[i] / counts[Math.floor(i / DIMENSION)];
    labels = nearest(centers);
  }
  return labels;
}

/** A point in the middle of two centers may go to either, by the last bit of a sum. */
function same(ours: unknown, theirs: unknown): boolean {
  const a = ours as Uint32Array, b = theirs as Uint32Array;
  return a.filter((label, i) => label !== b[i]).length < 20;
}

export const cases: readonly KernelCase[] = [
  {
    title: `nearest of ${K} centers, 20,000 points × ${DIMENSION}`,
    sides: {
      tendril: () => kernels.nearest.sync(points, start, options).labels,
      TypeScript: () => nearest(start),
    },
    same,
  },
  {
    title: `kmeans, the same, ${ROUNDS} rounds`,
    sides: {
      tendril: () => kernels.kmeans.sync(points, start, { ...options, iterations: ROUNDS }).labels,
      TypeScript: () => rounds(),
    },
    same,
  },
];
