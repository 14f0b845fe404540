/** What the tests' pools run. */
import process from "node:process";
import { setTimeout as later } from "node:timers/promises";
import { joinAll, QueueFull, sleep, spawn } from "../../src/mod.ts";
import {
  cancelled,
  cancelSignal,
  currentThread,
  proxy,
  reportProgress,
  SharedEvent,
  type SharedLock,
  type SharedQueue,
  Thread,
  threadLocal,
  ThreadPool,
  transfer,
} from "../../src/threads/mod.ts";

export const notAFunction = 5;

export function add(a: number, b: number): number {
  return a + b;
}

export function square(n: number): number {
  return n * n;
}

export function noop(): void {}

export function echo<T>(value: T): T {
  return value;
}

export function fail(message: string): never {
  throw Object.assign(new RangeError(message, { cause: new TypeError("the cause") }), { code: "E_FAIL" });
}

export async function failLater(message: string): Promise<never> {
  await later(1);
  throw new RangeError(message);
}

export function failOdd(n: number): number {
  if (n % 2 === 1) throw new RangeError(`odd: ${n}`);
  return n;
}

export async function wait(ms: number): Promise<number> {
  await later(ms);
  return ms;
}

/** Blocks its thread. */
export function burn(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export function* greenlet(ms: number): Generator<unknown, string, unknown> {
  yield* sleep(ms);
  return "awake";
}

export function* count(n: number): Generator<number, string, unknown> {
  for (let i = 0; i < n; i++) yield i;
  return "end";
}

export async function* countAsync(n: number): AsyncGenerator<number, string> {
  for (let i = 0; i < n; i++) yield i;
  return "end";
}

/** Yields its values, and notes in shared memory how many, and that it was cleaned up. */
export function* noted(words: Int32Array): Generator<number, void, unknown> {
  try {
    for (let i = 0;; i++) {
      Atomics.store(words, 0, i);
      yield i;
    }
  } finally {
    Atomics.store(words, 1, 1);
  }
}

export function* failingStream(): Generator<number, void, unknown> {
  yield 1;
  yield 2;
  throw new RangeError("after two");
}

/** Waits in shared memory until it is let go, and says that it has begun. */
export function hold(words: Int32Array): string {
  Atomics.add(words, 1, 1);
  Atomics.notify(words, 1);
  while (Atomics.load(words, 0) === 0) Atomics.wait(words, 0, 0);
  return "let go";
}

/** The same without blocking the thread's event loop. */
export async function holdAsync(words: Int32Array): Promise<string> {
  Atomics.add(words, 1, 1);
  while (Atomics.load(words, 0) === 0) await later(1);
  return "let go";
}

/** Runs until it is cancelled; counts up. */
export function listens(words: Int32Array): number {
  Atomics.store(words, 1, 1);
  let n = 0;
  while (!cancelled()) n++;
  Atomics.store(words, 2, 1);
  return n;
}

export async function listensToSignal(words: Int32Array): Promise<void> {
  const signal = cancelSignal();
  Atomics.store(words, 1, 1);
  await later(60_000, undefined, { signal });
}

/** Looks, and goes on. */
export function ignores(words: Int32Array): void {
  Atomics.store(words, 1, 1);
  while (Atomics.load(words, 3) === 0) cancelled();
}

/** As good as endless: where a runtime cannot end it, the test does at last, by the fourth word. */
export function endless(words: Int32Array): void {
  Atomics.store(words, 1, 1);
  while (Atomics.load(words, 3) === 0);
}

export function* killable(words: Int32Array): Generator<unknown, void, unknown> {
  try {
    Atomics.store(words, 1, 1);
    yield* sleep(60_000);
  } finally {
    yield* sleep(1);
    Atomics.store(words, 2, 1);
  }
}

export function exit(code: number): void {
  process.exit(code);
}

export async function throwUncaught(message: string): Promise<void> {
  setTimeout(() => {
    throw new RangeError(message);
  }, 0);
  await later(60_000);
}

export async function rejectUnhandled(message: string): Promise<void> {
  void Promise.reject(new RangeError(message));
  await later(60_000);
}

export function eatMemory(): number {
  const all: unknown[] = [];
  for (;;) all.push(new Array(100_000).fill(Math.random()));
}

/** Which of a chunk's items ends the thread. */
export function exitAt(n: number, at: number): number {
  if (n === at) process.exit(3);
  return n;
}

export async function progress(): Promise<string> {
  reportProgress(0.25);
  await later(30);
  reportProgress("half way");
  await later(30);
  reportProgress(1);
  return "done";
}

export function buffer(n: number): Uint8Array {
  const bytes = new Uint8Array(n).fill(7);
  return transfer(bytes, [bytes.buffer]);
}

export function length(bytes: ArrayLike<unknown>): number {
  return bytes.length;
}

export function increment(words: Int32Array): number {
  return Atomics.add(words, 0, 1) + 1;
}

export function badResult(): unknown {
  return { rows: [1, { onDone: () => {} }] };
}

let started = 0;

/** An initializer. */
export function setUp(n: number): void {
  started += n;
}

export function wasSetUp(): number {
  return started;
}

export function failToSetUp(): void {
  throw new RangeError("no set-up");
}

let calls = 0;

/** How often this thread has been asked. */
export function callsHere(): number {
  return ++calls;
}

/** A pool in a thread. */
export async function nested(n: number): Promise<number[]> {
  await using pool = new ThreadPool({ size: 2 });
  const work = pool.module<typeof import("./work.ts")>(new URL(import.meta.url));
  return await pool.map(work.square, Array.from({ length: n }, (_, i) => i));
}

export function* nestedApply(n: number): Generator<unknown, number, unknown> {
  const pool = new ThreadPool({ size: 1 });
  const work = pool.module<typeof import("./work.ts")>(new URL(import.meta.url));
  try {
    return yield* pool.apply(work.square, n);
  } finally {
    yield* pool.terminate();
  }
}

export async function nestedDies(): Promise<string> {
  const pool = new ThreadPool({ size: 1 });
  const work = pool.module<typeof import("./work.ts")>(new URL(import.meta.url));
  try {
    await work.exit(3);
  } catch (error) {
    await pool.close();
    return String(error);
  }
  return "nothing happened";
}

/** A thread that ends while the thread of its own pool runs something. */
export async function nestedOutlives(words: Int32Array, job: "exitWhenLetGo" | "listens"): Promise<void> {
  const pool = new ThreadPool({ size: 1 });
  const work = pool.module<typeof import("./work.ts")>(new URL(import.meta.url));
  pool.submit(work[job] as typeof work.listens, words).own();
  while (Atomics.load(words, 1) === 0) await later(1);
  process.exit(0);
}

export function exitWhenLetGo(words: Int32Array): void {
  hold(words);
  process.exit(0);
}

/** Greenlets in a thread. */
export function* crowd(n: number): Generator<unknown, number, unknown> {
  let sum = 0;
  const all = Array.from({ length: n }, (_, i) =>
    spawn(function* () {
      yield* sleep(i % 3);
      sum += i;
    }));
  yield* joinAll(all, { raiseError: true });
  return sum;
}

/** Calls back what stays on the other side. */
export async function tell(report: (n: number) => unknown, n: number): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (let i = 0; i < n; i++) answers.push(await report(i));
  return answers;
}

