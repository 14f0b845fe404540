/** Waiting for others, and counting steps. */
import { type Op, Settled, WAIT, WaitLine } from "../core/mod.ts";
import { op } from "../sync/mod.ts";

/**
 * Waits until every other greenlet of this run is parked (or has ended). Where promises are outstanding they get a turn
 * to settle first. Wins over a clock that jumps: no time passes.
 *
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { settle, VirtualClock } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   let steps = 0;
 *   spawn(function* () {
 *     steps++;
 *     yield* sleep(0);
 *     steps++;
 *     yield* sleep(1_000);
 *     steps++;
 *   });
 *   yield* settle();
 *   assertEquals(steps, 2);
 * }, { clock: new VirtualClock() });
 * ```
 */
export function settle(): Op<void> {
  return new Settled();
}

/** A counter that says where a greenlet stands: `yield* step(3)` goes on when all smaller numbers have been. */
export interface Steps {
  /** Waits until `n` is the next number. Each number from 0 must come up exactly once. */
  (n: number): Op<void>;
}

/**
 * Numbers steps across greenlets, so that a test says in which order they run. (Model: trio's `Sequencer`.)
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { steps } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const step = steps(), log: string[] = [];
 *   spawn(function* () {
 *     yield* step(1);
 *     log.push("second");
 *   });
 *   yield* step(0);
 *   log.push("first");
 *   yield* step(2);
 *   assertEquals(log, ["first", "second"]);
 * });
 * ```
 */
export function steps(): Steps {
  let next = 0;
  const used = new Set<number>();
  const line: WaitLine<void, number> = new WaitLine<void, number>({
    name: () => `a step (next is ${next})`,
    rule: () => WAIT,
  });
  // A step goes on in two moves: its own turn comes when the one before it has parked again or ended.
  return (n) =>
    op(function* () {
      if (!Number.isInteger(n) || n < 0) throw new RangeError(`a step is a whole number from 0, not ${n}`);
      if (used.has(n)) throw new Error(`step ${n} was used twice: each number comes up once`);
      used.add(n);
      while (next !== n) yield* line.wait(n);
      yield* new Settled();
      next = n + 1;
      line.wake(undefined);
    });
}
