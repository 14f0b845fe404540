/** A kernel with a bit of everything, compiled once a program. */
import { compile } from "../../src/kernels/build/mod.ts";
import { type Kernel, loadKernel, type LoadOptions } from "../../src/kernels/mod.ts";

const source = `
export function sum(values: In<f64>): f64 {
  let sum = 0.0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
export function twice(values: InOut<f64>): void {
  for (let i = 0; i < values.length; i++) values[i] *= 2;
}
export function iota(out: Out<i32>): void {
  for (let i = 0; i < out.length; i++) if (i % 2 == 1) out[i] = i;
}
export function evens(n: i32): StaticArray<i32> {
  const list = new StaticArray<i32>(n);
  for (let i = 0; i < n; i++) list[i] = 2 * i;
  return list;
}
export function upper(text: string): string { return text.toUpperCase(); }
export function length(text: string): i32 { return text.length; }
export function same(text: string): string { return text; }

export function asI8(x: i8): i8 { return x; }
export function asU8(x: u8): u8 { return x; }
export function asI16(x: i16): i16 { return x; }
export function asU16(x: u16): u16 { return x; }
export function asI32(x: i32): i32 { return x; }
export function asU32(x: u32): u32 { return x; }
export function asI64(x: i64): i64 { return x; }
export function asU64(x: u64): u64 { return x; }
export function asF32(x: f32): f32 { return x; }
export function asF64(x: f64): f64 { return x; }
export function not(x: bool): bool { return !x; }

export function bytes(values: InOut<u8>): void { for (let i = 0; i < values.length; i++) values[i] ^= 255; }
export function longs(values: InOut<i64>): void { for (let i = 0; i < values.length; i++) values[i] += 1; }

export function fail(text: string): void { throw new Error("it failed: " + text); }
export function divide(a: i32, b: i32): i32 { return a / b; }
export function fill(bytes: i32): i32 { return new StaticArray<u8>(bytes).length; }
export function deep(n: i32): i32 { return n == 0 ? 0 : 1 + deep(n - 1); }

let calls = 0;
export function counted(): i32 { return ++calls; }

/** Never ends. */
export function forever(): f64 {
  let x = 0.0;
  while (true) x = Math.sqrt(x + 1);
  return x;
}
/** So many million steps. */
export function burn(millions: i32): f64 {
  let x = 0.0;
  for (let i = 0; i < millions; i++) {
    for (let k = 0; k < 1_000_000; k++) x = x * 0.5 + <f64>(k ^ i);
  }
  return x;
}
export function fib(n: i32): i32 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
export function nap(ms: f64): f64 { sleep(ms); return ms; }

/** How often each was visited. */
export function visit(counts: InOut<i32>, from: i32, to: i32): void {
  for (let i = from; i < to; i++) counts[i] += 1;
}
/** The sum of a part. */
export function part(values: In<f64>, from: i32, to: i32): f64 {
  let sum = 0.0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum;
}
/** Fails at one index. */
export function failAt(at: i32, from: i32, to: i32): void {
  for (let i = from; i < to; i++) if (i == at) throw new Error("at " + i.toString());
}
/** Takes about a microsecond for each index. */
export function slow(from: i32, to: i32): void {
  let x = 0.0;
  for (let i = from; i < to; i++) for (let k = 0; k < 500; k++) x += Math.sqrt(<f64>(k ^ i));
  if (x < 0) unreachable();
}
`;

/** Its functions. */
export interface Everything {
  sum(values: Float64Array): number;
  twice(values: Float64Array): void;
  iota(out: Int32Array): void;
  evens(n: number): Int32Array;
  upper(text: string): string;
  length(text: string): number;
  same(text: string): string;
  asI8(x: number): number;
  asU8(x: number): number;
  asI16(x: number): number;
  asU16(x: number): number;
  asI32(x: number): number;
  asU32(x: number): number;
  asI64(x: bigint): bigint;
  asU64(x: bigint): bigint;
  asF32(x: number): number;
  asF64(x: number): number;
  not(x: boolean): boolean;
  bytes(values: Uint8Array | Uint8ClampedArray): void;
  longs(values: BigInt64Array): void;
  fail(text: string): void;
  divide(a: number, b: number): number;
  fill(bytes: number): number;
  deep(n: number): number;
  counted(): number;
  forever(): number;
  burn(millions: number): number;
  fib(n: number): number;
  nap(ms: number): number;
  visit(counts: Int32Array, from: number, to: number): void;
  part(values: Float64Array, from: number, to: number): number;
  failAt(at: number, from: number, to: number): void;
  slow(from: number, to: number): void;
}

let compiled: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** The kernel, loaded anew. */
export async function everything(options?: LoadOptions): Promise<Kernel<Everything>> {
  compiled ??= compile(source, { file: "everything.ts" }).then(({ bytes }) => bytes);
  return loadKernel<Everything>(await compiled, options);
}

/** Any kernel, loaded. */
export async function kernelOf<M>(text: string, options?: LoadOptions): Promise<Kernel<M>> {
  const { bytes } = await compile(text, { file: "kernel.ts" });
  return loadKernel<M>(bytes, options);
}
