import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

type Matrix = Float32Array | Float64Array;

const N = 512, TILE = 64;

/** The best of TypeScript: rows of `b` are read in order, a tile of it stays in the cache. */
function tiled(a: Matrix, b: Matrix, out: Matrix): Matrix {
  for (let k0 = 0; k0 < N; k0 += TILE) {
    for (let j0 = 0; j0 < N; j0 += TILE) {
      for (let i = 0; i < N; i++) {
        for (let k = k0; k < k0 + TILE; k++) {
          const x = a[i * N + k], o = i * N, q = k * N;
          for (let j = j0; j < j0 + TILE; j++) out[o + j] += x * b[q + j];
        }
      }
    }
  }
  return out;
}

function caseOf(type: Float32ArrayConstructor | Float64ArrayConstructor): KernelCase {
  const shape = { rows: N, inner: N, columns: N };
  const a = Float64Array.from({ length: N * N }, (_, i) => (i * 7) % 13);
  const b = Float64Array.from({ length: N * N }, (_, i) => (i * 5) % 11);
  const left: Matrix = new type(a), right: Matrix = new type(b);
  return {
    title: `matmul ${type === Float32Array ? "f32" : "f64"}, ${N} × ${N}`,
    sides: {
      tendril: () => kernels.matmul.sync(left, right, shape),
      "TypeScript, tiled": () => tiled(left, right, new type(N * N)),
    },
  };
}

export const cases: readonly KernelCase[] = [caseOf(Float32Array), caseOf(Float64Array)];
