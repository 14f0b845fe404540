// Kernels: typed by an interface, here, in pools, in slices.
import {
  type Kernel,
  kernelArray,
  kernels,
  loadKernel,
  parallelFor,
  timeSlice,
} from "../../src/kernels/mod.ts";
import type { ThreadPool } from "../../src/threads/mod.ts";
import { is } from "./lib/equal.ts";

interface Mine {
  sum(values: Float64Array): number;
  name(text: string): string;
  big(n: bigint): bigint;
  part(values: Float64Array, from: number, to: number): number;
}
declare const pool: ThreadPool;
declare const bytes: Uint8Array;
declare const values: Float64Array;
const mine = loadKernel<Mine>(bytes);

export function* program() {
  is<Kernel<Mine>>()(mine);
  is<number>()(yield* mine.sum(values));
  is<number>()(yield* mine.sum(values, { pool }));
  is<string>()(mine.name.sync("x"));
  is<bigint>()(yield* timeSlice(mine).big(1n));
  is<number>()(yield* timeSlice(mine.sum, { everyMs: 2 })(values));
  is<number[]>()(yield* parallelFor(mine.part, 10, { args: [values], pool }));
  is<Float32Array<SharedArrayBuffer> & Disposable>()(kernelArray(Float32Array, 3));
  const shape = { rows: 1, inner: 1, columns: 1 };
  is<Float32Array | Float64Array>()(yield* kernels.matmul(values, values, shape, { pool }));

  // @ts-expect-error: it is an array
  mine.sum(3);
  // @ts-expect-error: there is no such function
  mine.product(values);
  // @ts-expect-error: no option of this name
  mine.sum(values, { pol: pool });
  // @ts-expect-error: it has no range
  parallelFor(mine.name, 10, { args: ["x"], pool });
  // @ts-expect-error: one argument is missing
  parallelFor(mine.part, 10, { args: [], pool });
}
