// Which of k centers a point is nearest to, and where the middle of the points of each center is.
//
// `columns` has the centers turned: all their first coordinates, all their second ones, ...; each row is filled up to a multiple of
// eight with infinity, which is near to nothing. So a coordinate of a point is compared with those of eight centers at a time, and the
// squares are added in the order of the coordinates.

/** The nearest center of the points `from` up to `to`; of equally near ones the first. Gives how many have changed theirs. */
export function nearest(
  points: In<f32>,
  columns: In<f32>,
  labels: InOut<u32>,
  distances: InOut<f32>,
  dimension: i32,
  from: i32,
  to: i32,
): i32 {
  const row = <usize> (columns.length / dimension) << 2, C = changetype<usize>(columns);
  let changed = 0;
  for (let i = from; i < to; i++) {
    const point = changetype<usize>(points) + (<usize> i * <usize> dimension << 2);
    const end = point + (<usize> dimension << 2);
    let best = f32x4.splat(f32.POSITIVE_INFINITY), bestAt = i32x4.splat(0);
    let at = v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
    for (let c: usize = 0; c < row; c += 32) {
      let sum0 = f32x4.splat(0), sum1 = sum0;
      let column = C + c;
      for (let p = point; p < end; p += 4) {
        const x = v128.load32_splat(p);
        const gap0 = f32x4.sub(x, v128.load(column)), gap1 = f32x4.sub(x, v128.load(column, 16));
        sum0 = f32x4.add(sum0, f32x4.mul(gap0, gap0));
        sum1 = f32x4.add(sum1, f32x4.mul(gap1, gap1));
        column += row;
      }
      let nearer = f32x4.lt(sum0, best);
      best = v128.bitselect(sum0, best, nearer);
      bestAt = v128.bitselect(at, bestAt, nearer);
      at = i32x4.add(at, i32x4.splat(4));
      nearer = f32x4.lt(sum1, best);
      best = v128.bitselect(sum1, best, nearer);
      bestAt = v128.bitselect(at, bestAt, nearer);
      at = i32x4.add(at, i32x4.splat(4));
    }
    let distance = f32x4.extract_lane(best, 0), label = <u32> i32x4.extract_lane(bestAt, 0);
    for (let lane = 1; lane < 4; lane++) {
      best = v128.shuffle<u32>(best, best, 1, 2, 3, 0);
      bestAt = v128.shuffle<u32>(bestAt, bestAt, 1, 2, 3, 0);
      const d = f32x4.extract_lane(best, 0), l = <u32> i32x4.extract_lane(bestAt, 0);
      if (d < distance || (d == distance && l < label)) {
        distance = d;
        label = l;
      }
    }
    if (labels[i] != label) changed++;
    labels[i] = label;
    distances[i] = distance;
  }
  return changed;
}

/** Coordinates that are added together. */
const BLOCK: i32 = 4;

/**
 * The sums of the points of each center, of the blocks `from` up to `to` of four coordinates, in the order of the points; and with the
 * first block, how many points those are.
 */
export function sums(
  points: In<f32>,
  labels: In<u32>,
  sums: InOut<f64>,
  counts: InOut<u32>,
  dimension: i32,
  from: i32,
  to: i32,
): void {
  const first = from * BLOCK, end = min(to * BLOCK, dimension), many = labels.length, k = counts.length;
  for (let c = 0; c < k; c++) {
    for (let j = first; j < end; j++) sums[c * dimension + j] = 0;
  }
  if (from == 0) {
    for (let c = 0; c < k; c++) counts[c] = 0;
    for (let i = 0; i < many; i++) counts[labels[i]] += 1;
  }
  for (let i = 0; i < many; i++) {
    let point = changetype<usize>(points) + (<usize> (i * dimension + first) << 2);
    let sum = changetype<usize>(sums) + (<usize> (<i32> labels[i] * dimension + first) << 3);
    let j = first;
    for (; j + 4 <= end; j += 4) {
      const x = v128.load(point);
      const high = v128.shuffle<u64>(x, x, 1, 0);
      v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(x)));
      v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.promote_low_f32x4(high)), 16);
      point += 16;
      sum += 32;
    }
    for (; j < end; j++) {
      store<f64>(sum, load<f64>(sum) + <f64> load<f32>(point));
      point += 4;
      sum += 8;
    }
  }
}
