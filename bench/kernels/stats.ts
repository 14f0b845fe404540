import { kernelArray, kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const N = 1_000_000;

const values = Float64Array.from({ length: N }, (_, i) => Math.sin(i * i));
const inside = kernelArray(Float64Array, values);

/** In one pass, four of each at a time. */
function stats(all: Float64Array): object {
  const pivot = all[0];
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0, min = Infinity, max = -Infinity;
  for (let i = 0; i < all.length; i += 4) {
    const a = all[i] - pivot, b = all[i + 1] - pivot, c = all[i + 2] - pivot, d = all[i + 3] - pivot;
    s0 += a;
    s1 += b;
    s2 += c;
    s3 += d;
    q0 += a * a;
    q1 += b * b;
    q2 += c * c;
    q3 += d * d;
    min = Math.min(min, all[i], all[i + 1], all[i + 2], all[i + 3]);
    max = Math.max(max, all[i], all[i + 1], all[i + 2], all[i + 3]);
  }
  const n = all.length, shift = (s0 + s1 + s2 + s3) / n;
  return {
    count: n,
    sum: (shift + pivot) * n,
    mean: shift + pivot,
    variance: (q0 + q1 + q2 + q3) / n - shift * shift,
    min,
    max,
  };
}

function near(ours: unknown, theirs: unknown): boolean {
  const a = Object.values(ours as object), b = Object.values(theirs as object);
  return a.every((x, i) => Math.abs(x - b[i]) < 1e-6);
}

export const cases: readonly KernelCase[] = [
  {
    title: "stats of 1,000,000 f64",
    sides: { tendril: () => kernels.stats.sync(values), TypeScript: () => stats(values) },
    same: near,
  },
  {
    title: "stats of 1,000,000 f64 in a kernelArray",
    sides: { tendril: () => kernels.stats.sync(inside), TypeScript: () => stats(values) },
    same: near,
  },
];
