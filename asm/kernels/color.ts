// Colours of pixels of four bytes, by weights that are whole numbers of 16 bits: two of them and two channels make one `dot`.

/** Pixels of a block. */
const BLOCK: i32 = 16;

/** Red and green, each as i16, of the four pixels in a vector; blue and alpha. */
// @ts-ignore: decorator
@inline
function redGreen(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1));
}
// @ts-ignore: decorator
@inline
function blueAlpha(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15, -1));
}

/** The brightness of four pixels: 0.299 red, 0.587 green and 0.114 blue, in 14 bits. */
// @ts-ignore: decorator
@inline
function gray(pixels: v128): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(redGreen(pixels), i16x8(4899, 9617, 4899, 9617, 4899, 9617, 4899, 9617)),
    i32x4.dot_i16x8_s(blueAlpha(pixels), i16x8(1868, 0, 1868, 0, 1868, 0, 1868, 0)),
  );
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(1 << 13)), 14);
}

/** Blocks `from` up to `to` of the pixels, a byte each. */
export function grayscale(pixels: In<u8>, out: Out<u8>, from: i32, to: i32): void {
  const count = pixels.length >> 2;
  for (let block = from; block < to; block++) {
    let at = block * BLOCK;
    let p = changetype<usize>(pixels) + (<usize> at << 2), o = changetype<usize>(out) + at;
    if (at + BLOCK <= count) {
      const low = i16x8.narrow_i32x4_s(gray(v128.load(p)), gray(v128.load(p, 16)));
      const high = i16x8.narrow_i32x4_s(gray(v128.load(p, 32)), gray(v128.load(p, 48)));
      v128.store(o, i8x16.narrow_i16x8_u(low, high));
    } else for (; at < count; at++, p += 4) store<u8>(o++, i32x4.extract_lane(gray(v128.load32_zero(p)), 0));
  }
}

/** One channel of four pixels. `row` has its four weights, `start` what its sum begins with. */
// @ts-ignore: decorator
@inline
function channel(rg: v128, ba: v128, row: usize, start: usize, shift: i32): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(rg, v128.load32_splat(row)),
    i32x4.dot_i16x8_s(ba, v128.load32_splat(row, 4)),
  );
  return i32x4.shr_s(i32x4.add(sum, v128.load32_splat(start)), shift);
}

// @ts-ignore: decorator
@inline
function mixed(pixels: v128, w: usize, s: usize, shift: i32): v128 {
  const rg = redGreen(pixels), ba = blueAlpha(pixels);
  const words01 = i16x8.narrow_i32x4_s(channel(rg, ba, w, s, shift), channel(rg, ba, w + 8, s + 4, shift));
  const words23 = i16x8.narrow_i32x4_s(channel(rg, ba, w + 16, s + 8, shift), channel(rg, ba, w + 24, s + 12, shift));
  const planes = i8x16.narrow_i16x8_u(words01, words23);
  return i8x16.swizzle(planes, i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

/** Each channel from all four: `weights` are four rows of four, `starts` what sums begin with, both `shift` bits larger than they stand for. */
export function colorMatrix(
  pixels: In<u8>,
  out: Out<u8>,
  weights: In<i16>,
  starts: In<i32>,
  shift: i32,
  from: i32,
  to: i32,
): void {
  const w = changetype<usize>(weights), s = changetype<usize>(starts);
  let p = changetype<usize>(pixels) + (<usize> from * BLOCK << 2);
  let o = changetype<usize>(out) + (<usize> from * BLOCK << 2);
  const end = changetype<usize>(pixels) + min(<usize> to * BLOCK << 2, pixels.length);
  for (; p + 16 <= end; p += 16, o += 16) v128.store(o, mixed(v128.load(p), w, s, shift));
  for (; p < end; p += 4, o += 4) v128.store32_lane(o, mixed(v128.load32_zero(p), w, s, shift), 0);
}
