/**
 * Data from fast-check, schedules from here.
 *
 * For fast-check, the property is a function of the data that fails or does not. So for the same data the same schedules
 * are tried, whatever came before: the seeds come from the data themselves, and what a path leads to fails again. While
 * data are shrunk, more schedules are tried for each, and no report is made of any; only the least data get one, with
 * their schedule shrunk.
 */
import { show } from "../core/mod.ts";
import { type Body, needBody } from "../sync/mod.ts";
import { inSimulatedWorld } from "./environment.ts";
import { running } from "./execution.ts";
import { exploreAll, type ExploreOptions, type Limits, limitsOf } from "./explore.ts";
import { failure, type Found, type SimulationError } from "./failure.ts";
import {
  type ArbitraryLike,
  type Details,
  type FastCheck,
  type Fc,
  needArbitrary,
  needFastCheck,
} from "./fast_check.ts";
import { isSame, Program, whole } from "./program.ts";
import { replayed } from "./replay.ts";
import { type Chances, chancesOf, type SimulateOptions, tryChances } from "./simulate.ts";
import { hash } from "./token.ts";

/** Options of {@linkcode property}. */
export interface PropertyOptions<Values extends readonly unknown[]> {
  /** For each data, schedules by chance: the options of `simulate`. Default: 20 runs. */
  simulate?: SimulateOptions;
  /** For each data, every schedule: the options of `explore`. Default: not so; then at most 1,000 schedules each. */
  explore?: ExploreOptions;
  /** How many data. Default: fast-check's, 100. */
  numRuns?: number;
  /** Of the data; a failure prints it. Default: another one each time. */
  seed?: number;
  /** As a failure has printed it, with its `seed`: leads to the data that failed. */
  path?: string;
  /** Do not shrink the data. Default false. */
  endOnFailure?: boolean;
  /** Data that are tried first. */
  examples?: readonly Values[];
}

/** What a property without a failure gives. */
export interface Checked {
  /** How many data were tried. */
  readonly data: number;
  /** How many schedules, of all data. */
  readonly schedules: number;
  /** Steps of all of them. */
  readonly steps: number;
  /** With `explore`: for no data is there a schedule left. */
  readonly exhausted: boolean;
}

/** Schedules for each data, where nobody says otherwise. */
const RUNS = 20, MAX_SCHEDULES = 1_000;
/** While shrinking, so many times more: a failure that one schedule in fifty shows must not be lost on the way. */
const MORE = 5;
/** Seeds that data have to themselves. */
const SEEDS = 2 ** 16;

/**
 * Checks `body` for data that fast-check generates, under many schedules for each. When it fails, fast-check shrinks the
 * data; then the schedule of the least data is shrunk; and one error tells both.
 *
 * To have the data again, give the `seed` and `path` that the error prints, or the data themselves as `examples`. With
 * them in place, `replay` and `TENDRIL_REPLAY` repeat the schedule, too.
 *
 * @param fc the module: `import fc from "fast-check"`.
 * @param arbitraries one for each parameter of the body.
 * @param body what is run, as in {@linkcode simulate}; it must not change its data, which are those of the next run, too.
 *   `fc.pre` may refuse data.
 * @throws {@linkcode SimulationError} for the least data that fail; `TypeError` and `RangeError` for bad arguments; `Error`
 *   when `fc.pre` refuses nearly all data.
 * @example
 * ```ts
 * import { Semaphore, sleep, spawn } from "tendril";
 * import { property } from "tendril/testing";
 * import { assert, assertThrows } from "@std/assert";
 * import fc from "fast-check";
 *
 * const jobs = fc.array(fc.nat(20), { maxLength: 5 });
 * function* most(limit: number, times: readonly number[]) {
 *   const semaphore = new Semaphore(limit);
 *   let inside = 0, most = 0;
 *   const all = times.map((ms) => spawn(() => semaphore.withLock(function* () {
 *     most = Math.max(most, ++inside);
 *     yield* sleep(ms);
 *     inside--;
 *   })));
 *   for (const one of all) yield* one;
 *   return most;
 * }
 * const { data } = property(fc, [fc.integer({ min: 1, max: 3 }), jobs], function* (limit, times) {
 *   assert((yield* most(limit, times)) <= limit);
 * });
 * assert(data === 100);
 *
 * assertThrows(
 *   () => property(fc, [jobs], function* (times) {
 *     assert((yield* most(3, times)) < 3);
 *   }),
 *   Error,
 *   "With times = [0,0,0]",
 * );
 * ```
 */
