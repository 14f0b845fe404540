// Pixels of four bytes from weighted sums of others, first along the rows, then along the columns.
//
// Each place of the result has a window of the source: `windows` holds where it begins and how many pixels it has, `weights` its weights
// (`stride` of them a place), whole numbers whose sum is 2^14. Between the two passes pixels are four i16, 64 times as large as bytes, so
// that nothing is lost but what is below a 64th, and sums that overshoot have room. Two weights and two pixels make one `dot`.

/** Whether nothing in the rows `from` up to `to` is transparent: 1 or 0. */
export function isOpaque(pixels: In<u8>, width: i32, from: i32, to: i32): i32 {
  let p = changetype<usize>(pixels) + (<usize> from * width << 2);
  const end = changetype<usize>(pixels) + (<usize> to * width << 2);
  const alpha = i32x4.splat(0xff000000);
  for (; p + 64 <= end; p += 64) {
    const all = v128.and(
      v128.and(v128.load(p), v128.load(p, 16)),
      v128.and(v128.load(p, 32), v128.load(p, 48)),
    );
    if (!i32x4.all_true(i32x4.eq(v128.and(all, alpha), alpha))) return 0;
  }
  for (; p < end; p += 4) if (load<u8>(p, 3) != 255) return 0;
  return 1;
}

/** Rows whose colours are multiplied by their alpha, and alpha by 255: half of that. */
export function premultiply(pixels: In<u8>, out: InOut<i16>, width: i32, from: i32, to: i32): void {
  let p = changetype<usize>(pixels) + (<usize> from * width << 2);
  let o = changetype<usize>(out) + (<usize> from * width << 3);
  const end = changetype<usize>(pixels) + (<usize> to * width << 2);
  for (; p + 8 <= end; p += 8, o += 16) v128.store(o, half(v128.load64_zero(p)));
  if (p < end) v128.store64_lane(o, half(v128.load32_zero(p)), 0);
}

// @ts-ignore: decorator
@inline
function half(pixels: v128): v128 {
  const full = i8x16.splat(-1), one = i16x8.splat(1);
  // The alpha of a pixel for its colours, 255 for its alpha.
  const alpha = i8x16.shuffle(pixels, full, 3, 3, 3, 16, 7, 7, 7, 16, 3, 3, 3, 16, 7, 7, 7, 16);
  const product = i16x8.extmul_low_i8x16_u(pixels, alpha);
  return i16x8.shr_u(i16x8.add(product, one), 1);
}

/** Rows `from` up to `to` of bytes become rows that are `columns` wide. */
export function rowsOfBytes(
  pixels: In<u8>,
  out: InOut<i16>,
  windows: In<i32>,
  weights: In<i16>,
  width: i32,
  columns: i32,
  stride: i32,
  from: i32,
  to: i32,
): void {
  const round = i32x4.splat(1 << 7);
  for (let y = from; y < to; y++) {
    const row = changetype<usize>(pixels) + (<usize> y * width << 2);
    let o = changetype<usize>(out) + (<usize> y * columns << 3);
    let window = changetype<usize>(windows), first = changetype<usize>(weights);
    for (let x = 0; x < columns; x++) {
      let p = row + (<usize> load<i32>(window) << 2), n = load<i32>(window, 4), w = first;
      let sum = round;
      for (; n >= 4; n -= 4, p += 16, w += 8) {
        const four = v128.load(p);
        const a = i8x16.swizzle(four, i8x16(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
        const b = i8x16.swizzle(four, i8x16(8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1));
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(a, v128.load32_splat(w)));
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(b, v128.load32_splat(w, 4)));
      }
      for (; n > 0; n--, p += 4, w += 2) {
        const one = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
        sum = i32x4.add(sum, i32x4.mul(one, i32x4.splat(load<i16>(w))));
      }
      sum = i32x4.shr_s(sum, 8);
      v128.store64_lane(o, i16x8.narrow_i32x4_s(sum, sum), 0);
      o += 8;
      window += 8;
      first += <usize> stride << 1;
    }
  }
}

/** The same from what `premultiply` gives. */
export function rowsOfHalves(
  pixels: In<i16>,
  out: InOut<i16>,
  windows: In<i32>,
  weights: In<i16>,
  width: i32,
  columns: i32,
  stride: i32,
  from: i32,
  to: i32,
): void {
  const round = i32x4.splat(1 << 14);
  for (let y = from; y < to; y++) {
    const row = changetype<usize>(pixels) + (<usize> y * width << 3);
    let o = changetype<usize>(out) + (<usize> y * columns << 3);
    let window = changetype<usize>(windows), first = changetype<usize>(weights);
    for (let x = 0; x < columns; x++) {
      let p = row + (<usize> load<i32>(window) << 3), n = load<i32>(window, 4), w = first;
      let sum = round;
      for (; n >= 2; n -= 2, p += 16, w += 4) {
        const two = v128.load(p);
        const pairs = i16x8.shuffle(two, two, 0, 4, 1, 5, 2, 6, 3, 7);
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(pairs, v128.load32_splat(w)));
      }
      if (n > 0) {
        const one = i32x4.extend_low_i16x8_s(v128.load64_zero(p));
        sum = i32x4.add(sum, i32x4.mul(one, i32x4.splat(load<i16>(w))));
      }
      sum = i32x4.shr_s(sum, 15);
      v128.store64_lane(o, i16x8.narrow_i32x4_s(sum, sum), 0);
      o += 8;
      window += 8;
      first += <usize> stride << 1;
    }
  }
}

