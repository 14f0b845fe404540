// The product of two matrices that lie in rows: out[i][j] = sum over k of a[i][k] * b[k][j].
//
// Blocks of four rows of `out` are the range: they are multiplied by a strip of `b` that is two vectors wide, so that eight sums
// stay in registers, and each element of `b` that is loaded is used four times. Every sum is added in the order of k.

/** Rows in a block. */
const BLOCK: i32 = 4;

/** Blocks `from` up to `to` of the product of `a` (rows × inner) and `b` (inner × columns). */
export function matmulF32(
  a: In<f32>,
  b: In<f32>,
  out: Out<f32>,
  rows: i32,
  inner: i32,
  columns: i32,
  from: i32,
  to: i32,
): void {
  const A = changetype<usize>(a), B = changetype<usize>(b), O = changetype<usize>(out);
  const row = <usize> columns << 2, aRow = <usize> inner << 2;
  for (let block = from; block < to; block++) {
    const i = BLOCK * block;
    if (i + BLOCK > rows) {
      for (let r = i; r < rows; r++) rowF32(A + <usize> r * aRow, B, O + <usize> r * row, inner, columns, 0);
      break;
    }
    let j = 0;
    for (; j + 8 <= columns; j += 8) {
      let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
      let p = A + <usize> i * aRow, q = B + (<usize> j << 2);
      for (let k = 0; k < inner; k++) {
        const b0 = v128.load(q), b1 = v128.load(q, 16);
        let x = v128.load32_splat(p);
        s00 = f32x4.add(s00, f32x4.mul(x, b0));
        s01 = f32x4.add(s01, f32x4.mul(x, b1));
        x = v128.load32_splat(p + aRow);
        s10 = f32x4.add(s10, f32x4.mul(x, b0));
        s11 = f32x4.add(s11, f32x4.mul(x, b1));
        x = v128.load32_splat(p + 2 * aRow);
        s20 = f32x4.add(s20, f32x4.mul(x, b0));
        s21 = f32x4.add(s21, f32x4.mul(x, b1));
        x = v128.load32_splat(p + 3 * aRow);
        s30 = f32x4.add(s30, f32x4.mul(x, b0));
        s31 = f32x4.add(s31, f32x4.mul(x, b1));
        p += 4;
        q += row;
      }
      let o = O + <usize> i * row + (<usize> j << 2);
      v128.store(o, s00);
      v128.store(o, s01, 16);
      o += row;
      v128.store(o, s10);
      v128.store(o, s11, 16);
      o += row;
      v128.store(o, s20);
      v128.store(o, s21, 16);
      o += row;
      v128.store(o, s30);
      v128.store(o, s31, 16);
    }
    for (let r = i; r < i + BLOCK; r++) {
      rowF32(A + <usize> r * aRow, B, O + <usize> r * row, inner, columns, j);
    }
  }
}

/** One row, at `a`, from column `j` on. */
function rowF32(a: usize, b: usize, out: usize, inner: i32, columns: i32, j: i32): void {
  const row = <usize> columns << 2;
  for (; j + 4 <= columns; j += 4) {
    let sum = f32x4.splat(0), q = b + (<usize> j << 2);
    for (let k = 0; k < inner; k++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a + (<usize> k << 2)), v128.load(q)));
      q += row;
    }
    v128.store(out + (<usize> j << 2), sum);
  }
  for (; j < columns; j++) {
    let sum: f32 = 0, q = b + (<usize> j << 2);
    for (let k = 0; k < inner; k++) {
      sum += load<f32>(a + (<usize> k << 2)) * load<f32>(q);
      q += row;
    }
    store<f32>(out + (<usize> j << 2), sum);
  }
}

/** The same in double precision. */
export function matmulF64(
  a: In<f64>,
  b: In<f64>,
  out: Out<f64>,
  rows: i32,
  inner: i32,
  columns: i32,
  from: i32,
  to: i32,
): void {
  const A = changetype<usize>(a), B = changetype<usize>(b), O = changetype<usize>(out);
  const row = <usize> columns << 3, aRow = <usize> inner << 3;
  for (let block = from; block < to; block++) {
    const i = BLOCK * block;
    if (i + BLOCK > rows) {
      for (let r = i; r < rows; r++) rowF64(A + <usize> r * aRow, B, O + <usize> r * row, inner, columns, 0);
      break;
    }
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
      let p = A + <usize> i * aRow, q = B + (<usize> j << 3);
      for (let k = 0; k < inner; k++) {
        const b0 = v128.load(q), b1 = v128.load(q, 16);
        let x = v128.load64_splat(p);
        s00 = f64x2.add(s00, f64x2.mul(x, b0));
        s01 = f64x2.add(s01, f64x2.mul(x, b1));
        x = v128.load64_splat(p + aRow);
        s10 = f64x2.add(s10, f64x2.mul(x, b0));
        s11 = f64x2.add(s11, f64x2.mul(x, b1));
        x = v128.load64_splat(p + 2 * aRow);
        s20 = f64x2.add(s20, f64x2.mul(x, b0));
        s21 = f64x2.add(s21, f64x2.mul(x, b1));
        x = v128.load64_splat(p + 3 * aRow);
        s30 = f64x2.add(s30, f64x2.mul(x, b0));
        s31 = f64x2.add(s31, f64x2.mul(x, b1));
        p += 8;
        q += row;
      }
      let o = O + <usize> i * row + (<usize> j << 3);
      v128.store(o, s00);
      v128.store(o, s01, 16);
      o += row;
      v128.store(o, s10);
      v128.store(o, s11, 16);
      o += row;
      v128.store(o, s20);
      v128.store(o, s21, 16);
      o += row;
      v128.store(o, s30);
      v128.store(o, s31, 16);
    }
    for (let r = i; r < i + BLOCK; r++) {
      rowF64(A + <usize> r * aRow, B, O + <usize> r * row, inner, columns, j);
    }
  }
}

/** One row, at `a`, from column `j` on. */
function rowF64(a: usize, b: usize, out: usize, inner: i32, columns: i32, j: i32): void {
  const row = <usize> columns << 3;
  for (; j + 2 <= columns; j += 2) {
    let sum = f64x2.splat(0), q = b + (<usize> j << 3);
    for (let k = 0; k < inner; k++) {
      sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(a + (<usize> k << 3)), v128.load(q)));
      q += row;
    }
    v128.store(out + (<usize> j << 3), sum);
  }
  for (; j < columns; j++) {
    let sum: f64 = 0, q = b + (<usize> j << 3);
    for (let k = 0; k < inner; k++) {
      sum += load<f64>(a + (<usize> k << 3)) * load<f64>(q);
      q += row;
    }
    store<f64>(out + (<usize> j << 3), sum);
  }
}
