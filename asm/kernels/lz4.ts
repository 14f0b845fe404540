// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), and the checksum of frames, XXH32.
//
// Nothing that comes from outside is trusted: each length is compared with the ends of what is read and written before it is used.

const MIN_MATCH: i32 = 4;
/** The last five bytes of a block are literals, and its last match begins twelve bytes before its end at the latest. */
const LAST_LITERALS: i32 = 5, MATCH_LIMIT: i32 = 12;
const MAX_DISTANCE: usize = 65_535;
const HASH_BITS: u64 = 12;
/** After 2^6 places without a match the search takes longer steps. */
const PATIENCE: u32 = 6;

/** What is wrong with a block. */
const TRUNCATED: i32 = -1, BEFORE_START: i32 = -2, TOO_LARGE: i32 = -3;

/**
 * Compresses the blocks `from` up to `to`, each `blockSize` bytes of `data`, the last one maybe fewer. Block i goes to the place i of
 * `out`, where each has `room` bytes; its size to `sizes`. `tables`: 4,096 zeros a block.
 */
export function compress(
  data: In<u8>,
  out: InOut<u8>,
  tables: InOut<u32>,
  sizes: InOut<i32>,
  blockSize: i32,
  room: i32,
  from: i32,
  to: i32,
): void {
  for (let block = from; block < to; block++) {
    const at = block * blockSize;
    sizes[block] = compressBlock(
      changetype<usize>(data) + at,
      min(blockSize, data.length - at),
      changetype<usize>(out) + <usize> block * room,
      changetype<usize>(tables) + (<usize> block << 14),
    );
  }
}

// @ts-ignore: decorator
@inline
function slot(p: usize, table: usize): usize {
  return table + <usize> ((load<u64>(p) << 24) * 889_523_592_379 >> (64 - HASH_BITS) << 2);
}

function compressBlock(start: usize, size: i32, out: usize, table: usize): i32 {
  const end = start + size;
  let anchor = start, o = out;
  if (size > MATCH_LIMIT) {
    const last = end - MATCH_LIMIT, matchEnd = end - LAST_LITERALS;
    let p = start + 1;
    while (p <= last) {
      let tries: u32 = 1 << PATIENCE, match: usize;
      while (true) {
        const at = slot(p, table);
        match = start + load<u32>(at);
        store<u32>(at, <u32> (p - start));
        if (load<u32>(match) == load<u32>(p) && p - match <= MAX_DISTANCE && match < p) break;
        p += tries++ >> PATIENCE;
        if (p > last) return literals(anchor, end, o) - out;
      }
      while (p > anchor && match > start && load<u8>(p - 1) == load<u8>(match - 1)) p--, match--;
      const distance = p - match, token = o, n = p - anchor;
      o = lengthAfter(o + 1, n);
      if (p + 16 <= end) copyWild(o, anchor, n);
      else memory.copy(o, anchor, n);
      o += n;
      store<u16>(o, <u16> distance);
      o += 2;
      p += MIN_MATCH;
      match += MIN_MATCH;
      const first = p;
      while (p + 8 <= matchEnd) {
        const difference = load<u64>(p) ^ load<u64>(match);
        if (difference != 0) {
          p += <usize> (ctz(difference) >> 3);
          break;
        }
        p += 8;
        match += 8;
      }
      if (p + 8 > matchEnd) while (p < matchEnd && load<u8>(p) == load<u8>(p - distance)) p++;
      const more = p - first;
      o = lengthAfter(o, more);
      store<u8>(token, min<usize>(n, 15) << 4 | min<usize>(more, 15));
      anchor = p;
      if (p <= last) store<u32>(slot(p - 2, table), <u32> (p - 2 - start));
    }
  }
  return <i32> (literals(anchor, end, o) - out);
}

/** What a length has beyond the 15 of its token. */
// @ts-ignore: decorator
@inline
function lengthAfter(o: usize, n: usize): usize {
  if (n < 15) return o;
  for (n -= 15; n >= 255; n -= 255) store<u8>(o++, 255);
  store<u8>(o, n);
  return o + 1;
}

