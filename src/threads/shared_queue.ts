/**
 * A queue between threads.
 *
 * Length: most operations come three times, as they park, as they block, and as they do neither.
 */
import { count, type Op, QueueEmpty, QueueFull, QueueShutDown, reads, writes } from "../core/mod.ts";
import {
  asyncIterator,
  END,
  type ShutdownOptions,
  type Stream,
  type WaitOptions,
  waitTime,
} from "../sync/mod.ts";
import { decode, encode } from "./shared_codec.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { NOT_YET } from "./shared_monitor.ts";
import { type SharedOptions, waitersOf } from "./shared_options.ts";
import {
  GETTERS,
  getWish,
  JOINERS,
  PEEKERS,
  peekWish,
  PUTTERS,
  RingMonitor,
  type RingSize,
  type RingWish,
  roomFor,
  SHUT_DOWN,
} from "./shared_ring.ts";
import { asker, GreenletLine, mayBlock, type Plan, SharedWait } from "./shared_wait.ts";

/** Options of {@linkcode SharedQueue}. */
export interface SharedQueueOptions extends SharedOptions {
  /** How many items it holds; a `put` into a full one waits. 0 or `Infinity` (default): no limit but `bytes`. */
  maxsize?: number;
  /** Bytes of all items that are in it, each with 5 to 9 bytes for itself. Default 1,048,576. */
  bytes?: number;
}

const DEFAULT_BYTES = 1 << 20, MOST = 0x7fff_fff0;

/** What a pipe makes use of besides the methods. */
export let ringOf: (queue: SharedQueue) => RingMonitor;

/**
 * First in, first out, between threads and greenlets, with several producers and consumers. Items are copied: bytes
 * (`Uint8Array`), numbers, strings, and whatever `structuredClone` copies; a function, a symbol, a promise, shared memory
 * or another shared primitive inside is an error that names it by its path.
 *
 * A thread that dies in a `put` or `get` has done it or has not: no item is lost or there twice. But nobody reports the
 * tasks that it had taken (see {@linkcode SharedQueue.taskDone}).
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { SharedQueue } from "tendril/threads";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const queue = new SharedQueue<{ n: number }>({ maxsize: 1 });
 * await run(function* () {
 *   spawn(() => queue.put({ n: 1 })); // or another thread does
 *   assertEquals(yield* queue.get(), { n: 1 });
 * });
 * queue.putSync({ n: 2 });
 * assertEquals(queue.getSync(), { n: 2 });
 * const bad = { n: 3, rows: [{ onDone: () => {} }] };
 * assertThrows(() => queue.putSync(bad), TypeError, "the item.rows[0].onDone is a function");
 * ```
 */
export class SharedQueue<T = unknown> implements Stream<T>, Shared {
  readonly #place: Place;
  readonly #monitor: RingMonitor;
  readonly #line: readonly GreenletLine<RingWish>[];

  static {
    ringOf = (queue) => queue.#monitor;
  }

