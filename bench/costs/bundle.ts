import { gzipSync } from "node:zlib";
import { bundle } from "../harness/bundle.ts";
import type { Cost, Side } from "../harness/cost.ts";

const sizeOf = (source: string): Side => async (n) => {
  const bytes = await bundle(source, true);
  return { count: n, total: gzipSync(bytes, { level: 9 }).length };
};

const DOOR = "../../src/mod.ts";

export const cost: Cost = {
  name: "bundle",
  title: "bundle, minified and gzipped",
  unit: "kB",
  notes: [
    "esbuild, ESM, tree-shaken, gzip level 9; 1 kB is 1,000 bytes. Peers: the exports that do the same.",
  ],
  points: [
    {
      label: "run, spawn, sleep",
      size: 1,
      exact: true,
      sides: {
        tendril: sizeOf(`export { run, spawn, sleep } from "${DOOR}"`),
        effection: sizeOf(`export { run, spawn, sleep } from "effection"`),
        effect: sizeOf(
          `import { Effect } from "effect"; export const run = Effect.runPromise, spawn = Effect.forkChild, sleep = Effect.sleep`,
        ),
      },
      goals: [{ kind: "atMost", value: 5 }],
    },
    {
      label: "run, spawn, sleep, Queue",
      size: 1,
      exact: true,
      sides: {
        tendril: sizeOf(`export { run, spawn, sleep, Queue } from "${DOOR}"`),
        effection: sizeOf(`export { run, spawn, sleep, createQueue } from "effection"`),
        effect: sizeOf(
          `import { Effect, Queue } from "effect"; export const run = Effect.runPromise, spawn = Effect.forkChild, sleep = Effect.sleep, bounded = Queue.bounded, offer = Queue.offer, take = Queue.take`,
        ),
      },
      goals: [{ kind: "atMost", value: 8 }],
    },
    {
      label: "everything behind the door",
      size: 1,
      exact: true,
      sides: { tendril: sizeOf(`export * from "${DOOR}"`), effection: sizeOf(`export * from "effection"`) },
    },
  ],
};
