/** A limit on how many greenlets run at once. */
import { count, currentTask, type Op, PoolFull, show, WAIT, WaitLine, writes } from "../core/mod.ts";
import {
  type Body,
  call,
  isGenerator,
  needBody,
  op,
  type Stream,
  type WaitOptions,
  waitTime,
} from "../sync/mod.ts";
import {
  firstFailureScope,
  type Greenlet,
  type GreenletTask,
  isSpawnOptions,
  spawn,
  type SpawnOptions,
} from "../greenlet/mod.ts";
import { Group } from "./group.ts";
import { Imap } from "./imap.ts";

/** Options of {@linkcode Pool.spawn}. */
export interface PoolSpawnOptions extends SpawnOptions, WaitOptions {}

/** Options of {@linkcode Pool.imap}. */
export interface ImapOptions {
  /** How many results may wait to be consumed; the pool pauses then. Default: no limit. */
  maxsize?: number;
}

/** `Group` without its `spawn`, which a pool makes an operation: it may have to wait for a slot. */
const Members: new () => Omit<Group, "spawn" | "add"> & {
  start(args: readonly unknown[]): GreenletTask<unknown>;
  removed(): void;
} = Group as never;

/**
 * A group in which at most `capacity` greenlets run at once: `spawn` parks while it is full.
 *
 * @example
 * ```ts
 * import { Pool, run, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const pool = new Pool(2);
 *   const squares = yield* pool.map(function* (n: number) {
 *     yield* sleep(1);
 *     return n * n;
 *   }, [1, 2, 3]);
 *   assertEquals(squares, [1, 4, 9]);
 * });
 * ```
 */
