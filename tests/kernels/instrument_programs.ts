/** Programs whose number of back-edges and recursive entries is known by hand. */

export interface Case {
  kernel: string;
  values: (number | bigint)[];
  /** Back-edges, and entries into recursive functions. */
  edges: number;
}

/** A module of AssemblyScript, and calls of what it exports. */
export interface Program {
  name: string;
  source: string;
  cases: Case[];
}

const call = (kernel: string, values: (number | bigint)[], edges: number): Case => ({
  kernel,
  values,
  edges,
});

export const PROGRAMS: Program[] = [
  {
    name: "loops",
    source: `
export function count(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) s += i ^ n; return s; }
export function nested(n: i32, m: i32): i32 {
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) s += i * j ^ s;
  return s;
}
export function triple(n: i32): i64 {
  let s: i64 = 1;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) s = s * 31 + (i ^ j ^ k);
  return s;
}
export function skip(n: i32): i32 {
  let s = 0;
  for (let i = 0; i < n; i++) {
    if (i % 3 == 0) continue;
    if (s > 1000000) break;
    s += i * i;
  }
  return s;
}
export function forever(n: i32): i32 {
  let s = 0;
  while (true) {
    s += n;
    if (--n <= 0) return s;
  }
}
export function atLeastOnce(n: i32): f64 {
  let x: f64 = 1;
  do { x = x * 0.75 + 1; n--; } while (n > 0);
  return x;
}
export function leave(n: i32): i32 {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i * j == 12) return i * 100 + j;
  return -1;
}
`,
    cases: [
      call("count", [100], 100),
      call("count", [0], 0),
      call("nested", [7, 9], 7 * 9 + 7),
      call("nested", [7, 0], 7),
      call("triple", [6], 6 * 6 * 6 + 6 * 6 + 6),
      call("skip", [50], 50),
      call("forever", [40], 39),
      call("atLeastOnce", [25], 24),
      call("leave", [5], 3 * 5 + 4 + 3),
    ],
  },
  {
    name: "a switch in a loop",
    source: `
export function machine(n: i32): i32 {
  let state = 0, s = 0;
  for (let i = 0; i < n; i++) {
    switch (state) {
      case 0: state = 3; s += 1; break;
      case 1: state = 5; s *= 3; continue;
      case 2: state = 4; s ^= 77; break;
      case 3: state = 1; s += i; continue;
      case 4: state = 0; s -= 9; break;
      case 5: state = 2; s <<= 1; continue;
      default: state = 0;
    }
    s ^= i;
  }
  return s;
}
`,
    cases: [call("machine", [1000], 1000)],
  },
  {
    name: "recursion",
    source: `
export function fib(n: i32): i32 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
export function isEven(n: i32): bool { return n == 0 ? true : isOdd(n - 1); }
export function isOdd(n: i32): bool { return n == 0 ? false : isEven(n - 1); }
type Step = (n: i32) => i32;
function down(n: i32): i32 { return n <= 0 ? 0 : 1 + load<Step>(0)(n - 1); }
export function indirect(n: i32): i32 {
  store<Step>(0, n % 2 ? down : other);
  return load<Step>(0)(n);
}
function other(n: i32): i32 { return n <= 0 ? 0 : 2 + load<Step>(0)(n - 1); }
export function tree(n: i32): i32 {
  let s = 1;
  for (let i = 0; i < n; i++) s += tree(i);
  return s;
}
`,
    cases: [
      call("fib", [10], 177),
      call("indirect", [31], 32),
      call("indirect", [30], 31),
      // 2^n entries, and each but the first is a back-edge of its caller.
      call("tree", [8], 256 + 255),
    ],
  },
  {
    name: "calls between functions with loops",
    source: `
// @ts-ignore: decorator
@inline const A: usize = 4096;
function fill(n: i32): void { for (let i = 0; i < n; i++) store<i32>(A + (<usize>i << 2), i * 7); }
function total(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) s += load<i32>(A + (<usize>i << 2)); return s; }
function straight(n: i32): i32 { return total(n) + 1; }
export function rounds(n: i32, m: i32): i32 {
  let s = 0;
  for (let i = 0; i < n; i++) { fill(m); s ^= straight(m) + straight(m >> 1); }
  fill(m);
  return s + total(m);
}
`,
    cases: [call("rounds", [5, 20], 5 * (1 + 20 + 20 + 10) + 40)],
  },
  {
    name: "wide numbers and lanes",
    source: `
export function mix(n: i64): i64 { let h: i64 = -3750763034362895579; for (let i: i64 = 0; i < n; i++) { h ^= i; h *= 1099511628211; } return h; }
export function series(n: i32): f64 { let s: f64 = 0; for (let i = n; i > 0; i--) s += 1.0 / (<f64>i * <f64>i); return s; }
export function single(n: i32): f32 { let s: f32 = 0; for (let i = 0; i < n; i++) s += <f32>i * 0.5; return s; }
export function lanes(n: i32): i32 {
  let v = i32x4(1, 2, 3, 4);
  for (let i = 0; i < n; i++) {
    v = i32x4.add(i32x4.mul(v, i32x4.splat(i)), i8x16.shuffle(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
    v128.store(8192 + (<usize>(i & 63) << 4), v);
  }
  return i32x4.extract_lane(v, 0) ^ i32x4.extract_lane(v, 3);
}
export function atomics(n: i32): i32 { for (let i = 0; i < n; i++) atomic.add<i32>(12288, i); return atomic.load<i32>(12288); }
`,
    cases: [
      call("mix", [200n], 200),
      call("series", [77], 77),
      call("single", [90], 90),
      call("lanes", [130], 130),
      call("atomics", [64], 64),
    ],
  },
];
