/** Many schedules by chance. */
import { show } from "../core/mod.ts";
import type { Body } from "../sync/mod.ts";
import { inSimulatedWorld } from "./world/environment.ts";
import type { Execution } from "./schedules/execution.ts";
import { failure, type Found } from "./schedules/failure.ts";
import { needKnown, type Program, programOf, type ProgramOptions, whole } from "./schedules/program.ts";
import { replayed } from "./replay.ts";
import {
  Counting,
  type Estimate,
  type Injections,
  isStrategy,
  policyFor,
  type Strategy,
  strategyOf,
} from "./schedules/strategies.ts";
import { hash, mix } from "./schedules/token.ts";

/** Options of {@linkcode simulate}. */
export interface SimulateOptions extends ProgramOptions {
  /** The first seed, a whole number from 0; each run takes the next one. Default 0. */
  seed?: number;
  /** How many schedules. Default 200. */
  runs?: number;
  /** One strategy for all runs. Default: all in turn, by the seed. */
  strategy?: Strategy;
  /** In each run, up to so many greenlets other than main are killed at random steps. Default 0. */
  kills?: number;
  /** In each run, up to so many times the next timers fire although somebody could still run. Default 0. */
  timeouts?: number;
}

/** What a simulation without a failure gives. */
export interface Simulated<T> {
  /** How many schedules were run. */
  readonly runs: number;
  /** Steps of all of them. */
  readonly steps: number;
  /** What the body gave in each run. */
  readonly values: readonly T[];
  /** A hash of all schedules: the same for the same seeds, on every runtime. */
  readonly fingerprint: string;
}

/**
 * Runs `body` under many schedules that chance picks, each from a seed: in every one another greenlet may go on first
 * wherever there is a choice. Time is virtual; `Math.random`, `Date`, timers and `fetch` are simulated inside. It is one
 * synchronous call, so it works in any test runner. The strategies take turns; see the guide.
 *
 * @param body what is run. It must do the same whenever it gets the same choices: make all that it uses inside of it.
 * @throws {@linkcode SimulationError} for the first schedule in which the body throws, greenlets deadlock, an error goes
 *   unhandled, an `always` or `eventually` fails, or something is left over; `TypeError` and `RangeError` for bad options.
 * @example
 * ```ts
 * import { Lock, sleep, spawn } from "tendril";
 * import { simulate } from "tendril/testing";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * function* deposits(lock?: Lock) {
 *   let balance = 0;
 *   function* deposit() {
 *     const read = balance;
 *     yield* sleep(0);
 *     balance = read + 10;
 *   }
 *   const both = [1, 2].map(() => spawn(() => lock === undefined ? deposit() : lock.withLock(deposit)));
 *   for (const one of both) yield* one;
 *   assertEquals(balance, 20);
 * }
 * assertThrows(() => simulate(() => deposits()), Error, "the body failed");
 * simulate(() => deposits(new Lock()));
 * ```
 */
export function simulate<T>(body: Body<[], T>, options: SimulateOptions = {}): Simulated<T> {
  needKnown(options, "simulate", SIMULATE_OPTIONS);
  const program = programOf(body, options, "simulate");
  const chances = chancesOf(options);
  return inSimulatedWorld(() => {
    const again = replayed(program, "simulate");
    if (again !== undefined) {
      return { runs: 1, steps: again.steps, values: [again.value as T], fingerprint: "" };
    }
    const { found, runs, steps, values, fingerprint } = tryChances(program, chances);
    if (found !== null) throw failure(found);
    return { runs, steps, values: values as T[], fingerprint };
  }, simulate);
}

/** The names of {@linkcode SimulateOptions}. */
export const SIMULATE_OPTIONS: readonly string[] = ["seed", "runs", "strategy", "kills", "timeouts"];

/** Options of {@linkcode simulate}, checked. */
export interface Chances {
  readonly runs: number;
  /** The first seed. */
  readonly first: number;
  readonly strategy: Strategy | undefined;
  readonly injections: Injections;
}

/** @throws `TypeError` and `RangeError` for bad options. */
export function chancesOf(options: SimulateOptions, what: string = "simulate"): Chances {
  const { strategy } = options;
  if (strategy !== undefined && !isStrategy(strategy)) {
    throw new TypeError(
      `${what}'s strategy must be "fifo", "random", "pct", "pos" or "urw", not ${show(strategy)}`,
    );
  }
  return {
    runs: whole(options.runs, `${what}'s runs`, 1, 200),
    first: whole(options.seed, `${what}'s seed`, 0, 0),
    strategy,
    injections: {
      kills: whole(options.kills, `${what}'s kills`, 0, 0),
      timeouts: whole(options.timeouts, `${what}'s timeouts`, 0, 0),
    },
  };
}

/** Runs schedules up to the first that fails, and makes no report of that one. */
export function tryChances(
  program: Program,
  chances: Chances,
): Simulated<unknown> & { readonly found: Found | null } {
  const { runs, first, strategy, injections } = chances;
  const { estimate, found: inFifo } = estimateOf(program);
  const values: unknown[] = [];
  let found = inFifo;
  const fingerprint = new Fingerprint();
  let steps = 0, i = 0;
  while (i < runs && found === null) {
    const seed = first + i++;
    const name = strategy ?? strategyOf(seed, estimate);
    const one = program.seeded(seed);
    const run = one.run(policyFor(name, seed, estimate, injections));
    const { departures, fault } = run;
    steps += run.steps;
    fingerprint.add(run);
    if (fault === null) values.push(run.value);
    else {
      const title = `simulate, schedule ${i} of ${runs} (seed ${seed}, ${name})`;
      found = { program: one, title, departures, fault };
    }
  }
  return { found, runs: i, steps, values, fingerprint: String(fingerprint) };
}

/** A hash of the schedules that were run. */
export class Fingerprint {
  private sum = hash("");

  add({ steps, departures }: Execution): void {
    let sum = mix(this.sum, steps);
    for (const { at, choice } of departures) sum = mix(mix(sum, at), choice);
    this.sum = sum;
  }

  toString(): string {
    return this.sum.toString(16).padStart(8, "0");
  }
}

/** What a FIFO run says of the length of the others; it must not fail itself. */
function estimateOf(program: Program): { estimate: Estimate; found: Found | null } {
  const counting = new Counting();
  const run = program.run(counting);
  const { departures, drew, fault, steps } = run;
  const found = fault === null
    ? null
    : { program, title: "simulate, in plain FIFO order", departures, fault, isFirst: true };
  return { estimate: { drew, steps, stepsOf: counting.stepsOf }, found };
}
