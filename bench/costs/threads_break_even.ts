/** From which length on tasks are done sooner by a pool than here. */
import { type Cost, type PointResult, type Side, type SideName, SIDES } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { type Pool, POOLS, sidesOf, type Work } from "../peers/pools/mod.ts";
import { spin } from "../peers/pools/tasks.ts";

const LENGTHS = [0.5, 1, 2, 3, 5, 10, 20, 50];
const TASKS = 10_000, PEER_TASKS = 2_000;

/** Calls after which the engines have surely compiled `spin`, which takes V8 longer in short calls than in long ones. */
const WARM_CALLS = 10_000, WARM_ROUNDS = 125;

let perMicrosecond: number | undefined;

/** Rounds of `spin` that take so many microseconds: the quickest of many tries, when nobody else had the core. */
function roundsOf(microseconds: number): number {
  if (perMicrosecond === undefined) {
    let best = Infinity;
    for (let i = 0; i < WARM_CALLS; i++) spin(WARM_ROUNDS);
    for (let i = 0; i < 1_000; i++) {
      const start = now();
      spin(WARM_ROUNDS * 20);
      best = Math.min(best, now() - start);
    }
    perMicrosecond = WARM_ROUNDS * 20 / (best / 1e3);
  }
  return Math.round(perMicrosecond * microseconds);
}

const warm = new WeakSet<Pool>();

async function warmUp(pool: Pool): Promise<void> {
  if (warm.has(pool)) return;
  for (let i = 0; i < WARM_CALLS; i += 100) {
    await Promise.all(Array.from({ length: 100 }, () => pool.call("spin", WARM_ROUNDS)));
  }
  warm.add(pool);
}

/** All tasks are given at once, as in `Promise.all(tasks.map(…))`. */
const inPool = (microseconds: number): Work => async (pool, n) => {
  const rounds = roundsOf(microseconds), expected = spin(rounds);
  await warmUp(pool);
  const start = now();
  const results = await Promise.all(Array.from({ length: n }, () => pool.call("spin", rounds)));
  const total = now() - start;
  return { count: results.filter((result) => result === expected).length, total };
};

const inline = (microseconds: number): Side => (n) => {
  const rounds = roundsOf(microseconds), expected = spin(rounds);
  let count = 0;
  const start = now();
  for (let i = 0; i < n; i++) if (spin(rounds) === expected) count++;
  return Promise.resolve({ count, total: now() - start });
};

/** Where the line between two lengths crosses: microseconds from which on the side is at least as quick as inline. */
function breakEven(points: readonly PointResult[], side: SideName): string {
  const ratios = LENGTHS.map((length) => {
    const stats = points.find((p) => p.label === labelOf(length))?.stats;
    return (stats?.[side]?.median ?? NaN) / (stats?.native?.median ?? NaN);
  });
  const last = ratios.findLastIndex((ratio) => !(ratio <= 1));
  if (last === -1) return `≤ ${LENGTHS[0]} µs`;
  if (last === LENGTHS.length - 1) return `> ${LENGTHS[last]} µs`;
  const [x0, x1, y0, y1] = [LENGTHS[last], LENGTHS[last + 1], ratios[last], ratios[last + 1]].map(Math.log);
  return `${Math.exp(x0 + (x1 - x0) * y0 / (y0 - y1)).toFixed(1)} µs`;
}

const labelOf = (length: number) => `${length} µs`;
const caps = Object.fromEntries(POOLS.filter((name) => name !== "tendril").map((name) => [name, PEER_TASKS]));

export const cost: Cost = {
  name: "threads_break_even",
  title: "task of busy arithmetic",
  unit: "µs",
  notes: [
    "10,000 tasks of one length in a pool of two threads, all given at once; `native` runs them here, one after the other. What is below `native` pays off.",
  ],
  points: LENGTHS.map((length) => ({
    label: labelOf(length),
    size: TASKS,
    quickSize: TASKS / 5,
    caps,
    sides: { ...sidesOf(POOLS, inPool(length)), native: inline(length) },
    goals: length === 3 ? [{ kind: "timesPeer", peer: "native", times: 1 }] : [],
  })),
  findings: (points) => {
    const there = SIDES.filter((side) => side !== "native" && points.some((p) => p.stats[side]));
    return [
      `Break-even of a pool of two threads: ${
        there.map((side) => `${side} ${breakEven(points, side)}`).join(", ")
      }.`,
    ];
  },
  sweeps: [
    {
      variable: "threads",
      sizes: [1, 2],
      quickSizes: [1, 2],
      at: (workers) => sidesOf(["tendril", "raw"], inPool(50), workers),
      ops: () => 1_000,
      // Twice the threads take at least a third less time; -1 would be half of it.
      limit: -0.6,
    },
  ],
};
