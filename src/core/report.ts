/** Telling others what happens: errors that nobody asked for, and hooks. Nothing that these throw stops the loop. */
import { partsOf } from "./errors.ts";
import type { Hooks, Task } from "./task.ts";

/** See `run`'s option `onError`. */
export class Reporter {
  private readonly onError: (error: unknown, task: Task) => unknown;
  private readonly lastResort: (error: unknown) => void;
  /** Made with the first report: most runs have none, and weak sets cost collectors much. */
  private seen: WeakSet<object> | null = null;

  constructor(onError: (error: unknown, task: Task) => unknown, lastResort: (error: unknown) => void) {
    this.onError = onError;
    this.lastResort = lastResort;
  }

  /** Tells `onError`, each error object once: one that ends a greenlet often ends those that wait for it, too. */
  report(error: unknown, task: Task): void {
    if (isNews(error, this.seen ??= new WeakSet())) this.tell(error, task);
  }

  /** Whether `onError` has been told of it, or of all its parts. */
  wasReported(error: unknown): boolean {
    return typeof error === "object" && error !== null && this.seen?.has(error) === true;
  }

  /** Tells `onError`, whose own errors go to the last resort (S-78). */
  tell(error: unknown, task: Task): void {
    caught(() => this.onError(error, task), (e) => {
      this.lastResort(e);
      this.lastResort(error);
    });
  }

  /** Runs a callback of the user's, whose errors, also those that come later, go to `onError`. */
  callBack(callback: () => unknown, task: Task): void {
    caught(callback, (e) => this.tell(e, task));
  }
}

/** Runs `callback`; what it throws, or its promise rejects with, goes to `failed`. */
export function caught(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const done = callback();
    if (typeof done === "object" && done !== null && "then" in done && typeof done.then === "function") {
      (done as PromiseLike<unknown>).then(undefined, failed);
    }
  } catch (e) {
    failed(e);
  }
}

/** Whether there is something in `error` that was not reported yet; it is now. */
function isNews(error: unknown, reported: WeakSet<object>): boolean {
  if (typeof error !== "object" || error === null) return true;
  if (reported.has(error)) return false;
  reported.add(error);
  const parts = partsOf(error);
  return parts === undefined || parts.map((part) => isNews(part, reported)).includes(true);
}

/** A hook that throws stops nobody (S-47). */
export function guarded(hooks: Hooks, report: (error: unknown) => void): Hooks {
  const safe: { [name: string]: (...args: never[]) => void } = {};
  for (const name of ["spawned", "parked", "woken", "switched", "ended"] as const) {
    const hook = hooks[name] as ((...args: never[]) => void) | undefined;
    if (hook === undefined) continue;
    safe[name] = (...args) => {
      try {
        hook.apply(hooks, args);
      } catch (e) {
        report(e);
      }
    };
  }
  return safe;
}
