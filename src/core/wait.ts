/**
 * The one way to wait. A {@linkcode Wait} is an operation (what `yield*` takes), its own iterator, the thing that a
 * parked task waits in, and a timer, in one object: one allocation a wait. What it waits for is the subclass's:
 * `line.ts`, `sleep.ts`, the end of a greenlet, a promise, several at once.
 */
import { current, currentTask, HAD_TURN, PARKED, type Task, type Waiting } from "./task.ts";
import { Timer } from "./timers.ts";

/** What a rule gives for "not yet". */
export const WAIT: unique symbol = Symbol("tendril.wait");
export type NotYet = typeof WAIT;

/** The iterator of an {@linkcode Op}. */
export interface OpIterator<T> {
  next(value?: unknown): IteratorResult<unknown, T>;
  throw(error: unknown): IteratorResult<unknown, T>;
}

/** An operation: anything that `yield*` accepts and that gives a `T`. It acts when it is delegated to. */
export interface Op<T> {
  /** Never there: it tells the compiler what the operation gives, and an operation from an array. */
  readonly "~result"?: () => T;
  [Symbol.iterator](): OpIterator<T>;
}

/** Several waits of which the first one that comes to its end counts. */
export interface Choice {
  chosen(arm: Wait<unknown>, value: unknown, failed: boolean): void;
}

/**
 * See the top of the file. Delegated to again while it is under way, it makes a copy of itself: so a primitive may hand
 * out the same one again and again, and a wait that ends at once allocates nothing. Whoever keeps one, copies it.
 */
export abstract class Wait<T> extends Timer implements Op<T>, Waiting {
  declare readonly "~result"?: () => T;
  /** Who waits; null before and after. */
  task: Task | null = null;
  /** Set when it is one arm of a `select`. */
  choice: Choice | null = null;

  /** Does it at once and gives the value, or WAIT. May throw. */
  abstract attempt(task: Task): T | NotYet;
  /** Begins to wait. */
  abstract enter(task: Task): void;
  /** Stops waiting, without waking anybody. */
  abstract leave(): void;
  abstract copy(): Wait<T>;
  abstract describe(): string;

  /** Marks what `yield*` takes, so that a body's result is told from an array. */
  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.task === null ? this : this.copy();
  }

  next(value?: unknown): IteratorResult<unknown, T> {
    if (this.task !== null) {
      this.task = null;
      if (value !== HAD_TURN) return { done: true, value: value as T };
    }
    const task = current ?? currentTask(this.describe());
    // Operations that are always ready must not keep the host or a kill away (S-45): when the slice is over, this one
    // waits for its turn before anything has happened.
    if (value !== HAD_TURN && task.turnIsDue()) {
      this.task = task;
      return PARKED;
    }
    const got = this.attempt(task);
    if (got !== WAIT) return { done: true, value: got };
    this.task = task;
    this.enter(task);
    task.park(this);
    return PARKED;
  }

  throw(error: unknown): never {
    this.task = null;
    throw error;
  }

  /** Ends the wait with a value. */
  wake(value: unknown): void {
    this.leave();
    this.end(value, false);
  }

  /** Ends the wait with an error. */
  fail(error: unknown): void {
    this.leave();
    this.end(error, true);
  }

  /** Hands the outcome on; it has left already. */
  protected end(outcome: unknown, failed: boolean): void {
    if (this.choice !== null) this.choice.chosen(this as Wait<unknown>, outcome, failed);
    else if (failed) (this.task as Task).fail(outcome);
    else (this.task as Task).wake(outcome);
  }

  /** By default the end of time is a wake. */
  fire(): void {
    this.wake(undefined);
  }

  /** It stays taken until the interrupt has been thrown through it: see `throw`. */
  abandon(): void {
    this.leave();
  }

  /** An attempt that gave WAIT is not followed up. */
  forget(): void {}

  get firm(): boolean {
    return false;
  }

  blocker(): Task | null {
    return null;
  }
}
