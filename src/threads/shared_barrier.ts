/** A meeting point of threads. */
import { BrokenLockError, count, type Op, reads, TimeoutError, writes } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { monitorBytes } from "./shared_lines.ts";
import { BROKEN, NOT_YET, type Wish } from "./shared_monitor.ts";
import { type SharedOptions, waitersIn, waitersOf } from "./shared_options.ts";
import { PartyMonitor } from "./shared_parties.ts";
import { asker, GreenletLine, mayBlock, SharedWait } from "./shared_wait.ts";

/**
 * Lets nobody pass until `parties` have come, in whatever threads; then it is ready for the next round. One that is killed
 * or times out while it waits is not counted any more. When a thread ends that waits, or that took part in the last
 * round and is needed for this one, the barrier breaks: all who wait, and all who come, get a `BrokenLockError` until
 * `reset`.
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { SharedBarrier } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const barrier = new SharedBarrier(2);
 *   const other = spawn(() => barrier.wait());
 *   assertEquals([yield* barrier.wait(), yield* other], [0, 1]);
 * });
 * ```
 */
export class SharedBarrier implements Shared {
  readonly #place: Place;
  readonly #monitor: PartyMonitor;
  readonly #line: GreenletLine<Wish>;

  /** @param parties at least 1. */
  constructor(parties: number, options?: SharedOptions) {
    this.#place = settleIn(this, "SharedBarrier", () => {
      count(parties, "the number of parties of a SharedBarrier", 1);
      const waiters = waitersOf({ maxWaiters: Math.max(waitersOf(options), 3 * parties) });
      return { bytes: monitorBytes(waiters) };
    });
    const { memory, seat, handle, isNew } = this.#place;
    this.#monitor = new PartyMonitor(memory, seat, waitersIn(handle.buffer));
    if (isNew) this.#monitor.found(parties);
    this.#line = new GreenletLine(this.#monitor, seat);
  }

  /** The barrier that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedBarrier {
    return revive(handle, "SharedBarrier", () => new SharedBarrier(1));
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get parties(): number {
    return this.#monitor.parties;
  }

  /** How many wait now. */
  get waiting(): number {
    reads(this.#monitor);
    this.#monitor.tend();
    return this.#monitor.waiting;
  }

  /** A thread ended without which nobody passes. */
  get broken(): boolean {
    reads(this.#monitor);
    this.#monitor.tend();
    return this.#monitor.breaker !== 0;
  }

  /** Waits for the others; gives the place in which this one came, from 0. @throws `TimeoutError`, `BrokenLockError`. */
  wait(options?: WaitOptions): Op<number> {
    const timeout = waitTime(options, "SharedBarrier.wait");
    return new SharedWait(this.#line, {
      line: 0,
      name: "SharedBarrier.wait",
      wish: () => ({ payload: 1, task: 0 }),
      finish: (result: number) => this.#passed(result),
      lapse: () => this.#late(timeout),
    }, timeout);
  }

  /** The same, blocking this thread. @throws `Error` where greenlets run. */
  waitSync(options?: WaitOptions): number {
    const what = "SharedBarrier.waitSync";
    const timeout = waitTime(options, what);
    const got = this.#monitor.waitSync(0, { payload: 1, task: asker() }, timeout, mayBlock(what));
    return got === NOT_YET ? this.#late(timeout) : this.#passed(got);
  }

  /** A broken barrier begins anew, with whoever comes. */
  reset(): void {
    writes(this.#monitor);
    this.#monitor.mend();
  }

  #late(timeout: number): never {
    throw new TimeoutError(`SharedBarrier.wait did not end within ${timeout} ms`);
  }

  #passed(result: number): number {
    if (result !== BROKEN) return result;
    throw new BrokenLockError(
      `the SharedBarrier is broken: thread ${this.#monitor.breaker} ended and does not come any more;` +
        ` call reset() to begin anew`,
    );
  }
}
