/**
 * What goes wrong in a simulated world, and how long things take: from chance, by the run's seed, so that a token repeats
 * it. Nothing fails unless it is asked for, and what cannot fail draws no random number.
 */
import { probe, show, writes } from "../../core/mod.ts";
import { running } from "../schedules/execution.ts";
import type { Random } from "../schedules/random.ts";

/** A number, or the least and the most of a whole one that chance picks. */
export type Range = number | readonly [least: number, most: number];

/** Options that all simulated devices have: networks, file systems, workers. */
export interface Faults {
  /** Milliseconds that one step of it takes: a message on its way, an operation of a file system. Default 0. */
  latency?: Range;
  /** How probable a failure is, from 0 to 1: what fails how, each device says. Default 0. */
  failure?: number;
  /** Where chance begins, outside of simulations: inside, it is the run's seed that counts. Default 0. */
  seed?: number;
}

/** Checks a probability. */
export function probability(value: unknown, what: string): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new RangeError(`${what} must be a probability from 0 to 1, not ${show(value)}`);
}

/** Checks a range whose least value is not below `floor`. */
export function range(value: unknown, what: string, fallback: Range = 0, floor: number = 0): Range {
  if (value === undefined) return fallback;
  const fits = (n: unknown): n is number => typeof n === "number" && n >= floor && n < Infinity;
  if (fits(value)) return value;
  if (
    Array.isArray(value) && value.length === 2 && fits(value[0]) && fits(value[1]) && value[0] <= value[1]
  ) {
    return [value[0], value[1]];
  }
  throw new RangeError(`${what} must be a number of at least ${floor}, or [least, most], not ${show(value)}`);
}

/** Chance, for one device. Who draws first gets the first number, so that drawing is a use of it. */
export class Dice {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    if (probe !== null) probe.born(this);
  }

  private draw(): Random {
    if (running !== null) running.drew = true;
    writes(this);
    return this.random;
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return p > 0 && this.draw().chance(p);
  }

  /** Something in `range`. */
  in(range: Range): number {
    if (typeof range === "number") return range;
    const [least, most] = range;
    return least === most ? least : least + this.draw().below(Math.floor(most - least) + 1);
  }

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    return n <= 1 ? 0 : this.draw().below(n);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
