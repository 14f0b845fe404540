/** Waiting for one greenlet. */
import {
  current,
  currentTask,
  DONE,
  HAD_TURN,
  type Linked,
  type List,
  type NotYet,
  type OpIterator,
  PARKED,
  reads,
  type Task,
  TimeoutError,
  WAIT,
  Wait,
} from "../core/mod.ts";

/** A greenlet, as far as those know it who wait for it. */
export interface Joinable<T> extends Task {
  /** Those who wait for its end. */
  readonly joiners: List<Join<T>>;
  /** Its result; throws its error. Whoever calls this has asked. */
  outcome(): T;
}

/** Waiting for the end of a greenlet, or for its outcome. All who wait are woken at once, so there is no rule. */
export class Join<T> extends Wait<T | boolean> implements Linked<Join<T>> {
  before: Join<T> | null = null;
  after: Join<T> | null = null;
  readonly target: Joinable<T>;
  readonly wantsOutcome: boolean;
  readonly timeout: number;

  constructor(target: Joinable<T>, wantsOutcome: boolean, timeout: number) {
    super();
    this.target = target;
    this.wantsOutcome = wantsOutcome;
    this.timeout = timeout;
  }

  attempt(task: Task): T | boolean | NotYet {
    const { target } = this;
    reads(target);
    if (target.status === DONE) return this.wantsOutcome ? target.outcome() : true;
    if (task === target) {
      throw new Error(`greenlet ${target.name} cannot wait for its own end: it would wait for ever`);
    }
    return this.timeout <= 0 ? this.lapse() : WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    this.target.joiners.push(this);
    if (this.timeout !== Infinity) task.loop.timers.add(this, task.loop.now() + this.timeout);
  }

  leave(): void {
    reads(this.target);
    this.target.joiners.remove(this);
    if (this.slot >= 0) (this.task as Task).loop.timers.remove(this);
  }

  override fire(): void {
    try {
      this.wake(this.lapse());
    } catch (e) {
      this.fail(e);
    }
  }

  copy(): Join<T> {
    return new Join(this.target, this.wantsOutcome, this.timeout);
  }

  describe(): string {
    return `the end of ${this.target.name}`;
  }

  override blocker(): Task | null {
    return this.target;
  }

  private lapse(): boolean {
    if (!this.wantsOutcome) return false;
    throw new TimeoutError(`greenlet ${this.target.name} did not end within ${this.timeout} ms`);
  }
}

/** The outcome of a greenlet that has ended: nothing to wait for. */
export class Ended<T> implements OpIterator<T> {
  private readonly target: Joinable<T>;

  constructor(target: Joinable<T>) {
    this.target = target;
  }

  next(value?: unknown): IteratorResult<unknown, T> {
    const task = current ?? currentTask("a greenlet's result");
    if (value !== HAD_TURN && task.turnIsDue()) return PARKED; // always ready, but the others get their turn (S-45)
    reads(this.target);
    return { done: true, value: this.target.outcome() };
  }

  throw(error: unknown): never {
    throw error;
  }
}
