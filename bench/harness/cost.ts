/**
 * What a benchmark is, as data. A file of `bench/costs/` exports one {@link Cost}; the harness knows how to
 * measure any of them and knows none by name.
 */

/**
 * The names of the sides, in the order of the columns. `native` is the host's own call, without us. `gevent` and `asyncio`
 * run in a Python child. `raw` is one `postMessage` a call; what follows it are pools of threads.
 */
export const SIDES = [
  "tendril",
  "native",
  "promise",
  "effection",
  "effect",
  "gevent",
  "asyncio",
  "raw",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "comlink",
] as const;
export type SideName = (typeof SIDES)[number];
export type PeerName = Exclude<SideName, "tendril">;

/** What one call of a side gives back. */
export interface Reading {
  /** How many operations the side saw happen. It counts them itself; a number other than the one asked for is a defect. */
  count: number;
  /** The cost of them all: nanoseconds, or bytes. Absent: the harness's own clock around the call. */
  total?: number;
}

/** Performs `n` operations and says what it did. */
export type Side = (n: number) => Promise<Reading>;

export type Sides = { [name in SideName]?: Side };

/** Thrown by a peer's side that does not work on this runtime: it is left out, and the table says why. */
export class LeftOut extends Error {}

/** What must be reached; evaluated on the medians of one run. */
export type Goal =
  | { readonly kind: "atMost"; readonly value: number }
  /** At most `times` the cost of a peer at the same point. */
  | { readonly kind: "timesPeer"; readonly peer: PeerName; readonly times: number }
  /** At least `times` cheaper than a peer at the same point. */
  | { readonly kind: "fasterThan"; readonly peer: PeerName; readonly times: number }
  /** At most `times` our own cost at another point of this file. */
  | { readonly kind: "timesPoint"; readonly point: string; readonly times: number };

export interface Point {
  readonly label: string;
  readonly sides: Sides;
  /** Operations in a call. Absent: as many as take about the target time of a repeat. */
  readonly size?: number;
  /** The same for `--quick`. */
  readonly quickSize?: number;
  /** Sides that would take minutes at `size`: measured at this smaller size, and marked so. */
  readonly caps?: { readonly [name in SideName]?: number };
  /** A new process for each reading: what a process can show only once (its peak memory, its first import). */
  readonly fresh?: boolean;
  /** One reading is enough: the quantity has no noise. */
  readonly exact?: boolean;
  readonly goals?: readonly Goal[];
}

/** The same operation at growing sizes. The exponent of the cost of one operation is printed: 0 is O(1). */
export interface Sweep {
  /** What grows: "tasks", "waiters in the line". */
  readonly variable: string;
  readonly sizes: readonly number[];
  readonly quickSizes: readonly number[];
  /** The sides at one size; more than ours only where a peer shows what memory alone costs. */
  readonly at: (size: number) => Sides;
  /** Operations in a call at one size. Absent: as many as take the target time. */
  readonly ops?: (size: number) => number;
  /** The largest exponent that is no defect. */
  readonly limit: number;
}

export interface Cost {
  readonly name: string;
  readonly title: string;
  /** The unit printed, for one operation. */
  readonly unit: "ns" | "µs" | "ms" | "B" | "kB";
  /** Said under the table: what the sides do, and what they don't. */
  readonly notes: readonly string[];
  readonly points: readonly Point[];
  readonly sweeps?: readonly Sweep[];
  /** What follows from the figures of several points; printed below the table. */
  readonly findings?: (points: readonly PointResult[]) => string[];
}

/** How many nanoseconds, or bytes, one unit has. */
export const UNIT: Readonly<Record<Cost["unit"], number>> = { ns: 1, "µs": 1e3, ms: 1e6, B: 1, kB: 1e3 };

export interface Stat {
  /** Per operation, in the cost's unit. */
  median: number;
  min: number;
  max: number;
  repeats: number;
  /** Operations in each repeat. */
  ops: number;
}

export type Stats = { [name in SideName]?: Stat };

export interface PointResult {
  label: string;
  stats: Stats;
  /** Sides that were measured at a smaller size than ours. */
  capped: { [name in SideName]?: number };
  /** Sides that did not work, and why. Absent: all did. */
  leftOut?: { [name in SideName]?: string };
}

export interface SweepResult {
  variable: string;
  limit: number;
  sizes: number[];
  sides: { [name in SideName]?: { values: number[]; exponent: number } };
}

export interface CostResult {
  name: string;
  title: string;
  unit: Cost["unit"];
  notes: readonly string[];
  points: PointResult[];
  sweeps: SweepResult[];
  findings?: string[];
  verdicts: Verdict[];
}

export interface Verdict {
  point: string;
  goal: string;
  /** What was compared with the goal, as text. */
  got: string;
  reached: boolean;
}
