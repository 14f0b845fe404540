/** What a pool adds to a process. */
import type { Cost, Sides } from "../harness/cost.ts";
import { residentBytes } from "../harness/host.ts";
import { asShipped, bounded, type PoolName, POOLS, startPool } from "../peers/pools/mod.ts";

const WORKERS = 2;
/** Enough for each thread to have had some. */
const TASKS = 1_000;

function sides(): Sides {
  const side = (name: PoolName) => async () => {
    const load = asShipped(name);
    const before = residentBytes();
    const pool = await startPool(name, await load(), WORKERS);
    const calls = () => Promise.all(Array.from({ length: TASKS }, (_, i) => pool.call("same", i)));
    const results = await bounded(name, "the tasks", 10_000, calls);
    const total = residentBytes() - before;
    return { count: results.every((result, i) => result === i) ? 1 : 0, total };
  };
  return Object.fromEntries(POOLS.map((name) => [name, side(name)]));
}

export const cost: Cost = {
  name: "threads_memory",
  title: "memory of a pool of two threads",
  unit: "kB",
  notes: [
    "Growth of the resident memory of a new process: the library, two threads, and 1,000 tasks that have ended. A thread of the runtime alone is most of it; see `raw`.",
  ],
  points: [{ label: "after 1,000 tasks", size: 1, fresh: true, sides: sides() }],
};
