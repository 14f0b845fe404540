/** What threads do in the tests of shared primitives. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { run, sleep } from "tendril";
import type { PipeEnd } from "../../src/threads/pipe.ts";
import type { SharedArray } from "../../src/threads/shared_array.ts";
import type { SharedBarrier } from "../../src/threads/shared_barrier.ts";
import type { SharedCondition } from "../../src/threads/shared_condition.ts";
import type { SharedEvent } from "../../src/threads/shared_event.ts";
import type { SharedHandle } from "../../src/threads/shared_handle.ts";
import { SharedLock, type SharedOwnedLock } from "../../src/threads/shared_lock.ts";
import type { SharedQueue } from "../../src/threads/shared_queue.ts";
import type { ThreadPass } from "../../src/threads/shared_seat.ts";
import type { SharedSemaphore } from "../../src/threads/shared_semaphore.ts";
import type { SharedValue } from "../../src/threads/shared_value.ts";

/** What a thread is told. */
export interface Job {
  readonly pass: ThreadPass;
  readonly job: keyof typeof jobs;
  readonly args: readonly unknown[];
  /** One word, set when it was ended: where a runtime cannot end what computes, it does so by itself. */
  readonly over: Int32Array;
}

/** How a thread ends. */
export type End = "returns" | "throws" | "exits" | "waits" | "spins";

let over: Int32Array = new Int32Array(1);

/** Said once, by the thread's entry. */
export function endBy(word: Int32Array): void {
  over = word;
}

export function tell(message: unknown): void {
  parentPort?.postMessage(message);
}

/** Ends this thread; in the last two ways it only can be ended. */
function end(how: End): unknown {
  if (how === "throws") {
    // What it has said before comes by another way, and may come later than the error.
    setTimeout(() => {
      throw new Error("ended on purpose");
    }, 200);
  }
  if (how === "exits") process.exit(3);
  if (how === "waits") Atomics.wait(over, 0, 0);
  if (how === "spins") { while (Atomics.load(over, 0) === 0); }
  return how === "throws" ? new Promise((resolve) => setTimeout(resolve, 10_000)) : undefined;
}

