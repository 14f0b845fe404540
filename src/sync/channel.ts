/** A rendezvous: `put` returns once somebody has taken the item (S-60). */
import {
  type Op,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  reads,
  WAIT,
  type Wait,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { type WaitOptions, waitTime } from "./options.ts";
import { asyncIterator, END, type Stream } from "./stream.ts";

const ITEM = 0, STEP = 1;

/**
 * A queue that holds nothing: every item goes from hand to hand.
 *
 * @example
 * ```ts
 * import { Channel, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const channel = new Channel<string>();
 *   spawn(() => channel.put("hello"));
 *   assertEquals(yield* channel.get(), "hello");
 * });
 * ```
 */
export class Channel<T> implements Stream<T> {
  #down = false;

  readonly #getters: WaitLine<T | IteratorResult<T, undefined>, number> = new WaitLine<
    T | IteratorResult<T, undefined>,
    number
  >({
    subject: this,
    name: "Channel.get",
    rule: (waiter) => {
      const putter = this.#putters.head;
      if (putter === null) {
        if (!this.#down) return WAIT;
        if (waiter.payload === STEP) return END;
        throw shutDownError("get");
      }
      putter.wake(undefined);
      return waiter.payload === STEP ? { done: false, value: putter.payload } : putter.payload;
    },
    // In a rendezvous both lines are taken only by a select that offers both.
    overtakes: () => this.#putters.size > 0,
    lapse: () => {
      throw new QueueEmpty("Channel.get: nobody put an item within the timeout");
    },
  });

  readonly #putters: WaitLine<void, T> = new WaitLine<void, T>({
    subject: this,
    name: "Channel.put",
    rule: (waiter) => {
      if (this.#down) throw shutDownError("put");
      return this.#handOver(waiter.payload) ? undefined : WAIT;
    },
    overtakes: () => this.#getters.size > 0,
    lapse: () => {
      throw new QueueFull("Channel.put: nobody took the item within the timeout; it was not handed over");
    },
  });

  /** How many wait to hand an item over. */
  get qsize(): number {
    reads(this);
    return this.#putters.size;
  }

  get isShutDown(): boolean {
    reads(this);
    return this.#down;
  }

  /** Hands an item over, waiting for a taker. @throws `QueueFull` on its own timeout, `QueueShutDown`. */
  put(item: T, options?: WaitOptions): Op<void> {
    return this.#putters.wait(item, waitTime(options, "put"));
  }

  /** Takes an item, waiting for one. @throws `QueueEmpty` on its own timeout, `QueueShutDown`. */
  get(options?: WaitOptions): Op<T> {
    return this.#getters.wait(ITEM, waitTime(options, "get")) as Op<T>;
  }

  /** @throws `QueueFull` if nobody waits for an item, `QueueShutDown`. */
  putNowait(item: T): void {
    writes(this);
    if (this.#down) throw shutDownError("putNowait");
    if (!this.#handOver(item)) {
      throw new QueueFull("Channel.putNowait: nobody waits for an item, use put() to wait");
    }
  }

  /** @throws `QueueEmpty` if nobody waits to hand one over, `QueueShutDown`. */
  getNowait(): T {
    writes(this);
    const putter = this.#putters.head;
    if (putter === null) {
      if (this.#down) throw shutDownError("getNowait");
      throw new QueueEmpty("Channel.getNowait: nobody waits to hand an item over, use get() to wait");
    }
    this.#putters.wake(undefined, 1);
    return putter.payload;
  }

  /** Puts and gets fail from now on; an iteration ends. Acts at the call. */
  shutdown(): void {
    writes(this);
    this.#down = true;
    this.#putters.serve();
    this.#getters.serve();
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.#step();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step(), () => {});
  }

  #step(): Wait<IteratorResult<T, undefined>> {
    return this.#getters.wait(STEP) as unknown as Wait<IteratorResult<T, undefined>>;
  }

  #handOver(item: T): boolean {
    const getter = this.#getters.head;
    if (getter === null) return false;
    this.#getters.wake(getter.payload === STEP ? { done: false, value: item } : item, 1);
    return true;
  }
}

function shutDownError(what: string): QueueShutDown {
  return new QueueShutDown(`Channel.${what}: the channel was shut down`);
}