export class Pool extends Members {
  readonly capacity: number;
  /** Slots that are promised to somebody who was woken and has not spawned yet. */
  #promised = 0;
  readonly #slots: WaitLine<boolean, boolean> = new WaitLine<boolean, boolean>({
    subject: this,
    name: () => `Pool.spawn (all ${this.capacity} slots taken)`,
    rule: (waiter) => {
      if (this.freeCount < 1) return WAIT;
      if (waiter.payload) this.#promised++;
      return true;
    },
    lapse: (waiter) => {
      if (!waiter.payload) return false;
      throw new PoolFull(
        `Pool.spawn: all ${this.capacity} slots were taken for ${waiter.timeout} ms, nothing was started`,
      );
    },
  });

  /** @param capacity at least 1. Default: no limit, as for a `Group`. */
  constructor(capacity: number = Infinity) {
    super();
    this.capacity = count(capacity, "the size of a pool", 1);
  }

  get full(): boolean {
    return this.freeCount < 1;
  }

  /** How many could be spawned now without waiting. */
  get freeCount(): number {
    return Math.max(0, this.capacity - this.size - this.#promised);
  }

  /** Waits until there is a free slot, without taking it; false when the timeout came first. */
  waitAvailable(options?: WaitOptions): Op<boolean> {
    return this.#slots.wait(false, waitTime(options, "waitAvailable"));
  }

  /**
   * Waits for a slot and starts `body` in it; gives the greenlet.
   *
   * @throws `PoolFull` when `{ timeout }` came first: then nothing was started (S-67).
   */
  spawn<T>(generator: Generator<unknown, T, unknown>): Op<Greenlet<T>>;
  spawn<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<Greenlet<T>>;
  spawn<A extends readonly unknown[], T>(
    options: PoolSpawnOptions,
    body: Body<A, T>,
    ...args: A
  ): Op<Greenlet<T>>;
  spawn(...args: readonly unknown[]): Op<Greenlet<unknown>> {
    const [first] = args;
    const options = isSpawnOptions(first) ? first as PoolSpawnOptions : undefined;
    if (!isGenerator(first)) needBody(options === undefined ? first : args[1], "Pool.spawn");
    const timeout = waitTime(options, "Pool.spawn");
    return op(() => this.#spawn(args, timeout));
  }

  /** Adds a greenlet that runs already, though the pool be full: it takes a slot as soon as it is in. */
  add(greenlet: Greenlet<unknown>): void {
    Group.prototype.add.call(this as unknown as Group, greenlet);
  }

  /** Runs `body` in the pool and waits for its result; from inside a worker of this pool, in that worker (S-68). */
  apply<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T> {
    needBody(body, "Pool.apply");
    return op(() => this.#apply(body, args));
  }

  /** Starts `body` as soon as there is a slot, without waiting; gives a greenlet that stands for it. */
  applyAsync<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Greenlet<T> {
    needBody(body, "Pool.applyAsync");
    if (!this.full && this.#slots.size === 0) return this.start([body, ...args]) as GreenletTask<T>;
    return spawn({ name: body.name || "apply" }, () => this.#apply(body, args)) as Greenlet<T>;
  }

  /** Calls `body` with each item, in the pool, and gives the results in the order of the items; throws the first failure. */
  map<X, T>(body: Body<[X], T>, items: Iterable<X>): Op<T[]> {
    needIterable(items, "Pool.map");
    return this.starmap(body, { [Symbol.iterator]: () => tuples(items) });
  }

  /** The same with a tuple of arguments for each call. */
  starmap<A extends readonly unknown[], T>(body: Body<A, T>, items: Iterable<A>): Op<T[]> {
    needBody(body, "Pool.map");
    needIterable(items, "Pool.map");
    return op(() => this.#map(body, items));
  }

  /** The results as a stream, in the order of the items; an error is thrown at its position, and the rest goes on (S-69). */
  imap<X, T>(
    body: Body<[X], T>,
    items: Iterable<X> | AsyncIterable<X>,
    options?: ImapOptions,
  ): Stream<T> & Disposable {
    return this.#imap(body, items, options, true);
  }

  /** The same in the order in which the calls end. */
  imapUnordered<X, T>(
    body: Body<[X], T>,
    items: Iterable<X> | AsyncIterable<X>,
    options?: ImapOptions,
  ): Stream<T> & Disposable {
    return this.#imap(body, items, options, false);
  }

  /** Part of a group's contract. */
  override removed(): void {
    super.removed();
    this.#slots.serve();
  }

  *#spawn(args: readonly unknown[], timeout: number): Generator<unknown, Greenlet<unknown>, unknown> {
    yield* this.#slots.wait(true, timeout);
    writes(this);
    this.#promised--;
    return this.start(args);
  }

  *#apply<A extends readonly unknown[], T>(body: Body<A, T>, args: A): Generator<unknown, T, unknown> {
    if (this.has(currentTask("Pool.apply") as GreenletTask<unknown>)) return yield* call(body, ...args);
    const greenlet = (yield* this.spawn(body, ...args)) as GreenletTask<T>;
    greenlet.owned = true;
    try {
      return yield* greenlet;
    } finally {
      if (!greenlet.dead) {
        greenlet.owned = false; // nobody waits any more
        greenlet.kill();
      }
    }
  }

  *#map<A extends readonly unknown[], T>(
    body: Body<A, T>,
    items: Iterable<A>,
  ): Generator<unknown, T[], unknown> {
    const scope = firstFailureScope(currentTask("Pool.map").loop.grace, "another call of the map has failed");
    const results = yield* scope.run(op(() => this.#mapInside(body, items)));
    return results as T[];
  }

  *#mapInside<A extends readonly unknown[], T>(
    body: Body<A, T>,
    items: Iterable<A>,
  ): Generator<unknown, T[], unknown> {
    const isMember = this.has(currentTask("Pool.map") as GreenletTask<unknown>);
    const results: (() => Op<T>)[] = [];
    for (const args of items) {
      if (isMember && this.full) {
        // A worker that maps over its own full pool would wait for itself.
        const value = yield* call(body, ...args);
        results.push(() =>
          op(function* () {
            return value;
          })
        );
      } else {
        const greenlet = yield* this.spawn(body, ...args);
        results.push(() => greenlet.get());
      }
    }
    const values: T[] = [];
    for (const result of results) values.push(yield* result());
    return values;
  }

  #imap<X, T>(
    body: Body<[X], T>,
    items: Iterable<X> | AsyncIterable<X>,
    options: ImapOptions | undefined,
    ordered: boolean,
  ): Stream<T> & Disposable {
    needBody(body, "Pool.imap");
    needIterable(items, "Pool.imap");
    const maxsize = options?.maxsize === undefined ? Infinity : count(options.maxsize, "maxsize", 1);
    const spawnOne = (item: X) =>
      this.spawn({ name: body.name || "imap", daemon: true }, body, item) as Op<GreenletTask<T>>;
    return new Imap<X, T>(items, spawnOne, maxsize, ordered);
  }
}

function* tuples<X>(items: Iterable<X>): Generator<[X]> {
  for (const item of items) yield [item];
}

function needIterable(items: unknown, what: string): void {
  const ok = typeof items === "string" || (typeof items === "object" && items !== null &&
    (Symbol.iterator in items || Symbol.asyncIterator in items));
  if (!ok) throw new TypeError(`${what} needs an iterable of items, not ${show(items)}`);
}
