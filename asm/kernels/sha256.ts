// SHA-256 (FIPS 180-4) of four messages at a time, one in each lane.
//
// The host has padded them and laid out each group of four block by block: 64 bytes of the first, of the second, the third, the fourth.
// The 256 bytes of a block become the schedule: sixteen vectors, of which each is replaced when it was used.

// @ts-ignore: decorator
@inline
function rotated(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

/** Sixteen bytes from each of four blocks at `p`, as four vectors of big-endian words: one word of each. */
// @ts-ignore: decorator
@inline
function transpose(p: usize, a: v128, b: v128, c: v128, d: v128): void {
  const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), AB = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5), CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(p, i8x16.swizzle(i64x2.shuffle(ab, cd, 0, 2), swap));
  v128.store(p, i8x16.swizzle(i64x2.shuffle(ab, cd, 1, 3), swap), 16);
  v128.store(p, i8x16.swizzle(i64x2.shuffle(AB, CD, 0, 2), swap), 32);
  v128.store(p, i8x16.swizzle(i64x2.shuffle(AB, CD, 1, 3), swap), 48);
}

function schedule(p: usize): void {
  const a0 = v128.load(p), a1 = v128.load(p, 16), a2 = v128.load(p, 32), a3 = v128.load(p, 48);
  const b0 = v128.load(p, 64), b1 = v128.load(p, 80), b2 = v128.load(p, 96), b3 = v128.load(p, 112);
  const c0 = v128.load(p, 128), c1 = v128.load(p, 144), c2 = v128.load(p, 160), c3 = v128.load(p, 176);
  const d0 = v128.load(p, 192), d1 = v128.load(p, 208), d2 = v128.load(p, 224), d3 = v128.load(p, 240);
  transpose(p, a0, b0, c0, d0);
  transpose(p + 64, a1, b1, c1, d1);
  transpose(p + 128, a2, b2, c2, d2);
  transpose(p + 192, a3, b3, c3, d3);
}

/** Writes one word of the digest of one lane. */
// @ts-ignore: decorator
@inline
function word(out: usize, state: v128, lane: usize): void {
  const swapped = i8x16.swizzle(state, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  const words = i8x16.swizzle(swapped, i8x16.add(i8x16(0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), i8x16.splat(<i8> (lane << 2))));
  v128.store32_lane(out, words, 0);
}

/**
 * The groups `from` up to `to`. Group g has the blocks starts[g] up to starts[g + 1]. `counts`: how many each of its four messages has;
 * `places`: where its digest goes in `out`, or -1. `rounds` are the constants of FIPS 180-4, 64 of the rounds and 8 of the beginning.
 */
export function sha256(
  blocks: InOut<u8>,
  starts: In<i32>,
  counts: In<i32>,
  places: In<i32>,
  rounds: In<u32>,
  out: InOut<u8>,
  from: i32,
  to: i32,
): void {
  const K = changetype<usize>(rounds);
  for (let group = from; group < to; group++) {
    let A = v128.load32_splat(K, 256), B = v128.load32_splat(K, 260), C = v128.load32_splat(K, 264), D = v128.load32_splat(K, 268);
    let E = v128.load32_splat(K, 272), F = v128.load32_splat(K, 276), G = v128.load32_splat(K, 280), H = v128.load32_splat(K, 284);
    const n = starts[group + 1] - starts[group];
    let p = changetype<usize>(blocks) + (<usize> starts[group] << 8);
    for (let block = 1; block <= n; block++, p += 256) {
      schedule(p);
      let a = A, b = B, c = C, d = D, e = E, f = F, g = G, h = H;
      for (let t: usize = 0; t < 64; t++) {
        let w = v128.load(p + ((t & 15) << 4));
        if (t >= 16) {
          const before = v128.load(p + ((t + 1 & 15) << 4)), after = v128.load(p + ((t + 14 & 15) << 4));
          const s0 = v128.xor(v128.xor(rotated(before, 7), rotated(before, 18)), i32x4.shr_u(before, 3));
          const s1 = v128.xor(v128.xor(rotated(after, 17), rotated(after, 19)), i32x4.shr_u(after, 10));
          w = i32x4.add(i32x4.add(w, s0), i32x4.add(v128.load(p + ((t + 9 & 15) << 4)), s1));
          v128.store(p + ((t & 15) << 4), w);
        }
        const S1 = v128.xor(v128.xor(rotated(e, 6), rotated(e, 11)), rotated(e, 25));
        const first = i32x4.add(
          i32x4.add(i32x4.add(h, S1), v128.bitselect(f, g, e)),
          i32x4.add(v128.load32_splat(K + (t << 2)), w),
        );
        const S0 = v128.xor(v128.xor(rotated(a, 2), rotated(a, 13)), rotated(a, 22));
        const majority = v128.bitselect(b, a, v128.xor(a, c));
        h = g;
        g = f;
        f = e;
        e = i32x4.add(d, first);
        d = c;
        c = b;
        b = a;
        a = i32x4.add(first, i32x4.add(S0, majority));
      }
      A = i32x4.add(A, a);
      B = i32x4.add(B, b);
      C = i32x4.add(C, c);
      D = i32x4.add(D, d);
      E = i32x4.add(E, e);
      F = i32x4.add(F, f);
      G = i32x4.add(G, g);
      H = i32x4.add(H, h);
      for (let lane = 0; lane < 4; lane++) {
        const slot = 4 * group + lane;
        if (counts[slot] != block || places[slot] < 0) continue;
        const o = changetype<usize>(out) + (<usize> places[slot] << 5);
        word(o, A, lane);
        word(o + 4, B, lane);
        word(o + 8, C, lane);
        word(o + 12, D, lane);
        word(o + 16, E, lane);
        word(o + 20, F, lane);
        word(o + 24, G, lane);
        word(o + 28, H, lane);
      }
    }
  }
}
