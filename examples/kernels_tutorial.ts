// fib, a sieve and a product of matrices, as in the tutorials of Python: TypeScript and a kernel, each on one thread and in a pool.
import assert from "node:assert/strict";
import { all, run } from "tendril";
import type { KernelOptions } from "tendril/kernels";
import { ThreadPool } from "tendril/threads";
import * as plain from "./kernels/plain/tutorial.ts";
import { tutorial as kernel } from "./kernels/tutorial.kernel.ts";

const JOBS = 4, FIB = 32, BELOW = 5_000_000, SIZE = 400;

await using pool = new ThreadPool({ minSize: 1 });
const there = pool.module<typeof plain>(new URL("./kernels/plain/tutorial.ts", import.meta.url));
const times = <T>(f: () => T) => Promise.all(Array.from({ length: JOBS }, f));
const a = Float64Array.from({ length: SIZE * SIZE }, (_, i) => i % 7), b = a.toReversed();

/** The product, each job with a part of the rows; and the same by the kernel. */
function* inJobs() {
  const rows = SIZE / JOBS * SIZE;
  const parts = Array.from({ length: JOBS }, (_, i) => a.subarray(i * rows, (i + 1) * rows));
  const products = yield* all(parts.map((part) => there.multiply(part, b, SIZE)));
  return Float64Array.from(products.flatMap((product) => [...product]));
}
async function byKernel(options: KernelOptions) {
  const product = new Float64Array(SIZE * SIZE);
  await kernel.multiply(a, b, product, SIZE, 0, SIZE, options);
  return product;
}

/** Each in TypeScript here, in TypeScript in threads, and as a kernel. */
const programs: Record<string, [() => unknown, () => unknown, (options: KernelOptions) => unknown]> = {
  [`fib(${FIB}), ${JOBS} times`]: [
    () => times(() => plain.fib(FIB)),
    () => times(() => there.fib(FIB)),
    (on) => times(() => kernel.fib(FIB, on)),
  ],
  [`primes below ${BELOW}, ${JOBS} times`]: [
    () => times(() => plain.countPrimes(BELOW)),
    () => times(() => there.countPrimes(BELOW)),
    (on) => times(() => kernel.countPrimes(new Uint8Array(BELOW), on)),
  ],
  [`${SIZE} × ${SIZE} matrices`]: [() => plain.multiply(a, b, SIZE), () => run(inJobs), byKernel],
};

for (const [title, [here, inThreads, byKernel]] of Object.entries(programs)) {
  const ways = [here, inThreads, () => byKernel({}), () => byKernel({ pool })];
  const results: unknown[] = [], ms: number[] = [];
  for (const way of ways) {
    await way(); // compiled, and the threads have started
    const start = performance.now();
    results.push(await way());
    ms.push(performance.now() - start);
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  console.log(title);
  for (const [i, name] of ["TypeScript", "  in threads", "kernel", "  in threads"].entries()) {
    console.log(`  ${name.padEnd(13)}${"█".repeat(40 * ms[i] / Math.max(...ms))} ${ms[i].toFixed(1)} ms`);
  }
}
