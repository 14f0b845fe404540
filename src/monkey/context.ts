/**
 * Where listeners run when something is stopped.
 *
 * Whoever stops an operation runs as nobody, and on Node the events that this leads to would be nobody's, too: a library
 * that hears of an error in a listener and tries again would not be refused. So what emits events is stopped in the
 * context in which it was begun.
 */
import { outside } from "../core/mod.ts";
import { surface } from "../host/io.ts";

interface Hooks {
  AsyncResource: new (type: string, options?: { requireManualDestroy: boolean }) => {
    runInAsyncScope(f: () => void): void;
  };
}

/** Runs a function in the context in which this one was made. */
export type Inside = (f: () => void) => void;

/** Keeps the present context. */
export function keepContext(): Inside {
  const { AsyncResource } = surface("async_hooks") as Hooks;
  const resource = new AsyncResource("tendril", { requireManualDestroy: true });
  return (f) => resource.runInAsyncScope(f);
}

/** Kept when this module is evaluated, which no greenlet does. */
const neutral: Inside = surface("async_hooks") === undefined ? (f) => f() : keepContext();

/** Calls `f` as nobody: what it begins is bound to nothing. */
export function asNobody<T>(f: () => T): T {
  let result: T | undefined;
  outside(() => neutral(() => result = f()));
  return result as T;
}
