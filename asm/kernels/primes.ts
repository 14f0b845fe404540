// The sieve of Eratosthenes over the odd numbers, in segments that fit in the first cache: byte i of all stands for 2i + 1, and
// is -1 for what is no prime. The range is segments; those of one call carry on where the one before has ended.

/** Bytes of a segment. The host has the same. */
const SEGMENT: i32 = 1 << 15;
/** The segment begins with a pattern of this period: multiples of 3, 5, 7, 11 and 13. */
const PERIOD: i32 = 3 * 5 * 7 * 11 * 13;

/**
 * How many primes from 3 on are in each of the segments `from` up to `to` of `size` odd numbers, into `counts`; and which, into `bits`, if
 * that has any. `base` are the primes from 17 up to the root of the largest number. A call works in one of several `areas` that nobody
 * else has: a segment, and the next multiple of each of the primes.
 */
export function sieve(
  base: In<u32>,
  pattern: In<u8>,
  areas: InOut<u8>,
  taken: InOut<i32>,
  counts: InOut<u32>,
  bits: InOut<u8>,
  size: u32,
  from: i32,
  to: i32,
): void {
  let mine = 0;
  while (atomic.cmpxchg<i32>(changetype<usize>(taken) + (<usize> mine << 2), 0, 1) != 0) {
    mine = mine + 1 == taken.length ? 0 : mine + 1;
  }
  const bytes = changetype<usize>(areas) + <usize> mine * <usize> (areas.length / taken.length);
  const next = bytes + <usize> SEGMENT, primes = changetype<usize>(base), many = <usize> base.length << 2;
  const start = <u32> from * <u32> SEGMENT;
  for (let i: usize = 0; i < many; i += 4) {
    const p = load<u32>(primes + i), square = (<u64> p * p) >> 1;
    // The least i from `start` on for which 2i + 1 is an odd multiple of p, that is (p - 1) / 2 + a multiple of p.
    const first = <u64> start + (p - 1 - (<u32> (<u64> start + ((p - 1) >> 1)) % p));
    store<u32>(next + i, <u32> (max(first, square) - start));
  }
  for (let segment = from; segment < to; segment++) {
    const low = <u32> segment * <u32> SEGMENT, end = min(size - low, <u32> SEGMENT);
    fillPattern(bytes, changetype<usize>(pattern), low % <u32> PERIOD);
    if (segment == 0) {
      // 1 is no prime; 3, 5, 7, 11 and 13 are.
      store<u8>(bytes, 255);
      store<u8>(bytes, 0, 1);
      store<u8>(bytes, 0, 2);
      store<u8>(bytes, 0, 3);
      store<u8>(bytes, 0, 5);
      store<u8>(bytes, 0, 6);
    }
    for (let i: usize = 0; i < many; i += 4) {
      const p = load<u32>(primes + i);
      let at = load<u32>(next + i);
      for (; at < <u32> SEGMENT; at += p) store<u8>(bytes + at, 255);
      store<u32>(next + i, at - SEGMENT);
    }
    memory.fill(bytes + end, 255, SEGMENT - end);
    counts[segment] = take(bytes, bits.length == 0 ? 0 : changetype<usize>(bits) + (<usize> low >> 3));
  }
  atomic.store<i32>(changetype<usize>(taken) + (<usize> mine << 2), 0);
}

function fillPattern(bytes: usize, pattern: usize, phase: i32): void {
  for (let done = 0; done < SEGMENT;) {
    const n = min(PERIOD - phase, SEGMENT - done);
    memory.copy(bytes + done, pattern + phase, n);
    done += n;
    phase = 0;
  }
}

/** Counts the primes of a segment, and puts a bit for each to `bits`. */
function take(bytes: usize, bits: usize): u32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < <usize> SEGMENT; i += 32) {
    const word = ~(i8x16.bitmask(v128.load(bytes + i)) | i8x16.bitmask(v128.load(bytes + i, 16)) << 16);
    count += popcnt(word);
    if (bits != 0) store<u32>(bits + (i >> 3), word);
  }
  return count;
}

/** The primes of the segments `from` up to `to`, each from its place on. */
export function list(bits: In<u8>, places: In<u32>, out: InOut<u32>, from: i32, to: i32): void {
  for (let segment = from; segment < to; segment++) {
    let at = changetype<usize>(out) + (<usize> places[segment] << 2);
    const first = <u32> segment * <u32> SEGMENT, words = changetype<usize>(bits) + (<usize> first >> 3);
    for (let i: u32 = 0; i < <u32> SEGMENT; i += 32) {
      for (let word = load<u32>(words + (<usize> i >> 3)); word != 0; word &= word - 1) {
        store<u32>(at, (first + i + ctz(word)) * 2 + 1);
        at += 4;
      }
    }
  }
}
