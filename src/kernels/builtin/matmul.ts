/** The product of matrices. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/matmul.ts";
import { embedded, kernel } from "./define.ts";

/** How many rows and columns there are: `a` is rows × inner, `b` inner × columns. */
export interface MatrixShape {
  rows: number;
  inner: number;
  columns: number;
}

type Matrix = Float32Array | Float64Array;

const module = embedded(wasm);

/** Rows that a kernel does together. */
const BLOCK = 4;

function checkMatrices(a: Matrix, b: Matrix, { rows, inner, columns }: MatrixShape): void {
  for (const [name, matrix] of [["a", a], ["b", b]] as const) {
    if (!(matrix instanceof Float32Array || matrix instanceof Float64Array)) {
      throw new TypeError(`matmul: ${name} must be a Float32Array or a Float64Array, not ${show(matrix)}`);
    }
  }
  if (a.constructor !== b.constructor) {
    throw new TypeError(
      `matmul: a is a ${a.constructor.name} and b a ${b.constructor.name}: both must be the same`,
    );
  }
  for (const [name, n] of Object.entries({ rows, inner, columns })) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new RangeError(`matmul: ${name} must be a whole number from 0, not ${show(n)}`);
    }
  }
  for (const [name, matrix, n, m] of [["a", a, rows, inner], ["b", b, inner, columns]] as const) {
    if (matrix.length !== n * m) {
      throw new RangeError(
        `matmul: ${name} has ${matrix.length} elements, and a matrix of ${n} × ${m} has ${n * m}`,
      );
    }
  }
}

/**
 * The product of two matrices that lie row by row: `out[i][j]` is the sum of `a[i][k] * b[k][j]`, added in the order of `k`.
 *
 * @param a rows × inner. @param b inner × columns, of the same type.
 * @returns rows × columns. Float32 sums are rounded at each step.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const a = new Float64Array([1, 2, 3, 4]), b = new Float64Array([5, 6, 7, 8]);
 * const product = await kernels.matmul(a, b, { rows: 2, inner: 2, columns: 2 });
 * assertEquals([...product], [19, 22, 43, 50]);
 * ```
 */
export const matmul: KernelFunction<[a: Matrix, b: Matrix, shape: MatrixShape], Matrix> = kernel(
  "matmul",
  3,
  checkMatrices,
  function* (run, a: Matrix, b: Matrix, { rows, inner, columns }: MatrixShape) {
    const out: Matrix = a instanceof Float32Array
      ? new Float32Array(rows * columns)
      : new Float64Array(rows * columns);
    const name = a instanceof Float32Array ? "matmulF32" : "matmulF64";
    yield* run.phase(module(), name, [a, b, out, rows, inner, columns], Math.ceil(rows / BLOCK));
    return out;
  },
);
