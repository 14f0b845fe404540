// Edit distances by bits: Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming", JACM 46 (1999),
// with the blocks of Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances" (2003).
//
// One word of 64 bits is a column of 64 cells of the table: `up` says where a cell is one more than that above it, `down` where one less.
// What a block hands on to the block below are its last row's steps from column to column: 1, 0 or -1, kept as one i8 a column.
// Characters are numbers from 0 up to `alphabet`; in `masks` each has the places at which it stands in a block of the pattern.

/** Distances of the words `from` up to `to`, from a pattern of at most 64 characters. Word i is units[offsets[i]] up to units[offsets[i + 1]]. */
export function distances(
  units: In<u16>,
  offsets: In<i32>,
  masks: In<u32>,
  length: i32,
  out: Out<u32>,
  from: i32,
  to: i32,
): void {
  const M = changetype<usize>(masks), last: u64 = <u64> 1 << (length - 1);
  let p = changetype<usize>(units) + (<usize> offsets[from] << 1);
  for (let word = from; word < to; word++) {
    const end = changetype<usize>(units) + (<usize> offsets[word + 1] << 1);
    let up: u64 = -1, down: u64 = 0, distance = length;
    for (; p < end; p += 2) {
      const equal = load<u64>(M + (<usize> load<u16>(p) << 3));
      const vertical = equal | down;
      const horizontal = (((equal & up) + up) ^ up) | equal;
      let more = down | ~(horizontal | up), less = up & horizontal;
      distance += i32((more & last) != 0) - i32((less & last) != 0);
      more = more << 1 | 1;
      less <<= 1;
      up = less | ~(vertical | more);
      down = more & vertical;
    }
    out[word] = distance;
  }
}

/** The same from a longer pattern. `steps` has one place for each of `units`. */
export function distancesByBlocks(
  units: In<u16>,
  offsets: In<i32>,
  masks: In<u32>,
  length: i32,
  alphabet: i32,
  steps: InOut<i8>,
  out: Out<u32>,
  from: i32,
  to: i32,
): void {
  for (let word = from; word < to; word++) {
    const first = <usize> offsets[word], n = <usize> offsets[word + 1] - first;
    const s = changetype<usize>(steps) + first;
    memory.fill(s, 1, n);
    let M = changetype<usize>(masks);
    for (let at = 0; at < length; at += 64, M += <usize> alphabet << 3) {
      columns(changetype<usize>(units) + (first << 1), s, n, M, min(63, length - at - 1), -1, 0, 0);
    }
    let distance = length;
    for (let i: usize = 0; i < n; i++) distance += load<i8>(s + i);
    out[word] = distance;
  }
}

/** Blocks of the pattern in a tile, and columns. */
const TILE_BLOCKS: i32 = 32, TILE_COLUMNS: i32 = 4096;

/**
 * Tiles of one diagonal of the table of two texts: the tile in the row t of tiles, for t `from` up to `to`, is in the column diagonal - t.
 * `state` has `up` and `down` of each block of the pattern, `masks` a place for each row of tiles, all 0.
 */
export function tiles(
  pattern: In<u16>,
  text: In<u16>,
  steps: InOut<i8>,
  state: InOut<u64>,
  masks: InOut<u64>,
  alphabet: i32,
  diagonal: i32,
  from: i32,
  to: i32,
): void {
  const blocks = (pattern.length + 63) >> 6;
  for (let t = from; t < to; t++) {
    const first = (diagonal - t) * TILE_COLUMNS, n = min(TILE_COLUMNS, text.length - first);
    const M = changetype<usize>(masks) + (<usize> t * alphabet << 3);
    const end = min(blocks, (t + 1) * TILE_BLOCKS);
    for (let block = t * TILE_BLOCKS; block < end; block++) {
      const size = min(64, pattern.length - 64 * block);
      const p = changetype<usize>(pattern) + (<usize> block << 7);
      for (let i = 0; i < size; i++) {
        const mask = M + (<usize> load<u16>(p + (<usize> i << 1)) << 3);
        store<u64>(mask, load<u64>(mask) | <u64> 1 << i);
      }
      const s = changetype<usize>(state) + (<usize> block << 4);
      columns(
        changetype<usize>(text) + (<usize> first << 1),
        changetype<usize>(steps) + first,
        n,
        M,
        size - 1,
        first == 0 ? -1 : load<u64>(s),
        first == 0 ? 0 : load<u64>(s, 8),
        s,
      );
      for (let i = 0; i < size; i++) store<u64>(M + (<usize> load<u16>(p + (<usize> i << 1)) << 3), 0);
    }
  }
}

/** One block over `n` characters at `p`, whose last row is `last`; `steps` goes in from above and out below. `state`: where the end goes, if anywhere. */
// @ts-ignore: decorator
@inline
function columns(p: usize, steps: usize, n: usize, masks: usize, last: u64, up: u64, down: u64, state: usize): void {
  for (const end = steps + n; steps < end; steps++, p += 2) {
    const step = <u64> load<i8>(steps);
    const below = step >>> 63; // 1 for a step of -1
    let equal = load<u64>(masks + (<usize> load<u16>(p) << 3));
    const vertical = equal | down;
    equal |= below;
    const horizontal = (((equal & up) + up) ^ up) | equal;
    let more = down | ~(horizontal | up), less = up & horizontal;
    store<i8>(steps, i32(more >>> last & 1) - i32(less >>> last & 1));
    more = more << 1 | u64(<i64> step > 0);
    less = less << 1 | below;
    up = less | ~(vertical | more);
    down = more & vertical;
  }
  if (state != 0) {
    store<u64>(state, up);
    store<u64>(state, down, 8);
  }
}
