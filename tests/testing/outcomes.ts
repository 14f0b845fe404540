// All outcomes of a program, by the full search and by the reduced one.

import { BoundedSearch } from "../../src/testing/schedules/bounded.ts";
import { inSimulatedWorld } from "../../src/testing/world/environment.ts";
import type { Fault } from "../../src/testing/schedules/contract.ts";
import { programOf } from "../../src/testing/schedules/program.ts";
import { ReducedSearch } from "../../src/testing/schedules/reduced.ts";
import { bodyOf, type Program } from "./programs.ts";
import type { Logs } from "./programs_common.ts";

/** What a search found. */
export interface Outcomes {
  readonly seen: ReadonlySet<string>;
  readonly schedules: number;
  /** It gave up. */
  readonly cut: boolean;
}

/** Faults that end a run there and then. */
const FATAL: readonly string[] = ["always", "endless"];
const OPTIONS = { leaks: false, maxSteps: 400 };

/** One run's outcome as text. */
function outcomeOf(fault: Fault | null, logs: Logs): string {
  // It ends there and then: how far the others have come says nothing.
  if (fault !== null && FATAL.includes(fault.kind)) return fault.kind;
  const names = Object.keys(logs).sort();
  const end = fault === null ? "fine" : `${fault.kind} ${(fault.error as Error).name}`;
  return `${end} ${names.map((name) => `${name}:${logs[name].join(",")}`).join(" ")}`;
}

/** By the full search. */
export function fully(program: Program, most: number): Outcomes {
  const seen = new Set<string>();
  const search = new BoundedSearch(Infinity);
  let schedules = 0;
  while (search.next()) {
    if (schedules++ >= most) return { seen, schedules, cut: true };
    const logs: Logs = {};
    const run = programOf(bodyOf(program, logs), OPTIONS, "test").run(search);
    seen.add(outcomeOf(run.fault, logs));
  }
  return { seen, schedules, cut: false };
}

/** By the reduced one. */
export function reduced(program: Program, most: number): Outcomes {
  let seen = new Set<string>();
  const search = new ReducedSearch();
  let schedules = 0;
  while (search.next()) {
    if (schedules++ >= most) return { seen, schedules, cut: true };
    const logs: Logs = {};
    const run = programOf(bodyOf(program, logs), OPTIONS, "test").run(search, search.witness());
    if (!search.wasBlocked) seen.add(outcomeOf(run.fault, logs));
    if (search.learn()) seen = new Set();
  }
  return { seen, schedules, cut: false };
}

/** The seed's program, and what the two searches say; null where it is too large. */
export function difference(
  program: Program,
  most: number,
): { missed: string[]; full: Outcomes; less: Outcomes } | null {
  const full = inSimulatedWorld(() => fully(program, most));
  if (full.cut) return null;
  const less = inSimulatedWorld(() => reduced(program, most * 2));
  // A run that ends at a fault hides what would have come: it is enough to find one.
  const isOver = FATAL.some((kind) => less.seen.has(kind));
  return { missed: isOver ? [] : [...full.seen].filter((outcome) => !less.seen.has(outcome)), full, less };
}
