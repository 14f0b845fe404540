/** From a run that failed to the error that a test shows. */
import type { Task } from "../../core/mod.ts";
import { type Departure, type Fault, fickle, type Run } from "./contract.ts";
import type { Program } from "./program.ts";
import { Labels } from "./labels.ts";
import { Paths, Replaying, type StepName } from "./replaying.ts";
import { MAX_ROWS, tell } from "./report.ts";
import { type Least, shrink } from "./shrink.ts";
import { withoutOwn } from "./stacks.ts";
import { encode, shortHash } from "./token.ts";
import { Trail } from "./witness.ts";

/** What is found from outside: its error says what the message says, and no place. */
const OURS: readonly Fault["kind"][] = ["deadlock", "leak", "eventually", "endless", "host"];

/** What a schedule showed: a failure with the schedule as a table, and a token that repeats it. */
export class SimulationError extends Error {
  override name: string = "SimulationError";
  /** What went wrong. */
  readonly kind: Fault["kind"];
  /** For `replay` and `TENDRIL_REPLAY`. */
  readonly token: string;

  constructor(message: string, fault: Fault, token: string) {
    super(message, { cause: fault.error });
    if (fault.error instanceof Error && OURS.includes(fault.kind)) {
      fault.error.stack = withoutOwn(fault.error.stack ?? "", fault.error.message);
    }
    this.kind = fault.kind;
    this.token = token;
    this.stack = withoutOwn(this.stack ?? "", message);
  }
}

/** The same error, as if it came out of `entry`: what is below that is no business of the reader's. */
export function from(error: unknown, entry: object): unknown {
  if (error instanceof SimulationError) {
    (Error as { captureStackTrace?(target: object, entry: object): void }).captureStackTrace?.(error, entry);
    error.stack = withoutOwn(error.stack ?? "", error.message);
  }
  return error;
}

/** The first schedule that failed, before anything is made of it. */
export interface Found {
  /** With the seed that it had. */
  readonly program: Program;
  /** Which one it was. */
  readonly title: string;
  readonly departures: readonly Departure[];
  readonly fault: Fault;
  /** It is the run in plain FIFO order that comes before all others. */
  readonly isFirst?: boolean;
}

/**
 * The error for a failure, after its schedule was reduced to the least that still fails. `data` is what it was tried with, as
 * told after the last run.
 */
export function failure(
  { program, title, departures, fault, isFirst }: Found,
  data?: () => string,
): SimulationError {
  const least = shrink(program, departures, fault);
  const { run } = least;
  const passedBefore = isFirst !== true && run.departures.length === 0 && !run.drew;
  const note = passedBefore
    ? `Beware: the same schedule has passed before, so ${fickle().message}.`
    : undefined;
  return show(program, title, run.departures, least, data, note);
}

/** Runs a schedule once more, with an eye on everything. */
export function show(
  program: Program,
  title: string,
  departures: readonly Departure[],
  least: Least | null,
  data?: () => string,
  note?: string,
): SimulationError {
  const length = least?.run.steps ?? program.run(new Replaying(departures)).steps;
  const trail = new Trail(length - MAX_ROWS);
  const run = program.run(new Replaying(departures), trail);
  if (run.fault === null) {
    throw new Error(`${title}: a schedule failed, and did not when it was run again`, { cause: fickle() });
  }
  const token = encode({
    seed: program.conditions.seed,
    steps: trail.steps,
    departures,
    program: shortHash(trail.programOf(trail.steps) as number),
  });
  const message = tell({
    title,
    fault: run.fault,
    rows: trail.rows,
    parked: trail.survivors(run),
    departs: departures.length > 0,
    reasons: least === null ? [] : reasonsOf(program, least),
    token,
    data: data?.(),
    note,
    reported: run.alsoReported(),
    leaks: trail.leaks,
  });
  return new SimulationError(message, run.fault, token);
}

/** What the constraints say, with the names and the numbers of the table. */
function reasonsOf(program: Program, least: Least): string[] {
  if (least.constraints.length + least.interventions.length === 0) return [];
  const paths = new NamedPaths();
  program.run(new Replaying(least.run.departures), paths);
  const name = (path: string) => paths.names.get(path) ?? path;
  const place = ({ path, index }: StepName) => {
    const number = paths.numbers.get(`${path}:${index}`);
    return number === undefined ? `${name(path)} goes on` : `step ${number} of ${name(path)}`;
  };
  return [
    ...least.interventions.map(({ before, idles, victim }) => {
      const what = victim === null ? "time passes" : `${name(victim)} is killed`;
      if (before !== null) return `${what} before ${place(before)}`;
      return `${what} when nobody can go on${idles > 0 ? ` for the ${idles + 1}. time` : ""}`;
    }),
    ...least.constraints.map(({ first, then }) => `${place(first)} comes before ${place(then)}`),
  ];
}

/** What the names of greenlets and steps are in the table. */
class NamedPaths extends Paths {
  readonly names: Map<string, string> = new Map();
  private readonly labels: Labels = new Labels();
  readonly numbers: Map<string, number> = new Map();

  override spawned(task: Task): void {
    this.labels.of(task); // in the order of the table
  }

  override stepBegins(run: Run, task: Task): void {
    const { path, index } = this.nextStep(task);
    this.names.set(path, this.labels.of(task));
    this.numbers.set(`${path}:${index}`, run.steps);
    super.stepBegins(run, task);
  }
}
