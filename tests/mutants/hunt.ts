/** Counts the schedules until a failure shows. */
import type { Gen, Testing } from "./kit.ts";

/** What a hunt has come to. */
export interface Hunted {
  /** How many schedules it took; null: none failed. */
  readonly schedules: number | null;
  /** Every schedule there is has been run. */
  readonly exhausted: boolean;
  /** Milliseconds, the report of the failure included. */
  readonly ms: number;
  readonly error: unknown;
}

/** Every way to hunt. */
export type Strategy = "fifo" | "random" | "pct" | "pos" | "urw";

/** Start seeds lie apart, and begin with another strategy of the rotation each. */
const APART = 10_007;

function timed(hunt: () => Omit<Hunted, "ms">): Hunted {
  const start = performance.now();
  const hunted = hunt();
  return { ...hunted, ms: performance.now() - start };
}

/**
 * The number of the schedule that failed; a simulation begins with one in FIFO order, which counts as the first. What is no
 * failure of a schedule has none: the library itself has crashed.
 */
function numberOf(error: unknown): number | null {
  if (!(error instanceof Error)) throw error;
  if (error.message.includes("when it was run again")) throw error; // the program is not the same each time
  if (/^\w+, in plain FIFO order/.test(error.message)) return 1;
  const found = /^\w+, schedule (\d+)/.exec(error.message);
  return found === null ? null : Number(found[1]);
}

/** By chance: one strategy, or all in turn. */
export function byChance(
  testing: Testing,
  body: () => Gen<unknown>,
  most: number,
  start: number = 0,
  strategy?: Strategy,
): Hunted {
  const seed = start * APART;
  return timed(() => {
    try {
      testing.simulate(body, { runs: most, seed, strategy });
      return { schedules: null, exhausted: false, error: undefined };
    } catch (error) {
      return {
        schedules: numberOf(error) ?? oneByOne(testing, body, most, seed, strategy),
        exhausted: false,
        error,
      };
    }
  });
}

function oneByOne(
  testing: Testing,
  body: () => Gen<unknown>,
  most: number,
  seed: number,
  strategy: Strategy | undefined,
): number {
  for (let n = 1; n <= most; n++) {
    try {
      testing.simulate(body, { runs: 1, seed: seed + n - 1, strategy });
    } catch {
      return n;
    }
  }
  throw new Error("a hunt that failed before does not fail now");
}

/** Every schedule: within a number of preemptions, or reduced to those that can make a difference. */
export function byExploring(
  testing: Testing,
  body: () => Gen<unknown>,
  preemptions: number | "reduced",
  most: number = 100_000,
): Hunted {
  const how = preemptions === "reduced" ? { reduce: true } : { preemptions };
  return timed(() => {
    let runs = 0;
    const counted = function* () {
      runs++;
      return yield* body();
    };
    try {
      const { exhausted } = testing.explore(counted, { ...how, maxSchedules: most });
      return { schedules: null, exhausted, error: undefined };
    } catch (error) {
      return { schedules: numberOf(error) ?? Math.max(1, runs - 1), exhausted: false, error };
    }
  });
}
