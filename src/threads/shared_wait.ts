/** A greenlet that waits for a shared primitive: a wait like any other, whose end comes from another thread. */
import {
  activeLoops,
  current,
  type Linked,
  List,
  type NotYet,
  reads,
  type Task,
  WAIT,
  Wait,
  writes,
} from "../core/mod.ts";
import { type Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";
import type { LocalLine, LocalSeat } from "./shared_seat.ts";

/** What a wait is for and what becomes of it. */
export interface Plan<T, W extends Wish> {
  readonly line: number;
  /** For dumps: `SharedLock.acquire`. */
  readonly name: string;
  /** Made anew for each wait. */
  wish(): W;
  /** Called when it stands in the line. */
  entered?(): void;
  /** What the operation gives for a result; it may throw. */
  finish(result: number, wish: W, task: Task | null): T;
  /** What it gives when its time is over; it may throw. */
  lapse(): T;
  /** No kill withdraws it. */
  readonly firm?: boolean;
}

/** See {@linkcode LocalLine}. */
export class GreenletLine<W extends Wish> extends List<SharedWait<unknown, W>> implements LocalLine {
  readonly monitor: Monitor<W>;
  readonly seat: LocalSeat;

  constructor(monitor: Monitor<W>, seat: LocalSeat) {
    super();
    this.monitor = monitor;
    this.seat = seat;
  }

  look(): void {
    while (this.head !== null && this.head.look());
  }
}

/** See the top of the file. */
export class SharedWait<T, W extends Wish> extends Wait<T> implements Linked<SharedWait<unknown, W>> {
  before: SharedWait<unknown, W> | null = null;
  after: SharedWait<unknown, W> | null = null;
  private readonly local: GreenletLine<W>;
  private readonly plan: Plan<T, W>;
  private readonly timeout: number;
  private wished: W | null = null;
  private node = 0;
  /** What it collects may ring for this thread, and so lead back to here. */
  private collecting = false;

  constructor(local: GreenletLine<W>, plan: Plan<T, W>, timeout: number) {
    super();
    this.local = local;
    this.plan = plan;
    this.timeout = timeout;
  }

  attempt(task: Task | null): T | NotYet {
    const { monitor } = this.local;
    const wish = this.wished = this.plan.wish();
    wish.task = task?.id ?? 0; // null: a promise waits
    writes(monitor);
    const got = monitor.tryNow(this.plan.line, wish);
    if (got !== NOT_YET) return this.plan.finish(got, wish, task);
    return this.timeout <= 0 ? this.plan.lapse() : WAIT;
  }

  enter(task: Task | null): void {
    const { local, plan } = this;
    const { monitor, seat } = local;
    seat.listen();
    this.node = monitor.begin(plan.line, this.wished as W);
    this.task = task;
    if (task !== null) task.loop.outstanding++;
    local.push(this as SharedWait<unknown, W>);
    seat.add(local);
    if (this.timeout !== Infinity && task !== null) {
      task.loop.timers.add(this, task.loop.now() + this.timeout);
    }
    this.collecting = true; // no look may wake it before it is parked
    plan.entered?.();
    this.collecting = false;
    if (monitor.isCalled(this.node)) seat.lookSoon();
  }

  /** Ends the wait if its turn has come; false if not. */
  look(): boolean {
    const { monitor } = this.local;
    reads(monitor);
    if (this.collecting || !monitor.isCalled(this.node)) return false;
    const wish = this.wished as W;
    let value: T;
    this.collecting = true;
    try {
      const got = monitor.collect(this.node, this.plan.line, wish);
      if (got === NOT_YET) return false;
      this.node = 0;
      value = this.plan.finish(got, wish, this.task);
    } catch (error) {
      this.node = 0;
      this.fail(error);
      return true;
    } finally {
      this.collecting = false;
    }
    this.wake(value);
    return true;
  }

  leave(): void {
    const { local, node } = this;
    if (this.task !== null) {
      const { loop } = this.task;
      loop.outstanding--;
      if (this.slot >= 0) loop.timers.remove(this);
    }
    local.remove(this as SharedWait<unknown, W>);
    if (local.size === 0) local.seat.remove(local);
    this.node = 0;
    if (node !== 0) local.monitor.withdraw(node, this.plan.line);
  }

  override fire(): void {
    if (this.look()) return this.local.seat.look(); // it came with the last moment
    this.leave();
    try {
      this.end(this.plan.lapse(), false);
    } catch (error) {
      this.end(error, true);
    }
  }

  copy(): SharedWait<T, W> {
    return new SharedWait(this.local, this.plan, this.timeout);
  }

  describe(): string {
    return this.plan.name;
  }

  override get firm(): boolean {
    return this.plan.firm === true;
  }
}

/** Who asks: the greenlet that runs; 0 for plain code. */
export function asker(): number {
  return current === null ? 0 : current.id;
}

/** @throws `Error` where blocking this thread would stop greenlets. */
export function mayBlock(what: string): () => void {
  return () => {
    if (activeLoops().length === 0) return;
    throw new Error(
      `${what} would have to block this thread, and all its greenlets with it:` +
        ` use ${what.replace("Sync", "")} in a greenlet, or a timeout of 0`,
    );
  };
}
