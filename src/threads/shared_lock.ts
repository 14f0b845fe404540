/** Locks between threads. */
import {
  BrokenLockError,
  current,
  type Op,
  probe,
  reads,
  type Task,
  type TaskWatcher,
  writes,
} from "../core/mod.ts";
import { Lockable, type WaitOptions, waitTime } from "../sync/mod.ts";
import {
  type Place,
  revive,
  settleIn,
  type Shared,
  type SharedHandle,
  type SharedKind,
} from "./shared_handle.ts";
import { monitorBytes } from "./shared_lines.ts";
import { BROKEN, NOT_YET, type Wish } from "./shared_monitor.ts";
import { type SharedOptions, waitersIn, waitersOf } from "./shared_options.ts";
import { HELD, OwnerMonitor } from "./shared_owner.ts";
import { asker, GreenletLine, mayBlock, type Plan, SharedWait } from "./shared_wait.ts";

/** The common part of {@linkcode SharedLock} and {@linkcode SharedRLock}: an owner and how often it holds. */
export abstract class SharedOwnedLock extends Lockable implements Shared, TaskWatcher {
  readonly #place: Place;
  readonly #monitor: OwnerMonitor;
  readonly #line: GreenletLine<Wish>;
  readonly #once: Op<boolean>;
  readonly #kind: SharedKind;

