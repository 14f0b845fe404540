// A kernel of one's own, from the file to the result:
//
//   1. write it, in AssemblyScript:            kernels/mine.ts
//   2. npm install --save-dev assemblyscript   the compiler, which the program does not need
//   3. npx tendril build kernels/mine.ts       writes mine.kernel.ts: types, comments and bytes (and a .wasm, to look at)
//   4. import it:                              as below
//
// kernels/tsconfig.json is for editors. Who has the compiler at hand may also compile in the program, as the last part does.
import assert from "node:assert/strict";
import { run, withTimeout } from "tendril";
import { KernelError, loadKernel, timeSlice } from "tendril/kernels";
import { compile, KernelCompileError } from "tendril/kernels/build";
import { ThreadPool } from "tendril/threads";
import { mine } from "./kernels/mine.kernel.ts";

await run(function* () {
  const pool = new ThreadPool({ size: 2 });
  const values = Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i / 500) + Math.sin(i * i) / 2);

  // Here, in one piece; on all threads, since it has a range; and here again, with turns for others in between.
  const here = new Float64Array(values.length), there = here.slice(), sliced = here.slice();
  mine.smooth.sync(values, 100, here, 0, values.length);
  yield* mine.smooth(values, 100, there, 0, values.length, { pool });
  yield* timeSlice(mine.smooth)(values, 100, sliced, 0, values.length);
  assert.deepEqual([there, sliced], [here, here]);
  console.log(`smooth: from ${values[70].toFixed(3)} to ${here[70].toFixed(3)}`);

  // What has no range runs in one thread, and can be killed in the middle: a timeout is a kill.
  const counts = yield* withTimeout(60_000, mine.histogram(here, -1.5, 1.5, 12, { pool }));
  for (const [i, n] of counts.entries()) {
    console.log(`${(-1.5 + i / 4).toFixed(2).padStart(5)} ${"█".repeat(n / 100)} ${n}`);
  }
  assert.equal(counts.reduce((a, b) => a + b), values.length);

  // What a kernel throws arrives as an error, with its place.
  assert.throws(() => mine.histogram.sync(here, 1, 1, 12), (error) => {
    console.log(`${error}`);
    return error instanceof KernelError && /the span is empty.*mine.ts:\d+/.test(error.message);
  });
  yield* pool.close();
});

// Compiled in the program.
const { bytes } = await compile("export function square(x: f64): f64 { return x * x; }");
const { square } = loadKernel<{ square(x: number): number }>(bytes);
console.log(`compiled just now: ${square.sync(12)}`);
assert.equal(square.sync(12), 144);
await assert.rejects(compile("export function f(x: f64): f64 { return y; }"), KernelCompileError);