export function property<Values extends readonly unknown[]>(
  fc: FastCheck,
  arbitraries: readonly [...{ [K in keyof Values]: ArbitraryLike<Values[K]> }],
  body: Body<Values, unknown>,
  options: PropertyOptions<Values> = {},
): Checked {
  const module = needFastCheck(fc, "property");
  if (!Array.isArray(arbitraries) || arbitraries.length === 0) {
    throw new TypeError(
      `property needs an array of arbitraries, one for each parameter of its body, not ${show(arbitraries)}`,
    );
  }
  arbitraries.forEach((one, i) => needArbitrary(one, `property's arbitrary ${i + 1}`));
  needBody(body, "property");
  return new Property(module, body as Body<readonly unknown[], unknown>, options).check(arbitraries);
}

/** See the top of the file. */
class Property {
  private readonly fc: Fc;
  private readonly body: Body<readonly unknown[], unknown>;
  private readonly options: PropertyOptions<readonly unknown[]>;
  private readonly limits: Limits | null;
  private readonly chances: Chances;
  /** The least failure so far. */
  private least: { found: Found; values: readonly unknown[] } | null = null;
  /** What is no failure of the body's, and ends everything. */
  private broken: { error: unknown } | null = null;
  /** The data of the latest run: those that can be cloned tell how they were used. */
  private used: readonly unknown[] = [];
  private schedules = 0;
  private steps = 0;
  private exhausted: boolean;

  constructor(fc: Fc, body: Body<readonly unknown[], unknown>, options: PropertyOptions<readonly unknown[]>) {
    const { simulate, explore, numRuns, path } = options;
    if (simulate !== undefined && explore !== undefined) {
      throw new TypeError("property takes simulate or explore, not both: leave one out");
    }
    whole(numRuns, "property's numRuns", 1, 1);
    if (path !== undefined && options.seed === undefined) {
      throw new TypeError("property's path needs the seed that was printed beside it");
    }
    this.fc = fc;
    this.body = body;
    this.options = options;
    this.limits = explore === undefined ? null : limitsOf(explore, MAX_SCHEDULES);
    this.chances = chancesOf({ runs: RUNS, ...simulate });
    this.exhausted = explore !== undefined;
    this.program([]); // bad options fail at the call
  }

  check(arbitraries: readonly ArbitraryLike<unknown>[]): Checked {
    const { fc, options } = this;
    if (running !== null) inSimulatedWorld(() => {}); // which refuses
    const parameters: Record<string, unknown> = {};
    for (const name of ["numRuns", "seed", "path", "endOnFailure"] as const) {
      if (options[name] !== undefined) parameters[name] = options[name];
    }
    if (options.examples !== undefined) parameters.examples = options.examples.map((values) => [values]);
    const judge = fc.property(fc.tuple(...arbitraries), (values) => this.judge(values));
    const details = fc.check(judge, parameters);
    if (this.broken !== null) throw this.broken.error;
    if (details.failed) throw this.least === null ? refused(details) : this.report(this.least, details);
    const { schedules, steps, exhausted } = this;
    return { data: details.numRuns, schedules, steps, exhausted };
  }

  /** Throws for data that fail. */
  private judge(values: readonly unknown[]): void {
    if (this.broken !== null) return;
    let found;
    try {
      found = inSimulatedWorld(() => this.look(values));
    } catch (error) {
      this.broken = { error };
      return;
    }
    if (found === null) return;
    const { error } = found.fault;
    if (this.fc.PreconditionFailure.isFailure(error)) throw error;
    // Another defect that shrinking has come upon would be taken for this one.
    if (this.least !== null && !isSame(found.fault, this.least.found.fault)) return;
    this.least = { found, values };
    throw error;
  }

