// A progress bar over a parallel map: the results are counted as they come, while the threads compute.
import assert from "node:assert/strict";
import process from "node:process";
import cliProgress from "cli-progress";
import { forEach, run } from "tendril";
import { ThreadPool } from "tendril/threads";

const work = new URL("./threads/work.ts", import.meta.url);
const NUMBERS = 24;

await run(function* () {
  const pool = new ThreadPool();
  const { fib } = pool.module<typeof import("./threads/work.ts")>(work);
  const bar = process.stdout.isTTY
    ? new cliProgress.SingleBar({
      format: "{bar} {value}/{total} numbers, {eta} s to go",
      stream: process.stdout,
      gracefulExit: false, // Ctrl-C is a kill here, and ends in `finally` below
    }, cliProgress.Presets.shades_classic)
    : undefined;

  let done = 0, sum = 0;
  bar?.start(NUMBERS, 0);
  try {
    const numbers = Array.from({ length: NUMBERS }, (_, n) => n);
    yield* forEach(pool.imapUnordered(fib, numbers, { chunkSize: 1 }), (value) => {
      sum += value;
      done++;
      if (bar !== undefined) bar.update(done);
      else if (done % 6 === 0) console.log(`${done}/${NUMBERS} numbers`); // into a file or a log
    });
  } finally {
    bar?.stop();
  }
  console.log(`the first ${NUMBERS} Fibonacci numbers together: ${sum}`);
  assert.deepEqual([done, sum], [NUMBERS, 75_024]);
  yield* pool.close();
});