  /** @param kind what the lock is called, also where a subclass has another name. */
  protected constructor(kind: "SharedLock" | "SharedRLock", options: SharedOptions | undefined) {
    super();
    this.#kind = kind;
    this.#place = settleIn(this, kind, () => ({ bytes: monitorBytes(waitersOf(options)) }));
    const { memory, seat, handle } = this.#place;
    this.#monitor = new OwnerMonitor(
      memory,
      seat,
      waitersIn(handle.buffer),
      kind === "SharedRLock",
    );
    this.#line = new GreenletLine(this.#monitor, seat);
    this.#once = new SharedWait(this.#line, this.#plan(1, false), Infinity);
    if (probe !== null) probe.born(this.#monitor);
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  /** Whether some thread holds it. */
  get locked(): boolean {
    this.#look();
    return this.#monitor.owner !== 0;
  }

  /** The id of the thread that holds it. */
  get owner(): number | undefined {
    this.#look();
    return this.#monitor.owner || undefined;
  }

  /** A thread or greenlet ended while it held it. */
  get broken(): boolean {
    this.#look();
    return this.#monitor.breaker !== 0;
  }

  acquire(options?: WaitOptions): Op<boolean> {
    if (options === undefined) return this.#once;
    return new SharedWait(this.#line, this.#plan(1, false), waitTime(options, "acquire"));
  }

  /** The same, blocking this thread; false when the timeout came first. @throws `Error` where greenlets run. */
  acquireSync(options?: WaitOptions): boolean {
    const what = `${this.#kind}.acquireSync`;
    const wish = { payload: 1, task: asker() };
    return this.#took(this.#monitor.waitSync(0, wish, waitTime(options, what), mayBlock(what)), current);
  }

  tryAcquire(): boolean {
    writes(this.#monitor);
    return this.#took(this.#monitor.tryNow(0, { payload: 1, task: asker() }), current);
  }

  /** Only the thread and greenlet that hold it may. */
  release(): void {
    this.#giveBack("release", 1);
  }

  override holds(): boolean {
    reads(this.#monitor);
    return this.#monitor.depth(asker()) > 0;
  }

  /** Runs `body` while it is held, blocking this thread until then. */
  withLockSync<T>(body: () => T): T {
    this.acquireSync();
    try {
      return body();
    } finally {
      if (this.holds()) this.release();
    }
  }

  /** A broken lock becomes usable again; say so only once what it guards is mended. */
  reset(): void {
    writes(this.#monitor);
    this.#monitor.mend();
  }

  /** Lets go of it wholly, for a condition; gives how often it was held. */
  leave(): number {
    const depth = this.#monitor.depth(asker());
    this.#giveBack("wait on its condition", Math.max(1, depth));
    return depth;
  }

  /** Comes back after `leave`; no kill interrupts it (S-55). */
  comeBack(depth: number): Op<boolean> {
    return new SharedWait(this.#line, this.#plan(depth, true), Infinity);
  }

  /** The same, blocking. */
  comeBackSync(depth: number): void {
    this.#took(this.#monitor.waitSync(0, { payload: depth, task: asker() }, Infinity), current);
  }

  checkOwned(what: string): void {
    if (!this.holds()) throw this.#notHeld(what);
  }

  /** Buries threads that have died; whether it is broken then. */
  tend(): boolean {
    this.#monitor.tend();
    return this.#monitor.breaker !== 0;
  }

  /** What a broken lock throws. */
  brokenError(): BrokenLockError {
    return new BrokenLockError(
      `the ${this.#kind} is broken: thread ${this.#monitor.breaker}, or a greenlet of it, ended while it held it,` +
        ` so what it guards may be half done; mend that, then call reset()`,
    );
  }

  /** Part of the scheduler's contract: whoever waits must not hang (S-54). */
  taskEnded(task: Task): void {
    writes(this.#monitor);
    this.#monitor.ended(task.id);
  }

  #look(): void {
    reads(this.#monitor);
    this.#monitor.tend();
  }

  #giveBack(what: string, times: number): void {
    writes(this.#monitor);
    const task = asker();
    if (!this.#monitor.giveBack(task, times)) throw this.#notHeld(what);
    if (this.#monitor.depth(task) === 0) current?.unwatch(this);
  }

  #plan(depth: number, firm: boolean): Plan<boolean, Wish> {
    return {
      line: 0,
      name: `${this.#kind}.acquire`,
      wish: () => ({ payload: depth, task: 0 }),
      finish: (result, _wish, task) => this.#took(result, task),
      lapse: () => false,
      firm,
    };
  }

  #took(result: number, task: Task | null): boolean {
    if (result === NOT_YET) return false;
    if (result === BROKEN) throw this.brokenError();
    if (result === HELD) {
      throw new Error(
        `${task === null ? "this thread" : `greenlet ${task.name}`} holds this SharedLock already:` +
          ` release it first, or use a SharedRLock`,
      );
    }
    task?.watch(this);
    return true;
  }

  #notHeld(what: string): Error {
    if (this.tend()) return this.brokenError();
    const { owner } = this.#monitor;
    return new Error(
      `${
        current === null ? "this thread" : `greenlet ${current.name}`
      } cannot ${what}: the ${this.#kind} is held by ` +
        `${owner === 0 ? "nobody" : `thread ${owner}`}, only its holder may`,
    );
  }
}

/**
 * One holder at a time, among all threads. In a greenlet `acquire` parks; in a plain thread `acquireSync` blocks. They come
 * in the order in which they asked. If a thread or greenlet ends while it holds it, it is broken: all who wait, and all
 * who come, get a `BrokenLockError` until `reset`.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { SharedLock } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const lock = new SharedLock();
 * await run(() => lock.withLock(() => assertEquals(lock.locked, true)));
 * lock.withLockSync(() => assertEquals(lock.holds(), true));
 * // In another thread: SharedLock.from(handle), with what was posted as lock.handle.
 * assertEquals(SharedLock.from(lock.handle), lock);
 * ```
 */
export class SharedLock extends SharedOwnedLock {
  constructor(options?: SharedOptions) {
    super("SharedLock", options);
  }

  /** The lock that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedLock {
    return revive(handle, "SharedLock", () => new SharedLock());
  }
}

/** A shared lock that its holder may acquire again; it is free after as many releases. */
export class SharedRLock extends SharedOwnedLock {
  constructor(options?: SharedOptions) {
    super("SharedRLock", options);
  }

  /** The lock that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedRLock {
    return revive(handle, "SharedRLock", () => new SharedRLock());
  }
}
