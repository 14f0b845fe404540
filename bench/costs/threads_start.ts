/** From nothing to the first result of a pool. */
import type { Cost, Sides } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { asShipped, type PoolName, POOLS, startPool } from "../peers/pools/mod.ts";

/** Each runs in a process of its own. */
function sides(withImport: boolean): Sides {
  const side = (name: PoolName) => async () => {
    const load = asShipped(name);
    const before = now();
    const start = await load();
    const imported = now();
    await startPool(name, start, 2);
    const total = now() - (withImport ? before : imported);
    return { count: 1, total };
  };
  return Object.fromEntries(POOLS.map((name) => [name, side(name)]));
}

export const cost: Cost = {
  name: "threads_start",
  title: "first result of a pool of two threads",
  unit: "ms",
  notes: [
    "A new process; each library file by file as its package has it, ours as built, on Bun from the sources.",
  ],
  points: [
    { label: "after import", size: 1, fresh: true, sides: sides(false) },
    { label: "with import", size: 1, fresh: true, sides: sides(true) },
  ],
};
