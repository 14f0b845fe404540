/** A map over a million small items. */
import { ThreadPool } from "../../src/threads/mod.ts";
import type { Cost, Side } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { POOLS, sidesOf, type Work } from "../peers/pools/mod.ts";
import { square } from "../peers/pools/tasks.ts";

const ITEMS = 1_000_000, PEER_ITEMS = 20_000, OUTSTANDING = 1_000;

function itemsOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** How many results are right. */
function right(results: readonly unknown[]): number {
  let count = 0;
  for (let i = 0; i < results.length; i++) if (results[i] === i * i) count++;
  return count;
}

let pool: ThreadPool | undefined;

const tendril: Side = async (n) => {
  pool ??= new ThreadPool({ size: 2, minSize: 2 });
  const work = pool.module<typeof import("../peers/pools/tasks.ts")>(
    new URL("../peers/pools/tasks.ts", import.meta.url),
  );
  const items = itemsOf(n);
  const start = now();
  const results = await pool.map(work.square, items);
  return { total: now() - start, count: right(results) };
};

const native: Side = (n) => {
  const items = itemsOf(n);
  const start = now();
  const results = items.map((item) => square(item));
  return Promise.resolve({ total: now() - start, count: right(results) });
};

/** The others send a task for each item. A line of calls, since a million promises at once are too many for some. */
const byTasks: Work = async (pool, n) => {
  const items = itemsOf(n), results: unknown[] = new Array(n);
  let next = 0;
  const lane = async () => {
    while (next < n) {
      const at = next++;
      results[at] = await pool.call("square", items[at]);
    }
  };
  const start = now();
  await Promise.all(Array.from({ length: OUTSTANDING }, lane));
  return { total: now() - start, count: right(results) };
};

const others = POOLS.filter((name) => name !== "tendril");

export const cost: Cost = {
  name: "threads_map",
  title: "map of small items",
  unit: "ns",
  notes: [
    "`x => x * x` over numbers: ours is `pool.map`, which cuts them into chunks by itself; `native` is `Array.prototype.map` in this thread, which is the better choice for so little work. For the other pools an item is a task, of which 1,000 are outstanding.",
  ],
  points: [
    {
      label: "1,000,000",
      size: ITEMS,
      quickSize: ITEMS / 10,
      caps: Object.fromEntries(others.map((name) => [name, PEER_ITEMS])),
      sides: { tendril, native, ...sidesOf(others, byTasks) },
      goals: others.map((peer) => ({ kind: "fasterThan", peer, times: 10 }) as const),
    },
  ],
  sweeps: [
    {
      variable: "items",
      sizes: [1_000, 10_000, 100_000, 1_000_000],
      quickSizes: [1_000, 100_000],
      at: () => ({ tendril, native }),
      ops: (size) => size,
      limit: 0.15,
    },
  ],
};
