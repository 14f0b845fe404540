// A worker that no pool has started shares a lock. It is given a pass, so that its end is known: what it held is broken, and
// nobody waits for ever.
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { BrokenLockError, run, sleep } from "tendril";
import { SharedLock, threadDied, threadPass } from "tendril/threads";

await run(function* () {
  const lock = new SharedLock();
  const pass = threadPass();
  const worker = new Worker(new URL("./threads/own_worker.ts", import.meta.url), {
    workerData: { pass, lock: lock.handle },
  });
  worker.on("exit", () => threadDied(pass.id)); // in whatever way it ends

  while (!lock.locked) yield* sleep(1);
  console.log("the worker holds the lock");
  void worker.terminate();
  try {
    yield* lock.acquire();
    assert.fail("it should have thrown");
  } catch (error) {
    assert(error instanceof BrokenLockError);
    console.log("the worker was ended while it held the lock: the lock is broken");
  }
  lock.reset(); // what it guards is in order
  assert.equal(yield* lock.acquire(), true);
  lock.release();
});
