// Sum, spread and ends of blocks of numbers, which the host puts together.
//
// A block is read twice while it is in the first cache: for its mean, then for the squares around it, so that nothing is lost where
// the numbers are large beside what they differ by. Within a block element i is added to lane i % 8.

/** Numbers of a block. Host and kernel have the same. */
const BLOCK: i32 = 4096;
/** What is said of a block: sum, sum of squares around its mean, least, greatest. */
const FIELDS: i32 = 4;

// @ts-ignore: decorator
@inline
function pairAt<T>(at: usize): v128 {
  return sizeof<T>() == 8 ? v128.load(at) : f64x2.promote_low_f32x4(v128.load64_zero(at));
}

// @ts-ignore: decorator
@inline
function sumOf(a: v128, b: v128, c: v128, d: v128): f64 {
  const s = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

function hasNaN<T>(at: usize, end: usize): bool {
  for (; at < end; at += sizeof<T>()) {
    const x = load<T>(at);
    if (x != x) return true;
  }
  return false;
}

function block<T>(at: usize, n: i32, out: usize): void {
  const size = <usize> 2 * sizeof<T>(), whole = at + <usize> (n & ~7) * sizeof<T>();
  const end = at + <usize> n * sizeof<T>();
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let low0 = f64x2.splat(Infinity), low1 = low0, high0 = f64x2.splat(-Infinity), high1 = high0;
  let p = at;
  for (; p < whole; p += 4 * size) {
    const a = pairAt<T>(p), b = pairAt<T>(p + size), c = pairAt<T>(p + 2 * size), d = pairAt<T>(p + 3 * size);
    s0 = f64x2.add(s0, a);
    s1 = f64x2.add(s1, b);
    s2 = f64x2.add(s2, c);
    s3 = f64x2.add(s3, d);
    low0 = f64x2.pmin(f64x2.pmin(low0, a), b);
    low1 = f64x2.pmin(f64x2.pmin(low1, c), d);
    high0 = f64x2.pmax(f64x2.pmax(high0, a), b);
    high1 = f64x2.pmax(f64x2.pmax(high1, c), d);
  }
  const low = f64x2.pmin(low0, low1), high = f64x2.pmax(high0, high1);
  let sum = sumOf(s0, s1, s2, s3);
  let least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  let greatest = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  for (; p < end; p += sizeof<T>()) {
    const x = <f64> load<T>(p);
    sum += x;
    least = min(least, x);
    greatest = max(greatest, x);
  }
  // A vector's least of a number and NaN is the number: that is much faster than what says NaN then. But no sum hides it.
  if (sum != sum && hasNaN<T>(at, end)) least = greatest = NaN;
  const mean = sum / <f64> n, middle = f64x2.splat(mean);
  s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (p = at; p < whole; p += 4 * size) {
    const a = f64x2.sub(pairAt<T>(p), middle), b = f64x2.sub(pairAt<T>(p + size), middle);
    const c = f64x2.sub(pairAt<T>(p + 2 * size), middle), d = f64x2.sub(pairAt<T>(p + 3 * size), middle);
    s0 = f64x2.add(s0, f64x2.mul(a, a));
    s1 = f64x2.add(s1, f64x2.mul(b, b));
    s2 = f64x2.add(s2, f64x2.mul(c, c));
    s3 = f64x2.add(s3, f64x2.mul(d, d));
  }
  let squares = sumOf(s0, s1, s2, s3);
  for (; p < end; p += sizeof<T>()) {
    const gap = <f64> load<T>(p) - mean;
    squares += gap * gap;
  }
  store<f64>(out, sum);
  store<f64>(out, squares, 8);
  store<f64>(out, least, 16);
  store<f64>(out, greatest, 24);
}

function blocks<T>(values: usize, length: i32, out: usize, from: i32, to: i32): void {
  for (let b = from; b < to; b++) {
    const at = values + <usize> (b * BLOCK) * sizeof<T>();
    block<T>(at, min(length - b * BLOCK, BLOCK), out + (<usize> (b * FIELDS) << 3));
  }
}

/** Of the blocks `from` up to `to`. */
export function blocksF64(values: In<f64>, out: InOut<f64>, from: i32, to: i32): void {
  blocks<f64>(changetype<usize>(values), values.length, changetype<usize>(out), from, to);
}

export function blocksF32(values: In<f32>, out: InOut<f64>, from: i32, to: i32): void {
  blocks<f32>(changetype<usize>(values), values.length, changetype<usize>(out), from, to);
}
