/**
 * Data from fast-check, schedules from here.
 *
 * For fast-check, the property is a function of the data that fails or does not. So for the same data the same schedules
 * are tried, whatever came before: their seeds are those of a pool, from a place on that the data themselves say. While data
 * are shrunk, more of the pool is tried, and all of it where a path leads: so what was found there fails again. No report
 * is made of any schedule until only the least data are left.
 */
import type { Body } from "../../sync/mod.ts";
import { inSimulatedWorld } from "../world/environment.ts";
import { running } from "../schedules/execution.ts";
import { exploreAll, type ExploreOptions, type Limits, limitsOf } from "../explore.ts";
import { failure, type Found, type SimulationError } from "../schedules/failure.ts";
import type { ArbitraryLike, Details, Fc } from "./fast_check.ts";
import { isSame, type Program, programOf, whole } from "../schedules/program.ts";
import { replayed } from "../replay.ts";
import { type Chances, chancesOf, type SimulateOptions, tryChances } from "../simulate.ts";
import { hash } from "../schedules/token.ts";

/** Options of `property`. */
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
/** While shrinking, at least so many times more: a failure that one schedule in fifty shows must not be lost on the way. */
const MORE = 5;
/** And as many times the schedules that it took so far. */
const PATIENCE = 20;
/** All data have their seeds out of so many; each begins at a place of its own. */
const POOL = 1_000;

/** See the top of the file. */
export class Property {
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
  /** A seed that has failed, counted from the first of the pool, and how many are worth trying for less data. */
  private lucky: number | null = null;
  private patience: number;
  /** These are the data that the path leads to. */
  private isAtPath = false;
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
    this.patience = this.chances.runs * MORE;
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
    const plain = values.filter((value) => !this.canBeCloned(value));
    const text = this.fc.stringify(plain);
    replayed(program, "property", () => this.tell());
    this.isAtPath = this.options.path !== undefined && this.schedules === 0;
    const found = this.limits === null
      ? this.byChance(program, this.chances, hash(text))
      : this.bySearch(program, this.limits);
    const after = this.fc.stringify(plain);
    if (after !== text) {
      throw new TypeError(
        `property: the body has changed its data: ${text} became ${after}. They are those of the next run, too: ` +
          "copy what you change",
      );
    }
    return found;
  }

  private byChance(program: Program, chances: Chances, place: number): Found | null {
    const { runs } = chances;
    const pool = Math.max(POOL, runs * MORE);
    const attempt = (first: number, runs: number): Found | null => {
      const tried = tryChances(program, { ...chances, first: chances.first + first, runs });
      this.count(tried.runs, tried.steps);
      return tried.found;
    };
    if (this.lucky !== null) {
      // Data that differ little fail by the same seed more often than not.
      const found = attempt(this.lucky, 1);
      if (found !== null) return found;
    }
    const first = place % pool;
    // What a path leads to has failed by some seed of the pool, so all of them are tried there.
    const most = this.isAtPath ? pool : this.least === null ? runs : this.patience;
    const beforeEnd = Math.min(most, pool - first);
    let found = attempt(first, beforeEnd);
    if (found === null && most > beforeEnd) found = attempt(0, most - beforeEnd);
    const isPlain = found?.program === program; // FIFO fails, whatever the seed
    if (found !== null && !isPlain) {
      this.lucky = found.program.conditions.seed - chances.first;
      const took = (this.lucky - first + pool) % pool + 1;
      this.patience = Math.min(pool, Math.max(this.patience, took * PATIENCE));
    }
    return found;
  }

  private bySearch(program: Program, limits: Limits): Found | null {
    const more = this.least !== null || this.isAtPath ? MORE : 1;
    const tried = exploreAll(program, { ...limits, maxSchedules: limits.maxSchedules * more });
    this.count(tried.schedules, tried.steps);
    this.exhausted &&= tried.exhausted;
    return tried.found;
  }

  private count(schedules: number, steps: number): void {
    this.schedules += schedules;
    this.steps += steps;
  }

  private program(values: readonly unknown[]): Program {
    const clone = this.fc.cloneMethod as unknown as "clone";
    return programOf(
      () => {
        this.used = values.map((value) =>
          this.canBeCloned(value) ? (value as { clone(): unknown })[clone]() : value
        );
        return this.body(...this.used);
      },
      this.options.explore ?? this.options.simulate,
      "property",
    );
  }

  /** fast-check's mark on what changes as it is used: each run has a clone. */
  private canBeCloned(value: unknown): boolean {
    return ((typeof value === "object" && value !== null) || typeof value === "function") &&
      this.fc.cloneMethod in value;
  }

  private report(least: { found: Found; values: readonly unknown[] }, details: Details): SimulationError {
    const { title } = least.found;
    const { numRuns, numShrinks, seed, counterexamplePath } = details;
    const shrunk = numShrinks === 0 ? "" : `, shrunk ${numShrinks === 1 ? "once" : `${numShrinks} times`}`;
    const again = `To have these data again: { seed: ${seed}, path: ${
      JSON.stringify(counterexamplePath)
    }, endOnFailure: true } among property's options`;
    return inSimulatedWorld(() =>
      failure(
        {
          ...least.found,
          title: `property, run ${numRuns}${shrunk}; ${title.replace(/, schedule \d+ of \d+/, "")}`,
        },
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
