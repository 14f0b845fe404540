/** One task after the other: how long one waits for a thread. */
import type { Cost } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { inTurn, PEER_POOLS, POOLS, type Work } from "../peers/pools/mod.ts";

/** The time below which this part of the round trips stays, as if all had taken so long. */
const roundTrips = (part: number): Work => async (pool, n) => {
  const times = new Float64Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const start = now();
    if (await pool.call("same", i) === i) count++;
    times[i] = now() - start;
  }
  times.sort();
  return { count, total: times[Math.min(n - 1, Math.floor(n * part))] * n };
};

export const cost: Cost = {
  name: "threads_latency",
  title: "round trip to another thread",
  unit: "µs",
  notes: [
    "One call, its result, then the next one, to warm pools of two threads; for `raw` and `comlink`, which have no pool, to one thread. The figure of a turn is the quantile of its 1,000 round trips.",
  ],
  points: [
    {
      label: "p50",
      size: 1_000,
      quickSize: 200,
      sides: inTurn(POOLS, roundTrips(0.5)),
      goals: [
        { kind: "timesPeer", peer: "raw", times: 1.1 },
        ...PEER_POOLS.map((peer) => ({ kind: "timesPeer", peer, times: 1.1 }) as const),
      ],
    },
    { label: "p99", size: 1_000, quickSize: 200, sides: inTurn(POOLS, roundTrips(0.99)) },
  ],
};
