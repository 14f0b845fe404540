/** Every schedule. */
import type { Body } from "../sync/mod.ts";
import { BoundedSearch } from "./schedules/bounded.ts";
import { inSimulatedWorld } from "./world/environment.ts";
import type { Execution } from "./schedules/execution.ts";
import { failure, type Found } from "./schedules/failure.ts";
import { needKnown, type Program, programOf, type ProgramOptions, whole } from "./schedules/program.ts";
import { ReducedSearch } from "./schedules/reduced.ts";
import { replayed } from "./replay.ts";
import { Fifo } from "./schedules/strategies.ts";

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
  needKnown(options, "explore", ["preemptions", "maxSchedules", "reduce"]);
  const program = programOf(body, options, "explore");
  const limits = limitsOf(options, 100_000);
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
    const { found, ...explored } = exploreAll(program, limits);
    if (found !== null) throw failure(found);
    return explored as Explored<T>;
  }, explore);
}

/** Options of {@linkcode explore}, checked. */
export interface Limits {
  readonly preemptions: number;
  readonly maxSchedules: number;
  readonly reduce: boolean | undefined;
}

/** @throws `RangeError` and `TypeError` for bad options. */
export function limitsOf(options: ExploreOptions, maxSchedules: number): Limits {
  if (options.reduce === true && options.preemptions !== undefined) {
    throw new TypeError(
      "explore cannot reduce under a limit of preemptions: it would miss schedules. Leave one of the two out",
    );
  }
  return {
    preemptions: whole(options.preemptions, "explore's preemptions", 0, Infinity, true),
    maxSchedules: whole(options.maxSchedules, "explore's maxSchedules", 1, maxSchedules, true),
    reduce: options.reduce,
  };
}

/** Runs schedules up to the first that fails, and makes no report of that one. */
export function exploreAll(
  program: Program,
  limits: Limits,
): Explored<unknown> & { readonly found: Found | null } {
  const first = program.run(new Fifo());
  const so = new Findings(program);
  so.look(first);
  const reduced = limits.preemptions === Infinity && (limits.reduce ?? first.tracks);
  const exhausted = so.found === null && (reduced ? reduce : search)(program, so, limits);
  const { found, schedules, steps, values } = so;
  return { found, schedules, exhausted, reduced, steps, values };
}

/** What the runs showed. */
class Findings {
  schedules = 0;
  steps = 0;
  values: unknown[] = [];
  found: Found | null = null;
  private readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  add(run: Execution): void {
    this.schedules++;
    this.steps += run.steps;
    this.look(run);
    this.values.push(run.value);
  }

  look({ fault, departures }: Execution): void {
    if (fault === null) return;
    const title = `explore, schedule ${Math.max(1, this.schedules)}`;
    this.found = { program: this.program, title, departures, fault, isFirst: this.schedules === 0 };
  }
}

function search(program: Program, so: Findings, { maxSchedules, preemptions }: Limits): boolean {
  const all = new BoundedSearch(preemptions, maxSchedules);
  while (so.found === null && all.next()) so.add(program.run(all));
  return !all.isCut && so.found === null;
}

function reduce(program: Program, so: Findings, { maxSchedules }: Limits): boolean {
  const all = new ReducedSearch();
  while (all.next()) {
    if (so.schedules >= maxSchedules) return false;
    const run = program.run(all, all.witness());
    if (!all.wasBlocked) so.add(run);
    if (so.found !== null) return false;
    if (all.learn()) {
      so.schedules = so.steps = 0;
      so.values = [];
    }
  }
  return true;
}
