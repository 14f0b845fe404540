/** Every subscriber gets every item. */
import {
  count,
  type Op,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  reads,
  Ring,
  show,
  WAIT,
  type Wait,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { type WaitOptions, waitTime } from "./options.ts";
import { asyncIterator, END, type Stream } from "./stream.ts";

/** What happens to an item for whom a subscriber has no room. */
export type Overflow = "wait" | "dropOldest" | "dropNewest";

/** Options of {@linkcode Broadcast.subscribe}. */
export interface SubscribeOptions {
  /** How many items may wait for this subscriber. Default: no limit. */
  maxsize?: number;
  /** Default `"wait"`: the `put` waits for the slowest. */
  overflow?: Overflow;
}

const OVERFLOWS: readonly string[] = ["wait", "dropOldest", "dropNewest"] satisfies Overflow[];

/**
 * One writes, all subscribers read, each at its own pace. A `put` reaches all of them or, killed before, none.
 *
 * @example
 * ```ts
 * import { Broadcast, run } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const news = new Broadcast<string>();
 *   const [a, b] = [news.subscribe(), news.subscribe({ maxsize: 1, overflow: "dropOldest" })];
 *   yield* news.put("one");
 *   yield* news.put("two");
 *   assertEquals([yield* a.get(), yield* a.get(), yield* b.get()], ["one", "two", "two"]);
 * });
 * ```
 */
export class Broadcast<T> {
  readonly #subscribers: Set<Subscription<T>> = new Set();
  #down = false;

  readonly #putters: WaitLine<void, T> = new WaitLine<void, T>({
    subject: this,
    name: () => `Broadcast.put (${this.#subscribers.size} subscribers)`,
    rule: (waiter) => {
      if (this.#down) throw new QueueShutDown("Broadcast.put: it was shut down");
      if (!this.#hasRoom()) return WAIT;
      this.#deliver(waiter.payload);
      return undefined;
    },
    lapse: () => {
      throw new QueueFull("Broadcast.put: a subscriber had no room within the timeout; nobody got the item");
    },
  });

  /** How many subscribers there are. */
  get size(): number {
    reads(this);
    return this.#subscribers.size;
  }

  /** From now on every item comes to the subscription, too. */
  subscribe(options?: SubscribeOptions): Subscription<T> {
    writes(this);
    const overflow = options?.overflow ?? "wait";
    if (!OVERFLOWS.includes(overflow)) {
      throw new TypeError(`overflow must be one of ${OVERFLOWS.map(show).join(", ")}, not ${show(overflow)}`);
    }
    const maxsize = count(options?.maxsize ?? Infinity, "maxsize", 1);
    const subscription: Subscription<T> = new Subscription<T>(maxsize, overflow, () => {
      if (subscription.closed) this.#subscribers.delete(subscription);
      this.#putters.serve();
    });
    if (this.#down) subscription.end();
    else this.#subscribers.add(subscription);
    return subscription;
  }

  /** Gives `item` to all subscribers, waiting until each has room. @throws `QueueFull` on its own timeout, `QueueShutDown`. */
  put(item: T, options?: WaitOptions): Op<void> {
    return this.#putters.wait(item, waitTime(options, "put"));
  }

  /** @throws `QueueFull` if a subscriber that wants to be waited for has no room; then nobody gets the item. */
  putNowait(item: T): void {
    writes(this);
    if (this.#down) throw new QueueShutDown("Broadcast.putNowait: it was shut down");
    if (!this.#hasRoom()) {
      throw new QueueFull("Broadcast.putNowait: a subscriber has no room, use put() to wait");
    }
    this.#deliver(item);
  }

  /** Puts fail from now on; subscribers read what is left, then their iteration ends. */
  shutdown(): void {
    writes(this);
    this.#down = true;
    this.#putters.serve();
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }

  #hasRoom(): boolean {
    for (const s of this.#subscribers) {
      if (s.overflow === "wait" && s.qsize >= s.maxsize) return false;
    }
    return true;
  }

  #deliver(item: T): void {
    for (const subscriber of this.#subscribers) subscriber.offer(item);
  }
}

const ITEM = 0, STEP = 1;

/** One subscriber's view of a {@linkcode Broadcast}. `close` it, or let `using` do so. */
export class Subscription<T> implements Stream<T>, Disposable {
  readonly maxsize: number;
  readonly overflow: Overflow;
  readonly #items: Ring<T> = new Ring();
  readonly #changed: () => void;
  #state: "open" | "ended" | "closed" = "open";

  readonly #getters: WaitLine<T | IteratorResult<T, undefined>, number> = new WaitLine<
    T | IteratorResult<T, undefined>,
    number
  >({
    subject: this,
    name: "Subscription.get",
    rule: (waiter) => {
      if (this.#items.size === 0) {
        if (this.#state === "open") return WAIT;
        if (waiter.payload === STEP) return END;
        throw new QueueShutDown(`Subscription.get: the subscription has ${this.#state}`);
      }
      const item = this.#items.shift() as T;
      this.#changed();
      return waiter.payload === STEP ? { done: false, value: item } : item;
    },
    lapse: () => {
      throw new QueueEmpty("Subscription.get: no item came within the timeout");
    },
  });

  constructor(maxsize: number, overflow: Overflow, changed: () => void) {
    this.maxsize = maxsize;
    this.overflow = overflow;
    this.#changed = changed;
  }

  get qsize(): number {
    reads(this);
    return this.#items.size;
  }

  get closed(): boolean {
    reads(this);
    return this.#state === "closed";
  }

  get(options?: WaitOptions): Op<T> {
    return this.#getters.wait(ITEM, waitTime(options, "get")) as Op<T>;
  }

  getNowait(): T {
    writes(this);
    if (this.#items.size === 0 && this.#state !== "open") {
      throw new QueueShutDown(`Subscription.getNowait: the subscription has ${this.#state}`);
    }
    if (this.#items.size === 0) {
      throw new QueueEmpty("Subscription.getNowait: it is empty, use get() to wait");
    }
    const item = this.#items.shift() as T;
    this.#changed();
    return item;
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.#step();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step(), () => this.close());
  }

  /** No more items come; what has come is dropped, and a `put` that waited for this subscriber goes on. */
  close(): void {
    writes(this);
    if (this.#state === "closed") return;
    this.#state = "closed";
    while (this.#items.size > 0) this.#items.shift();
    this.#getters.serve();
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** For the broadcast: takes an item by its own overflow rule. */
  offer(item: T): void {
    writes(this);
    if (this.#items.size >= this.maxsize) {
      if (this.overflow === "dropNewest") return;
      this.#items.shift();
    }
    this.#items.push(item);
    this.#getters.serve();
  }

  /** For the broadcast: no more will come. */
  end(): void {
    writes(this);
    if (this.#state === "open") this.#state = "ended";
    this.#getters.serve();
  }

  #step(): Wait<IteratorResult<T, undefined>> {
    return this.#getters.wait(STEP) as unknown as Wait<IteratorResult<T, undefined>>;
  }
}
