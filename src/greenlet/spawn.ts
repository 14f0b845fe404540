/** Making greenlets. */
import { binder, current, currentNursery, currentTask, type Loop, type Scope, show } from "../core/mod.ts";
import { type Body, claim, Given, isGenerator, waitTime } from "../sync/mod.ts";
import { GreenletTask, type SpawnOptions } from "./greenlet.ts";
import type { Greenlet } from "./types.ts";

/** One for all who have none: a parked greenlet keeps its arguments. */
const NO_ARGS: readonly unknown[] = [];

/** Puts a new greenlet into `scope`, without starting it. */
export function create<T>(
  what: string,
  scope: Scope,
  options: SpawnOptions | null,
  body: unknown,
  args: readonly unknown[],
): GreenletTask<T> {
  const loop = currentTask(what).loop as Loop;
  let callable = body;
  if (typeof body !== "function") {
    if (!isGenerator(body)) {
      throw new TypeError(`${what} needs a function or a generator, not ${show(body)}`);
    }
    claim(body, what);
    const given = new Given<T>(body);
    callable = () => given;
  }
  const greenlet = new GreenletTask<T>(
    loop,
    scope,
    callable as (...args: readonly unknown[]) => unknown,
    args,
    options,
  );
  return greenlet;
}

/** A plain record: neither a generator, nor an operation, a promise, an array. */
export function isSpawnOptions(value: unknown): value is SpawnOptions {
  if (typeof value !== "object" || value === null || "~op" in value) return false;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** `spawn` into a given scope. */
export function spawnInto<T>(scope: Scope, what: string, args: readonly unknown[]): GreenletTask<T> {
  const first = args[0];
  const greenlet = args.length > 1 && isSpawnOptions(first)
    ? create<T>(what, scope, first, args[1], args.slice(2))
    : create<T>(what, scope, null, first, args.slice(1));
  greenlet.loop.enqueue(greenlet);
  return greenlet;
}

/**
 * Starts `body` as a new greenlet of the innermost scope; it first runs when the spawner parks.
 *
 * @param body a generator function (or one of its generators), an async function or a plain function.
 * @param args what the body is called with.
 * @throws `TypeError` at the call for anything that cannot run; `Error` outside of a greenlet.
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = await run(function* () {
 *   const two = spawn(function* () {
 *     yield* sleep(1);
 *     return 2;
 *   });
 *   return 1 + (yield* two);
 * });
 * assertEquals(sum, 3);
 * ```
 */
export function spawn<T>(generator: Generator<unknown, T, unknown>): Greenlet<T>;
export function spawn<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Greenlet<T>;
export function spawn<A extends readonly unknown[], T>(
  options: SpawnOptions,
  body: Body<A, T>,
  ...args: A
): Greenlet<T>;
export function spawn(body: unknown, ...given: readonly unknown[]): Greenlet<unknown> {
  const args = given.length === 0 ? NO_ARGS : given;
  if (typeof body !== "function") return spawnInto(currentNursery("spawn"), "spawn", [body, ...args]);
  const greenlet = create<unknown>("spawn", currentNursery("spawn"), null, body, args);
  greenlet.loop.enqueue(greenlet);
  return greenlet;
}

/**
 * `spawn` after `ms` milliseconds. Killed before, it never runs.
 *
 * @throws `RangeError` for `NaN`, `TypeError` for a body that cannot run.
 */
export function spawnLater<A extends readonly unknown[], T>(
  ms: number,
  body: Body<A, T>,
  ...args: A
): Greenlet<T> {
  const delay = waitTime({ timeout: ms }, "spawnLater");
  const greenlet = create<T>("spawnLater", currentNursery("spawnLater"), null, body, args);
  greenlet.startLater(delay);
  return greenlet;
}

/**
 * The running greenlet; throws outside of one. While I/O is patched (`tendril/monkey`), async functions have one after
 * their first `await`, too.
 */
export function getCurrent(): Greenlet<unknown> {
  return greenletHere("getCurrent()");
}

/** Whose code runs. What may park, or spawns, needs the greenlet to run itself: {@linkcode currentGreenlet}. */
export function greenletHere(what: string): GreenletTask<unknown> {
  const here = current ?? binder?.here() ?? null;
  return here instanceof GreenletTask && !here.dead ? here : currentTask(what) as GreenletTask<unknown>;
}

/** The running greenlet with its inner face. */
export function currentGreenlet(what: string): GreenletTask<unknown> {
  return currentTask(what) as GreenletTask<unknown>;
}
