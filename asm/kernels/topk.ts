// Which of many vectors are most like a query: products of the query with each, and the best of them.
//
// A sum is added in sixteen parts, element i into part i % 16, so that four vectors of sums are under way at a time; what is left
// at the end of a vector is added to the whole, one after the other.

/** The scalar product of the vectors at `a` and `b`, of so many elements. */
function product(a: usize, b: usize, dimension: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, i = 0;
  for (; i + 16 <= dimension; i += 16) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  for (; i + 4 <= dimension; i += 4) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  let sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3);
  for (; i < dimension; i++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}

/** The products of all queries with the vectors `from` up to `to`, of `count`: a row of `count` for each query. */
export function dots(
  queries: In<f32>,
  vectors: In<f32>,
  scores: InOut<f32>,
  dimension: i32,
  count: i32,
  from: i32,
  to: i32,
): void {
  const bytes = <usize> dimension << 2, Q = changetype<usize>(queries);
  const many = <i32> (queries.length / dimension);
  for (let v = from; v < to; v++) {
    const vector = changetype<usize>(vectors) + <usize> v * bytes;
    let score = changetype<usize>(scores) + (<usize> v << 2);
    for (let q = 0; q < many; q++) {
      store<f32>(score, product(Q + <usize> q * bytes, vector, dimension));
      score += <usize> count << 2;
    }
  }
}

/** The same for cosines. `squares` has the product of each query with itself. */
export function cosines(
  queries: In<f32>,
  squares: In<f64>,
  vectors: In<f32>,
  scores: InOut<f32>,
  dimension: i32,
  count: i32,
  from: i32,
  to: i32,
): void {
  const bytes = <usize> dimension << 2, Q = changetype<usize>(queries);
  const many = squares.length;
  for (let v = from; v < to; v++) {
    const vector = changetype<usize>(vectors) + <usize> v * bytes;
    const square = <f64> product(vector, vector, dimension);
    let score = changetype<usize>(scores) + (<usize> v << 2);
    for (let q = 0; q < many; q++) {
      const lengths = Math.sqrt(squares[q] * square);
      const dot = product(Q + <usize> q * bytes, vector, dimension);
      store<f32>(score, lengths == 0 ? 0 : <f32> (<f64> dot / lengths));
      score += <usize> count << 2;
    }
  }
}

/** Whether vector `i` with `x` stands before vector `j` with `y`: more, or the same and first. NaN is less than all. */
// @ts-ignore: decorator
@inline
function isBefore(x: f32, i: u32, y: f32, j: u32): bool {
  if (x > y) return true;
  if (x == y) return i < j;
  if (x != x) return y != y && i < j;
  return y != y;
}

/**
 * The `k` best scores of the queries `from` up to `to`, best first, and whose they are. The first k of what was seen are a heap with the
 * worst on top, which most scores are compared with and nothing else.
 */
export function select(
  scores: In<f32>,
  best: InOut<f32>,
  indices: InOut<u32>,
  count: i32,
  k: i32,
  from: i32,
  to: i32,
): void {
  for (let q = from; q < to; q++) {
    const row = changetype<usize>(scores) + (<usize> q * <usize> count << 2);
    const B = changetype<usize>(best) + (<usize> q * <usize> k << 2);
    const I = changetype<usize>(indices) + (<usize> q * <usize> k << 2);
    for (let i = 0; i < k; i++) {
      store<f32>(B + (<usize> i << 2), load<f32>(row + (<usize> i << 2)));
      store<u32>(I + (<usize> i << 2), i);
    }
    for (let i = (k >> 1) - 1; i >= 0; i--) sink(B, I, i, k);
    let worst = load<f32>(B);
    for (let i = k; i < count; i++) {
      const x = load<f32>(row + (<usize> i << 2));
      if (x <= worst || !isBefore(x, i, worst, load<u32>(I))) continue;
      store<f32>(B, x);
      store<u32>(I, i);
      sink(B, I, 0, k);
      worst = load<f32>(B);
    }
    for (let n = k - 1; n > 0; n--) {
      const x = load<f32>(B), i = load<u32>(I), last = <usize> n << 2;
      store<f32>(B, load<f32>(B + last));
      store<u32>(I, load<u32>(I + last));
      store<f32>(B + last, x);
      store<u32>(I + last, i);
      sink(B, I, 0, n);
    }
  }
}

/** Moves entry `at` of a heap of `n` down to its place. */
function sink(B: usize, I: usize, at: i32, n: i32): void {
  const x = load<f32>(B + (<usize> at << 2)), i = load<u32>(I + (<usize> at << 2));
  for (;;) {
    let child = 2 * at + 1;
    if (child >= n) break;
    let c = <usize> child << 2;
    if (
      child + 1 < n && isBefore(load<f32>(B + c), load<u32>(I + c), load<f32>(B + c, 4), load<u32>(I + c, 4))
    ) {
      child++;
      c += 4;
    }
    if (!isBefore(x, i, load<f32>(B + c), load<u32>(I + c))) break;
    store<f32>(B + (<usize> at << 2), load<f32>(B + c));
    store<u32>(I + (<usize> at << 2), load<u32>(I + c));
    at = child;
  }
  store<f32>(B + (<usize> at << 2), x);
  store<u32>(I + (<usize> at << 2), i);
}
