// The counters of every chapter about Python's GIL. Two threads count down in half the time, since nothing makes them take
// turns. And nothing protects what they share: two that count up together lose updates, unless they add atomically or lock.
import assert from "node:assert/strict";
import { all, run } from "tendril";
import { cpuCount, SharedArray, SharedLock, SharedValue, ThreadPool } from "tendril/threads";

const DOWN = 1_000_000_000, UP = 1_000_000, LOCKED = 20_000;

await run(function* () {
  const pool = new ThreadPool({ size: 2, minSize: 2 });
  const work = pool.module<typeof import("./threads/counter_work.ts")>(
    new URL("./threads/counter_work.ts", import.meta.url),
  );
  yield* pool.map(work.countDown, [1e7, 1e7], { chunkSize: 1 }); // the threads have started, and their code is compiled

  const start = performance.now();
  yield* work.countDown(DOWN);
  const oneMs = performance.now() - start;
  const again = performance.now();
  yield* all([work.countDown(DOWN / 2), work.countDown(DOWN / 2)]);
  const twoMs = performance.now() - again;
  console.log(`counting down: one thread ${oneMs.toFixed(0)} ms, two threads ${twoMs.toFixed(0)} ms`);
  console.log(`(${cpuCount()} threads can compute at once on this machine)`);

  let lost = 0;
  for (let round = 0; lost === 0 && round < 10; round++) { // a race may go well, too
    const bare = new SharedArray("int32", 1);
    yield* all([work.countUp(bare, UP), work.countUp(bare, UP)]);
    lost = 2 * UP - bare.view[0];
  }
  console.log(`counter = counter + 1: ${lost} of ${2 * UP} updates were lost`);
  assert(lost > 0 || cpuCount() === 1);

  const atomic = new SharedValue("int32");
  yield* all([work.countUpAtomically(atomic, UP), work.countUpAtomically(atomic, UP)]);
  console.log(`counter.add(1): ${2 * UP - atomic.value} were lost`);
  assert.equal(atomic.value, 2 * UP);

  const locked = new SharedValue("int32"), lock = new SharedLock();
  yield* all([work.countUpLocked(locked, lock, LOCKED), work.countUpLocked(locked, lock, LOCKED)]);
  console.log(`counter = counter + 1 with a lock: ${2 * LOCKED - locked.value} were lost`);
  assert.equal(locked.value, 2 * LOCKED);
  yield* pool.close();
});