/** The last sequence. */
function literals(from: usize, end: usize, o: usize): usize {
  const n = end - from;
  store<u8>(o, min<usize>(n, 15) << 4);
  o = lengthAfter(o + 1, n);
  memory.copy(o, from, n);
  return o + n;
}

/** Copies up to 15 bytes more than asked for. */
// @ts-ignore: decorator
@inline
function copyWild(to: usize, from: usize, n: usize): void {
  for (const end = to + n; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
}

/**
 * Numbers of a block in a table: where it lies, how long it is, and whether it is not compressed; where its content goes, how long that is,
 * and where what it may refer to begins.
 */
const ROW: usize = 6 * 4;

/** How large the content of blocks is, at most `limit`, or what is wrong: into the fifth number of their rows. */
export function measure(frame: In<u8>, rows: InOut<i32>, limit: i32, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    const row = changetype<usize>(rows) + <usize> block * ROW;
    const size = load<i32>(row, 4);
    const content = load<i32>(row, 8) != 0
      ? (size > limit ? TOO_LARGE : size)
      : contentOf(changetype<usize>(frame) + load<i32>(row), size, limit);
    store<i32>(row, content, 16);
  }
}

function contentOf(p: usize, size: i32, limit: i32): i32 {
  const end = p + size;
  let content: i32 = 0;
  while (p < end) {
    const token = load<u8>(p++);
    let n: i32 = token >> 4;
    if (n == 15) {
      let byte: i32;
      do {
        if (p >= end) return TRUNCATED;
        n += byte = load<u8>(p++);
        if (n > limit) return TOO_LARGE;
      } while (byte == 255);
    }
    if (<usize> n > end - p) return TRUNCATED;
    p += n;
    content += n;
    if (content > limit) return TOO_LARGE;
    if (p == end) return content;
    if (end - p < 2) return TRUNCATED;
    p += 2;
    n = (token & 15) + MIN_MATCH;
    if (n == 15 + MIN_MATCH) {
      let byte: i32;
      do {
        if (p >= end) return TRUNCATED;
        n += byte = load<u8>(p++);
        if (n > limit) return TOO_LARGE;
      } while (byte == 255);
    }
    content += n;
    if (content > limit) return TOO_LARGE;
  }
  return TRUNCATED;
}

/** Decompresses blocks to where their rows say. What is wrong goes into the fifth number of a row. */
export function decompress(frame: In<u8>, out: InOut<u8>, rows: InOut<i32>, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    const row = changetype<usize>(rows) + <usize> block * ROW;
    const p = changetype<usize>(frame) + load<i32>(row), size = load<i32>(row, 4);
    const o = changetype<usize>(out) + load<i32>(row, 12), content = load<i32>(row, 16);
    if (load<i32>(row, 8) != 0) {
      memory.copy(o, p, size);
      continue;
    }
    const wrong = decompressBlock(p, size, o, content, changetype<usize>(out) + load<i32>(row, 20));
    if (wrong != 0) store<i32>(row, wrong, 16);
  }
}

/** 0, or what is wrong. */
function decompressBlock(p: usize, size: i32, o: usize, content: i32, history: usize): i32 {
  const end = p + size, outEnd = o + content;
  while (p < end) {
    const token = load<u8>(p++);
    let n: usize = token >> 4;
    // Short ones, far from the ends, in one step.
    if (n < 15 && p + 16 <= end && o + 16 <= outEnd) {
      v128.store(o, v128.load(p));
    } else {
      if (n == 15) {
        let byte: usize;
        do {
          if (p >= end) return TRUNCATED;
          n += byte = load<u8>(p++);
          if (n > outEnd - o) return TOO_LARGE;
        } while (byte == 255);
      }
      if (n > end - p) return TRUNCATED;
      if (n > outEnd - o) return TOO_LARGE;
      if (n + 16 <= end - p && n + 16 <= outEnd - o) copyWild(o, p, n);
      else memory.copy(o, p, n);
    }
    p += n;
    o += n;
    if (p == end) return o == outEnd ? 0 : TRUNCATED;
    if (end - p < 2) return TRUNCATED;
    const distance = <usize> load<u16>(p);
    p += 2;
    if (distance == 0 || distance > o - history) return BEFORE_START;
    n = (token & 15) + MIN_MATCH;
    if (n == 15 + MIN_MATCH) {
      let byte: usize;
      do {
        if (p >= end) return TRUNCATED;
        n += byte = load<u8>(p++);
        if (n > outEnd - o) return TOO_LARGE;
      } while (byte == 255);
    }
    if (n > outEnd - o) return TOO_LARGE;
    const match = o - distance;
    if (n + 16 <= outEnd - o && distance >= 16) copyWild(o, match, n);
    else repeat(o, match, n, distance, outEnd);
    o += n;
  }
  return TRUNCATED;
}

