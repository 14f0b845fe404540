/** What the suites of laws share: how a law is checked, and how those that are broken are told. */
import { show } from "../../core/mod.ts";
import type { Body } from "../../sync/mod.ts";
import { inSimulatedWorld } from "../world/environment.ts";
import { explore } from "../explore.ts";
import { programOf } from "../schedules/program.ts";
import { simulate } from "../simulate.ts";
import { Fifo } from "../schedules/strategies.ts";

/** Something that holds for every implementation of an interface. */
export interface Law {
  /** The rule's number and what it says. */
  readonly name: string;
  /** Throws where the law is broken. */
  check(): void;
}

/**
 * Options of all suites that run under simulated schedules. What is left over at the end, like a lock that is still held, is
 * no failure there: a law that forbids it says so itself.
 */
export interface LawOptions {
  /** How many random schedules of each law. Default 50. */
  runs?: number;
  /** The first seed. Default 0. */
  seed?: number;
  /** How many schedules with up to two preemptions of each small law. Default 500. */
  maxSchedules?: number;
  /** A run with more steps fails: it does not end. Default 10,000. */
  maxSteps?: number;
}

/** A suite: called, it checks all laws at once; `cases` gives them one by one. */
export interface LawSuite<Make, Options> {
  /**
   * Checks all laws and gives the names of those that hold, which are all of them.
   *
   * @throws {@linkcode LawsBroken}, which names each law that is broken; `TypeError` if `make` is no function.
   */
  (make: Make, options?: Options): readonly string[];
  /** One law at a time, for test runners that want a test for each. */
  cases(make: Make, options?: Options): readonly Law[];
}

/** Laws do not hold: which, and for each the first failing schedule's report. `errors` has the errors in that order. */
export class LawsBroken extends AggregateError {
  override name: string = "LawsBroken";
  /** The names of the laws that are broken. */
  readonly broken: readonly string[];
  /** The names of those that hold. */
  readonly held: readonly string[];

  constructor(what: string, broken: readonly { law: Law; error: unknown }[], held: readonly string[]) {
    const all = broken.length + held.length;
    const reports = broken.map(({ law, error }) => `${law.name}\n${indented(messageOf(error))}`);
    super(
      broken.map(({ error }) => error),
      `${broken.length} of ${all} laws of ${what} do not hold:\n\n${reports.join("\n\n")}`,
    );
    this.broken = broken.map(({ law }) => law.name);
    this.held = held;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : show(error);
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "    ");
}

/** Makes a suite of a list of laws. */
export function suiteOf<Make, Options>(
  what: string,
  list: (make: Make, options: Options) => readonly Law[],
  defaults: Options,
): LawSuite<Make, Options> {
  const cases = (make: Make, options?: Options): readonly Law[] => {
    if (typeof make !== "function") {
      throw new TypeError(`laws of ${what} need a function that makes a fresh one, not ${show(make)}`);
    }
    return list(make, options ?? defaults);
  };
  const check = (make: Make, options?: Options): readonly string[] => {
    const broken: { law: Law; error: unknown }[] = [];
    const held: string[] = [];
    for (const law of cases(make, options)) {
      try {
        law.check();
        held.push(law.name);
      } catch (error) {
        broken.push({ law, error });
      }
    }
    if (broken.length > 0) throw new LawsBroken(what, broken, held);
    return held;
  };
  return Object.assign(check, { cases });
}

/** Which of the members that an implementation need not have it does have. */
export function membersOf(make: () => object, names: readonly string[]): Set<string> {
  const look = () => {
    const made = make() as Record<string, unknown>;
    return names.filter((name) => made[name] !== undefined);
  };
  const run = inSimulatedWorld(() => programOf(look, { leaks: false }, "laws").run(new Fifo()));
  if (run.fault !== null) throw run.fault.error;
  return new Set(run.value as string[]);
}

/** Under which schedules a law is checked. */
export interface Trials {
  /** Up to so many greenlets are killed in a run. */
  readonly kills?: number;
  /** Up to so many times time passes early. */
  readonly timeouts?: number;
  /** Small enough for all schedules with two preemptions. Default true, unless there are kills or early timeouts. */
  readonly small?: boolean;
}

/** Preemptions of the small laws: most bugs need no more than two. */
const PREEMPTIONS = 2;

/** A law about one body, checked under many schedules. */
export function law(name: string, options: LawOptions, body: Body<[], void>, trials: Trials = {}): Law {
  const { kills = 0, timeouts = 0 } = trials;
  const { runs = 50, seed = 0, maxSchedules = 500, maxSteps } = options;
  const small = trials.small ?? kills + timeouts === 0;
  return {
    name,
    check() {
      simulate(body, {
        runs: kills + timeouts > 0 ? runs * 2 : runs,
        seed,
        kills,
        timeouts,
        maxSteps,
        leaks: false,
      });
      if (small) {
        explore(body, { preemptions: PREEMPTIONS, maxSchedules, reduce: false, maxSteps, leaks: false });
      }
    },
  };
}
