// Pairs of signatures that are alike, as in Manku, Jain and Das Sarma, "Detecting near-duplicates for web crawling" (2007): where two may
// differ in few places, they have one of a few more blocks of places in common. So there is a pass for each block, in which signatures
// with the same block are in one bucket, and are compared with each other.

/**
 * Whether two signatures are a pair of this pass: near enough, the same in this pass's block of bits and different in those before, which
 * have found the pair else.
 */
// @ts-ignore: decorator
@inline
function isNear(x: u64, blocks: StaticArray<u64>, pass: i32, distance: i32): bool {
  if (<i32> popcnt(x) > distance || (x & blocks[pass]) != 0) return false;
  for (let b = 0; b < pass; b++) if ((x & blocks[b]) == 0) return false;
  return true;
}

/**
 * How many pairs each signature of 64 bits makes with those behind it in its bucket, for the places `from` up to `to` in the order of
 * buckets. The bucket of place i ends at ends[i].
 */
export function countNear(
  sorted: In<u64>,
  places: In<i32>,
  blocks: In<u64>,
  distance: i32,
  pass: i32,
  ends: In<i32>,
  counts: InOut<u32>,
  from: i32,
  to: i32,
): void {
  for (let i = from; i < to; i++) {
    const s = sorted[i], end = ends[i];
    let n = 0;
    for (let j = i + 1; j < end; j++) n += i32(isNear(s ^ sorted[j], blocks, pass, distance));
    counts[i] = n;
  }
}

/** Writes these pairs, from starts[i] on: as keys, the lower of where they came from times how many there are and the other. */
export function listNear(
  sorted: In<u64>,
  places: In<i32>,
  blocks: In<u64>,
  distance: i32,
  pass: i32,
  starts: In<u32>,
  keys: InOut<f64>,
  from: i32,
  to: i32,
): void {
  const many = <f64> sorted.length;
  for (let i = from; i < to; i++) {
    const s = sorted[i], place = places[i], stop = starts[i + 1];
    for (let j = i + 1, at = starts[i]; at < stop; j++) {
      if (!isNear(s ^ sorted[j], blocks, pass, distance)) continue;
      const other = places[j];
      keys[at++] = many * min(place, other) + max(place, other);
    }
  }
}

/** Whether the words at `a` and `b` are the same, `from` up to `to` of them. */
// @ts-ignore: decorator
@inline
function isSame(a: usize, b: usize, from: i32, to: i32): bool {
  for (let i = from; i < to; i++) if (load<u32>(a + (<usize> i << 2)) != load<u32>(b + (<usize> i << 2))) return false;
  return true;
}

/** The same as `isNear` of signatures of `size` numbers, bands of them, and at least `least` numbers that are the same. */
// @ts-ignore: decorator
@inline
function isSimilar(a: usize, b: usize, bands: StaticArray<i32>, pass: i32, size: i32, least: i32): bool {
  if (!isSame(a, b, bands[pass], bands[pass + 1])) return false;
  let sames = i32x4.splat(0), i = 0;
  for (; i + 4 <= size; i += 4) {
    const at = <usize> i << 2;
    sames = i32x4.sub(sames, i32x4.eq(v128.load(a + at), v128.load(b + at)));
  }
  sames = i32x4.add(sames, v128.shuffle<u32>(sames, sames, 2, 3, 0, 1));
  let same = i32x4.extract_lane(sames, 0) + i32x4.extract_lane(sames, 1);
  for (; i < size; i++) same += i32(load<u32>(a + (<usize> i << 2)) == load<u32>(b + (<usize> i << 2)));
  if (same < least) return false;
  for (let band = 0; band < pass; band++) if (isSame(a, b, bands[band], bands[band + 1])) return false;
  return true;
}

/** The same of signatures of `size` numbers that are pairs where `least` of these are the same; band i is from bands[i] up to bands[i + 1]. */
export function countSimilar(
  signatures: In<u32>,
  places: In<i32>,
  bands: In<i32>,
  size: i32,
  least: i32,
  pass: i32,
  ends: In<i32>,
  counts: InOut<u32>,
  from: i32,
  to: i32,
): void {
  const S = changetype<usize>(signatures), bytes = <usize> size << 2;
  for (let i = from; i < to; i++) {
    const a = S + <usize> places[i] * bytes, end = ends[i];
    let n = 0;
    for (let j = i + 1; j < end; j++) n += i32(isSimilar(a, S + <usize> places[j] * bytes, bands, pass, size, least));
    counts[i] = n;
  }
}

/** Writes these pairs, as `listNear`. */
export function listSimilar(
  signatures: In<u32>,
  places: In<i32>,
  bands: In<i32>,
  size: i32,
  least: i32,
  pass: i32,
  starts: In<u32>,
  keys: InOut<f64>,
  from: i32,
  to: i32,
): void {
  const S = changetype<usize>(signatures), bytes = <usize> size << 2, many = <f64> places.length;
  for (let i = from; i < to; i++) {
    const place = places[i], a = S + <usize> place * bytes, stop = starts[i + 1];
    for (let j = i + 1, at = starts[i]; at < stop; j++) {
      const other = places[j];
      if (!isSimilar(a, S + <usize> other * bytes, bands, pass, size, least)) continue;
      keys[at++] = many * min(place, other) + max(place, other);
    }
  }
}
