// Where a byte stands. The first pass counts, so that the second one knows where each piece writes.

/** Bytes of a piece. */
const PIECE: i32 = 16_384;

/** How often the byte is in each of the pieces `from` up to `to`. */
export function countByte(data: In<u8>, byte: i32, counts: InOut<u32>, from: i32, to: i32): void {
  const wanted = i8x16.splat(<i8> byte);
  for (let piece = from; piece < to; piece++) {
    let p = changetype<usize>(data) + <usize> piece * PIECE, n: u32 = 0;
    const end = p + min(PIECE, data.length - piece * PIECE);
    while (p + 16 <= end) {
      // A counter of a byte counts up to 255.
      const stop = min(end - 15, p + 16 * 255);
      let sums = i8x16.splat(0);
      for (; p < stop; p += 16) sums = i8x16.sub(sums, i8x16.eq(v128.load(p), wanted));
      const quads = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(sums));
      n += i32x4.extract_lane(quads, 0) + i32x4.extract_lane(quads, 1) + i32x4.extract_lane(quads, 2) +
        i32x4.extract_lane(quads, 3);
    }
    for (; p < end; p++) n += u32(load<u8>(p) == byte);
    counts[piece] = n;
  }
}

/** Writes the places of the byte in the pieces `from` up to `to`, those of piece i from starts[i] on. */
export function placesOfByte(data: In<u8>, byte: i32, starts: In<u32>, out: InOut<u32>, from: i32, to: i32): void {
  const wanted = i8x16.splat(<i8> byte);
  for (let piece = from; piece < to; piece++) {
    let at = piece * PIECE, o = changetype<usize>(out) + (<usize> starts[piece] << 2);
    const p = changetype<usize>(data), end = min(at + PIECE, data.length);
    for (; at + 16 <= end; at += 16) {
      let mask = i8x16.bitmask(i8x16.eq(v128.load(p + at), wanted));
      for (; mask != 0; mask &= mask - 1, o += 4) store<u32>(o, at + ctz(mask));
    }
    for (; at < end; at++) {
      if (load<u8>(p + at) != byte) continue;
      store<u32>(o, at);
      o += 4;
    }
  }
}
