// Python's ThreadPoolExecutor: submit, result, map, as_completed, exceptions, shutdown. Its functions compute at the same time.
import assert from "node:assert/strict";
import { asCompleted, forEach, run } from "tendril";
import { ThreadPool } from "tendril/threads";

await run(function* () {
  const pool = new ThreadPool({ size: 4 });
  const work = pool.module<typeof import("./threads/work.ts")>(new URL("./threads/work.ts", import.meta.url));

  // executor.submit(fib, 20).result()
  const job = pool.submit(work.fib, 20);
  console.log(`fib(20) = ${yield* job.get({ timeout: 60_000 })}`);
  assert.deepEqual([job.successful, job.value], [true, 6765]);

  // executor.map(fib, range(10)): in the order of the items
  const numbers = yield* pool.map(work.fib, Array.from({ length: 10 }, (_, n) => n));
  console.log(`map: ${numbers.join(" ")}`);
  assert.deepEqual(numbers, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]);

  // as_completed(futures): each as soon as it is there
  const parts = [0, 1, 2, 3].map((i) => pool.submit(work.countPrimes, i * 10_000, (i + 1) * 10_000));
  let primes = 0;
  yield* forEach(asCompleted(parts), (count) => {
    primes += count;
  });
  console.log(`${primes} primes below 40,000`);
  assert.equal(primes, 4203);

  // future.exception(): with the class and the message that it had in the thread
  const wrong = pool.submit(work.parse, "four");
  try {
    yield* wrong;
    assert.fail("it should have thrown");
  } catch (error) {
    assert(error instanceof RangeError);
    console.log(`parse: ${error.message}`);
  }
  assert.equal((wrong.exception as Error).message, '"four" is no number');

  // executor.shutdown(wait=True)
  yield* pool.close();
  assert.throws(() => pool.submit(work.fib, 1), /closed/);
  const { completed, failed } = pool.stats();
  console.log(`${failed} job failed, all the others did not`);
  assert(failed === 1 && completed >= 5);
});
