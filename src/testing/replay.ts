/** Running one schedule again. */
import type { Body } from "../sync/mod.ts";
import { atExit, environmentVariable, say } from "../host/mod.ts";
import { inSimulatedWorld } from "./world/environment.ts";
import { Execution } from "./schedules/execution.ts";
import { show } from "./schedules/failure.ts";
import { needKnown, type Program, programOf, type ProgramOptions } from "./schedules/program.ts";
import { Replaying } from "./schedules/replaying.ts";
import { decode, type Schedule, shortHash } from "./schedules/token.ts";
import { Trail } from "./schedules/witness.ts";

/** Options of whoever found the failure, which a single schedule does not need. */
const OF_OTHERS: readonly string[] = [
  ...["seed", "runs", "strategy", "kills", "timeouts", "preemptions", "maxSchedules", "reduce"],
];

/** What the next simulation is to repeat. */
let armed: Schedule | null = null;
/** Simulations that the token of the environment did not fit, and whether it has fitted one. */
let passedBy = 0, used = false;
let watchesExit = false;

/**
 * Repeats the schedule of a failure, to the letter, also one that another runtime has found. Put the line that the
 * failure printed in front of the `simulate`, `explore` or `sweep` that failed: that one then runs this schedule only. Or
 * give the body, which is run at once. Without changing anything, `TENDRIL_REPLAY=td1.…` before the command of a test run
 * does the same for the simulation that the token belongs to.
 *
 * @param token `td1.…`, as printed.
 * @param body what failed.
 * @param options as they were.
 * @throws {@linkcode SimulationError} when it fails again; `Error` for what is no token, for one of another program, or one
 *   whose program has changed.
 * @example
 * ```ts
 * import { spawn } from "tendril";
 * import { always, replay, simulate, SimulationError } from "tendril/testing";
 * import { assertThrows } from "@std/assert";
 *
 * function* body() {
 *   const log: string[] = [];
 *   always(() => log[0] !== "b", "a comes first");
 *   for (const name of ["a", "b"]) spawn({ name }, () => void log.push(name));
 * }
 * const { token } = assertThrows(() => simulate(body), SimulationError);
 * assertThrows(() => replay(token, body), SimulationError, "a comes first");
 * ```
 */
export function replay(token: string): void;
export function replay<T>(token: string, body: Body<[], T>, options?: ProgramOptions): T;
export function replay<T>(token: string, body?: Body<[], T>, options?: ProgramOptions): T | void {
  const schedule = decode(token);
  if (body === undefined) {
    if (armed !== null) {
      throw new Error(
        "replay: no simulation has followed the replay before: put each in front of the one it belongs to",
      );
    }
    if (!watchesExit) atExit(sayArmed);
    watchesExit = true;
    armed = schedule;
    return;
  }
  needKnown(options, "replay", OF_OTHERS);
  const program = programOf(body, options, "replay");
  return inSimulatedWorld(() => repeat(program, schedule, "replay").value as T, replay);
}

/**
 * If a schedule is to be repeated, and it is one of `program`, its run; it throws when that fails. `data` is what it is
 * tried with, as told after the run.
 */
export function replayed(program: Program, what: string, data?: () => string): Execution | undefined {
  if (armed !== null) {
    const schedule = armed;
    armed = null;
    return repeat(program, schedule, `replay of ${what}`, data);
  }
  const wanted = environmentVariable("TENDRIL_REPLAY");
  if (wanted === undefined || wanted === "") return undefined;
  const schedule = decode(wanted, "TENDRIL_REPLAY");
  if (passedBy === 0 && !used) atExit(() => sayUnused(wanted));
  if (attempt(program, schedule).fits) {
    used = true;
    return repeat(program, schedule, `replay of ${what}`, data);
  }
  passedBy++;
  return undefined;
}

/** Nobody must believe that a schedule passes which was never run. */
function sayUnused(token: string): void {
  if (used) return;
  say(
    `TENDRIL_REPLAY=${token} fits none of the ${passedBy} simulations that ran in this process. If it should, the body has` +
      " changed since. (Where each file of tests has a process of its own, all but one say this.)",
  );
}

function sayArmed(): void {
  if (armed !== null) {
    say("replay(token) was called and no simulation followed it: put it in front of the one it belongs to");
  }
}

function attempt(program: Program, schedule: Schedule): { run: Execution; fits: boolean } {
  const trail = new Trail(Infinity);
  const policy = new Replaying(schedule.departures);
  const run = program.seeded(schedule.seed).run(policy, trail);
  const sum = trail.programOf(schedule.steps);
  return { run, fits: policy.isThrough(run) && sum !== undefined && shortHash(sum) === schedule.program };
}

function repeat(program: Program, schedule: Schedule, title: string, data?: () => string): Execution {
  const { run, fits } = attempt(program, schedule);
  if (!fits) {
    throw new Error(
      `${title}: the token does not belong to this body, or the body, what it calls or the options have changed since:` +
        " the schedule cannot be followed. If you have mended it, run the simulation again without the token",
    );
  }
  if (run.fault !== null) throw show(program.seeded(schedule.seed), title, schedule.departures, null, data);
  return run;
}
