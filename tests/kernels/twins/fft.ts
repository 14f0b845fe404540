/** Fourier transforms as they are defined, term by term. */

/** Of complex numbers, two elements each. `sign` 1: the inverse, which is not divided by their number here. */
export function dft(values: Float64Array, sign: 1 | -1 = -1): Float64Array {
  const n = values.length / 2, out = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = sign * 2 * Math.PI * (j * k % n) / n, cos = Math.cos(angle), sin = Math.sin(angle);
      out[2 * k] += values[2 * j] * cos - values[2 * j + 1] * sin;
      out[2 * k + 1] += values[2 * j] * sin + values[2 * j + 1] * cos;
    }
  }
  return out;
}

export function dft2(
  values: Float64Array,
  { rows, columns }: { rows: number; columns: number },
): Float64Array {
  const out = values.slice();
  for (let i = 0; i < rows; i++) {
    const row = out.subarray(2 * i * columns, 2 * (i + 1) * columns);
    row.set(dft(row));
  }
  for (let j = 0; j < columns; j++) {
    const at = (i: number) => 2 * (i * columns + j);
    const column = new Float64Array(2 * rows).map((_, i) => out[at(i >> 1) + (i & 1)]);
    dft(column).forEach((x, i) => out[at(i >> 1) + (i & 1)] = x);
  }
  return out;
}
