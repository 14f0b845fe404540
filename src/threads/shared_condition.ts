/** A condition variable between threads. */
import { breath, count, currentTask, type Op, writes } from "../core/mod.ts";
import { Lockable, op, type WaitOptions, waitTime } from "../sync/mod.ts";
import type { Seat } from "./shared_guard.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { SharedLock, type SharedOwnedLock, SharedRLock } from "./shared_lock.ts";
import type { Memory } from "./shared_memory.ts";
import { monitorBytes, STATE } from "./shared_lines.ts";
import { BROKEN, Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";
import { type SharedOptions, waitersIn, waitersOf } from "./shared_options.ts";
import { asker, GreenletLine, mayBlock, SharedWait } from "./shared_wait.ts";

/** How many are to be woken yet. */
const BUDGET = STATE;

/** The state and the rule of a condition. The lock stands apart: several conditions may have the same. */
export class ConditionMonitor extends Monitor {
  private readonly lockIsBroken: () => boolean;

  constructor(memory: Memory, seat: Seat, waiters: number, lockIsBroken: () => boolean) {
    super(memory, seat, waiters);
    this.lockIsBroken = lockIsBroken;
  }

  notify(n: number): void {
    this.inside(() => this.memory.store(BUDGET, n));
  }

  protected attempt(): number {
    return NOT_YET;
  }

  protected offer(): number {
    if (this.seesBroken) return BROKEN;
    const budget = this.guard.get(BUDGET);
    if (budget <= 0) return NOT_YET;
    this.guard.set(BUDGET, budget - 1);
    return 1; // granted: nobody else notifies this one
  }

  private seesBroken = false;

  /** Who would notify may have died with the lock. */
  protected override mourn(): void {
    this.seesBroken = this.lockIsBroken();
  }

  protected override serve(): void {
    super.serve();
    this.seesBroken = false;
    this.memory.store(BUDGET, 0); // a notify wakes those who wait now
  }

  protected override unfetched(): void {
    this.guard.set(BUDGET, 1); // another one's then
  }
}

/**
 * Waiting, with a lock held, for somebody in another thread to say that something has changed. A thread that dies with
 * the lock wakes those who wait with a `BrokenLockError`.
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { SharedCondition, SharedValue } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const changed = new SharedCondition();
 *   const stock = new SharedValue("int32", 0);
 *   const buyer = spawn(() => changed.withLock(function* () {
 *     yield* changed.waitFor(() => stock.value > 0);
 *     return stock.value;
 *   }));
 *   spawn(() => changed.withLock(function* () {
 *     stock.value = 5;
 *     changed.notify();
 *   }));
 *   assertEquals(yield* buyer, 5);
 * });
 * ```
 */
export class SharedCondition extends Lockable implements Shared {
  readonly #place: Place;
  readonly #lock: SharedOwnedLock;
  readonly #monitor: ConditionMonitor;
  readonly #line: GreenletLine<Wish>;

  /** @param lock a `SharedLock` or `SharedRLock`, also shared with other conditions. Default: a new `SharedLock`. */
  constructor(lock?: SharedOwnedLock, options?: SharedOptions) {
    super();
    this.#place = settleIn(this, "SharedCondition", () => {
      const own = lock ?? new SharedLock(options);
      return { bytes: monitorBytes(waitersOf(options)), parts: [own.handle] };
    });
    const { memory, seat, handle } = this.#place;
    const [part] = handle.parts;
    this.#lock = part["~tendril"] === "SharedRLock" ? SharedRLock.from(part) : SharedLock.from(part);
    this.#monitor = new ConditionMonitor(memory, seat, waitersIn(handle.buffer), () => this.#lock.tend());
    this.#line = new GreenletLine(this.#monitor, seat);
  }

  /** The condition that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedCondition {
    return revive(handle, "SharedCondition", () => new SharedCondition());
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get locked(): boolean {
    return this.#lock.locked;
  }

  acquire(options?: WaitOptions): Op<boolean> {
    return this.#lock.acquire(options);
  }

  acquireSync(options?: WaitOptions): boolean {
    return this.#lock.acquireSync(options);
  }

  override holds(): boolean {
    return this.#lock.holds();
  }

  tryAcquire(): boolean {
    return this.#lock.tryAcquire();
  }

  release(): void {
    this.#lock.release();
  }

  /** Runs `body` while the lock is held, blocking this thread until then. */
  withLockSync<T>(body: () => T): T {
    return this.#lock.withLockSync(body);
  }

  /**
   * Releases the lock, waits for a notify, and holds the lock again before it returns or throws, also when killed (S-55).
   * False when the timeout came first.
   */
  wait(options?: WaitOptions): Op<boolean> {
    const timeout = waitTime(options, "SharedCondition.wait");
    return op(() => this.#wait(timeout));
  }

  /** Waits until `predicate` holds, looking after each notify; false when the timeout came first. */
  waitFor(predicate: () => boolean, options?: WaitOptions): Op<boolean> {
    const timeout = waitTime(options, "SharedCondition.waitFor");
    return op(() => this.#waitFor(predicate, timeout));
  }

  /** `wait`, blocking this thread. @throws `Error` where greenlets run. */
  waitSync(options?: WaitOptions): boolean {
    const what = "SharedCondition.waitSync";
    const timeout = waitTime(options, what);
    this.#lock.checkOwned("wait on its condition");
    let held = 0;
    const wish = { payload: 1, task: asker() };
    // Stands in the line before it leaves the lock: whoever notifies holds it, and so comes later.
    const leave = () => void (held = this.#lock.leave());
    mayBlock(what)();
    try {
      return this.#told(this.#monitor.waitSync(0, wish, timeout, undefined, leave));
    } finally {
      if (held > 0) this.#lock.comeBackSync(held);
    }
  }

  /** `waitFor`, blocking this thread. @throws `Error` where greenlets run. */
  waitForSync(predicate: () => boolean, options?: WaitOptions): boolean {
    const timeout = waitTime(options, "SharedCondition.waitForSync");
    const { memory } = this.#place;
    const start = memory.now();
    while (!predicate()) {
      const left = timeout === Infinity ? Infinity : timeout - (memory.now() - start);
      if (left <= 0 || !this.waitSync({ timeout: left })) return predicate();
    }
    return true;
  }

  /** Wakes the first `n` who wait; acts at the call. The lock must be held. */
  notify(n: number = 1): void {
    this.#lock.checkOwned("notify");
    writes(this.#monitor);
    this.#monitor.notify(Math.min(count(n, "the number to notify", 0), 0x7fff_ffff));
  }

  notifyAll(): void {
    this.notify(Infinity);
  }

  *#wait(timeout: number): Generator<unknown, boolean, unknown> {
    this.#lock.checkOwned("wait on its condition");
    let held = 0;
    try {
      return yield* new SharedWait(this.#line, {
        line: 0,
        name: "SharedCondition.wait",
        wish: () => ({ payload: 1, task: 0 }),
        entered: () => void (held = this.#lock.leave()),
        finish: (result: number) => this.#told(result),
        lapse: () => false,
      }, timeout);
    } finally {
      if (held > 0) yield* this.#lock.comeBack(held);
    }
  }

  *#waitFor(predicate: () => boolean, timeout: number): Generator<unknown, boolean, unknown> {
    yield* breath;
    const { loop } = currentTask("SharedCondition.waitFor");
    const start = loop.now();
    while (!predicate()) {
      const left = timeout === Infinity ? Infinity : timeout - (loop.now() - start);
      if (!(yield* this.#wait(left))) return predicate();
    }
    return true;
  }

  #told(result: number): boolean {
    if (result === BROKEN) throw this.#lock.brokenError();
    return result !== NOT_YET;
  }
}
