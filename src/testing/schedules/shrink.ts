/**
 * The least schedule that still fails: FIFO, and as few constraints on it as possible. A constraint says that one step
 * comes before another, so it keeps its meaning whatever else changes, which the place in a queue does not.
 *
 * Source: A. Zeller, R. Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28 (2002): ddmin.
 */
import type { Departure, Fault } from "./contract.ts";
import type { Execution } from "./execution.ts";
import { isSame, type Program } from "./program.ts";
import { Constrained, type Constraint, Explaining, type Intervention, Paths } from "./replaying.ts";

/** The least schedule, and why it fails. */
export interface Least {
  readonly run: Execution;
  readonly constraints: readonly Constraint[];
  readonly interventions: readonly Intervention[];
}

/** Steps that shrinking takes at most: some seconds. */
const MAX_STEPS = 1_000_000;

/** Shrinks the schedule by which `program` failed with `fault`. */
export function shrink(program: Program, departures: readonly Departure[], fault: Fault): Least {
  const paths = new Paths();
  const explaining = new Explaining(departures, paths);
  const first = program.run(explaining, paths);
  let least: Least = {
    run: first,
    constraints: explaining.constraints,
    interventions: explaining.interventions,
  };
  let steps = 0;
  const stillFails = (
    constraints: readonly Constraint[],
    interventions: readonly Intervention[],
  ): boolean => {
    if (steps >= MAX_STEPS) return false;
    const paths = new Paths();
    const run = program.run(new Constrained(constraints, interventions, paths), paths);
    steps += run.steps;
    if (!isSame(run.fault, fault)) return false;
    least = { run, constraints, interventions };
    return true;
  };
  minimize(explaining.interventions, (some) => stillFails(explaining.constraints, some));
  const { interventions } = least;
  minimize(explaining.constraints, (some) => stillFails(some, interventions));
  return least;
}

/** Leaves parts out, large ones first, as long as `fails` holds. */
function minimize<T>(items: readonly T[], fails: (some: readonly T[]) => boolean): void {
  if (items.length === 0 || fails([])) return;
  let left = items;
  for (let size = Math.ceil(left.length / 2);;) {
    let smaller = false;
    for (let at = 0; at < left.length;) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)];
      if (rest.length > 0 && fails(rest)) {
        left = rest;
        smaller = true;
      } else at += size;
    }
    if (size === 1 && !smaller) return;
    size = Math.max(1, Math.min(size - 1, Math.ceil(size / 2)));
  }
}
