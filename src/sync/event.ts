/** A flag that greenlets wait for. */
import { type Op, reads, WAIT, WaitLine, writes } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/**
 * A flag that greenlets wait for. It stays set until `clear`, so whoever comes late does not wait.
 *
 * @example
 * ```ts
 * import { Event, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const ready = new Event();
 *   spawn(() => ready.set());
 *   assertEquals(yield* ready.wait(), true);
 *   assertEquals(yield* new Event().wait({ timeout: 1 }), false);
 * });
 * ```
 */
export class Event {
  #set = false;
  readonly #line: WaitLine<boolean> = new WaitLine({
    name: "Event.wait",
    subject: this,
    rule: () => this.#set ? true : WAIT,
    lapse: () => false,
  });

  get isSet(): boolean {
    reads(this);
    return this.#set;
  }

  /** Wakes all who wait. They are woken for good: a `clear` right after does not hold them back (S-48). */
  set(): void {
    this.#set = true;
    this.#line.serve();
  }

  clear(): void {
    writes(this);
    this.#set = false;
  }

  /** Waits until it is set; false when the timeout came first. */
  wait(options?: WaitOptions): Op<boolean> {
    return this.#line.wait(undefined, waitTime(options, "Event.wait"));
  }
}
