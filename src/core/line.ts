/**
 * A first-in-first-out line of waiters and a rule:
 *
 *     rule(waiter) → the value that the waiter gets now, or WAIT
 *
 * A newcomer asks the rule only when nobody stands before it (no barging, S-50). Whoever changes the state that the
 * rule looks at calls `serve`, which lets the line go on, from its head, until the rule says WAIT. So a semaphore is a
 * number and a rule, a queue a buffer and two. Withdrawing is done here once: a waiter that is killed or times out
 * leaves, and when it was the head the line is asked again (S-51).
 *
 * Models: trio `_core/_parking_lot.py` (whose lot carries no value, which is why its channel writes waiting a second
 * time; here the waiter carries its payload) and libdill's clauses (`chan.c`).
 */
import { TimeoutError } from "./errors.ts";
import { type Linked, List } from "./list.ts";
import { probe, WRITES, writes } from "./probe.ts";
import { current, type Task } from "./task.ts";
import { type NotYet, WAIT, Wait } from "./wait.ts";

/** What a line does; every member has a default but `rule` and `name`. */
export interface LineOptions<T, P> {
  /** For dumps and errors: `Queue.get on jobs`. */
  name: string | (() => string);
  /** Whose state the rule looks at, for exploration. Default: the line itself. */
  subject?: object;
  /** The value for this waiter now, or WAIT. It may throw: the waiter then gets the error. */
  rule(waiter: Waiter<T, P>): T | NotYet;
  /** What a waiter gets whose time is over: a value, or it throws. Default: throws `TimeoutError`. */
  lapse?(waiter: Waiter<T, P>): T;
  /** The task that the line depends on. */
  blocker?(): Task | null;
  /** Whether this newcomer may ask the rule although others stand in the line. Default: no. */
  overtakes?(task: Task): boolean;
}

/** See the top of the file. `T` is what a waiter gets, `P` the payload that it carries. */
export class WaitLine<T = unknown, P = undefined> extends List<Waiter<T, P>> {
  /** Served from outside of all greenlets once: a callback of the host may do so again. */
  foreign = false;
  readonly subject: object;
  private readonly options: LineOptions<T, P>;

  constructor(options: LineOptions<T, P>) {
    super();
    this.options = options;
    this.subject = options.subject ?? this;
    if (probe !== null) probe.born(this.subject);
  }

  rule(waiter: Waiter<T, P>): T | NotYet {
    return this.options.rule(waiter);
  }

  lapse(waiter: Waiter<T, P>): T {
    if (this.options.lapse !== undefined) return this.options.lapse(waiter);
    throw new TimeoutError(`${this.name} did not end within ${waiter.timeout} ms`);
  }

  blocker(): Task | null {
    return this.options.blocker?.() ?? null;
  }

  overtakes(task: Task): boolean {
    return this.options.overtakes?.(task) ?? false;
  }

  get name(): string {
    const name = this.options.name;
    return typeof name === "string" ? name : name();
  }

  /** The operation of waiting in this line, at most `timeout` milliseconds. */
  wait(payload: P, timeout: number = Infinity): Waiter<T, P> {
    return new Waiter(this, payload, timeout);
  }

  /** The same, but no kill withdraws it: for waits that are certain to end. */
  waitFirmly(payload: P): Waiter<T, P> {
    return new FirmWaiter(this, payload, Infinity);
  }

  /** Lets the line go on, from its head, as far as the rule allows. `how`: see `probe.ts`. */
  serve(how: number = WRITES): void {
    if (probe !== null) probe.touched(this.subject, how);
    if (current === null) this.foreign = true;
    this.advance();
  }

  /**
   * The same, where the line itself has changed. A rule may come back here by way of another line: the outer call goes on
   * with the next head anyway.
   */
  advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    this.advanceOnce();
    this.advancing = false;
  }

  private advancing = false;

  private advanceOnce(): void {
    for (let head = this.head; head !== null; head = this.head) {
      let got: T | NotYet;
      try {
        got = this.rule(head);
      } catch (e) {
        head.fail(e);
        continue;
      }
      if (got === WAIT) return;
      head.wake(got);
    }
  }

  /** Wakes the first `n` with `value`, whatever the rule says; gives how many there were. */
  wake(value: T, n: number = Infinity): number {
    writes(this.subject);
    if (current === null) this.foreign = true;
    let woken = 0;
    for (let head = this.head; head !== null && woken < n; head = this.head) {
      head.wake(value);
      woken++;
    }
    return woken;
  }

  /** Ends every wait with `error`. */
  failAll(error: unknown): void {
    writes(this.subject);
    if (current === null) this.foreign = true;
    for (let head = this.head; head !== null; head = this.head) head.fail(error);
  }
}

/** One who stands in a line, with what it brought. */
export class Waiter<T, P> extends Wait<T> implements Linked<Waiter<T, P>> {
  before: Waiter<T, P> | null = null;
  after: Waiter<T, P> | null = null;
  readonly line: WaitLine<T, P>;
  payload: P;
  readonly timeout: number;

  constructor(line: WaitLine<T, P>, payload: P, timeout: number) {
    super();
    this.line = line;
    this.payload = payload;
    this.timeout = timeout;
  }

  attempt(task: Task): T | NotYet {
    const line = this.line;
    writes(line.subject);
    if (line.size === 0 || line.overtakes(task)) {
      this.task = task; // a rule may ask who
      try {
        const got = line.rule(this);
        if (got !== WAIT) return got;
      } finally {
        this.task = null;
      }
    }
    return this.timeout <= 0 ? line.lapse(this) : WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    this.line.push(this);
    if (this.timeout !== Infinity) task.loop.timers.add(this, task.loop.now() + this.timeout);
  }

  leave(): void {
    writes(this.line.subject);
    this.line.remove(this);
    if (this.slot >= 0) (this.task as Task).loop.timers.remove(this);
  }

  /** When the head of the line gives up, the next may have what it could not have. */
  override abandon(): void {
    const wasHead = this.line.head === this;
    super.abandon();
    if (wasHead) this.line.advance();
  }

  override fire(): void {
    const wasHead = this.line.head === this;
    this.leave(); // first: what a line does when somebody's time is over may look at the line
    try {
      this.end(this.line.lapse(this), false);
    } catch (e) {
      this.end(e, true);
    }
    if (wasHead) this.line.advance();
  }

  copy(): Waiter<T, P> {
    return new Waiter(this.line, this.payload, this.timeout);
  }

  describe(): string {
    return this.line.name;
  }

  override blocker(): Task | null {
    return this.line.blocker();
  }
}

class FirmWaiter<T, P> extends Waiter<T, P> {
  override get firm(): boolean {
    return true;
  }

  override copy(): Waiter<T, P> {
    return new FirmWaiter(this.line, this.payload, this.timeout);
  }
}
