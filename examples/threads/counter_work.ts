// What the threads of threads_counter.ts run.
import type { SharedArray, SharedLock, SharedValue } from "tendril/threads";

export function countDown(n: number): number {
  while (n > 0) n--;
  return n;
}

/** Reads, adds and writes: what the other thread wrote in between is lost. */
export function countUp(counter: SharedArray<"int32">, times: number): void {
  const { view } = counter;
  for (let i = 0; i < times; i++) {
    const read = Atomics.load(view, 0); // a plain view[0]++ is such a pair as well, if the compiler leaves one at all
    Atomics.store(view, 0, read + 1);
  }
}

export function countUpAtomically(counter: SharedValue<"int32">, times: number): void {
  for (let i = 0; i < times; i++) counter.add(1);
}

export function countUpLocked(counter: SharedValue<"int32">, lock: SharedLock, times: number): void {
  for (let i = 0; i < times; i++) {
    lock.withLockSync(() => {
      counter.value = counter.value + 1;
    });
  }
}