  constructor(options?: SharedQueueOptions) {
    let size: RingSize | undefined;
    this.#place = settleIn(this, "SharedQueue", () => {
      size = sizeOf(options);
      return { bytes: RingMonitor.bytes(size) };
    });
    const { memory, seat } = this.#place;
    const monitor = this.#monitor = RingMonitor.at(memory, seat, size);
    this.#line = [GETTERS, PUTTERS, PEEKERS, JOINERS].map(() => new GreenletLine(monitor, seat));
  }

  /** The queue that another thread posted by its `handle`. */
  static from<T = unknown>(handle: SharedHandle): SharedQueue<T> {
    return revive(handle, "SharedQueue", () => new SharedQueue<T>());
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get maxsize(): number {
    return this.#monitor.maxsize === MOST ? Infinity : this.#monitor.maxsize;
  }

  /** How many items are in it: it may be otherwise the next moment. */
  get qsize(): number {
    reads(this.#monitor);
    return this.#monitor.count;
  }

  get empty(): boolean {
    return this.qsize === 0;
  }

  get full(): boolean {
    reads(this.#monitor);
    return this.#monitor.isFull;
  }

  /** How many items were put and not yet reported by `taskDone`. */
  get unfinished(): number {
    reads(this.#monitor);
    return this.#monitor.unfinished;
  }

  get isShutDown(): boolean {
    reads(this.#monitor);
    return this.#monitor.isDown;
  }

  /**
   * Adds an item, waiting for room; it is copied at the call.
   *
   * @throws `QueueFull` on its own timeout, `QueueShutDown`, `TypeError` for what cannot be copied, `RangeError` for what
   * is larger than the whole queue.
   */
  put(item: T, options?: WaitOptions): Op<void> {
    const wish = this.#putWish(item, "put");
    return this.#wait<void>(
      PUTTERS,
      "put",
      () => ({ ...wish }),
      (result) => this.#added(result, "put"),
      options,
    );
  }

  /** Takes the next item, waiting for one. @throws `QueueEmpty` on its own timeout, `QueueShutDown`. */
  get(options?: WaitOptions): Op<T> {
    return this.#wait<T>(
      GETTERS,
      "get",
      () => getWish(0),
      (result, wish) => this.#item(result, wish, "get"),
      options,
    );
  }

  /** `put`, blocking this thread. @throws as `put`, and `Error` where greenlets run. */
  putSync(item: T, options?: WaitOptions): void {
    const what = "SharedQueue.putSync";
    const wish = this.#putWish(item, "putSync");
    wish.task = asker();
    this.#added(this.#monitor.waitSync(PUTTERS, wish, waitTime(options, what), mayBlock(what)), "putSync");
  }

  /** `get`, blocking this thread. @throws as `get`, and `Error` where greenlets run. */
  getSync(options?: WaitOptions): T {
    const what = "SharedQueue.getSync";
    const wish = getWish(asker());
    const result = this.#monitor.waitSync(GETTERS, wish, waitTime(options, what), mayBlock(what));
    return this.#item(result, wish, "getSync");
  }

  /** @throws `QueueFull` if there is no room, and as `put`. */
  putNowait(item: T): void {
    writes(this.#monitor);
    this.#added(this.#monitor.tryNow(PUTTERS, this.#putWish(item, "putNowait")), "putNowait");
  }

  /** @throws `QueueEmpty` if there is none, and as `get`. */
  getNowait(): T {
    writes(this.#monitor);
    const wish = getWish(0);
    return this.#item(this.#monitor.tryNow(GETTERS, wish), wish, "getNowait");
  }

  /** Looks at the next item without taking it, waiting for one: a copy. @throws as `get`. */
  peek(options?: WaitOptions): Op<T> {
    return this.#wait<T>(
      PEEKERS,
      "peek",
      () => peekWish(0),
      (result, wish) => this.#item(result, wish, "peek"),
      options,
    );
  }

  /** `peek`, blocking this thread. @throws as `get`, and `Error` where greenlets run. */
  peekSync(options?: WaitOptions): T {
    const what = "SharedQueue.peekSync";
    const wish = peekWish(asker());
    const result = this.#monitor.waitSync(PEEKERS, wish, waitTime(options, what), mayBlock(what));
    return this.#item(result, wish, "peekSync");
  }

  /** @throws `QueueEmpty` if there is none, and as `get`. */
  peekNowait(): T {
    reads(this.#monitor);
    const wish = peekWish(0);
    return this.#item(this.#monitor.tryNow(PEEKERS, wish), wish, "peekNowait");
  }

  /**
   * Says that the work on one item that was taken is done, by whatever thread. Call it in a `finally`: what a thread had
   * taken that died, or was killed hard, nobody reports, and `join` waits on.
   *
   * @throws `RangeError` beyond the puts (S-64).
   */
  taskDone(): void {
    writes(this.#monitor);
    if (this.#monitor.taskDone()) return;
    throw new RangeError(
      "SharedQueue.taskDone was called more often than items were put: call it once for each item taken",
    );
  }

  /**
   * Waits until every item that was put is reported by `taskDone`; false when the timeout came first.
   *
   * @example
   * ```ts
   * import { run, spawn } from "tendril";
   * import { SharedQueue } from "tendril/threads";
   * import { assertEquals } from "@std/assert";
   *
   * const queue = new SharedQueue<number>();
   * queue.putSync(1);
   * await run(function* () {
   *   spawn(function* () { // or another thread does
   *     assertEquals(yield* queue.get(), 1);
   *     queue.taskDone();
   *   });
   *   assertEquals(yield* queue.join(), true);
   * });
   * ```
   */
  join(options?: WaitOptions): Op<boolean> {
    const monitor = this.#monitor;
    const plan: Plan<boolean, RingWish> = {
      line: JOINERS,
      get name() {
        const ended = monitor.isBereft ? ", a thread has ended meanwhile" : "";
        return `SharedQueue.join (${monitor.unfinished} unfinished, ${monitor.count} in the queue${ended})`;
      },
      wish: () => getWish(0),
      finish: () => true,
      lapse: () => false,
    };
    return new SharedWait(this.#line[JOINERS], plan, waitTime(options, "SharedQueue.join"));
  }

  /** `join`, blocking this thread. @throws `Error` where greenlets run. */
  joinSync(options?: WaitOptions): boolean {
    const what = "SharedQueue.joinSync", wish = getWish(asker());
    return this.#monitor.waitSync(JOINERS, wish, waitTime(options, what), mayBlock(what)) !== NOT_YET;
  }

  /** Takes no more; what is left can still be taken, or with `immediate` is dropped (S-63). Acts at the call. */
  shutdown(options?: ShutdownOptions): void {
    writes(this.#monitor);
    this.#monitor.shutDown(options?.immediate === true);
  }

  /** The next item as an iterator's step; the end is the shutdown. */
  next(): Op<IteratorResult<T, undefined>> {
    return this.#step();
  }

  #step(): SharedWait<IteratorResult<T, undefined>, RingWish> {
    return this.#wait(GETTERS, "next", () => getWish(0), (result, wish) => {
      return result === SHUT_DOWN ? END : { done: false, value: decode(wish.bytes) as T };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step(), () => {});
  }

  #wait<R>(
    line: number,
    what: string,
    wish: () => RingWish,
    finish: (result: number, wish: RingWish) => R,
    options?: WaitOptions,
  ): SharedWait<R, RingWish> {
    const name = `SharedQueue.${what}`;
    const plan: Plan<R, RingWish> = { line, name, wish, finish, lapse: () => finish(NOT_YET, getWish(0)) };
    return new SharedWait(this.#line[line], plan, waitTime(options, name));
  }

  #putWish(item: T, what: string): RingWish {
    const bytes = encode(item);
    const payload = roomFor(bytes.length);
    const { capacity } = this.#monitor;
    if (payload <= capacity) return { payload, task: 0, bytes };
    throw new RangeError(
      `SharedQueue.${what}: the item takes ${payload} bytes, the queue has room for ${capacity} in all:` +
        ` make it with more \`bytes\`, or pass large data as a SharedArray`,
    );
  }

  #added(result: number, what: string): void {
    if (result === SHUT_DOWN) throw shutDownError(what);
    if (result !== NOT_YET) return;
    const now = what === "putNowait" ? "use put() or putSync() to wait" : "no room came within the timeout";
    throw new QueueFull(`SharedQueue.${what}: it is full (${this.qsize} items), ${now}`);
  }

  #item(result: number, wish: RingWish, what: string): T {
    if (result === SHUT_DOWN) throw shutDownError(what);
    if (result !== NOT_YET) return decode(wish.bytes) as T;
    const way = what.startsWith("peek") ? "peek" : "get";
    const now = what.endsWith("Nowait")
      ? `use ${way}() or ${way}Sync() to wait`
      : "no item came within the timeout";
    throw new QueueEmpty(`SharedQueue.${what}: it is empty, ${now}`);
  }
}

function sizeOf(options: SharedQueueOptions | undefined): RingSize {
  const { maxsize = 0, bytes = DEFAULT_BYTES } = options ?? {};
  const most = count(maxsize, "maxsize", 0) === 0 ? Infinity : maxsize;
  const capacity = Math.ceil(count(bytes, "the bytes of a SharedQueue", 16) / 4) * 4;
  if (capacity > 1 << 30) {
    throw new RangeError(`the bytes of a SharedQueue are at most 1,073,741,824, not ${bytes}`);
  }
  return { maxsize: Math.min(most, MOST), capacity, waiters: waitersOf(options) };
}

function shutDownError(what: string): QueueShutDown {
  return new QueueShutDown(`SharedQueue.${what}: the queue was shut down`);
}
