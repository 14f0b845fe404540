/** Prime numbers. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/primes.ts";
import { embedded, kernel, type Run } from "./define.ts";

const module = embedded(wasm);

/** Odd numbers of a segment: the kernel has the same. */
const SEGMENT = 2 ** 15;
/** The primes whose multiples a pattern has, and its period. */
const PATTERN = [3, 5, 7, 11, 13] as const, PERIOD = 15_015;
const LARGEST = 2 ** 32;

/** For each of so many odd numbers, 1, 3, 5, ..., 0 or -1: a multiple of one of these primes. */
function multiples(size: number, primes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const p of primes) for (let i = p >> 1; i < size; i += p) bytes[i] = 255;
  return bytes;
}

/** The primes from 17 on whose squares are below `n`. */
function baseOf(n: number): Uint32Array {
  const root = Math.ceil(Math.sqrt(n)), base: number[] = [];
  const isComposite = new Uint8Array(root + 1);
  for (let p = 3; p <= root; p += 2) {
    if (isComposite[p] === 1) continue;
    if (p > 13) base.push(p);
    for (let i = p * p; i <= root; i += 2 * p) isComposite[i] = 1;
  }
  return Uint32Array.from(base);
}

/** How many odd primes are in each segment of the numbers below `n`; into `bits`, if it has any, which. */
function* sieve(run: Run, n: number, bits: Uint8Array): Generator<unknown, Uint32Array, unknown> {
  const size = Math.floor(n / 2), base = baseOf(n);
  const counts = run.array(Uint32Array, Math.ceil(size / SEGMENT));
  const area = SEGMENT + Math.ceil(4 * base.length / 64) * 64;
  const areas = run.array(Uint8Array, run.threads * area), taken = run.array(Int32Array, run.threads);
  const pattern = multiples(PERIOD, PATTERN);
  yield* run.phase(module(), "sieve", [base, pattern, areas, taken, counts, bits, size], counts.length);
  return counts;
}

function checkLimit(what: string, n: number): void {
  if (typeof n !== "number" || !(n >= 0 && n <= LARGEST) || !Number.isInteger(n)) {
    throw new RangeError(`${what}: n must be a whole number from 0 to ${LARGEST}, not ${show(n)}`);
  }
}

/**
 * The primes below `n`, in order.
 *
 * @param n up to 2³². A sixteenth of it, and four times the number of primes, are taken in bytes.
 * @throws `RangeError` for what is no whole number, or above 2³².
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.primes(20)], [2, 3, 5, 7, 11, 13, 17, 19]);
 * ```
 */
export const primes: KernelFunction<[n: number], Uint32Array> = kernel(
  "primes",
  1,
  (n: number) => checkLimit("primes", n),
  function* (run, n: number) {
    if (n <= 2) return new Uint32Array(0);
    const bits = run.array(Uint8Array, Math.ceil(n / 2 / SEGMENT) * SEGMENT / 8);
    const places = yield* sieve(run, n, bits);
    let place = 1;
    for (let i = 0; i < places.length; i++) {
      const count = places[i];
      places[i] = place;
      place += count;
    }
    const out = new Uint32Array(place);
    yield* run.phase(module(), "list", [bits, places, out], places.length);
    out[0] = 2;
    return out;
  },
);

/**
 * How many primes are below `n`.
 *
 * @param n up to 2³².
 * @throws `RangeError` for what is no whole number, or above 2³².
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await kernels.countPrimes(1_000_000), 78_498);
 * ```
 */
export const countPrimes: KernelFunction<[n: number], number> = kernel(
  "countPrimes",
  1,
  (n: number) => checkLimit("countPrimes", n),
  function* (run, n: number) {
    if (n <= 2) return 0;
    const counts = yield* sieve(run, n, new Uint8Array(0));
    return counts.reduce((sum, count) => sum + count, 1);
  },
);
