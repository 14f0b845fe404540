/** Permits between threads. */
import { BrokenLockError, count, type Op, reads, type Task, writes } from "../core/mod.ts";
import { type AcquireOptions, Lockable, waitTime } from "../sync/mod.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { monitorBytes } from "./shared_lines.ts";
import { BROKEN, NOT_YET, type Wish } from "./shared_monitor.ts";
import { type SharedOptions, waitersIn, waitersOf } from "./shared_options.ts";
import { PermitMonitor } from "./shared_permits.ts";
import { asker, GreenletLine, mayBlock, SharedWait } from "./shared_wait.ts";

/**
 * Permits that threads and greenlets take and give back, in the order in which they came. A thread that ends with permits
 * breaks it: all who wait, and all who come, get a `BrokenLockError` until `reset`. Where one thread gives back what
 * another has taken, it is a counter, which nobody holds and nobody breaks.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { SharedSemaphore } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const two = new SharedSemaphore(2);
 * two.acquireSync();
 * await run(() => two.withLock(() => assertEquals(two.available, 0)));
 * assertEquals(two.available, 1);
 * ```
 */
export class SharedSemaphore extends Lockable implements Shared {
  readonly #place: Place;
  readonly #monitor: PermitMonitor;
  readonly #line: GreenletLine<Wish>;

  /** @param permits how many are free at first, at least 0. */
  constructor(permits: number = 1, options?: SharedOptions) {
    super();
    count(permits, "the number of permits", 0);
    this.#place = settleIn(this, "SharedSemaphore", () => ({ bytes: monitorBytes(waitersOf(options)) }));
    const { memory, seat, handle, isNew } = this.#place;
    this.#monitor = new PermitMonitor(memory, seat, waitersIn(handle.buffer));
    if (isNew) this.#monitor.found(Math.min(permits, 0x7fff_ffff));
    this.#line = new GreenletLine(this.#monitor, seat);
  }

  /** The semaphore that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedSemaphore {
    return revive(handle, "SharedSemaphore", () => new SharedSemaphore());
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  /** How many permits are free. */
  get available(): number {
    this.#look();
    return this.#monitor.free;
  }

  /** Whether an acquire would wait. */
  get locked(): boolean {
    this.#look();
    return this.#monitor.free < 1 || this.#monitor.waiting > 0;
  }

  /** A thread ended with permits. */
  get broken(): boolean {
    this.#look();
    return this.#monitor.breaker !== 0;
  }

  acquire(options?: AcquireOptions): Op<boolean> {
    const payload = permitsOf(options);
    return new SharedWait(this.#line, {
      line: 0,
      name: "SharedSemaphore.acquire",
      wish: () => ({ payload, task: 0 }),
      finish: (result: number, _wish: Wish, _task: Task | null) => this.#took(result),
      lapse: () => false,
    }, waitTime(options, "acquire"));
  }

  /** The same, blocking this thread; false when the timeout came first. @throws `Error` where greenlets run. */
  acquireSync(options?: AcquireOptions): boolean {
    const what = "SharedSemaphore.acquireSync";
    const wish = { payload: permitsOf(options), task: asker() };
    return this.#took(this.#monitor.waitSync(0, wish, waitTime(options, what), mayBlock(what)));
  }

  tryAcquire(permits: number = 1): boolean {
    writes(this.#monitor);
    return this.#took(this.#monitor.tryNow(0, { payload: permitsOf({ permits }), task: asker() }));
  }

  release(permits: number = 1): void {
    writes(this.#monitor);
    this.#monitor.giveBack(count(permits, "the number of permits", 1));
  }

  /** A broken semaphore becomes usable again, with the permits of the dead; say so once what they used is mended. */
  reset(): void {
    writes(this.#monitor);
    this.#monitor.mend();
  }

  #look(): void {
    reads(this.#monitor);
    this.#monitor.tend();
  }

  #took(result: number): boolean {
    if (result === BROKEN) {
      throw new BrokenLockError(
        `the SharedSemaphore is broken: thread ${this.#monitor.breaker} ended with permits of it;` +
          ` mend what it used them for, then call reset()`,
      );
    }
    return result !== NOT_YET;
  }
}

function permitsOf(options: AcquireOptions | undefined): number {
  return options?.permits === undefined ? 1 : count(options.permits, "the number of permits", 1);
}
