/** Several things that become ready, in the order in which they do. */
import {
  type Choice,
  current,
  ENDS,
  type Op,
  probe,
  reads,
  Ring,
  show,
  Task,
  WAIT,
  Wait,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { asyncIterator, END, type Stream } from "../sync/mod.ts";

/** What can be waited for without consuming anything: a greenlet, an event, an `AsyncResult`. */
export type Waitable = { join(): Op<boolean> } | { wait(): Op<boolean> };

/**
 * Stands in the lines of all `objects` at once, and keeps those that are ready until somebody takes them. What it gives
 * for an object is up to `outcome`, which may throw.
 */
export class Collector<O extends Waitable, T> implements Stream<T>, Disposable, Choice {
  readonly #ready: Ring<O> = new Ring();
  readonly #arms: Map<Wait<unknown>, O> = new Map();
  readonly #outcome: (object: O) => T;
  readonly #whenClosed: () => void;
  #left: number;
  #closed = false;

  readonly #line: WaitLine<IteratorResult<T, undefined>> = new WaitLine<IteratorResult<T, undefined>>({
    subject: this,
    name: () => `one of ${this.#arms.size} objects`,
    rule: () => {
      if (this.#left === 0 || this.#closed) return END;
      const object = this.#ready.shift();
      if (object === undefined) return WAIT;
      if (--this.#left === 0) this.close();
      return { done: false, value: this.#outcome(object) };
    },
    lapse: () => {
      this.close();
      return END;
    },
  });

  /** @param limit stop after so many. */
  constructor(
    objects: Iterable<O>,
    outcome: (object: O) => T,
    limit: number = Infinity,
    options: CollectorOptions = {},
  ) {
    this.#outcome = outcome;
    this.#whenClosed = options.whenClosed ?? (() => {});
    const distinct = byEnd(new Set(objects));
    this.#left = Math.min(distinct.length, limit);
    const nobody = null as unknown as Task;
    for (const object of distinct) {
      const arm = armFor(object, options.asks ?? false);
      if (isReady(arm, nobody)) this.#ready.push(object);
      else this.#arms.set(arm, object);
    }
    for (const arm of this.#arms.keys()) {
      arm.choice = this;
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

  /** What is ready can still be taken; nothing more comes. */
  finish(): void {
    writes(this);
    this.#withdraw();
    this.#left = Math.min(this.#left, this.#ready.size);
    this.#whenClosed();
    this.#line.advance();
  }

  /** Leaves all lines. */
  close(): void {
    writes(this);
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

  /** Part of the scheduler's contract: an object has become ready. */
  chosen(arm: Wait<unknown>): void {
    writes(this);
    const object = this.#arms.get(arm) as O;
    this.#arms.delete(arm);
    this.#ready.push(object);
    this.#line.advance();
  }
}

/** What a {@linkcode Collector} may do besides. */
export interface CollectorOptions {
  whenClosed?: () => void;
  /** Ask the greenlets for their outcome, so that a failure is not reported as well. */
  asks?: boolean;
}

/** Greenlets that have ended already come in the order of their ends (S-27); of the others nobody knows since when they are ready. */
function byEnd<O extends Waitable>(objects: Iterable<O>): O[] {
  const all = [...objects];
  const hasEnded = (object: O): boolean => object instanceof Task && object.isDone;
  const endOf = (object: O) => (object as unknown as Task).endSeq;
  if (probe !== null) { for (const object of all) reads(object); }
  const ended = all.filter(hasEnded).sort((a, b) => endOf(a) - endOf(b));
  if (ended.length > 1) reads(ENDS);
  let next = 0;
  return all.map((object) => hasEnded(object) ? ended[next++] : object);
}

function isReady(arm: Wait<unknown>, nobody: Task): boolean {
  try {
    return arm.attempt(nobody) !== WAIT;
  } catch {
    return true; // a failure: whoever takes the object sees it
  }
}

function armFor(object: Waitable, asks: boolean): Wait<unknown> {
  if (typeof object === "object" && object !== null) {
    if (object === current as unknown) {
      throw new Error(`greenlet ${current?.name} cannot wait for its own end: it would wait for ever`);
    }
    const { join, wait, get } = object as { join?: unknown; wait?: unknown; get?: unknown };
    const method = asks && typeof get === "function" ? get : typeof join === "function" ? join : wait;
    const arm: unknown = typeof method === "function" ? method.call(object) : undefined;
    if (arm instanceof Wait) return arm.copy();
  }
  throw new TypeError(
    `only greenlets, events and AsyncResults can be waited for together, not ${show(object)}`,
  );
}