export const jobs = {
  count(lock: SharedOwnedLock, total: SharedArray<"int32">, times: number): void {
    for (let i = 0; i < times; i++) {
      lock.acquireSync();
      const before = total.view[0];
      total.view[0] = before + 1;
      lock.release();
    }
  },

  /** The same in greenlets. */
  async countParked(lock: SharedOwnedLock, total: SharedArray<"int32">, times: number): Promise<void> {
    await run(function* () {
      for (let i = 0; i < times; i++) {
        yield* lock.withLock(function* () {
          const before = total.view[0];
          if (i % 10 === 0) yield* sleep(0);
          total.view[0] = before + 1;
        });
      }
    });
  },

  /** Takes and gives back, sometimes giving up; gives how often it counted. */
  hammer(
    lock: SharedLock,
    two: SharedSemaphore,
    totals: SharedArray<"int32">,
    ms: number,
    seed: number,
  ): number {
    tell("hammers");
    let count = 0, dice = seed;
    for (const end = performance.now() + ms; performance.now() < end;) {
      dice = (Math.imul(dice, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      const timeout = (dice >> 8) % 3;
      if (lock.acquireSync({ timeout })) {
        totals.view[0]++;
        count++;
        lock.release();
      }
      const permits = 1 + (dice >> 16) % 2;
      if (two.acquireSync({ permits, timeout })) {
        if (Atomics.add(totals.view, 1, permits) + permits > 2) {
          throw new Error("more permits than there are");
        }
        Atomics.sub(totals.view, 1, permits);
        two.release(permits);
      }
    }
    return count;
  },

  holdLock(lock: SharedOwnedLock, how: End): unknown {
    lock.acquireSync();
    tell("holds");
    return end(how);
  },

  waitForLock(lock: SharedOwnedLock, timeout?: number): boolean {
    tell("waits");
    const got = lock.acquireSync({ timeout });
    if (got) lock.release();
    return got;
  },

  lockInGreenlet(lock: SharedOwnedLock): Promise<boolean> {
    tell("waits");
    return run(function* () {
      const got = yield* lock.acquire();
      lock.release();
      return got;
    });
  },

  lockOf(handle: { inner: SharedHandle }): boolean {
    return SharedLock.from(handle.inner).tryAcquire();
  },

  takePermits(semaphore: SharedSemaphore, permits: number, how: End): unknown {
    semaphore.acquireSync({ permits });
    tell("holds");
    return end(how);
  },

  waitForPermits(semaphore: SharedSemaphore, permits: number): boolean {
    tell("waits");
    return semaphore.acquireSync({ permits });
  },

  waitForEvent(event: SharedEvent, timeout?: number): boolean {
    tell("waits");
    return event.waitSync({ timeout });
  },

  /** Says that it waits by setting the first; waits for the second. */
  answer(first: SharedEvent, second: SharedEvent, times: number): number {
    for (let i = 0; i < times; i++) {
      first.waitSync();
      first.clear();
      second.set();
    }
    return times;
  },

  waitForChange(condition: SharedCondition, stock: SharedValue<"int32">): number {
    return condition.withLockSync(() => {
      tell("waits");
      condition.waitForSync(() => stock.value > 0);
      return stock.add(-1);
    });
  },

  holdCondition(condition: SharedCondition, how: End): unknown {
    condition.acquireSync();
    tell("holds");
    return end(how);
  },

  waitUnheard(condition: SharedCondition): boolean {
    condition.acquireSync();
    tell("waits");
    return condition.waitSync();
  },

  notifyOnce(condition: SharedCondition, word: Int32Array): void {
    Atomics.wait(word, 0, 0, 5_000);
    condition.withLockSync(() => condition.notify());
    Atomics.store(word, 0, 2);
    Atomics.notify(word, 0);
  },

  meet(barrier: SharedBarrier, rounds: number, how: End = "returns"): unknown {
    const places: number[] = [];
    for (let i = 0; i < rounds; i++) places.push(barrier.waitSync());
    if (how === "returns") return places;
    tell("met");
    return end(how);
  },

  meetAndStay(barrier: SharedBarrier): number {
    tell("waits");
    return barrier.waitSync();
  },

  produce(queue: SharedQueue<unknown>, from: number, times: number): void {
    for (let i = 0; i < times; i++) queue.putSync({ from, n: i });
  },

  consume(queue: SharedQueue<{ from: number; n: number }>): { from: number; n: number }[] {
    const got: { from: number; n: number }[] = [];
    try {
      for (;;) got.push(queue.getSync());
    } catch (error) {
      if ((error as Error).name !== "QueueShutDown") throw error;
    }
    return got;
  },

  /** Passes on what it gets, and says so first; it is ended in the middle. */
  pass(input: SharedQueue<number>, output: SharedQueue<number>): void {
    tell("waits");
    for (;;) output.putSync(input.getSync());
  },

  takeOne(queue: SharedQueue<unknown>): unknown {
    tell("waits");
    return queue.getSync();
  },

  add(value: SharedValue<"int32"> | SharedValue<"float64"> | SharedValue<"int64">, times: number): void {
    const one = value.type === "int64" ? 1n : 1;
    for (let i = 0; i < times; i++) (value as SharedValue<"int32">).add(one as number);
  },

  echo(end: PipeEnd<unknown>): number {
    let n = 0;
    try {
      for (;; n++) end.sendSync(end.recvSync());
    } catch (error) {
      if ((error as Error).name !== "EOFError") throw error;
      return n;
    }
  },

  sendThen(pipe: PipeEnd<unknown>, items: unknown[], how: End): unknown {
    for (const item of items) pipe.sendSync(item);
    tell("sent");
    return end(how);
  },

  recvFrom(pipe: PipeEnd<unknown>): unknown {
    tell("waits");
    return pipe.recvSync();
  },
};
