/** The errors that the core throws. Each message says what failed, gives the value, and says what to do. */

/** Thrown into a greenlet by `kill()` without a reason, and into the body of a scope that is cancelled. */
export class GreenletExit extends Error {
  static {
    this.prototype.name = "GreenletExit";
    this.prototype.message = "killed";
  }
}

/**
 * A `GreenletExit` without a stack, for the library's own kills. Taking the stack costs ten times the rest of a kill
 * (`bench/costs/kill.ts`), and it would only show who called `kill`.
 */
export function quickExit(message?: string, cause?: unknown): GreenletExit {
  const exit: GreenletExit = Object.create(GreenletExit.prototype);
  if (message !== undefined) exit.message = message;
  if (cause !== undefined) exit.cause = cause;
  return exit;
}

/** A wait or a block did not end within its `timeout`. */
export class TimeoutError extends Error {
  override name: string = "TimeoutError";
}

/** A `get` or `peek` found nothing, at once (`getNowait`) or within its `timeout`. */
export class QueueEmpty extends Error {
  override name: string = "QueueEmpty";
}

/** A `put` found no room, at once (`putNowait`) or within its `timeout`. */
export class QueueFull extends Error {
  override name: string = "QueueFull";
}

/** The queue was shut down: it takes no more, or has given all it had. */
export class QueueShutDown extends Error {
  override name: string = "QueueShutDown";
}

/** `Pool.spawn` found no free slot within its `timeout`; nothing was started. */
export class PoolFull extends Error {
  override name: string = "PoolFull";
}

/** Nobody is left who could wake the greenlets that wait. */
export class DeadlockError extends Error {
  override name: string = "DeadlockError";
}

/** The greenlet that held the lock died without releasing it; what the lock guards may be half done. */
export class BrokenLockError extends Error {
  override name: string = "BrokenLockError";
}

/** The other end is closed and everything it sent has been read. */
export class EOFError extends Error {
  override name: string = "EOFError";
}

/** How a value stands in a message: short, on one line, never throwing. */
export function show(value: unknown): string {
  try {
    if (typeof value === "string") {
      return JSON.stringify(value.length > 60 ? value.slice(0, 57) + "…" : value);
    }
    if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null) return String(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    const json = JSON.stringify(value) ?? "";
    const text = json.length > 60 ? json.slice(0, 57) + "…" : json;
    return name === undefined || name === "Object" || name === "Array" ? text : `${name} ${text}`;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** `ms` as a duration: a number of at least 0 (negative counts as 0), `Infinity` for undefined. Throws on `NaN` (S-38). */
export function duration(ms: number | undefined, what: string): number {
  if (ms === undefined) return Infinity;
  if (typeof ms !== "number") {
    throw new TypeError(`${what} needs a number of milliseconds, not ${show(ms)}`);
  }
  if (ms !== ms) {
    throw new RangeError(`${what} needs a number of milliseconds, not NaN: check the arithmetic before it`);
  }
  return ms < 0 ? 0 : ms;
}

/** `n` as a count of at least `least`; throws a `RangeError` that names `what` otherwise. */
export function count(n: number, what: string, least: number): number {
  if (typeof n !== "number") {
    throw new TypeError(`${what} must be a number of at least ${least}, not ${show(n)}`);
  }
  if (!(n >= least) || (n !== Infinity && n % 1 !== 0)) {
    throw new RangeError(`${what} must be a whole number of at least ${least} (or Infinity), not ${n}`);
  }
  return n;
}

/**
 * One error as it is, several as one `AggregateError`, the main one first; undefined for none.
 * The same object is never counted twice.
 */
export function together(errors: readonly unknown[]): unknown {
  const kept = new Set<unknown>();
  for (const error of errors) {
    for (const part of partsOf(error) ?? [error]) kept.add(part);
  }
  const distinct = [...kept];
  if (distinct.length < 2) return distinct[0];
  const message = `${distinct.length} errors, the main one first: ${show(distinct[0])}`;
  const bundle = new AggregateError(distinct, message);
  bundles.add(bundle);
  return bundle;
}

/** Those that {@linkcode together} made: they say nothing that their parts do not. */
const bundles = new WeakSet<AggregateError>();

/** The parts of a bundle that {@linkcode together} made; undefined for any other error. */
export function partsOf(error: unknown): readonly unknown[] | undefined {
  return error instanceof AggregateError && bundles.has(error) ? error.errors : undefined;
}