/** Rows `from` up to `to` of the result. `straight`: what comes was premultiplied. */
export function columns(
  source: In<i16>,
  out: Out<u8>,
  windows: In<i32>,
  weights: In<i16>,
  width: i32,
  stride: i32,
  straight: bool,
  from: i32,
  to: i32,
): void {
  const row = <usize> width << 3;
  for (let y = from; y < to; y++) {
    const window = changetype<usize>(windows) + (<usize> y << 3);
    const w = changetype<usize>(weights) + (<usize> y * stride << 1);
    const p = changetype<usize>(source) + <usize> load<i32>(window) * row, n = load<i32>(window, 4);
    const o = changetype<usize>(out) + (<usize> y * width << 2);
    let x = 0;
    if (straight) {
      for (; x < width; x++) store<u32>(o + (<usize> x << 2), divided(column(p + (<usize> x << 3), row, w, n)));
      continue;
    }
    for (; x + 4 <= width; x += 4) fourColumns(p + (<usize> x << 3), row, w, n, o + (<usize> x << 2));
    for (; x < width; x++) {
      const sum = i32x4.shr_s(i32x4.add(column(p + (<usize> x << 3), row, w, n), i32x4.splat(1 << 19)), 20);
      const words = i16x8.narrow_i32x4_s(sum, sum);
      v128.store32_lane(o + (<usize> x << 2), i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}

/** The sums of one pixel. */
// @ts-ignore: decorator
@inline
function column(p: usize, row: usize, w: usize, n: i32): v128 {
  let sum = i32x4.splat(0);
  for (; n >= 2; n -= 2, p += 2 * row, w += 4) {
    const pairs = i16x8.shuffle(v128.load64_zero(p), v128.load64_zero(p + row), 0, 8, 1, 9, 2, 10, 3, 11);
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(pairs, v128.load32_splat(w)));
  }
  if (n > 0) {
    const one = i32x4.extend_low_i16x8_s(v128.load64_zero(p));
    sum = i32x4.add(sum, i32x4.mul(one, i32x4.splat(load<i16>(w))));
  }
  return sum;
}

/** Bytes of four pixels. */
// @ts-ignore: decorator
@inline
function fourColumns(p: usize, row: usize, w: usize, n: i32, out: usize): void {
  let s0 = i32x4.splat(1 << 19), s1 = s0, s2 = s0, s3 = s0;
  for (; n > 0; n -= 2, p += 2 * row, w += 4) {
    const a0 = v128.load(p), a1 = v128.load(p, 16);
    let b0 = i32x4.splat(0), b1 = b0, pair = i32x4.splat(load<u16>(w));
    if (n > 1) {
      b0 = v128.load(p + row);
      b1 = v128.load(p + row, 16);
      pair = v128.load32_splat(w);
    }
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(i16x8.shuffle(a0, b0, 0, 8, 1, 9, 2, 10, 3, 11), pair));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(i16x8.shuffle(a0, b0, 4, 12, 5, 13, 6, 14, 7, 15), pair));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(i16x8.shuffle(a1, b1, 0, 8, 1, 9, 2, 10, 3, 11), pair));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(i16x8.shuffle(a1, b1, 4, 12, 5, 13, 6, 14, 7, 15), pair));
  }
  const low = i16x8.narrow_i32x4_s(i32x4.shr_s(s0, 20), i32x4.shr_s(s1, 20));
  const high = i16x8.narrow_i32x4_s(i32x4.shr_s(s2, 20), i32x4.shr_s(s3, 20));
  v128.store(out, i8x16.narrow_i16x8_u(low, high));
}

/** What sums are for 255 * 255. */
const WHOLE: f32 = 16384.0 * 255 * 255 / 4;

/** A pixel whose colours are divided by its alpha again. */
// @ts-ignore: decorator
@inline
function divided(sum: v128): u32 {
  const values = f32x4.convert_i32x4_s(sum);
  const alpha = f32x4.extract_lane(values, 3);
  if (alpha < WHOLE / 510) return 0;
  const by = f32x4.replace_lane(f32x4.splat(alpha), 3, WHOLE);
  const bytes = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(f32x4.div(values, by), f32x4.splat(255))));
  const words = i16x8.narrow_i32x4_s(bytes, bytes);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}
