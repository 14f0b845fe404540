/** Several things that become ready, in the order in which they do. */
import { type Op, Ring, show, type Task, WAIT, Wait, WaitLine } from "../core/mod.ts";
import { asyncIterator, END, type Stream } from "../sync/mod.ts";

/** What can be waited for without consuming anything: a greenlet, an event, an `AsyncResult`. */
export type Waitable = { join(): Op<boolean> } | { wait(): Op<boolean> };

/**
 * Stands in the lines of all `objects` at once, and keeps those that are ready until somebody takes them. What it gives
 * for an object is up to `outcome`, which may throw.
 */
export class Collector<O extends Waitable, T> implements Stream<T>, Disposable {
  readonly #ready: Ring<O> = new Ring();
  readonly #arms: Map<Wait<boolean>, O> = new Map();
  readonly #outcome: (object: O) => T;
  readonly #whenClosed: () => void;
  #left: number;
  #closed = false;

  readonly #line: WaitLine<IteratorResult<T, undefined>> = new WaitLine<IteratorResult<T, undefined>>({
    name: () => `one of ${this.#arms.size} objects`,
    rule: () => {
      if (this.#left === 0 || this.#closed) return END;
      const object = this.#ready.shift();
      if (object === undefined) return WAIT;
      if (--this.#left === 0) this.#withdraw();
      return { done: false, value: this.#outcome(object) };
    },
    lapse: () => END,
  });

  /** @param limit stop after so many. */
  constructor(
    objects: Iterable<O>,
    outcome: (object: O) => T,
    limit: number = Infinity,
    whenClosed: () => void = () => {},
  ) {
    this.#outcome = outcome;
    this.#whenClosed = whenClosed;
    const distinct = new Set(objects);
    this.#left = Math.min(distinct.size, limit);
    const nobody = null as unknown as Task;
    for (const object of distinct) {
      const arm = armFor(object);
      if (arm.attempt(nobody) !== WAIT) this.#ready.push(object);
      else this.#arms.set(arm, object);
    }
    for (const arm of this.#arms.keys()) {
      arm.choice = { chosen: () => this.#becameReady(arm) };
      arm.enter(nobody);
    }
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.take(Infinity);
  }

  /** The next one within `timeout`; the end otherwise. */
  take(timeout: number): Wait<IteratorResult<T, undefined>> {
    return this.#line.wait(undefined, timeout);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.take(Infinity), () => this.close());
  }

  /** Leaves all lines. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#withdraw();
    this.#whenClosed();
    this.#line.serve();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #withdraw(): void {
    const arms = [...this.#arms.keys()];
    this.#arms.clear();
    for (const arm of arms) arm.abandon();
  }

  #becameReady(arm: Wait<boolean>): void {
    const object = this.#arms.get(arm) as O;
    this.#arms.delete(arm);
    this.#ready.push(object);
    this.#line.advance();
  }
}

function armFor(object: Waitable): Wait<boolean> {
  if (typeof object === "object" && object !== null) {
    const { join, wait } = object as { join?: unknown; wait?: unknown };
    const method = typeof join === "function" ? join : wait;
    const arm: unknown = typeof method === "function" ? method.call(object) : undefined;
    if (arm instanceof Wait) return arm;
  }
  throw new TypeError(`only greenlets, events and AsyncResults can be waited for together, not ${show(object)}`);
}
