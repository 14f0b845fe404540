/**
 * Queues: a buffer and two lines. The getters' rule takes from the buffer and lets the putters on, the putters' rule
 * adds and lets the getters on. Getters wait only while the buffer is empty and putters only while it is full, so never
 * both, and an item goes to the first getter in the same breath in which it is put (S-59).
 */
import {
  count,
  type Op,
  probe,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  reads,
  WAIT,
  type Wait,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { type Buffer, RingBuffer, Stack } from "./buffers.ts";
import { type WaitOptions, waitTime } from "./options.ts";
import { asyncIterator, END, type Stream } from "./stream.ts";

/** Options of the queues. */
export interface QueueOptions {
  /** How many items it holds; a `put` into a full one waits. 0 or `Infinity` (default): no limit. */
  maxsize?: number;
}

/** Options of {@linkcode Queue.shutdown}. */
export interface ShutdownOptions {
  /** Drop what is left. Default false. */
  immediate?: boolean;
}

/** What a getter wants: the item, or an iterator's step. */
const ITEM = 0, STEP = 1;

/** See the top of the file; `Queue`, `LifoQueue` and `PriorityQueue` differ in their buffer. */
export abstract class BufferedQueue<T> implements Stream<T> {
  readonly maxsize: number;
  readonly #buffer: Buffer<T>;
  #unfinished = 0;
  #down = false;

  readonly #getters: WaitLine<T | IteratorResult<T, undefined>, number> = new WaitLine<
    T | IteratorResult<T, undefined>,
    number
  >({
    subject: this,
    name: () => `${this.constructor.name}.get (empty)`,
    rule: (waiter) => {
      if (this.#buffer.size === 0) {
        if (!this.#down) return WAIT;
        if (waiter.payload === STEP) return END;
        throw this.#shutDownError("get");
      }
      const item = this.#buffer.shift() as T;
      if (this.#putters.size > 0) this.#putters.serve();
      return waiter.payload === STEP ? { done: false, value: item } : item;
    },
    lapse: () => {
      throw new QueueEmpty(`${this.constructor.name}.get: it is empty, and no item came within the timeout`);
    },
  });

  readonly #putters: WaitLine<void, T> = new WaitLine<void, T>({
    subject: this,
    name: () => `${this.constructor.name}.put (full: ${this.maxsize})`,
    rule: (waiter) => {
      if (this.#down) throw this.#shutDownError("put");
      if (this.#buffer.size >= this.maxsize) return WAIT;
      this.#add(waiter.payload);
      return undefined;
    },
    lapse: () => {
      throw new QueueFull(
        `${this.constructor.name}.put: it is full (maxsize ${this.maxsize}), and no room came within the timeout`,
      );
    },
  });

  readonly #peekers: WaitLine<T> = new WaitLine<T>({
    subject: this,
    name: () => `${this.constructor.name}.peek (empty)`,
    rule: () => {
      if (this.#buffer.size > 0) return this.#buffer.peek() as T;
      if (this.#down) throw this.#shutDownError("peek");
      return WAIT;
    },
    lapse: () => {
      throw new QueueEmpty(`${this.constructor.name}.peek: it is empty, and no item came within the timeout`);
    },
  });

  readonly #joiners: WaitLine<boolean> = new WaitLine<boolean>({
    subject: this,
    name: () => `${this.constructor.name}.join (${this.#unfinished} unfinished)`,
    rule: () => this.#unfinished === 0 ? true : WAIT,
    lapse: () => false,
  });

  readonly #get: Wait<T> = this.#getters.wait(ITEM) as unknown as Wait<T>;
  readonly #step: Wait<IteratorResult<T, undefined>> = this.#getters.wait(STEP) as unknown as Wait<
    IteratorResult<T, undefined>
  >;

  constructor(buffer: Buffer<T>, options: QueueOptions | undefined) {
    this.#buffer = buffer;
    const maxsize = options?.maxsize ?? 0;
    this.maxsize = count(maxsize, "maxsize", 0) === 0 ? Infinity : maxsize;
    if (probe !== null) probe.made(() => this.#left());
  }

  /** How many items are in it. */
  get qsize(): number {
    reads(this);
    return this.#buffer.size;
  }

  get empty(): boolean {
    reads(this);
    return this.#buffer.size === 0;
  }

  get full(): boolean {
    reads(this);
    return this.#buffer.size >= this.maxsize;
  }

  /** How many items were put and not yet reported by `taskDone`. */
  get unfinished(): number {
    reads(this);
    return this.#unfinished;
  }

  get isShutDown(): boolean {
    reads(this);
    return this.#down;
  }

  /** Adds an item, waiting for room. @throws `QueueFull` on its own timeout, `QueueShutDown`. */
  put(item: T, options?: WaitOptions): Op<void> {
    return this.#putters.wait(item, options === undefined ? Infinity : waitTime(options, "put"));
  }

  /** Takes the next item, waiting for one. @throws `QueueEmpty` on its own timeout, `QueueShutDown`. */
  get(options?: WaitOptions): Op<T> {
    if (options === undefined) return this.#get;
    return this.#getters.wait(ITEM, waitTime(options, "get")) as Op<T>;
  }

  /** @throws `QueueFull` if there is no room, `QueueShutDown`. */
  putNowait(item: T): void {
    writes(this);
    if (this.#down) throw this.#shutDownError("putNowait");
    if (this.full) {
      throw new QueueFull(
        `${this.constructor.name}.putNowait: it is full (maxsize ${this.maxsize}), use put() to wait`,
      );
    }
    this.#add(item);
  }

  /** @throws `QueueEmpty` if there is none, `QueueShutDown`. */
  getNowait(): T {
    writes(this);
    if (this.#buffer.size === 0) {
      if (this.#down) throw this.#shutDownError("getNowait");
      throw new QueueEmpty(`${this.constructor.name}.getNowait: it is empty, use get() to wait`);
    }
    const item = this.#buffer.shift() as T;
    this.#putters.serve();
    return item;
  }

  /** Looks at the next item without taking it, waiting for one (S-62). */
  peek(options?: WaitOptions): Op<T> {
    return this.#peekers.wait(undefined, waitTime(options, "peek"));
  }

  /** @throws `QueueEmpty` if there is none. */
  peekNowait(): T {
    reads(this);
    if (this.#buffer.size > 0) return this.#buffer.peek() as T;
    if (this.#down) throw this.#shutDownError("peekNowait");
    throw new QueueEmpty(`${this.constructor.name}.peekNowait: it is empty, use peek() to wait`);
  }

  /** Says that the work on one item that was taken is done. @throws `RangeError` beyond the puts (S-64). */
  taskDone(): void {
    writes(this);
    if (this.#unfinished === 0) {
      throw new RangeError(
        "taskDone was called more often than items were put: call it once for each item taken",
      );
    }
    if (--this.#unfinished === 0) this.#joiners.serve();
  }

  /** Waits until every item that was put is reported by `taskDone`; false when the timeout came first. */
  join(options?: WaitOptions): Op<boolean> {
    return this.#joiners.wait(undefined, waitTime(options, "join"));
  }

  /** Takes no more; what is left can still be taken, or with `immediate` is dropped (S-63). Acts at the call. */
  shutdown(options?: ShutdownOptions): void {
    writes(this);
    this.#down = true;
    if (options?.immediate === true) {
      while (this.#buffer.size > 0) {
        this.#buffer.shift();
        if (this.#unfinished > 0) this.#unfinished--; // some may have been reported early
      }
      if (this.#unfinished === 0) this.#joiners.serve();
    }
    this.#putters.serve();
    this.#peekers.serve();
    this.#getters.serve();
  }

  /** The next item as an iterator's step; the end is the shutdown. */
  next(): Op<IteratorResult<T, undefined>> {
    return this.#step;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step, () => {});
  }

  #add(item: T): void {
    const getter = this.#getters.head;
    if (getter !== null && this.#buffer.size === 0 && this.#peekers.size === 0) {
      // The first getter's at once (S-59): it would only pass through the buffer.
      this.#unfinished++;
      getter.wake(getter.payload === STEP ? { done: false, value: item } : item);
      return;
    }
    this.#buffer.push(item); // may throw: an order of the user's
    this.#unfinished++;
    if (this.#peekers.size > 0) this.#peekers.serve();
    if (this.#getters.size > 0) this.#getters.serve();
  }

  /** One that was shut down says that nobody has to come for what is left. */
  #left(): string | undefined {
    const n = this.#buffer.size;
    return n === 0 || this.#down ? undefined : `${n} items in a ${this.constructor.name}`;
  }

  #shutDownError(what: string): QueueShutDown {
    return new QueueShutDown(`${this.constructor.name}.${what}: the queue was shut down`);
  }
}

/**
 * First in, first out.
 *
 * @example
 * ```ts
 * import { Queue, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const queue = new Queue<number>({ maxsize: 1 });
 *   spawn(function* () {
 *     for (const n of [1, 2, 3]) yield* queue.put(n);
 *     queue.shutdown();
 *   });
 *   const seen: number[] = [];
 *   for (let step = yield* queue.next(); !step.done; step = yield* queue.next()) seen.push(step.value);
 *   assertEquals(seen, [1, 2, 3]);
 * });
 * ```
 */
export class Queue<T> extends BufferedQueue<T> {
  constructor(options?: QueueOptions) {
    super(new RingBuffer<T>(), options);
  }
}

/** Last in, first out. */
export class LifoQueue<T> extends BufferedQueue<T> {
  constructor(options?: QueueOptions) {
    super(new Stack<T>(), options);
  }
}
