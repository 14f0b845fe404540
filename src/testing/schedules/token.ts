/**
 * A schedule as a short line of text: the seed, and where the choices depart from FIFO.
 *
 *     td1.<seed><steps><departure>…<program><text>
 *
 * Numbers stand in digits of base 64, five bits each and one that says whether more follow. A departure is the distance
 * from the one before together with the choice: one digit in most cases. `program` is a hash of what the run did, so that
 * a token of another program, or of an earlier version, is told from a defect; `text` is a hash of the token itself.
 */
import { show } from "../../core/mod.ts";
import { type Choice, type Departure, PASS_TIME } from "./contract.ts";

/** What a token says. */
export interface Schedule {
  readonly seed: number;
  /** How many there were up to the failure. */
  readonly steps: number;
  readonly departures: readonly Departure[];
  /** A hash of what the run did in these steps: see {@linkcode Trail}. */
  readonly program: number;
}

const PREFIX = "td1.";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Digits of the two hashes. */
const PROGRAM = 4, TEXT = 2;
/** How many choices fit beside a distance; the rest comes in a number of its own. */
const SHORT = 3;

/** The hash of a text: FNV-1a, 32 bits (Fowler, Noll, Vo). */
export function hash(text: string, from: number = 0x811c9dc5): number {
  let h = from;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A hash with one more number in it. */
export function mix(h: number, n: number): number {
  return Math.imul(h ^ n, 0x01000193) >>> 0;
}

function number(n: number): string {
  let text = "";
  let left = n;
  for (; left >= 32; left = Math.floor(left / 32)) text += DIGITS[32 + (left % 32)];
  return text + DIGITS[left];
}

function fixed(n: number, digits: number): string {
  let text = "";
  for (let i = 0; i < digits; i++) text += DIGITS[Math.floor(n / 64 ** i) % 64];
  return text;
}

/** As many bits of a hash as a token holds. */
export function shortHash(h: number): number {
  return h % 64 ** PROGRAM;
}

/** A choice other than the first in the queue as a number from 0. */
function rank(choice: Choice): number {
  if (choice > 0) return choice <= SHORT ? choice - 1 : SHORT + (choice - SHORT - 1) * 2;
  return SHORT + 1 + (PASS_TIME - choice) * 2;
}

function choiceOf(rank: number): Choice {
  if (rank < SHORT) return rank + 1;
  const rest = rank - SHORT;
  return rest % 2 === 0 ? SHORT + 1 + rest / 2 : PASS_TIME - (rest - 1) / 2;
}

/** The token of a schedule. */
export function encode(schedule: Schedule): string {
  let text = number(schedule.seed) + number(schedule.steps);
  let next = 0;
  for (const { at, choice } of schedule.departures) {
    const r = rank(choice), distance = (at - next) * (SHORT + 1);
    text += r < SHORT ? number(distance + r) : number(distance + SHORT) + number(r - SHORT);
    next = at + 1;
  }
  text += fixed(schedule.program, PROGRAM);
  return PREFIX + text + fixed(hash(text), TEXT);
}

/** @throws `Error` for what is no token, one with a typing error, or one of another version. */
export function decode(token: unknown, what: string = "replay"): Schedule {
  const wrong = (why: string) =>
    new Error(
      `${what}: not a replay token: ${show(token)} ${why}; copy the whole line that the failure printed`,
    );
  if (typeof token !== "string") throw wrong("is no text");
  const trimmed = token.trim();
  if (!trimmed.startsWith(PREFIX)) {
    throw wrong(
      /^td\d+\./.test(trimmed) ? "comes from another version of tendril" : `does not begin with ${PREFIX}`,
    );
  }
  const body = trimmed.slice(PREFIX.length, -TEXT);
  const text = body.slice(0, -PROGRAM);
  const digits = [...text].map((c) => DIGITS.indexOf(c));
  if (body.length <= PROGRAM || digits.includes(-1)) {
    throw wrong("is too short, or has characters that no token has");
  }
  if (fixed(hash(body), TEXT) !== trimmed.slice(-TEXT)) {
    throw wrong("has a typing error: its check does not fit");
  }
  let i = 0;
  const read = (): number => {
    let n = 0;
    for (let unit = 1;; unit *= 32) {
      if (i >= digits.length) throw wrong("ends in the middle of a number");
      const digit = digits[i++];
      n += (digit % 32) * unit;
      if (digit < 32) return n;
    }
  };
  const seed = read();
  const steps = read();
  const departures: Departure[] = [];
  for (let next = 0; i < digits.length;) {
    const n = read();
    const low = n % (SHORT + 1);
    const at = next + (n - low) / (SHORT + 1);
    departures.push({ at, choice: choiceOf(low < SHORT ? low : SHORT + read()) });
    next = at + 1;
  }
  let program = 0;
  for (let k = 0; k < PROGRAM; k++) program += DIGITS.indexOf(body[text.length + k]) * 64 ** k;
  return { seed, steps, departures, program };
}
