/** Why greenlets end: the reason of a kill, and where an error came from. */
import { current, GreenletExit, quickExit, show } from "../core/mod.ts";

/** In which greenlet an error first ended something: for reports. */
const origins = new WeakMap<object, string>();

/** Notes it, for the first greenlet that it ends. */
export function noteOrigin(error: unknown, name: string): void {
  if (typeof error === "object" && error !== null && !origins.has(error)) origins.set(error, name);
}

/** The name of the greenlet that `error` came from, if it ended one. */
export function originOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? origins.get(error) : undefined;
}

/** What the cancel of a scope or a group throws: `what` names it. */
export function cancelReason(what: string, reason: unknown): GreenletExit {
  if (reason === undefined) return quickExit(`${what} was cancelled`);
  return quickExit(`${what} was cancelled: ${show(reason)}`, reason);
}

/** The error that a kill throws: one that is no Error is wrapped (S-18). */
export function killReason(reason: unknown): unknown {
  if (reason === undefined) return quickExit();
  const kind = Object.prototype.toString.call(reason); // errors of another realm are errors, too
  if (reason instanceof Error || kind === "[object Error]" || kind === "[object DOMException]") return reason;
  return new Error(`killed: ${show(reason)}`, { cause: reason });
}

/**
 * Whether `error` is a kill: a `GreenletExit`, or the reason that the running greenlet or a scope around it was told to
 * leave for. A `catch` that handles errors lets these through: `if (isKill(e)) throw e;`.
 */
export function isKill(error: unknown): boolean {
  return error instanceof GreenletExit || current?.isKilledBy(error) === true ||
    (error instanceof AggregateError && isKill(error.errors[0])); // the main one stands in front
}
