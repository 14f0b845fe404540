/** Tasks that do nothing, many at a time: what a pool costs for each. */
import type { Cost } from "../harness/cost.ts";
import { now, runtime } from "../harness/host.ts";
import { PEER_POOLS, POOLS, sidesOf, type Work } from "../peers/pools/mod.ts";

/** So many calls are out at any time; each has its promise. */
const outstanding = (limit: number): Work => async (pool, n) => {
  let next = 0, count = 0;
  const lane = async () => {
    while (next < n) {
      const i = next++;
      if (await pool.call("same", i) === i) count++;
    }
  };
  const start = now();
  await Promise.all(Array.from({ length: Math.min(limit, n) }, lane));
  return { count, total: now() - start };
};

/** Thousand tasks a second. */
const GOAL = { deno: 1_500, bun: 2_500, node: 1_500 }[runtime];

export const cost: Cost = {
  name: "threads_throughput",
  title: "task in another thread",
  unit: "ns",
  notes: [
    "A pool of two threads; each task gives back its number, which is checked, and has its own promise. `comlink` and `raw` (one `postMessage` a call, as one writes it by hand) have no pool: two workers in turn.",
  ],
  points: [
    {
      label: "1,000 outstanding",
      size: 100_000,
      quickSize: 10_000,
      caps: { ...Object.fromEntries(PEER_POOLS.map((peer) => [peer, 10_000])), raw: 20_000 },
      sides: sidesOf(POOLS, outstanding(1_000)),
      goals: [
        { kind: "atMost", value: Math.round(1e6 / GOAL) },
        ...PEER_POOLS.map((peer) => ({ kind: "fasterThan", peer, times: 10 }) as const),
      ],
    },
  ],
  sweeps: [
    {
      variable: "outstanding",
      sizes: [1, 10, 100, 1_000, 10_000],
      quickSizes: [1, 100, 1_000],
      at: (limit) => sidesOf(["tendril", "raw"], outstanding(limit)),
      ops: (limit) => Math.max(2_000, 2 * limit),
      limit: 0,
    },
  ],
};
