/** Pools for tests, which leave no thread behind. */
import { until } from "../../src/mod.ts";
import { launch } from "../../src/host/mod.ts";
import { type RemoteModule, ThreadPool, type ThreadPoolOptions } from "../../src/threads/mod.ts";

export type Work = typeof import("./work.ts");
export const workUrl: URL = new URL("./work.ts", import.meta.url);

type Body = (work: RemoteModule<Work>, pool: ThreadPool) => unknown;

/** Runs `body` with a pool. A generator function is run as a greenlet. */
export async function withPool(options: ThreadPoolOptions, body: Body): Promise<void> {
  const pool = new ThreadPool(options);
  try {
    await launch(() => body(pool.module<Work>(workUrl), pool)).promise;
  } finally {
    await pool.terminate();
    for (const at of given.splice(0)) endAll(at);
    await eventually(() => pool.stats().zombies === 0, "what was left behind ends when it is let go");
  }
}

const given: Int32Array[] = [];

/** Words of shared memory. */
export function words(): Int32Array {
  const at = new Int32Array(new SharedArrayBuffer(32));
  given.push(at);
  return at;
}

/** Lets all go who `hold` at these words. */
export function letGo(at: Int32Array): void {
  Atomics.store(at, 0, 1);
  Atomics.notify(at, 0);
}

function endAll(at: Int32Array): void {
  Atomics.store(at, 3, 1);
  letGo(at);
}

/** Waits until a condition holds. */
export async function eventually(condition: () => boolean, what = String(condition)): Promise<void> {
  const end = performance.now() + 8_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What a promise is rejected with. */
export async function failure(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

/** The same for greenlets. */
export function failing(promise: PromiseLike<unknown>): ReturnType<typeof until<Error>> {
  return until(failure(promise));
}
