/** A meeting point for a fixed number. */
import { breath, count, type Op, reads, WAIT, WaitLine, writes } from "../core/mod.ts";
import { op } from "./body.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/**
 * Lets nobody pass until `parties` greenlets have come; then it is ready for the next round. One that is killed or times
 * out while it waits is not counted any more (S-56).
 *
 * @example
 * ```ts
 * import { Barrier, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const barrier = new Barrier(2);
 *   const other = spawn(() => barrier.wait());
 *   assertEquals([yield* barrier.wait(), yield* other], [0, 1]);
 * });
 * ```
 */
export class Barrier {
  readonly parties: number;
  readonly #line: WaitLine<number> = new WaitLine<number>({
    subject: this,
    name: () => `Barrier.wait (${this.#line.size} of ${this.parties})`,
    rule: () => WAIT,
  });

  /** @param parties at least 1. */
  constructor(parties: number) {
    this.parties = count(parties, "the number of parties of a Barrier", 1);
  }

  /** How many wait now. */
  get waiting(): number {
    reads(this);
    return this.#line.size;
  }

  /** Waits for the others; gives the place in which this one came, from 0. */
  wait(options?: WaitOptions): Op<number> {
    const timeout = waitTime(options, "Barrier.wait");
    return op(() => this.#wait(timeout));
  }

  *#wait(timeout: number): Generator<unknown, number, unknown> {
    yield* breath;
    writes(this);
    const place = this.#line.size;
    if (place + 1 < this.parties) return yield* this.#line.wait(undefined, timeout);
    for (let i = 0; i < place; i++) this.#line.wake(i, 1);
    return place;
  }
}
