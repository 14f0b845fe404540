import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "../harness/bundle.ts";
import type { Cost, Side } from "../harness/cost.ts";
import { now } from "../harness/host.ts";

/** Starts one task from a cold library and awaits it; gives the number of bodies that ran. */
interface Starter {
  start(): Promise<number>;
}

const OURS = `import { run, spawn } from "../../src/mod.ts";
export async function start() {
  let ran = 0;
  await run(function* () { yield* spawn(function* () { ran++; }).join(); });
  return ran;
}`;
const EFFECTION = `import { run, spawn } from "effection";
export async function start() {
  let ran = 0;
  await run(function* () { yield* (yield* spawn(function* () { ran++; })); });
  return ran;
}`;
const EFFECT = `import { Effect, Fiber } from "effect";
export async function start() {
  let ran = 0;
  await Effect.runPromise(Effect.gen(function* () {
    yield* Fiber.join(yield* Effect.forkChild(Effect.sync(() => { ran++; })));
  }));
  return ran;
}`;
const PROMISE = `export async function start() {
  let ran = 0;
  await (async () => { ran++; })();
  return ran;
}`;

/** Each runs in a process of its own: a library is imported for the first time only once. */
const cold = (source: string, withImport: boolean): Side => async () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "starter.mjs");
    writeFileSync(file, await bundle(source, false));
    const before = now();
    const starter = (await import(pathToFileURL(file).href)) as Starter;
    const imported = now();
    const count = await starter.start();
    return { count, total: now() - (withImport ? before : imported) };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const sides = (withImport: boolean) => ({
  tendril: cold(OURS, withImport),
  promise: cold(PROMISE, withImport),
  effection: cold(EFFECTION, withImport),
  effect: cold(EFFECT, withImport),
});

export const cost: Cost = {
  name: "first",
  title: "first task",
  unit: "ms",
  notes: [
    "A new process; each library bundled into one file by esbuild, so that the file system is not in the figure.",
  ],
  points: [
    { label: "after import", size: 1, fresh: true, sides: sides(false) },
    { label: "with import", size: 1, fresh: true, sides: sides(true) },
  ],
};
