/** What the threads do that die in the tests, and those that wait for them. */
import process from "node:process";
import { setTimeout as later } from "node:timers/promises";
import { run, sleep, spawn } from "../../src/mod.ts";
import {
  currentThread,
  type PipeEnd,
  proxy,
  type SharedArray,
  type SharedBarrier,
  type SharedCondition,
  type SharedEvent,
  type SharedLock,
  type SharedQueue,
  type SharedRLock,
  type SharedSemaphore,
  type SharedValue,
} from "../../src/threads/mod.ts";

/** What a thread does to die; where it computes or blocks it is ended. */
export type How = "exits" | "throws" | "rejects" | "eats" | "computes";

/** Words that a test and its thread share, besides those of `pool_kit.ts`: 0 lets go, 3 ends whatever was left behind. */
export const READY = 1, DYING = 2, OVER = 3;

async function die(at: Int32Array, how: How): Promise<void> {
  Atomics.store(at, DYING, 1);
  if (how === "exits") process.exit(7);
  if (how === "eats") { for (const all: unknown[] = [];;) all.push(new Array(100_000).fill(Math.random())); }
  if (how === "computes") {
    while (Atomics.load(at, OVER) === 0);
    return;
  }
  if (how === "rejects") void Promise.reject(new RangeError("boom"));
  else {
    setTimeout(() => {
      throw new RangeError("boom");
    }, 0);
  }
  await later(60_000);
}

type Die = () => Promise<void>;

/** What a thread is in the middle of when it dies. */
export const acts = {
  nothing: (_: unknown, die: Die) => die(),

  lock(lock: SharedLock, die: Die): Promise<void> {
    lock.acquireSync();
    return die();
  },

  lockTwice: (lock: SharedRLock, die: Die) =>
    run(() =>
      lock.withLock(() =>
        lock.withLock(function* () {
          yield die();
        })
      )
    ),

  lockWaiter: (lock: SharedLock, die: Die) => beside(() => lock.acquire(), die),

  permits(semaphore: SharedSemaphore, die: Die): Promise<void> {
    semaphore.acquireSync({ permits: 2 });
    return die();
  },

  permitsWaiter: (semaphore: SharedSemaphore, die: Die) => beside(() => semaphore.acquire(), die),

  condition(condition: SharedCondition, die: Die): Promise<void> {
    condition.acquireSync();
    return die();
  },

  conditionWaiter: (condition: SharedCondition, die: Die) =>
    beside(() => condition.withLock(() => condition.wait()), die),

  eventWaiter: (event: SharedEvent, die: Die) => beside(() => event.wait(), die),

  barrierWaiter: (barrier: SharedBarrier, die: Die) => beside(() => barrier.wait(), die),

  barrierRound: (barrier: SharedBarrier, die: Die) =>
    run(function* () {
      yield* barrier.wait();
      yield die();
    }),

  taker(queue: SharedQueue<number>, die: Die): Promise<void> {
    queue.getSync();
    return die();
  },

  getter: (queue: SharedQueue<number>, die: Die) => beside(() => queue.get(), die),

  putter: (queue: SharedQueue<number>, die: Die) => beside(() => queue.put(666), die),

  value: (value: SharedValue<"int32">, die: Die) =>
    run(() =>
      value.withLock(function* () {
        value.set(5);
        yield die();
      })
    ),

  array: (array: SharedArray<"int32">, die: Die) =>
    run(() =>
      array.withLock(function* () {
        yield die();
      })
    ),

  sender(end: PipeEnd<string>, die: Die): Promise<void> {
    end.sendSync("last words");
    return die();
  },

  async caller(report: (n: number) => Promise<number>, die: Die): Promise<void> {
    await Promise.all([report(1), die()]);
  },
};

/** Dies while one of its greenlets waits. */
function beside(wait: () => unknown, die: Die): Promise<void> {
  return run(function* () {
    spawn(function* () {
      yield* wait() as Iterable<unknown>;
    });
    yield* sleep(0); // it stands in the line
    yield die();
  });
}

export async function dieDuring(
  at: Int32Array,
  how: How,
  act: keyof typeof acts,
  it?: unknown,
): Promise<void> {
  await (acts[act] as (it: unknown, die: Die) => Promise<void>)(it, async () => {
    Atomics.store(at, READY, 1);
    while (Atomics.load(at, 0) === 0) await later(1);
    await die(at, how);
  });
}

/** A stream that gets as far as 2. */
export function* streamAndDie(at: Int32Array, how: How): Generator<unknown, void, unknown> {
  for (let i = 0; i < 3; i++) yield i;
  Atomics.store(at, READY, 1);
  while (Atomics.load(at, 0) === 0) yield* sleep(1);
  yield die(at, how);
}

/** How a thread waits, blocked. */
export const waits = {
  lock: (lock: SharedLock) => lock.acquireSync(),
  permits: (semaphore: SharedSemaphore) => semaphore.acquireSync(),
  event: (event: SharedEvent) => event.waitSync(),
  barrier: (barrier: SharedBarrier) => barrier.waitSync(),
  barrierTwice: (barrier: SharedBarrier) => [barrier.waitSync(), barrier.waitSync()],
  get: (queue: SharedQueue<number>) => queue.getSync(),
  put: (queue: SharedQueue<number>) => queue.putSync(666),
  receive: (end: PipeEnd<string>) => [end.recvSync(), end.recvSync()],
  value: (value: SharedValue<"int32">) => value.withLockSync(() => value.get()),
  array: (array: SharedArray<"int32">) => array.withLockSync(() => array.view[0]),
};

/** Waits, blocked; says that it is about to. */
export function block(at: Int32Array, wait: keyof typeof waits, it: unknown): unknown {
  Atomics.store(at, READY, 1);
  return (waits[wait] as (it: unknown) => unknown)(it);
}

/** The same for a condition: what is said in its lock is said by one who waits, for all who come into the lock. */
export function blockInCondition(at: Int32Array, condition: SharedCondition): boolean {
  return condition.withLockSync(() => {
    Atomics.store(at, READY, 1);
    return condition.waitSync();
  });
}

/** An object that stays here. */
export function object(): { ping(): number; hang(): Promise<never> } {
  return proxy({ ping: () => 1, hang: () => new Promise<never>(() => {}) });
}

export function threadId(): number {
  return currentThread().id;
}

export function plus(n: number): number {
  return n + 1;
}

/** An initializer. */
export async function dieAtOnce(at: Int32Array, how: How): Promise<void> {
  await die(at, how);
}

export function failAtOnce(): never {
  throw new RangeError("no set-up");
}