  /** The first schedule that fails with these data. */
  private look(values: readonly unknown[]): Found | null {
    const program = this.program(values);
    const text = this.fc.stringify(values);
    replayed(program, "property", () => this.tell());
    const more = this.least !== null || this.options.path !== undefined ? MORE : 1;
    let found: Found | null;
    if (this.limits === null) {
      const { runs, first } = this.chances;
      const seed = first + hash(text) % SEEDS;
      const tried = tryChances(program, { ...this.chances, runs: runs * more, first: seed });
      found = tried.found;
      this.count(tried.runs, tried.steps);
    } else {
      const maxSchedules = this.limits.maxSchedules * more;
      const tried = exploreAll(program, { ...this.limits, maxSchedules });
      found = tried.found;
      this.count(tried.schedules, tried.steps);
      this.exhausted &&= tried.exhausted;
    }
    if (!this.canBeCloned(values) && this.fc.stringify(values) !== text) {
      throw new TypeError(
        `property: the body has changed its data: ${text} became ${
          this.fc.stringify(values)
        }. They are those of ` +
          "the next run, too: copy what you change",
      );
    }
    return found;
  }

  private count(schedules: number, steps: number): void {
    this.schedules += schedules;
    this.steps += steps;
  }

  private program(values: readonly unknown[]): Program {
    const fresh = this.canBeCloned(values)
      ? () => (values as unknown as Record<symbol, () => unknown[]>)[this.fc.cloneMethod]()
      : () => values;
    return new Program(
      () => {
        this.used = fresh();
        return this.body(...this.used);
      },
      this.options.explore ?? this.options.simulate,
      "property",
    );
  }

  /** fast-check's mark on what changes as it is used: each run has a clone. */
  private canBeCloned(values: readonly unknown[]): boolean {
    return this.fc.cloneMethod in values;
  }

  private report(least: { found: Found; values: readonly unknown[] }, details: Details): SimulationError {
    const { program, title, departures, fault } = least.found;
    const { numRuns, numShrinks, seed, counterexamplePath } = details;
    const shrunk = numShrinks === 0 ? "" : `, shrunk ${numShrinks === 1 ? "once" : `${numShrinks} times`}`;
    const again = `To have these data again: { seed: ${seed}, path: ${
      JSON.stringify(counterexamplePath)
    }, endOnFailure: true } among property's options`;
    return inSimulatedWorld(() =>
      failure(
        program,
        `property, data ${numRuns}${shrunk}; ${title}`,
        departures,
        fault,
        () => `${this.tell()}\n${again}`,
      )
    );
  }

  /** The data of the latest run, under the names that the body gives them. */
  private tell(): string {
    const names = parametersOf(this.body);
    const parts = this.used.map((value, i) =>
      `${names[i] ?? `value ${i + 1}`} = ${this.fc.stringify(value)}`
    );
    const line = parts.join(", ");
    return line.length <= 100 ? line : parts.join("\n     ");
  }
}

/** fast-check says that it failed, and no data did. */
function refused({ interrupted, numRuns, numSkips }: Details): Error {
  return new Error(
    interrupted
      ? `property: fast-check's time limit ended it after ${numRuns} data: raise it, or ask for fewer runs`
      : `property: fc.pre refused ${numSkips} data, and only ${numRuns} were tried: draw such as fit at once`,
  );
}

/** The names of a function's parameters, as far as its text shows plain ones. */
function parametersOf(body: (...args: never[]) => unknown): (string | undefined)[] {
  const text = Function.prototype.toString.call(body);
  const list = /^[^(]*\(([^()]*)\)/.exec(text)?.[1] ?? /^(?:async\s+)?([\w$]+)\s*=>/.exec(text)?.[1] ?? "";
  if (/[[\]{}/]/.test(list)) return [];
  return list.split(",").map((part) => /^\s*([\w$]+)/.exec(part)?.[1]);
}
