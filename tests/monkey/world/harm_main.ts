/** Plays the scenes of harm.ts with everything patched, and says of each how it went. An error that nobody caught is a failure. */
import process from "node:process";
import { runtime } from "../../harness.ts";
import { scenes } from "./harm.ts";
import { Observer } from "./observer.ts";
import { patchEverything } from "./patched.ts";
import { catchStrays } from "./strays.ts";

const { log } = console;
const { setTimeout, clearTimeout } = globalThis;
/** Milliseconds for a scene. */
const BOUND = 15_000;

function bounded(promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not over after ${BOUND} ms`)), BOUND);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const strays = catchStrays();
const observer = new Observer();
await patchEverything();
for (const { name, runtimes, play } of scenes) {
  if (runtimes?.includes(runtime) === false || (process.argv.length > 2 && !name.includes(process.argv[2]))) {
    continue;
  }
  let error = "";
  try {
    await bounded(play(observer));
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.stack ?? String(thrown) : String(thrown);
  }
  const uncaught = strays.splice(0);
  if (uncaught.length > 0) error += `\nnobody caught: ${uncaught.join("\n")}`;
  log(JSON.stringify({ name, error }));
}
await observer.stop();
process.exit(0); // what a harmed scene has left must not keep the others' results
