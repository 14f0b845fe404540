/** Real threads and greenlets for as long as TENDRIL_STRESS_MS says; in a plain run of the suite a moment. */
import process from "node:process";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { run, sleep, spawn } from "tendril";
import { SharedArray } from "../../src/threads/shared_array.ts";
import { SharedBarrier } from "../../src/threads/shared_barrier.ts";
import { SharedLock } from "../../src/threads/shared_lock.ts";
import { SharedQueue } from "../../src/threads/shared_queue.ts";
import { SharedSemaphore } from "../../src/threads/shared_semaphore.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

const MS = Number(process.env.TENDRIL_STRESS_MS ?? 600);
const LONG = { timeout: MS * 4 + 60_000 };

describe("shared primitives under stress", () => {
  test("a lock and a semaphore, with waiters that give up", async () => {
    const lock = new SharedLock(), two = new SharedSemaphore(2), totals = new SharedArray("int32", 8);
    const others = [thread("hammer", lock, two, totals, MS, 1), thread("hammer", lock, two, totals, MS, 2)];
    const end = performance.now() + MS;
    let count = 0;
    await run(function* () {
      const worker = function* () {
        while (performance.now() < end) {
          if (!(yield* lock.acquire({ timeout: Math.random() * 2 }))) continue;
          const before = totals.view[0];
          try {
            if (before % 5 === 0) yield* sleep(0);
            totals.view[0] = before + 1;
            count++;
          } finally {
            lock.release();
          }
        }
      };
      const all = [spawn(worker), spawn(worker)];
      while (performance.now() < end) {
        const killed = spawn(worker);
        yield* sleep(Math.random() * 3);
        killed.kill();
        yield* killed.join();
      }
      for (const one of all) yield* one.join();
    });
    const counts = await Promise.all(others.map((other) => other.result as Promise<number>));
    const sum = counts.reduce((a, b) => a + b, count);
    assertEquals(totals.view[0], sum);
    assertEquals([lock.locked, two.available, totals.view[1]], [false, 2, 0]);
  }, LONG);

  test("a queue, between greenlets", async () => {
    const queue = new SharedQueue<number>({ maxsize: 8, bytes: 256 });
    const end = performance.now() + MS;
    let put = 0, taken = 0;
    await run(function* () {
      const writer = spawn(function* () {
        while (performance.now() < end) yield* queue.put(put++);
        queue.shutdown();
      });
      const reader = spawn(function* () {
        for (let step = yield* queue.next(); !step.done; step = yield* queue.next()) {
          assertEquals(step.value, taken++);
        }
      });
      yield* writer.join();
      yield* reader.join();
    });
    assertEquals(taken, put);
  }, LONG);

  test("threads that die while others use what they used", async () => {
    const lock = new SharedLock(), two = new SharedSemaphore(2), totals = new SharedArray("int32", 8);
    const end = performance.now() + MS;
    let rounds = 0;
    do {
      const victim = thread("hammer", lock, two, totals, 60_000, 1);
      const other = thread("hammer", lock, two, totals, 30, 2);
      await victim.says("hammers");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      await victim.end();
      await other.result.catch((error) => assert(String(error).includes("BrokenLockError"), String(error)));
      await other.ended;
      if (lock.broken) lock.reset();
      if (two.broken) two.reset();
      assertEquals(lock.withLockSync(() => lock.locked), true);
      assertEquals(two.available, 2);
      totals.view[1] = 0; // it may have died between two steps
      rounds++;
    } while (performance.now() < end);
    assert(rounds > 0);
  }, LONG);

  test("a barrier, round after round", async () => {
    const barrier = new SharedBarrier(3);
    const rounds = Math.max(100, Math.floor(MS / 2));
    const others = [thread("meet", barrier, rounds), thread("meet", barrier, rounds)];
    await run(function* () {
      for (let i = 0; i < rounds; i++) yield* barrier.wait();
    });
    await Promise.all(others.map((other) => other.result));
  }, LONG);
});

testNoneBurns();
