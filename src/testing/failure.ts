/** From a run that failed to the error that a test shows. */
import type { Task } from "../core/mod.ts";
import type { Departure, Fault } from "./contract.ts";
import type { Execution } from "./execution.ts";
import type { Program } from "./program.ts";
import { Paths, Replaying, type StepName } from "./replaying.ts";
import { tell } from "./report.ts";
import { type Least, shrink } from "./shrink.ts";
import { encode, shortHash } from "./token.ts";
import { survivors, Trail } from "./witness.ts";

/** What a schedule showed: a failure with the schedule as a table, and a token that repeats it. */
export class SimulationError extends Error {
  override name: string = "SimulationError";
  /** What went wrong. */
  readonly kind: Fault["kind"];
  /** For `replay` and `TENDRIL_REPLAY`. */
  readonly token: string;

  constructor(message: string, fault: Fault, token: string) {
    super(message, { cause: fault.error });
    this.kind = fault.kind;
    this.token = token;
  }
}

/** The error for `fault`, after its schedule was reduced to the least that still fails. */
export function failure(
  program: Program,
  title: string,
  departures: readonly Departure[],
  fault: Fault,
  data?: string,
): SimulationError {
  const least = shrink(program, departures, fault);
  return show(program, title, least.run.departures, least, data);
}

/** Runs a schedule once more, with an eye on everything. */
export function show(
  program: Program,
  title: string,
  departures: readonly Departure[],
  least: Least | null,
  data?: string,
): SimulationError {
  const trail = new Trail(true);
  const run = program.run(new Replaying(departures), trail);
  if (run.fault === null) {
    throw new Error(
      `${title}: a schedule failed, and did not fail when it was run again. The body depends on something besides its` +
        " schedule: a variable outside of it, the real clock, real random numbers. Make all that it uses inside of it",
    );
  }
  const token = encode({ seed: program.conditions.seed, departures, program: shortHash(trail.program) });
  const message = tell({
    title,
    fault: run.fault,
    rows: trail.rows,
    parked: survivors(run),
    reasons: least === null ? [] : reasonsOf(program, least),
    token,
    data,
  });
  return new SimulationError(message, run.fault, token);
}

/** What the constraints say, with the greenlets' names. */
function reasonsOf(program: Program, least: Least): string[] {
  if (least.constraints.length + least.interventions.length === 0) return [];
  const names = new Map<string, string>();
  const paths = new NamedPaths(names);
  program.run(new Replaying(least.run.departures), paths);
  const step = ({ path, index }: StepName) => `${names.get(path) ?? path} takes its step ${index}`;
  return [
    ...least.interventions.map(({ before, idles, victim }) =>
      `${victim === null ? "time passes" : `${names.get(victim) ?? victim} is killed`} ` +
      (before === null
        ? `when nobody can go on${idles > 0 ? `, after time has passed ${idles} times` : ""}`
        : `before ${step(before)}`)
    ),
    ...least.constraints.map(({ first, then }) => `${step(first)} before ${step(then)}`),
  ];
}

class NamedPaths extends Paths {
  private readonly names: Map<string, string>;

  constructor(names: Map<string, string>) {
    super();
    this.names = names;
  }

  override stepBegins(run: Execution, task: Task): void {
    super.stepBegins(run, task);
    this.names.set(this.pathOf(task), task.name);
  }
}
