// The fast Fourier transform of Stockham: passes that read one array and write another, in an order that leaves the result sorted.
// https://en.wikipedia.org/wiki/Cooley%E2%80%93Tukey_FFT_algorithm#Data_reordering,_bit_reversal,_and_in-place_algorithms
//
// A complex number is two f64 side by side, one vector. `table` has exp(-2πi k / N) for k below 3N/4. A pass of radix 4 makes of
// sequences that lie `stride` apart sequences a quarter as long; its range is the n/4 butterflies, which depend on nobody else's.
// `turn` is 1, or -1 for the inverse, which turns the other way round.

// @ts-ignore: decorator
@inline
function swapped(z: v128): v128 {
  return v128.shuffle<u64>(z, z, 1, 0);
}

/** The sign of one of the two parts: with it, a number that is swapped has been turned by a right angle. */
// @ts-ignore: decorator
@inline
function signs(turn: f64): v128 {
  const plus = f64x2.splat(0);
  return turn < 0 ? f64x2.replace_lane(plus, 1, -0.0) : f64x2.replace_lane(plus, 0, -0.0);
}

/** `z` times the number whose parts are in `re` and, with signs, in `im`. */
// @ts-ignore: decorator
@inline
function times(z: v128, re: v128, im: v128): v128 {
  return f64x2.add(f64x2.mul(re, z), f64x2.mul(im, swapped(z)));
}

/** One pass of radix 4. `step`: how far apart in the table neighbours of this pass are. */
export function pass4(
  x: In<f64>,
  y: InOut<f64>,
  table: In<f64>,
  n: i32,
  stride: i32,
  step: i32,
  turn: f64,
  from: i32,
  to: i32,
): void {
  butterflies4(changetype<usize>(x), changetype<usize>(y), changetype<usize>(table), n, stride, step, turn, from, to);
}

function butterflies4(
  x: usize,
  y: usize,
  table: usize,
  n: i32,
  stride: i32,
  step: i32,
  turn: f64,
  from: i32,
  to: i32,
): void {
  const j = signs(turn), quarter = <usize> n << 2, s = <usize> stride << 4;
  if (stride == 1) return firstButterflies(x, y, table, quarter, <usize> step << 4, j, from, to);
  let p = from / stride, t = from;
  while (t < to) {
    const end = min(to, (p + 1) * stride);
    let a = x + (<usize> t << 4), o = y + (<usize> (t + 3 * p * stride) << 4);
    if (p == 0) {
      for (; t < end; t++) {
        const z0 = v128.load(a), z1 = v128.load(a + quarter);
        const z2 = v128.load(a + 2 * quarter), z3 = v128.load(a + 3 * quarter);
        const sum02 = f64x2.add(z0, z2), gap02 = f64x2.sub(z0, z2);
        const sum13 = f64x2.add(z1, z3), gap13 = v128.xor(swapped(f64x2.sub(z1, z3)), j);
        v128.store(o, f64x2.add(sum02, sum13));
        v128.store(o + s, f64x2.sub(gap02, gap13));
        v128.store(o + 2 * s, f64x2.sub(sum02, sum13));
        v128.store(o + 3 * s, f64x2.add(gap02, gap13));
        a += 16;
        o += 16;
      }
    } else {
      const w1 = table + (<usize> (p * step) << 4), w2 = table + (<usize> (2 * p * step) << 4);
      const w3 = table + (<usize> (3 * p * step) << 4);
      const re1 = v128.load64_splat(w1), im1 = v128.xor(v128.load64_splat(w1, 8), j);
      const re2 = v128.load64_splat(w2), im2 = v128.xor(v128.load64_splat(w2, 8), j);
      const re3 = v128.load64_splat(w3), im3 = v128.xor(v128.load64_splat(w3, 8), j);
      for (; t < end; t++) {
        const z0 = v128.load(a), z1 = v128.load(a + quarter);
        const z2 = v128.load(a + 2 * quarter), z3 = v128.load(a + 3 * quarter);
        const sum02 = f64x2.add(z0, z2), gap02 = f64x2.sub(z0, z2);
        const sum13 = f64x2.add(z1, z3), gap13 = v128.xor(swapped(f64x2.sub(z1, z3)), j);
        v128.store(o, f64x2.add(sum02, sum13));
        const o1 = f64x2.sub(gap02, gap13), o2 = f64x2.sub(sum02, sum13), o3 = f64x2.add(gap02, gap13);
        v128.store(o + s, times(o1, re1, im1));
        v128.store(o + 2 * s, times(o2, re2, im2));
        v128.store(o + 3 * s, times(o3, re3, im3));
        a += 16;
        o += 16;
      }
    }
    p++;
  }
}

/** Those of the first pass, each of which has factors of its own. */
function firstButterflies(
  x: usize,
  y: usize,
  table: usize,
  quarter: usize,
  step: usize,
  j: v128,
  from: i32,
  to: i32,
): void {
  let a = x + (<usize> from << 4), o = y + (<usize> from << 6), w = <usize> from * step;
  for (let t = from; t < to; t++) {
    const z0 = v128.load(a), z1 = v128.load(a + quarter);
    const z2 = v128.load(a + 2 * quarter), z3 = v128.load(a + 3 * quarter);
    const sum02 = f64x2.add(z0, z2), gap02 = f64x2.sub(z0, z2);
    const sum13 = f64x2.add(z1, z3), gap13 = v128.xor(swapped(f64x2.sub(z1, z3)), j);
    const w1 = table + w, w2 = table + 2 * w, w3 = table + 3 * w;
    v128.store(o, f64x2.add(sum02, sum13));
    v128.store(o, times(f64x2.sub(gap02, gap13), v128.load64_splat(w1), v128.xor(v128.load64_splat(w1, 8), j)), 16);
    v128.store(o, times(f64x2.sub(sum02, sum13), v128.load64_splat(w2), v128.xor(v128.load64_splat(w2, 8), j)), 32);
    v128.store(o, times(f64x2.add(gap02, gap13), v128.load64_splat(w3), v128.xor(v128.load64_splat(w3, 8), j)), 48);
    a += 16;
    o += 64;
    w += step;
  }
}

