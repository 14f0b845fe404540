/** Pairs of what is alike, found among those that are in one bucket. */
import type { KernelModule } from "../module.ts";
import type { Run } from "./define.ts";

/** How a kernel looks for pairs. In each pass those with the same key are one bucket. */
interface Search {
  /** The kernel's functions. */
  readonly count: string;
  readonly list: string;
  /** Writes a key for each, for a pass. */
  keys(pass: number, keys: Uint32Array): void;
  /** What the kernel's functions take first, when each is where `places` says it came from. */
  args(places: Int32Array): unknown[];
}

/** There are not more buckets than this many bits tell apart. */
const MOST_BITS = 20;

/**
 * All pairs among `n` that are found in the passes, sorted, as numbers: the first times n, and the second. `search.count` is called with
 * (...args, pass, ends, counts), `search.list` with (...args, pass, starts, pairs).
 */
export function* pairsByBuckets(
  run: Run,
  module: KernelModule,
  n: number,
  passes: number,
  search: Search,
): Generator<unknown, Float64Array, unknown> {
  const keys = new Uint32Array(n), counts = run.array(Uint32Array, n + 1);
  const places = run.array(Int32Array, n), ends = run.array(Int32Array, n);
  const found: Float64Array[] = [];
  for (let pass = 0; pass < passes; pass++) {
    search.keys(pass, keys);
    arrange(keys, places, ends);
    const args = [...search.args(places), pass];
    yield* run.phase(module, search.count, [...args, ends, counts], n);
    counts[n] = 0;
    const pairs = run.array(Float64Array, countsToStarts(counts));
    yield* run.phase(module, search.list, [...args, counts, pairs], n);
    found.push(pairs);
  }
  const all = new Float64Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const pairs of found) {
    all.set(pairs, at);
    at += pairs.length;
  }
  return all.sort();
}

/** Gives each its place in the order of buckets, and where its bucket ends. */
function arrange(keys: Uint32Array, places: Int32Array, ends: Int32Array): void {
  const bits = Math.min(MOST_BITS, Math.max(1, Math.ceil(Math.log2(keys.length))));
  const starts = new Uint32Array(2 ** bits + 1);
  for (let i = 0; i < keys.length; i++) {
    const bucket = Math.imul(keys[i] ^ keys[i] >>> 15, 0x9e3779b1) >>> (32 - bits);
    keys[i] = bucket;
    starts[bucket + 1]++;
  }
  for (let bucket = 1; bucket <= 2 ** bits; bucket++) starts[bucket] += starts[bucket - 1];
  for (let i = 0; i < keys.length; i++) places[starts[keys[i]]++] = i;
  let at = 0;
  for (const end of starts) while (at < end) ends[at++] = end; // moved on to the ends by now
}

/** Counts become where each begins. Gives their sum. */
function countsToStarts(counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const n = counts[i];
    counts[i] = sum;
    sum += n;
  }
  return sum;
}
