// XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).

const PRIME_1: u64 = 0x9e3779b185ebca87, PRIME_2: u64 = 0xc2b2ae3d27d4eb4f, PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63, PRIME_5: u64 = 0x27d4eb2f165667c5;

// @ts-ignore: decorator
@inline
function round(lane: u64, word: u64): u64 {
  return rotl(lane + word * PRIME_2, 31) * PRIME_1;
}

// @ts-ignore: decorator
@inline
function merge(sum: u64, lane: u64): u64 {
  return (sum ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

/** Hashes of the messages `from` up to `to`. Message i is data[offsets[i]] up to data[offsets[i + 1]]. */
export function xxh64(data: In<u8>, offsets: In<i32>, seed: u64, out: Out<u64>, from: i32, to: i32): void {
  for (let message = from; message < to; message++) {
    let p = changetype<usize>(data) + offsets[message];
    const end = changetype<usize>(data) + offsets[message + 1], n = end - p;
    let sum = seed + PRIME_5;
    if (n >= 32) {
      let a = seed + PRIME_1 + PRIME_2, b = seed + PRIME_2, c = seed, d = seed - PRIME_1;
      for (; p + 32 <= end; p += 32) {
        a = round(a, load<u64>(p));
        b = round(b, load<u64>(p, 8));
        c = round(c, load<u64>(p, 16));
        d = round(d, load<u64>(p, 24));
      }
      sum = merge(merge(merge(merge(rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18), a), b), c), d);
    }
    sum += n;
    for (; p + 8 <= end; p += 8) sum = rotl(sum ^ round(0, load<u64>(p)), 27) * PRIME_1 + PRIME_4;
    if (p + 4 <= end) {
      sum = rotl(sum ^ <u64> load<u32>(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
      p += 4;
    }
    for (; p < end; p++) sum = rotl(sum ^ <u64> load<u8>(p) * PRIME_5, 11) * PRIME_1;
    sum = (sum ^ sum >> 33) * PRIME_2;
    sum = (sum ^ sum >> 29) * PRIME_3;
    out[message] = sum ^ sum >> 32;
  }
}