/** The last pass where n is no power of four: its n/2 butterflies join two numbers each. */
export function pass2(x: In<f64>, y: InOut<f64>, n: i32, from: i32, to: i32): void {
  butterflies2(changetype<usize>(x), changetype<usize>(y), n, from, to);
}

function butterflies2(x: usize, y: usize, n: i32, from: i32, to: i32): void {
  const half = <usize> n << 3;
  for (let t = from; t < to; t++) {
    const at = <usize> t << 4, a = v128.load(x + at), b = v128.load(x + at + half);
    v128.store(y + at, f64x2.add(a, b));
    v128.store(y + at + half, f64x2.sub(a, b));
  }
}

/** Transforms whole rows of n numbers, by all passes. The result of an odd number of passes is in `y`, else in `x`. */
export function rows(
  x: InOut<f64>,
  y: InOut<f64>,
  table: In<f64>,
  n: i32,
  step: i32,
  turn: f64,
  from: i32,
  to: i32,
): void {
  for (let row = from; row < to; row++) {
    const offset = <usize> row * <usize> n << 4;
    let a = changetype<usize>(x) + offset, b = changetype<usize>(y) + offset, stride = 1;
    for (; stride << 2 <= n; stride <<= 2) {
      butterflies4(a, b, changetype<usize>(table), n, stride, stride * step, turn, 0, n >> 2);
      const c = a;
      a = b;
      b = c;
    }
    if (stride < n) butterflies2(a, b, n, 0, n >> 1);
  }
}

/** Side of a tile of complex numbers: two of them fit in the first cache. */
const TILE: i32 = 16;

/** Tiles' rows `from` up to `to` of a matrix of complex numbers become columns. */
export function transpose(x: In<f64>, y: InOut<f64>, rows: i32, columns: i32, from: i32, to: i32): void {
  const X = changetype<usize>(x), Y = changetype<usize>(y), end = min(to * TILE, rows);
  for (let i0 = from * TILE; i0 < end; i0 += TILE) {
    for (let j0 = 0; j0 < columns; j0 += TILE) {
      const iEnd = min(i0 + TILE, rows), jEnd = min(j0 + TILE, columns);
      for (let i = i0; i < iEnd; i++) {
        for (let j = j0; j < jEnd; j++) {
          v128.store(Y + (<usize> (j * rows + i) << 4), v128.load(X + (<usize> (i * columns + j) << 4)));
        }
      }
    }
  }
}

/** Numbers times a factor, where they are. Two numbers each. */
export function scale(values: InOut<f64>, factor: f64, from: i32, to: i32): void {
  const by = f64x2.splat(factor), V = changetype<usize>(values);
  for (let i = from; i < to; i++) {
    const at = V + (<usize> i << 4);
    v128.store(at, f64x2.mul(v128.load(at), by));
  }
}

// The transform of 2h real numbers: taken two by two they are h complex ones, z, whose transform Z has in it those of the even
// numbers, E, and of the odd ones, O:   E[k] = (Z[k] + Z*[h - k]) / 2,   iO[k] = (Z[k] - Z*[h - k]) / 2,   X[k] = E[k] + w^k O[k].

/** X[k] of Z, for k up to h, included. */
export function split(z: In<f64>, out: InOut<f64>, table: In<f64>, h: i32, from: i32, to: i32): void {
  for (let k = from; k < to; k++) {
    const a = (k & (h - 1)) << 1, b = (h - k & (h - 1)) << 1;
    const evenRe = (z[a] + z[b]) * 0.5, evenIm = (z[a + 1] - z[b + 1]) * 0.5;
    const oddRe = (z[a + 1] + z[b + 1]) * 0.5, oddIm = (z[b] - z[a]) * 0.5;
    const re = table[2 * k], im = table[2 * k + 1];
    out[2 * k] = evenRe + (re * oddRe - im * oddIm);
    out[2 * k + 1] = evenIm + (re * oddIm + im * oddRe);
  }
}

/** And back: Z[k] of X, for k below h. */
export function join(spectrum: In<f64>, z: InOut<f64>, table: In<f64>, h: i32, from: i32, to: i32): void {
  for (let k = from; k < to; k++) {
    const a = k << 1, b = h - k << 1;
    const evenRe = (spectrum[a] + spectrum[b]) * 0.5, evenIm = (spectrum[a + 1] - spectrum[b + 1]) * 0.5;
    const re = (spectrum[a] - spectrum[b]) * 0.5, im = (spectrum[a + 1] + spectrum[b + 1]) * 0.5;
    const wRe = table[a], wIm = -table[a + 1];
    const oddRe = re * wRe - im * wIm, oddIm = re * wIm + im * wRe;
    z[a] = evenRe - oddIm;
    z[a + 1] = evenIm + oddRe;
  }
}
