// Small signatures of sets of 64-bit hashes: alike sets have alike signatures.
//
// SimHash (Charikar 2002): each bit is what most hashes have there. MinHash (Broder 1997): of each permutation of 32-bit numbers, here
// x * factor + term with an odd factor, the least number.

/** Hashes that counters of a byte can count. */
const MOST: i32 = 255;

/** One more for each bit of a hash that is set: bits 16 * i up to 16 * i + 16 into a byte each. */
// @ts-ignore: decorator
@inline
function counted(sums: v128, hash: v128, low: i8): v128 {
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const bytes = i8x16.add(i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), i8x16.splat(low));
  return i8x16.sub(sums, i8x16.eq(v128.and(i8x16.swizzle(hash, bytes), bits), bits));
}

/** Adds sixteen bytes to sixteen numbers. */
// @ts-ignore: decorator
@inline
function add(totals: usize, sums: v128): void {
  const low = i16x8.extend_low_i8x16_u(sums), high = i16x8.extend_high_i8x16_u(sums);
  v128.store(totals, i32x4.add(v128.load(totals), i32x4.extend_low_i16x8_u(low)));
  v128.store(totals, i32x4.add(v128.load(totals, 16), i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(totals, i32x4.add(v128.load(totals, 32), i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(totals, i32x4.add(v128.load(totals, 48), i32x4.extend_high_i16x8_u(high)), 48);
}

/** The sets `from` up to `to`: set i is hashes[offsets[i]] up to hashes[offsets[i + 1]]. `totals`: 64 zeros for each set, if one has more than 255. */
export function simhash(
  hashes: In<u64>,
  offsets: In<i32>,
  totals: InOut<u32>,
  out: Out<u64>,
  from: i32,
  to: i32,
): void {
  for (let set = from; set < to; set++) {
    let i = offsets[set];
    const n = offsets[set + 1] - i, half = <u8> (n >> 1);
    let s0 = i8x16.splat(0), s1 = s0, s2 = s0, s3 = s0;
    const T = changetype<usize>(totals) + (n > MOST ? <usize> set << 8 : 0);
    while (true) {
      const end = min(offsets[set + 1], i + MOST);
      for (; i < end; i++) {
        const hash = v128.load64_splat(changetype<usize>(hashes) + (<usize> i << 3));
        s0 = counted(s0, hash, 0);
        s1 = counted(s1, hash, 2);
        s2 = counted(s2, hash, 4);
        s3 = counted(s3, hash, 6);
      }
      if (n <= MOST) break;
      add(T, s0);
      add(T + 64, s1);
      add(T + 128, s2);
      add(T + 192, s3);
      if (i == offsets[set + 1]) break;
      s0 = i8x16.splat(0);
      s1 = s0;
      s2 = s0;
      s3 = s0;
    }
    let bits: u64 = 0;
    if (n <= MOST) {
      const limit = i8x16.splat(half);
      bits = <u64> i8x16.bitmask(i8x16.gt_u(s0, limit)) | <u64> i8x16.bitmask(i8x16.gt_u(s1, limit)) << 16 |
        <u64> i8x16.bitmask(i8x16.gt_u(s2, limit)) << 32 | <u64> i8x16.bitmask(i8x16.gt_u(s3, limit)) << 48;
    } else {
      for (let bit: usize = 0; bit < 64; bit++) {
        if (load<u32>(T + (bit << 2)) > <u32> n >> 1) bits |= <u64> 1 << bit;
      }
    }
    out[set] = bits;
  }
}

/** The weights, in lanes whose bit the hash has, and less than nothing by them in the others. */
// @ts-ignore: decorator
@inline
function signed(hash: v128, bits: v128, weights: v128): v128 {
  return v128.xor(weights, v128.and(i32x4.eq(v128.and(hash, bits), i32x4.splat(0)), i32x4.splat(0x80000000)));
}

/** Sixteen bits of a signature, from `n` pairs of bytes at `p` that are 8 bytes apart. */
function heavier(p: usize, weights: usize, n: i32): u64 {
  const b0 = i32x4(1, 2, 4, 8), b1 = i32x4(16, 32, 64, 128);
  const b2 = i32x4(256, 512, 1024, 2048), b3 = i32x4(4096, 8192, 16384, 32768), zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  for (const end = p + (<usize> n << 3); p < end; p += 8, weights += 4) {
    const hash = v128.load_splat<u16>(p), weight = v128.load_splat<f32>(weights);
    s0 = f32x4.add(s0, signed(hash, b0, weight));
    s1 = f32x4.add(s1, signed(hash, b1, weight));
    s2 = f32x4.add(s2, signed(hash, b2, weight));
    s3 = f32x4.add(s3, signed(hash, b3, weight));
  }
  return <u64> (i32x4.bitmask(f32x4.gt(s0, zero)) | i32x4.bitmask(f32x4.gt(s1, zero)) << 4 |
    i32x4.bitmask(f32x4.gt(s2, zero)) << 8 | i32x4.bitmask(f32x4.gt(s3, zero)) << 12);
}

/** SimHash of hashes that have weights, which are added or taken away in order. */
export function weightedSimhash(
  hashes: In<u64>,
  weights: In<f32>,
  offsets: In<i32>,
  out: Out<u64>,
  from: i32,
  to: i32,
): void {
  for (let set = from; set < to; set++) {
    const first = offsets[set], n = offsets[set + 1] - first;
    const p = changetype<usize>(hashes) + (<usize> first << 3), w = changetype<usize>(weights) + (<usize> first << 2);
    out[set] = heavier(p, w, n) | heavier(p + 2, w, n) << 16 | heavier(p + 4, w, n) << 32 | heavier(p + 6, w, n) << 48;
  }
}

/** Sixteen permutations at a time of the sets `from` up to `to`; `size` is a multiple of 16. */
export function minhash(
  hashes: In<u64>,
  offsets: In<i32>,
  factors: In<u32>,
  terms: In<u32>,
  size: i32,
  out: Out<u32>,
  from: i32,
  to: i32,
): void {
  for (let set = from; set < to; set++) {
    const first = changetype<usize>(hashes) + (<usize> offsets[set] << 3);
    const end = changetype<usize>(hashes) + (<usize> offsets[set + 1] << 3);
    for (let k = 0; k < size; k += 16) {
      const F = changetype<usize>(factors) + (<usize> k << 2), T = changetype<usize>(terms) + (<usize> k << 2);
      const f0 = v128.load(F), f1 = v128.load(F, 16), f2 = v128.load(F, 32), f3 = v128.load(F, 48);
      const t0 = v128.load(T), t1 = v128.load(T, 16), t2 = v128.load(T, 32), t3 = v128.load(T, 48);
      let m0 = i32x4.splat(-1), m1 = m0, m2 = m0, m3 = m0;
      for (let p = first; p < end; p += 8) {
        const x = i32x4.splat(load<u32>(p) ^ load<u32>(p, 4));
        m0 = i32x4.min_u(m0, i32x4.add(i32x4.mul(x, f0), t0));
        m1 = i32x4.min_u(m1, i32x4.add(i32x4.mul(x, f1), t1));
        m2 = i32x4.min_u(m2, i32x4.add(i32x4.mul(x, f2), t2));
        m3 = i32x4.min_u(m3, i32x4.add(i32x4.mul(x, f3), t3));
      }
      const o = changetype<usize>(out) + (<usize> (set * size + k) << 2);
      v128.store(o, m0);
      v128.store(o, m1, 16);
      v128.store(o, m2, 32);
      v128.store(o, m3, 48);
    }
  }
}
