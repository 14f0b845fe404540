/** Every schedule. */
import type { Body } from "../sync/mod.ts";
import { BoundedSearch } from "./bounded.ts";
import { inSimulatedWorld } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { failure } from "./failure.ts";
import { Program, type ProgramOptions, whole } from "./program.ts";
import { ReducedSearch } from "./reduced.ts";
import { replayed } from "./replay.ts";
import { Fifo } from "./strategies.ts";

/** Options of {@linkcode explore}. */
export interface ExploreOptions extends ProgramOptions {
  /**
   * How often, in one schedule, another greenlet may go on although the one that ran could. Default: no limit. With a
   * limit every schedule within it is run, without reduction.
   */
  preemptions?: number;
  /** Stop after so many schedules. Default 100,000. */
  maxSchedules?: number;
  /**
   * Leave out schedules that differ only in the order of steps that touch nothing in common. That needs to know what
   * plain variables the greenlets share, so it is done where the body uses `cell` or `track`, or where you say so here.
   */
  reduce?: boolean;
}

/** What an exploration without a failure gives. */
export interface Explored<T> {
  /** How many schedules were run. */
  readonly schedules: number;
  /** There is none left, within `preemptions`. */
  readonly exhausted: boolean;
  /** Whether schedules that make no difference were left out. */
  readonly reduced: boolean;
  /** Steps of all schedules. */
  readonly steps: number;
  /** What the body gave in each. */
  readonly values: readonly T[];
}

/**
 * Runs `body` under every schedule, or as many as you allow: in the order of their preemptions, or reduced to those that
 * can make a difference. So it does not only find failures; when `exhausted` is true there is none.
 *
 * @param body what is run; see {@linkcode simulate}. Keep it small: a handful of greenlets with a few parks each.
 * @throws {@linkcode SimulationError} for the first schedule that fails; `TypeError` and `RangeError` for bad options.
 * @example
 * ```ts
 * import { sleep, spawn } from "tendril";
 * import { cell, explore } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { exhausted, values } = explore(function* () {
 *   const x = cell(0);
 *   function* increment() {
 *     const read = x.value;
 *     yield* sleep(0);
 *     x.value = read + 1;
 *   }
 *   const both = [spawn(increment), spawn(increment)];
 *   for (const one of both) yield* one;
 *   return x.value;
 * });
 * assertEquals(exhausted, true);
 * assertEquals(new Set(values), new Set([1, 2]));
 * ```
 */
export function explore<T>(body: Body<[], T>, options: ExploreOptions = {}): Explored<T> {
  const program = new Program(body, options, "explore");
  const bound = whole(options.preemptions, "explore's preemptions", 0, Infinity);
  const most = whole(options.maxSchedules, "explore's maxSchedules", 1, 100_000);
  return inSimulatedWorld(() => {
    const again = replayed(program, "explore");
    if (again !== undefined) {
      return {
        schedules: 1,
        exhausted: false,
        reduced: false,
        steps: again.steps,
        values: [again.value as T],
      };
    }
    const first = program.run(new Fifo());
    const found = new Finding<T>(program);
    found.look(first);
    const reduced = bound === Infinity && (options.reduce ?? first.tracks);
    const exhausted = reduced ? reduce(program, found, most) : search(program, found, most, bound);
    return { schedules: found.schedules, exhausted, reduced, steps: found.steps, values: found.values };
  });
}

/** What the runs showed. */
class Finding<T> {
  schedules = 0;
  steps = 0;
  values: T[] = [];
  private readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  add(run: Execution): void {
    this.schedules++;
    this.steps += run.steps;
    this.look(run);
    this.values.push(run.value as T);
  }

  look(run: Execution): void {
    if (run.fault === null) return;
    throw failure(
      this.program,
      `explore, schedule ${Math.max(1, this.schedules)}`,
      run.departures,
      run.fault,
    );
  }
}

function search(program: Program, found: Finding<unknown>, most: number, bound: number): boolean {
  const all = new BoundedSearch(bound);
  while (all.next()) {
    if (found.schedules >= most) return false;
    found.add(program.run(all));
  }
  return true;
}

function reduce(program: Program, found: Finding<unknown>, most: number): boolean {
  const all = new ReducedSearch();
  while (all.next()) {
    if (found.schedules >= most) return false;
    const run = program.run(all, all.witness());
    if (!all.wasBlocked) found.add(run);
    if (all.learn()) {
      found.schedules = found.steps = 0;
      found.values = [];
    }
  }
  return true;
}
