// What the threads of threads_tutorial.ts run. A thread shares no variables with the others, so what it runs is exported.
import {
  currentThread,
  type SharedEvent,
  type SharedLock,
  type SharedRLock,
  type SharedValue,
  Thread,
  threadLocal,
} from "tendril/threads";

export function greet(name: string): string {
  return `${currentThread().name} says hello to ${name}`;
}

/** Counts in a thread of its own, in memory that it was given. */
export class Counter extends Thread {
  static readonly url: string = import.meta.url;
  readonly total: SharedValue<"int32">;
  readonly to: number;

  constructor(total: SharedValue<"int32">, to: number) {
    super({ name: `counter to ${to}` });
    this.total = total;
    this.to = to;
  }

  override run(): string {
    for (let i = 0; i < this.to; i++) this.total.add(1);
    return `${this.name} is done`;
  }
}

/** Works until it is told to stop. */
export function beat(stop: SharedEvent, beats: SharedValue<"int32">): string {
  while (!stop.waitSync({ timeout: 5 })) beats.add(1);
  return "stopped";
}

const mine = threadLocal(() => ({ calls: 0 }));

export function callMe(times: number): number {
  for (let i = 0; i < times; i++) mine.calls++;
  return mine.calls;
}

/** Reads, adds and writes: without the lock, what another thread wrote in between would be lost. */
export function increment(lock: SharedLock, total: SharedValue<"int32">, times: number): void {
  for (let i = 0; i < times; i++) {
    lock.withLockSync(() => {
      total.value = total.value + 1;
    });
  }
}

/** Its holder may acquire an RLock again, so a function that locks may call another one that does. */
export function deposit(lock: SharedRLock, account: SharedValue<"int32">, amounts: number[]): void {
  const one = (amount: number) => lock.withLockSync(() => void (account.value = account.value + amount));
  lock.withLockSync(() => amounts.forEach(one));
}
