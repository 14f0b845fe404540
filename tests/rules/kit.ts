/**
 * The numbered rules of the library, each as small programs that must hold in every schedule.
 *
 * `rule` registers two tests for a program: 200 seeds, and every schedule with at most two preemptions. A claim on the
 * order of production says `strategy: "fifo"`: it is a claim on that scheduler alone, so it is not explored, and the rule
 * needs another program whose claim holds whoever comes first.
 *
 * Node and Deno give each file a realm of its own, Bun has one for all. So each file ends with `complete(name)`, which checks
 * its own part of `FILES`, and coverage.test.ts checks that every file does.
 */
import process from "node:process";
import type { Body } from "../../src/mod.ts";
import { explore, simulate, type Strategy } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { test } from "../harness.ts";

/** Which rules each file of this folder covers. A number may stand in several. */
export const FILES: Readonly<Record<string, readonly RuleNumber[]>> = {
  birth: ["S-1", "S-2", "S-4", "S-5", "S-6"],
  kill: ["S-9", "S-10", "S-11", "S-12", "S-13"],
  kill_waits: ["S-14", "S-15"],
  kill_reasons: ["S-16", "S-17", "S-18", "S-19", "S-20"],
  kill_scopes: ["S-21", "S-22", "S-23"],
  join: ["S-25", "S-26", "S-27", "S-28", "S-29", "S-30", "S-31", "S-32", "S-33", "S-34", "S-35"],
  links: ["S-36"],
  timeouts: ["S-37", "S-38", "S-39", "S-40", "S-41", "S-42", "S-43"],
  order: ["S-44", "S-45", "S-46", "S-47"],
  events: ["S-48", "S-49"],
  locks: ["S-50", "S-51", "S-52", "S-53", "S-54"],
  conditions: ["S-55", "S-56"],
  queues: ["S-57", "S-58", "S-59", "S-61", "S-62", "S-63", "S-64", "S-65", "S-66"],
  channels: ["S-57", "S-58", "S-59", "S-60", "S-61", "S-63", "S-66"],
  select: ["S-51", "S-57", "S-59"],
  pools: ["S-67", "S-68", "S-69"],
  groups: ["S-70", "S-71", "S-72", "S-73", "S-74"],
  deadlock: ["S-75", "S-76"],
  // One line for each file; its name is that of the file without `.test.ts`.
};

/** A rule's number: `S-14`. */
export type RuleNumber = `S-${number}`;

/** How a rule's program is run. */
export interface RuleOptions {
  /** How many seeds. Default 200. */
  seeds?: number;
  /** Bounds of the exploration; false: none, for a claim that chance alone can test. */
  explore?: { preemptions?: number; maxSchedules?: number } | false;
  /** Why two preemptions are not exhausted within `maxSchedules`. Without it, they must be. */
  open?: string;
  /** For a claim on one scheduler. With "fifo" nothing is explored. */
  strategy?: Strategy;
  /** In the seeded runs, so many greenlets are killed at random steps, at most. */
  kills?: number;
  /** In the seeded runs, so often time passes early, at most. */
  timeouts?: number;
  /** As in `simulate`. */
  grace?: number;
  /** As in `simulate`. */
  leaks?: boolean;
  /** As in `simulate`. */
  maxSteps?: number;
  /** Looks at what the body gave in all seeded runs, and in all explored ones: `reached` is what must be among them. */
  reached?: readonly unknown[];
}

const SEEDS = 200;
const MAX_SCHEDULES = 5_000;
/** One schedule of one program is repeated: then nothing can be said about all. */
const isReplay = process.env.TENDRIL_REPLAY !== undefined;

interface Coverage {
  simulated: boolean;
  explored: boolean;
}
const coverage = new Map<string, Coverage>();
const claims = new Set<string>();

/** Registers the tests of one claim of one rule. See the top of the file. */
export function rule<T>(
  number: RuleNumber,
  claim: string,
  body: Body<[], T>,
  options: RuleOptions = {},
): void {
  const name = `${number} > ${claim}`;
  if (claims.has(name)) throw new Error(`two programs are called ${name}`);
  claims.add(name);
  const of: Coverage = coverage.get(number) ?? { simulated: false, explored: false };
  coverage.set(number, of);
  const { seeds = SEEDS, kills, timeouts, grace, leaks, maxSteps, strategy, reached = [] } = options;
  const conditions = { grace, leaks, maxSteps };

  const isProduction = strategy === "fifo" && (kills ?? 0) === 0 && (timeouts ?? 0) === 0;
  test(`${name} > ${isProduction ? "in production's order" : `${seeds} seeds`}`, () => {
    const runs = isProduction ? 1 : seeds; // every seed is the same schedule
    const { values, ...found } = simulate(body, { ...conditions, runs, strategy, kills, timeouts });
    if (isReplay) return;
    assertEquals(found.runs, runs);
    assertReached(values, reached);
  });
  if (strategy !== "fifo") of.simulated = true;

  if (options.explore === false || strategy !== undefined) return;
  const { preemptions = 2, maxSchedules = MAX_SCHEDULES } = options.explore ?? {};
  test(`${name} > ${preemptions} preemptions`, () => {
    const found = explore(body, { ...conditions, preemptions, maxSchedules });
    if (isReplay) return;
    assert(found.schedules > 1, "there is one schedule only: let somebody else be ready, too");
    if (options.open === undefined) {
      assert(
        found.exhausted,
        `${found.schedules} schedules, and there are more: say why in "open", or make it smaller`,
      );
    } else {
      assert(!found.exhausted, `${found.schedules} schedules are all that there are: "open" is wrong`);
    }
    assertReached(found.values, reached);
  });
  if (preemptions >= 2) of.explored = true;
}

/** A claim on what can happen is only as good as the schedules that made it happen. */
function assertReached(values: readonly unknown[], wanted: readonly unknown[]): void {
  const seen = new Set(values.map((value) => JSON.stringify(value)));
  for (const value of wanted) {
    assert(
      seen.has(JSON.stringify(value)),
      `no schedule gave ${JSON.stringify(value)}, only ${[...seen].slice(0, 8).join(", ")}`,
    );
  }
}

/**
 * Stands at the end of a file: each rule that it is to cover was simulated and explored, and no other. What comes behind
 * belongs to the next file.
 */
export function complete(file: string): void {
  const covered = new Map(coverage);
  coverage.clear();
  claims.clear();
  test(`each rule of ${file} was simulated and explored`, () => {
    const wanted = [...FILES[file] ?? []].sort(byNumber);
    assertEquals([...covered.keys()].sort(byNumber), wanted, `FILES.${file} in kit.ts`);
    for (const [number, { simulated, explored }] of covered) {
      assert(simulated, `${number} has no program that was simulated with more than production's order`);
      assert(explored, `${number} has no program that was explored with two preemptions`);
    }
  });
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(2)) - Number(b.slice(2));
}
