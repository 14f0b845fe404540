/** A flag between threads. */
import { type Op, reads, writes } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import type { Seat } from "./shared_guard.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import type { Memory } from "./shared_memory.ts";
import { monitorBytes, STATE } from "./shared_lines.ts";
import { Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";
import { type SharedOptions, waitersIn, waitersOf } from "./shared_options.ts";
import { asker, GreenletLine, mayBlock, type Plan, SharedWait } from "./shared_wait.ts";

const FLAG = STATE;

/** The state and the rule of an event. */
export class EventMonitor extends Monitor {
  constructor(memory: Memory, seat: Seat, waiters: number) {
    super(memory, seat, waiters);
  }

  get isSet(): boolean {
    return this.memory.load(FLAG) === 1;
  }

  put(flag: boolean): void {
    this.inside(() => this.memory.store(FLAG, flag ? 1 : 0));
  }

  protected attempt(): number {
    return this.isSet ? 1 : NOT_YET;
  }

  protected offer(): number {
    return this.isSet ? 1 : NOT_YET; // granted: a clear right after does not hold it back
  }
}

const PLAN: Plan<boolean, Wish> = {
  line: 0,
  name: "SharedEvent.wait",
  wish: () => ({ payload: 1, task: 0 }),
  finish: () => true,
  lapse: () => false,
};

/**
 * A flag that threads and greenlets wait for. It stays set until `clear`, so whoever comes late does not wait.
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { SharedEvent } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const ready = new SharedEvent();
 *   spawn(() => ready.set()); // or another thread does
 *   assertEquals(yield* ready.wait(), true);
 * });
 * assertEquals(new SharedEvent().waitSync({ timeout: 1 }), false);
 * ```
 */
export class SharedEvent implements Shared {
  readonly #place: Place;
  readonly #monitor: EventMonitor;
  readonly #line: GreenletLine<Wish>;

  constructor(options?: SharedOptions) {
    this.#place = settleIn(this, "SharedEvent", () => ({ bytes: monitorBytes(waitersOf(options)) }));
    const { memory, seat, handle } = this.#place;
    this.#monitor = new EventMonitor(memory, seat, waitersIn(handle.buffer));
    this.#line = new GreenletLine(this.#monitor, seat);
  }

  /** The event that another thread posted by its `handle`. */
  static from(handle: SharedHandle): SharedEvent {
    return revive(handle, "SharedEvent", () => new SharedEvent());
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get isSet(): boolean {
    reads(this.#monitor);
    return this.#monitor.isSet;
  }

  /** Wakes all who wait. They are woken for good: a `clear` right after does not hold them back (S-48). */
  set(): void {
    writes(this.#monitor);
    this.#monitor.put(true);
  }

  clear(): void {
    writes(this.#monitor);
    this.#monitor.put(false);
  }

  /** Waits until it is set; false when the timeout came first. */
  wait(options?: WaitOptions): Op<boolean> {
    return new SharedWait(this.#line, PLAN, waitTime(options, "SharedEvent.wait"));
  }

  /** The same, blocking this thread. @throws `Error` where greenlets run. */
  waitSync(options?: WaitOptions): boolean {
    const what = "SharedEvent.waitSync";
    if (this.#monitor.isSet) return true;
    const wish = { payload: 1, task: asker() };
    return this.#monitor.waitSync(0, wish, waitTime(options, what), mayBlock(what)) !== NOT_YET;
  }
}
