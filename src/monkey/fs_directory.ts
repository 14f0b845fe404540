/** What gives its results one by one: directories, `glob`, `watch`. Each step is bound to the greenlet that asks for it. */
import { type Binding, Operation } from "./binding.ts";
import { asHost, detached, here, inContext, pathOf } from "./fs_here.ts";
import { type Closable, closing, opened, openedHandle } from "./fs_opened.ts";
import { type Callable, dress } from "./layer.ts";
import { hasLate, lossless, takeLate } from "./owned.ts";

interface Steps {
  next(): Promise<IteratorResult<unknown>>;
  return?(value?: unknown): Promise<IteratorResult<unknown>>;
  [Symbol.asyncIterator](): Steps;
}

type Step = () => Promise<unknown>;

function define(object: object, name: PropertyKey, value: Callable): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

/** One step. What one gives that nobody waits for any more is for the next. */
function step(handle: object, what: string, target: string, start: Step): Promise<unknown> {
  const binding = here();
  if (binding === null) return takeLate(handle) ?? start();
  return lossless(binding, handle, what, target, start);
}

/** Binds each step of `steps`, and calls `end` when they have come to their end. */
function bindSteps(steps: Steps, what: string, target: string, end?: () => void): Steps {
  const { next, return: leave } = steps;
  /** The method of these steps, and nobody else's. */
  const cover = (name: string, original: Callable, f: (args: unknown[]) => unknown): void => {
    const covered = function (this: unknown, ...args: unknown[]): unknown {
      return this === steps ? f(args) : Reflect.apply(original, this, args);
    };
    define(steps, name, dress(covered, original));
  };
  const call = async (original: Callable, args: unknown[]): Promise<unknown> => {
    try {
      const result = (await detached(original, steps, args)) as IteratorResult<unknown>;
      if (result.done === true) end?.();
      return result;
    } catch (error) {
      end?.();
      throw error;
    }
  };
  cover("next", next, (args) => step(steps, what, target, () => call(next, args)));
  if (leave !== undefined && end !== undefined) cover("return", leave, (args) => call(leave, args));
  return steps;
}

/** Some give something with steps instead of the steps. */
function bindIterable(given: object, what: string, target: string, end?: () => void): object {
  if ("next" in given) return bindSteps(given as Steps, what, target, end);
  const begin = (given as Steps)[Symbol.asyncIterator];
  const cover = function (this: unknown): Steps {
    return bindSteps(Reflect.apply(begin, this, []), what, target, end);
  };
  define(given, Symbol.asyncIterator, dress(cover, begin));
  return given;
}

/** A directory that a greenlet has opened. */
export function boundDirectory(binding: Binding, directory: Closable, target: string): Closable {
  opened(binding, directory, "open directory", target, null);
  const { constructor: { prototype } } = directory;
  for (const name of ["entries", Symbol.asyncIterator]) {
    const original = (prototype as Record<PropertyKey, Callable | undefined>)[name];
    if (original === undefined) continue;
    const iterate = function (this: unknown): Steps {
      const steps = asHost(original, this, []) as Steps;
      if (this !== directory) return steps;
      // It closes the directory at the end, and does not always say so.
      return bindSteps(steps, "Dir.read", target, () => closing(directory, undefined));
    };
    define(directory, name, dress(iterate, original));
  }
  return directory;
}

/** `Dir.read` with a promise. */
export function wrapDirRead(original: Callable): Callable {
  return function read(this: object, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null && !hasLate(this)) return Reflect.apply(original, this, args);
    const it = openedHandle(this);
    if (binding !== null) it?.used(binding);
    return step(this, "Dir.read", it?.target ?? "", () => detached(original, this, args) as Promise<unknown>);
  };
}

/** `Dir.close`, `Dir.closeSync`. */
export function wrapDirClose(original: Callable): Callable {
  return function close(this: object, ...args: unknown[]): unknown {
    const result = Reflect.apply(original, this, args);
    closing(this, result);
    return result;
  };
}

/** `glob` of `fs/promises`. */
export function wrapGlob(original: Callable): Callable {
  return function glob(this: unknown, ...args: unknown[]): unknown {
    if (here() === null) return Reflect.apply(original, this, args);
    const names = asHost(original, this, inContext(args)) as object;
    return bindIterable(names, "fs.glob", pathOf(args[0]));
  };
}

interface WatchOptions {
  readonly signal?: unknown;
}

/** `watch` of `fs/promises`: what the greenlet watches ends with it. */
export function wrapWatch(original: Callable): Callable {
  return function watch(this: unknown, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null) return Reflect.apply(original, this, args);
    const [path, given] = args;
    const options = (typeof given === "string" ? { encoding: given } : given ?? {}) as WatchOptions;
    const { signal } = options;
    const isOdd = typeof options !== "object" || (signal !== undefined && !(signal instanceof AbortSignal));
    if (isOdd || signal?.aborted === true) return Reflect.apply(original, this, args);
    const controller = new AbortController();
    const follow = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", follow, { once: true });
    const events = asHost(original, this, [path, { ...options, signal: controller.signal }]) as object;
    const operation = new Operation(binding, "fs.watch", pathOf(path), {
      abort(reason) {
        end();
        controller.abort(reason);
      },
    });
    const end = () => {
      operation.done();
      signal?.removeEventListener("abort", follow);
    };
    return bindIterable(events, "fs.watch", pathOf(path), end);
  };
}