export async function tellInside(options: { list: { report: (n: number) => unknown }[] }): Promise<unknown> {
  return await options.list[0].report(7);
}

/** What can be seen here of what the callback throws. */
export async function catchFrom(report: () => unknown): Promise<unknown> {
  try {
    return await report();
  } catch (error) {
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    return [error instanceof QueueFull, code, cause instanceof TypeError, error];
  }
}

/** An object that stays here. */
export function counter(
  from: number,
): { add(n: number): number; fail(): never; hang(): Promise<never>; exit(): void } {
  let sum = from;
  return proxy({
    add: (n: number) => sum += n,
    fail: (): never => {
      throw Object.assign(new QueueFull("from the other side", { cause: new TypeError("why") }), { code: 5 });
    },
    hang: () => new Promise<never>(() => {}),
    exit: () => process.exit(4),
  });
}

/** Shared primitives among the arguments and results. */
export function* withShared(
  { lock, queue }: { lock: SharedLock; queue: SharedQueue<number> },
  n: number,
): Generator<unknown, SharedEvent, unknown> {
  const event = new SharedEvent();
  for (let i = 0; i < n; i++) {
    yield* lock.acquire();
    yield* queue.put(i);
    lock.release();
  }
  event.set();
  return event;
}

/** Dies with it. */
export function* dieHolding(lock: SharedLock): Generator<unknown, void, unknown> {
  yield* lock.acquire();
  process.exit(5);
}

export const local = threadLocal(() => ({ count: 0 }));

/** What a thread sees of itself. */
export function whoAmI(): { name: string; id: number; isMain: boolean; count: number } {
  return { ...currentThread(), count: ++local.count };
}

/** A thread with an object of its own. */
export class Adder extends Thread {
  static readonly url: string = import.meta.url;
  readonly words: Int32Array;
  readonly n: number;

  constructor(words: Int32Array, n: number) {
    super({ name: `adder of ${n}` });
    this.words = words;
    this.n = n;
  }

  override run(): string {
    for (let i = 0; i < this.n; i++) Atomics.add(this.words, 0, 1);
    return `${currentThread().name} ${this.name} ${this.twice}`;
  }

  get twice(): number {
    return this.n * 2;
  }
}

export function descending(a: number, b: number): number {
  return b - a;
}

export function larger(a: number, b: number): number {
  return Math.max(a, b);
}

export function timesIndex(value: number, index: number): number {
  return value * index;
}

/** Its values come, and then its thread dies. */
export function* countAndExit(n: number): Generator<unknown, void, unknown> {
  for (let i = 0; i < n; i++) yield i;
  yield* sleep(20);
  process.exit(6);
}
