// Jobs that are killed in the middle: one that listens, one that does not, one that ran out of time, one that never began.
import assert from "node:assert/strict";
import { GreenletExit, run, sleep, TimeoutError, withTimeout } from "tendril";
import { capabilities, ThreadPool } from "tendril/threads";

await run(function* () {
  const pool = new ThreadPool({ size: 1 });
  const work = pool.module<typeof import("./threads/work.ts")>(new URL("./threads/work.ts", import.meta.url));

  const job = pool.submit(work.search);
  const behind = pool.submit(work.search);
  while (job.progress === 0) yield* sleep(1); // it computes, and we go on
  void behind.kill();
  assert.deepEqual([behind.dead, behind.started], [true, false]);
  console.log("one that waits in the queue never starts");

  yield* job.kill();
  assert(job.value instanceof GreenletExit);
  assert.equal(pool.stats().died, 0);
  console.log("one that asks cancelled() ends by itself, its thread goes on");

  const limited = pool.submit({ timeout: 30 }, work.search); // counted from its start
  try {
    yield* limited;
    assert.fail("it should have thrown");
  } catch (error) {
    assert(error instanceof TimeoutError);
    console.log("one whose time is up fails with a TimeoutError");
  }

  try {
    yield* withTimeout(30, work.search()); // nobody else waits for this call
    assert.fail("it should have thrown");
  } catch (error) {
    assert(error instanceof TimeoutError);
    console.log("one that nobody waits for any more is killed, too");
  }

  if (capabilities.hardKill) {
    const deaf = pool.submit(work.searchDeaf);
    while (!deaf.started) yield* sleep(1);
    yield* deaf.kill();
    assert(deaf.value instanceof GreenletExit);
    console.log("one that never asks is ended with its thread");
  } else console.log("this runtime cannot end a thread that never asks: let long loops ask cancelled()");

  console.log(`the pool is whole: fib(20) = ${yield* work.fib(20)}`);
  assert.equal(pool.stats().died, capabilities.hardKill ? 1 : 0);
  yield* pool.close();
});
