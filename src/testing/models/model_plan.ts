/**
 * The random programs of `modelTest`. A seed says all: below 2^32 it is that of the program, and the bits above leave
 * operations out. So a failure with fewer operations than its program had is repeated by a token like any other.
 */
import type { Found } from "../schedules/failure.ts";
import type { Kind } from "./linearizable.ts";
import { isSame } from "../schedules/program.ts";
import { Random } from "../schedules/random.ts";
import { policyFor, type Strategy } from "../schedules/strategies.ts";

/** A kind of operation, for those who do it. */
export interface Verb<S, M> {
  readonly kind: Kind<M>;
  run(subject: S, ...args: readonly unknown[]): unknown;
  args(random: Random, who: number): readonly unknown[];
  /** The names of the operations that it undoes. */
  readonly releases: readonly string[] | undefined;
  /** It is not done while one of these is held. */
  readonly unless: readonly string[];
  /** Whether there is one that undoes it. */
  readonly isHeld: boolean;
  readonly weight: number;
}

/** An operation of a program. */
export interface Step<S, M> {
  readonly verb: Verb<S, M>;
  readonly args: readonly unknown[];
  /** Its bit among those that leave out. */
  readonly index: number;
}

/** Seeds of programs stay below. */
export const SHARE: number = 2 ** 32;
/** Bits that are left above: a number has 53. */
const BITS = 20;
/** How many schedules are tried before an operation counts as needed. */
const TRIES = 50;
const STRATEGIES: readonly Strategy[] = ["random", "pos", "urw", "pct"];

/** What each greenlet does. */
export function planOf<S, M>(
  verbs: readonly Verb<S, M>[],
  greenlets: number,
  length: number,
  seed: number,
): Step<S, M>[][] {
  const random = new Random(seed % SHARE, 7);
  const all = greenlets * length, bits = Math.min(BITS, all);
  return Array.from({ length: greenlets }, (_, who) => {
    const held: string[] = [];
    return Array.from({ length }, (_, i) => {
      const verb = pick(verbs, held, random);
      if (verb.isHeld) held.push(verb.kind.name);
      if (verb.releases !== undefined) {
        held.splice(held.findLastIndex((name) => verb.releases?.includes(name)), 1);
      }
      const args = verb.releases === undefined ? verb.args(random, who) : [];
      return { verb, args, index: Math.floor((who * length + i) * bits / all) };
    });
  });
}

/** By weight, among those that can be done. */
function pick<S, M>(
  verbs: readonly Verb<S, M>[],
  held: readonly string[],
  random: Random,
): Verb<S, M> {
  const possible = verbs.filter(({ releases, unless }) =>
    !held.some((name) => unless.includes(name)) &&
    (releases === undefined || held.some((name) => releases.includes(name)))
  );
  let point = random.fraction() * possible.reduce((sum, { weight }) => sum + weight, 0);
  for (const verb of possible) if ((point -= verb.weight) < 0) return verb;
  return possible.at(-1) ?? verbs[0];
}

/** Whether the operation with that bit is left out. */
export function isLeftOut(index: number, seed: number): boolean {
  return seed >= SHARE && Math.floor(seed / SHARE / 2 ** index) % 2 === 1;
}

/** The same failure with as few operations as can be found, each left out in turn. */
export function fewest(found: Found, operations: number): Found {
  let least = found;
  for (let before: Found | null = null; before !== least;) {
    before = least;
    for (let bit = 0; bit < Math.min(BITS, operations); bit++) {
      if (!isLeftOut(bit, least.program.conditions.seed)) least = without(least, bit) ?? least;
    }
  }
  return least;
}

function without(found: Found, bit: number): Found | null {
  const program = found.program.seeded(found.program.conditions.seed + SHARE * 2 ** bit);
  const estimate = { drew: true, steps: 40, stepsOf: [] };
  const injections = { kills: found.departures.some(({ choice }) => choice < 0) ? 1 : 0, timeouts: 0 };
  for (let i = 0; i < TRIES; i++) {
    const policy = policyFor(STRATEGIES[i % STRATEGIES.length], i, estimate, injections);
    const { fault, departures } = program.run(policy);
    if (fault !== null && isSame(fault, found.fault)) return { ...found, program, departures, fault };
  }
  return null;
}
