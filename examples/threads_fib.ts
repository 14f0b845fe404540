// The classic comparison: fib, fac and sum one after the other, then each in a thread. Threads of Python take turns; these do not.
import assert from "node:assert/strict";
import { joinAll, run } from "tendril";
import { cpuCount, ThreadPool } from "tendril/threads";
import * as here from "./threads/work.ts";

await run(function* () {
  const pool = new ThreadPool({ size: 3, minSize: 3 });
  const there = pool.module<typeof here>(new URL("./threads/work.ts", import.meta.url));
  yield* pool.map(there.fib, [1, 1, 1], { chunkSize: 1 }); // the threads have started, and have loaded the module

  const start = performance.now();
  const alone = [here.fib(31), here.fac(3_000), here.sum(20_000_000)];
  const aloneMs = performance.now() - start;

  const again = performance.now();
  const jobs = [
    pool.submit(there.fib, 31),
    pool.submit(there.fac, 3_000),
    pool.submit(there.sum, 20_000_000),
  ] as const;
  yield* joinAll(jobs);
  const threadsMs = performance.now() - again;

  const [fib, fac, sum] = [jobs[0].value, jobs[1].value, jobs[2].value];
  console.log(`fib(31) = ${fib}`);
  console.log(`fac(3000) has ${String(fac).length} digits`);
  console.log(`sum(1..20000000) = ${sum}`);
  assert.deepEqual([fib, fac, sum], alone);

  const faster = threadsMs < aloneMs ? "the threads were faster" : "one after the other was faster";
  console.log(`one by one ${aloneMs.toFixed(1)} ms, in threads ${threadsMs.toFixed(1)} ms: ${faster}`);
  console.log(`(${cpuCount()} threads can compute at once on this machine)`);
  yield* pool.close();
});
