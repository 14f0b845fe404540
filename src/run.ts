/** The door from plain JavaScript into greenlets. It stands above all others because it may open that of the patches. */
import { launch, type LaunchOptions, type PatchOptions } from "./host/mod.ts";
import { type Body, needBody } from "./sync/mod.ts";

/** Options of {@linkcode run}. */
export interface RunOptions extends LaunchOptions {
  /**
   * Patches the host's I/O for the time of the run, as `patchAll` of `tendril/monkey` does, with its options if any are
   * given: a kill then stops what a greenlet has begun, also in libraries that know nothing of greenlets.
   */
  patch?: boolean | PatchOptions;
}

/**
 * Runs `body` as the main greenlet and gives its result. It ends when the body and all greenlets that were spawned in it
 * have ended; daemons are killed then. Several runs at once do not mix.
 *
 * @param body a generator function, an async function or a plain function.
 * @throws (rejects with) the body's error, failures of greenlets that nobody asked for, `DeadlockError` when nobody is
 *   left who could go on. `TypeError` at the call for a body that is no function.
 * @example
 * ```ts
 * import { run, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await run(function* () {
 *   yield* sleep(1);
 *   return 42;
 * });
 * assertEquals(answer, 42);
 * ```
 */
export function run<T>(body: Body<[], T>, options?: RunOptions): Promise<T> {
  const patch = options?.patch;
  if (patch === undefined || patch === false) return launch(body, options).promise;
  needBody(body, "run");
  return runPatched(body, options as RunOptions, patch === true ? {} : patch);
}

/** The patches are a door of their own: programs without them need not load it. */
async function runPatched<T>(body: Body<[], T>, options: RunOptions, patch: PatchOptions): Promise<T> {
  const { patchAll } = await import("./monkey/mod.ts");
  const patches = patchAll(patch);
  try {
    return await launch(body, options).promise;
  } finally {
    patches[Symbol.dispose]();
  }
}
