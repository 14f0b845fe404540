// Each byte of a picture from the square of pixels around it. Beyond its edges a picture goes on as its last pixels.
//
// Weights are whole numbers of 16 bits, `shift` bits larger than they stand for: each row of the square has `size + 1` of them, the last
// one 0, so that two weights and two pixels make one `dot`.

/** Rows `from` up to `to` of the result. `start`: what sums begin with. `keep`: alpha stays as it is. */
export function convolve(
  pixels: In<u8>,
  out: Out<u8>,
  weights: In<i16>,
  width: i32,
  height: i32,
  size: i32,
  shift: i32,
  start: i32,
  keep: bool,
  from: i32,
  to: i32,
): void {
  const source = changetype<usize>(pixels), w = changetype<usize>(weights);
  const radius = size >> 1;
  const mask = keep ? i32x4.splat(0xff000000) : i32x4.splat(0);
  for (let y = from; y < to; y++) {
    const row = source + (<usize> y * width << 2), o = changetype<usize>(out) + (<usize> y * width << 2);
    let x = 0;
    for (; x < min(radius, width); x++) one(source, w, width, height, size, shift, start, keep, x, y, o);
    for (; x + radius + 5 <= width; x += 4) {
      const at = <usize> x << 2;
      v128.store(o + at, v128.bitselect(v128.load(row + at), four(source, w, width, height, size, shift, start, x, y), mask));
    }
    for (; x < width; x++) one(source, w, width, height, size, shift, start, keep, x, y, o);
  }
}

/** Bytes of the four pixels from (x, y) on, whose squares lie inside of the rows. */
// @ts-ignore: decorator
@inline
function four(source: usize, w: usize, width: i32, height: i32, size: i32, shift: i32, start: i32, x: i32, y: i32): v128 {
  const radius = size >> 1;
  let s0 = i32x4.splat(start), s1 = s0, s2 = s0, s3 = s0;
  for (let dy = -radius; dy <= radius; dy++) {
    let p = source + (<usize> (max(0, min(height - 1, y + dy)) * width + x - radius) << 2);
    for (let dx = 0; dx < size; dx += 2, p += 8, w += 4) {
      const a = v128.load(p), b = v128.load(p, 4), pair = v128.load32_splat(w);
      const low = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const high = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(low), pair));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(low), pair));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(high), pair));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(high), pair));
    }
  }
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(i32x4.shr_s(s0, shift), i32x4.shr_s(s1, shift)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(s2, shift), i32x4.shr_s(s3, shift)),
  );
}

/** One pixel anywhere. */
function one(
  source: usize,
  w: usize,
  width: i32,
  height: i32,
  size: i32,
  shift: i32,
  start: i32,
  keep: bool,
  x: i32,
  y: i32,
  row: usize,
): void {
  const radius = size >> 1, o = row + (<usize> x << 2);
  let sum = i32x4.splat(start);
  for (let dy = -radius; dy <= radius; dy++, w += 2) {
    const line = source + (<usize> (max(0, min(height - 1, y + dy)) * width) << 2);
    for (let dx = -radius; dx <= radius; dx++, w += 2) {
      const pixel = v128.load32_zero(line + (<usize> max(0, min(width - 1, x + dx)) << 2));
      const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(pixel));
      sum = i32x4.add(sum, i32x4.mul(words, i32x4.splat(load<i16>(w))));
    }
  }
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(sum, shift), sum);
  v128.store32_lane(o, i8x16.narrow_i16x8_u(words, words), 0);
  if (keep) store<u8>(o, load<u8>(source + (<usize> (y * width + x) << 2), 3), 3);
}
