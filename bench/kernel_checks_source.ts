/** The kernels that `bench/kernel_checks.ts` measures, in AssemblyScript. Each works on memory from address 65,536 on. */
export const SOURCE: string = `
const A: usize = 65536;

// Fills n bytes with something that is not all the same.
export function prepare(n: i32): void {
  let x: u32 = 12345;
  for (let i = 0; i < n; i += 4) {
    x = x * 1664525 + 1013904223;
    store<u32>(A + i, x);
  }
}
export function prepareF32(n: i32): void {
  for (let i = 0; i < n; i++) store<f32>(A + (<usize>i << 2), <f32>(i % 17) * 0.25);
}
export function prepareF64(n: i32): void {
  for (let i = 0; i < n; i++) store<f64>(A + (<usize>i << 3), <f64>(i % 17) * 0.25);
}

export function sum(n: i32): f64 {
  let s: f64 = 0;
  for (let i = 0; i < n; i++) s += load<f64>(A + (<usize>i << 3));
  return s;
}

export function matmul(n: i32): f64 {
  const a = A, b = A + (<usize>(n * n) << 3), c = b + (<usize>(n * n) << 3);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) store<f64>(c + (<usize>(i * n + j) << 3), 0);
    for (let k = 0; k < n; k++) {
      const x = load<f64>(a + (<usize>(i * n + k) << 3));
      for (let j = 0; j < n; j++) {
        const at = c + (<usize>(i * n + j) << 3);
        store<f64>(at, load<f64>(at) + x * load<f64>(b + (<usize>(k * n + j) << 3)));
      }
    }
  }
  return load<f64>(c + (<usize>(n + 1) << 3));
}

export function simdMatmul(n: i32): f64 {
  const a = A, b = A + (<usize>(n * n) << 2), c = b + (<usize>(n * n) << 2);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j += 16) {
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let k = 0; k < n; k++) {
        const x = v128.load_splat<f32>(a + (<usize>(i * n + k) << 2));
        const p = b + (<usize>(k * n + j) << 2);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(p)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(p, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(p, 32)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(p, 48)));
      }
      const q = c + (<usize>(i * n + j) << 2);
      v128.store(q, s0);
      v128.store(q, s1, 16);
      v128.store(q, s2, 32);
      v128.store(q, s3, 48);
    }
  }
  return load<f32>(c + (<usize>(n + 1) << 2));
}

// The rounds of SHA-256 over n blocks; the constants are made up, the work is the same.
export function sha256(n: i32): i32 {
  const w: usize = 1024;
  let h0 = 0x6a09e667, h1 = 0xbb67ae85, h2 = 0x3c6ef372, h3 = 0xa54ff53a;
  let h4 = 0x510e527f, h5 = 0x9b05688c, h6 = 0x1f83d9ab, h7 = 0x5be0cd19;
  for (let block = 0; block < n; block++) {
    const p = A + (<usize>block << 6);
    for (let i = 0; i < 16; i++) store<u32>(w + (<usize>i << 2), bswap(load<u32>(p + (<usize>i << 2))));
    for (let i = 16; i < 64; i++) {
      const at = w + (<usize>i << 2);
      const x = load<u32>(at - 60), y = load<u32>(at - 8);
      const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3), s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10);
      store<u32>(at, load<u32>(at - 64) + s0 + load<u32>(at - 28) + s1);
    }
    let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
    for (let i = 0; i < 64; i++) {
      const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
      const t1 = h + s1 + ((e & f) ^ (~e & g)) + 0x428a2f98 + i + load<u32>(w + (<usize>i << 2));
      const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
    }
    h0 += a; h1 += b; h2 += c; h3 += d; h4 += e; h5 += f; h6 += g; h7 += h;
  }
  return h0 ^ h1 ^ h2 ^ h3 ^ h4 ^ h5 ^ h6 ^ h7;
}

export function levenshtein(n: i32): i32 {
  const a = A, b = A + n, row = A + (<usize>n << 1);
  for (let j = 0; j <= n; j++) store<i32>(row + (<usize>j << 2), j);
  for (let i = 1; i <= n; i++) {
    let diagonal = i - 1, left = i;
    const x = load<u8>(a + i - 1) & 15;
    for (let j = 1; j <= n; j++) {
      const at = row + (<usize>j << 2);
      const up = load<i32>(at);
      const change = diagonal + i32(x !== (load<u8>(b + j - 1) & 15));
      left = min(min(left, up) + 1, change);
      diagonal = up;
      store<i32>(at, left);
    }
  }
  return load<i32>(row + (<usize>n << 2));
}

export function mandelbrot(n: i32): i32 {
  let total = 0;
  for (let py = 0; py < n; py++) {
    for (let px = 0; px < n; px++) {
      const cx = <f64>px / <f64>n * 3 - 2, cy = <f64>py / <f64>n * 2 - 1;
      let x: f64 = 0, y: f64 = 0, i = 0;
      while (i < 255 && x * x + y * y < 4) {
        const t = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = t;
        i++;
      }
      total += i;
    }
  }
  return total;
}

function quicksort(low: i32, high: i32): void {
  while (high - low > 16) {
    const pivot = load<u32>(A + (<usize>((low + high) >> 1) << 2));
    let i = low, j = high;
    while (i <= j) {
      while (load<u32>(A + (<usize>i << 2)) < pivot) i++;
      while (load<u32>(A + (<usize>j << 2)) > pivot) j--;
      if (i <= j) {
        const x = load<u32>(A + (<usize>i << 2));
        store<u32>(A + (<usize>i << 2), load<u32>(A + (<usize>j << 2)));
        store<u32>(A + (<usize>j << 2), x);
        i++;
        j--;
      }
    }
    quicksort(low, j);
    low = i;
  }
  for (let i = low + 1; i <= high; i++) {
    const x = load<u32>(A + (<usize>i << 2));
    let j = i - 1;
    while (j >= low && load<u32>(A + (<usize>j << 2)) > x) {
      store<u32>(A + (<usize>(j + 1) << 2), load<u32>(A + (<usize>j << 2)));
      j--;
    }
    store<u32>(A + (<usize>(j + 1) << 2), x);
  }
}
export function sort(n: i32): i32 {
  prepare(n << 2);
  quicksort(0, n - 1);
  return load<i32>(A + (<usize>(n >> 1) << 2));
}

export function sieve(n: i32): i32 {
  memory.fill(A, 1, n);
  for (let i = 2; i * i < n; i++) {
    if (load<u8>(A + i)) for (let j = i * i; j < n; j += i) store<u8>(A + j, 0);
  }
  let count = 0;
  for (let i = 2; i < n; i++) count += load<u8>(A + i);
  return count;
}

export function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
`;
