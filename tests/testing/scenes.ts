// Small programs with known defects, for the tests of the machinery.

import { assert } from "../assert.ts";
import { Lock, Queue, Semaphore, sleep, spawn } from "../../src/mod.ts";

/** Two deposits of which one is lost when they interleave; in FIFO order they do not. */
export function* lostUpdate() {
  let balance = 0;
  function* deposit(thinks: number) {
    for (let i = 0; i < thinks; i++) yield* sleep(0);
    const read = balance;
    yield* sleep(0);
    balance = read + 10;
  }
  const both = [spawn({ name: "early" }, deposit, 0), spawn({ name: "late" }, deposit, 2)];
  for (const one of both) yield* one;
  assert(balance === 20, `a deposit was lost: ${balance}`);
}

/** Two locks, taken in opposite orders; in FIFO order that goes well. */
export function* inversion() {
  const [a, b] = [new Lock(), new Lock()];
  spawn({ name: "ab" }, () => a.withLock(() => b.withLock(() => {})));
  spawn({ name: "ba" }, function* () {
    yield* sleep(0);
    yield* sleep(0);
    yield* b.acquire();
    yield* sleep(0);
    yield* a.acquire();
    a.release();
    b.release();
  });
  spawn({ name: "ab again" }, function* () {
    yield* a.acquire();
    yield* sleep(0);
    yield* b.acquire();
    b.release();
    a.release();
  });
}

/** A permit that is lost when a kill comes between the acquire and the try. */
export function* leakyPermit() {
  const semaphore = new Semaphore(1);
  const worker = spawn({ name: "worker" }, function* () {
    yield* semaphore.acquire();
    yield* sleep(5);
    try {
      yield* sleep(5);
    } finally {
      semaphore.release();
    }
  });
  yield* worker.join();
}

/** Nothing wrong with it. */
export function* sound() {
  const queue = new Queue<number>({ maxsize: 1 });
  spawn({ name: "producer" }, function* () {
    for (let i = 0; i < 3; i++) yield* queue.put(i);
  });
  const got: number[] = [];
  for (let i = 0; i < 3; i++) got.push(yield* queue.get());
  assert(got.join() === "0,1,2");
  return got;
}
