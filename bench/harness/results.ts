import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CostResult } from "./cost.ts";
import { type Machine, type Runtime, RUNTIMES } from "./host.ts";

/** What `bench/results/<runtime>.json` holds. Each cost keeps the run that it comes from. */
export interface Kept {
  runtime: Runtime;
  machine: Machine;
  versions: Record<string, string>;
  costs: Record<
    string,
    { date: string; command: string; load: { before: number[]; after: number[] }; result: CostResult }
  >;
}

const fileOf = (runtime: Runtime) => new URL(`../results/${runtime}.json`, import.meta.url);

export function readKept(runtime: Runtime): Kept | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(runtime), "utf8")) as Kept;
  } catch {
    return undefined; // not measured yet
  }
}

export function allKept(): Kept[] {
  return RUNTIMES.map(readKept).filter((kept) => kept !== undefined);
}

/** Adds to what is kept; figures of another machine or of other versions are dropped rather than mixed in. */
export function keep(fresh: Kept): void {
  const old = readKept(fresh.runtime);
  // A peer that has come since then changes nothing about the others.
  const same = old !== undefined && JSON.stringify(old.machine) === JSON.stringify(fresh.machine) &&
    Object.entries(old.versions).every(([name, version]) => fresh.versions[name] === version);
  const kept = same ? { ...fresh, costs: { ...old.costs, ...fresh.costs } } : fresh;
  mkdirSync(new URL("../results/", import.meta.url), { recursive: true });
  writeFileSync(fileOf(fresh.runtime), JSON.stringify(kept, null, 1) + "\n");
}
