/** A condition variable. */
import { breath, count, currentTask, type Op, WAIT, WaitLine } from "../core/mod.ts";
import { op } from "./body.ts";
import { Lock, type OwnedLock } from "./lock.ts";
import { Lockable } from "./lockable.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/**
 * Waiting, with a lock held, for somebody to say that something has changed.
 *
 * @example
 * ```ts
 * import { Condition, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const changed = new Condition();
 *   let stock = 0;
 *   const buyer = spawn(() => changed.withLock(function* () {
 *     yield* changed.waitFor(() => stock > 0);
 *     return stock;
 *   }));
 *   spawn(() => changed.withLock(function* () {
 *     stock = 5;
 *     changed.notify();
 *   }));
 *   assertEquals(yield* buyer, 5);
 * });
 * ```
 */
export class Condition extends Lockable {
  readonly #lock: OwnedLock;
  readonly #line: WaitLine<boolean> = new WaitLine<boolean>({
    name: "Condition.wait",
    rule: () => WAIT,
    lapse: () => false,
  });

  /** @param lock a `Lock` or `RLock`, also shared with other conditions. Default: a new `Lock`. */
  constructor(lock: OwnedLock = new Lock()) {
    super();
    this.#lock = lock;
  }

  get locked(): boolean {
    return this.#lock.locked;
  }

  acquire(options?: WaitOptions): Op<boolean> {
    return this.#lock.acquire(options);
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

  /**
   * Releases the lock, waits for a notify, and holds the lock again before it returns or throws, also when killed (S-55).
   * False when the timeout came first.
   */
  wait(options?: WaitOptions): Op<boolean> {
    const timeout = waitTime(options, "Condition.wait");
    return op(() => this.#wait(timeout));
  }

  /** Waits until `predicate` holds, looking after each notify; false when the timeout came first. */
  waitFor(predicate: () => boolean, options?: WaitOptions): Op<boolean> {
    const timeout = waitTime(options, "Condition.waitFor");
    return op(() => this.#waitFor(predicate, timeout));
  }

  /** Wakes the first `n` who wait; acts at the call. The lock must be held. */
  notify(n: number = 1): void {
    this.#lock.checkOwned("notify");
    this.#line.wake(true, count(n, "the number to notify", 0));
  }

  notifyAll(): void {
    this.notify(Infinity);
  }

  *#wait(timeout: number): Generator<unknown, boolean, unknown> {
    const held = this.#lock.leave();
    try {
      return yield* this.#line.wait(undefined, timeout);
    } finally {
      yield* this.#lock.comeBack(held);
    }
  }

  *#waitFor(predicate: () => boolean, timeout: number): Generator<unknown, boolean, unknown> {
    yield* breath;
    const { loop } = currentTask("Condition.waitFor");
    const start = loop.now();
    while (!predicate()) {
      const left = timeout === Infinity ? Infinity : timeout - (loop.now() - start);
      if (!(yield* this.#wait(left))) return predicate();
    }
    return true;
  }
}
