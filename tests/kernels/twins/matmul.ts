/** The product of matrices, term by term. */

type Matrix = Float32Array | Float64Array;

export function matmul(
  a: Matrix,
  b: Matrix,
  { rows, inner, columns }: { rows: number; inner: number; columns: number },
): Matrix {
  const out: Matrix = a instanceof Float32Array
    ? new Float32Array(rows * columns)
    : new Float64Array(rows * columns);
  const round = a instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum = round(sum + round(a[i * inner + k] * b[k * columns + j]));
      out[i * columns + j] = sum;
    }
  }
  return out;
}