/** A match that overlaps itself, or ends near the end. */
// @ts-ignore: decorator
@inline
function repeat(o: usize, match: usize, n: usize, distance: usize, outEnd: usize): void {
  const end = o + n;
  if (distance >= 8 && end + 8 <= outEnd) {
    for (; o < end; o += 8, match += 8) store<u64>(o, load<u64>(match));
  } else if (distance == 1) memory.fill(o, load<u8>(match), n);
  else while (o < end) store<u8>(o++, load<u8>(match++));
}

const PRIME_1: u32 = 2_654_435_761, PRIME_2: u32 = 2_246_822_519, PRIME_3: u32 = 3_266_489_917;
const PRIME_4: u32 = 668_265_263, PRIME_5: u32 = 374_761_393;

// @ts-ignore: decorator
@inline
function stripe(lane: u32, p: usize): u32 {
  return rotl(lane + load<u32>(p) * PRIME_2, 13) * PRIME_1;
}

/** Bytes of a piece of `sumStripes`. */
const PIECE: i32 = 1 << 20;

/** Takes the stripes, 16 bytes each, of the pieces `from` up to `to` of `data` into XXH32's four lanes. Pieces have to come in order. */
export function sumStripes(data: In<u8>, lanes: InOut<u32>, from: i32, to: i32): void {
  let a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
  let p = changetype<usize>(data) + from * PIECE;
  const end = changetype<usize>(data) + min(to * PIECE, data.length & ~15);
  for (; p < end; p += 16) {
    a = stripe(a, p);
    b = stripe(b, p + 4);
    c = stripe(c, p + 8);
    d = stripe(d, p + 12);
  }
  lanes[0] = a;
  lanes[1] = b;
  lanes[2] = c;
  lanes[3] = d;
}

/** XXH32 of data whose stripes have been taken in. The range is of length 1. */
export function sumEnd(data: In<u8>, lanes: In<u32>, from: i32, to: i32): u32 {
  const n = data.length;
  return sumTail(changetype<usize>(data), n, lanes[0], lanes[1], lanes[2], lanes[3]);
}

/** XXH32 of blocks, as they lie in the frame. */
export function sumBlocks(frame: In<u8>, rows: In<i32>, sums: InOut<u32>, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    const row = changetype<usize>(rows) + <usize> block * ROW;
    const n = load<i32>(row, 4), start = changetype<usize>(frame) + load<i32>(row);
    let a = PRIME_1 + PRIME_2, b = PRIME_2, c: u32 = 0, d: u32 = 0 - PRIME_1, p = start;
    for (const end = p + (n & ~15); p < end; p += 16) {
      a = stripe(a, p);
      b = stripe(b, p + 4);
      c = stripe(c, p + 8);
      d = stripe(d, p + 12);
    }
    sums[block] = sumTail(start, n, a, b, c, d);
  }
}

function sumTail(start: usize, n: i32, a: u32, b: u32, c: u32, d: u32): u32 {
  let sum = (n < 16 ? PRIME_5 : rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18)) + <u32> n;
  let p = start + (n & ~15);
  const end = start + n;
  for (; p + 4 <= end; p += 4) sum = rotl(sum + load<u32>(p) * PRIME_3, 17) * PRIME_4;
  for (; p < end; p++) sum = rotl(sum + <u32> load<u8>(p) * PRIME_5, 11) * PRIME_1;
  sum = (sum ^ sum >> 15) * PRIME_2;
  sum = (sum ^ sum >> 13) * PRIME_3;
  return sum ^ sum >> 16;
}
