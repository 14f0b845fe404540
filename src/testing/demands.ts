/** What must hold in every run of a simulation. */
import { type Execution, running } from "./schedules/execution.ts";

function currentRun(what: string): Execution {
  if (running === null) {
    throw new Error(`${what} belongs inside the body of simulate, explore, sweep or replay`);
  }
  return running;
}

function needCondition(condition: unknown, what: string): void {
  if (typeof condition !== "function") {
    throw new TypeError(`${what} needs a function that gives true or false, not ${String(condition)}`);
  }
}

/** The text of a condition, for the report. */
function textOf(condition: () => boolean): string {
  const text = String(condition).replace(/\s+/g, " ").replace(/\s*=>\s*/, " => ");
  return condition.name !== "" ? condition.name : text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/**
 * Says that `condition` holds after every step from now on. It is called outside of all greenlets and must not change
 * anything.
 *
 * @param name what the report calls it. Default: its text.
 * @throws `Error` outside of a simulation, `TypeError` if `condition` is no function.
 * @example
 * ```ts
 * import { sleep, spawn } from "tendril";
 * import { always, explore } from "tendril/testing";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => explore(function* () {
 *   let inside = 0;
 *   always(() => inside <= 1, "one at a time");
 *   for (const name of ["a", "b"]) {
 *     spawn({ name }, function* () {
 *       inside++;
 *       yield* sleep(0);
 *       inside--;
 *     });
 *   }
 * }), Error, "always(one at a time) does not hold");
 * ```
 */
export function always(condition: () => boolean, name?: string): void {
  needCondition(condition, "always");
  currentRun("always()").demand("always", condition, name ?? textOf(condition));
}

/**
 * Says that `condition` holds after some step before the run ends.
 *
 * @param name what the report calls it. Default: its text.
 * @throws `Error` outside of a simulation, `TypeError` if `condition` is no function.
 * @example
 * ```ts
 * import { Event, spawn } from "tendril";
 * import { eventually, simulate } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { runs } = simulate(function* () {
 *   const done = new Event();
 *   eventually(() => done.isSet);
 *   spawn(() => done.set());
 * });
 * assertEquals(runs, 200);
 * ```
 */
export function eventually(condition: () => boolean, name?: string): void {
  needCondition(condition, "eventually");
  currentRun("eventually()").demand("eventually", condition, name ?? textOf(condition));
}
