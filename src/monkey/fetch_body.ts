/**
 * Learning when a body that is read as a stream is over: its limit's place is free then, and a kill has nothing to stop.
 *
 * A stream tells nobody how far it is, and a stream of our own in its place would not be the host's. So the methods by which
 * it is taken are watched, on this one object. Whoever hands it on whole (`new Response(body)`) is not seen: then it is
 * over when it is collected.
 */
import { type Callable, dress } from "./layer.ts";

/** Any host's. */
interface StreamLike {
  readonly locked: boolean;
}

interface PipeOptions {
  readonly preventCancel?: boolean;
}

type Reader = { readonly closed: Promise<unknown> };
type Steps = { next: Callable; return?: Callable };
type Method = (this: StreamLike, ...args: unknown[]) => unknown;

/** A promise like that one, which is not handled by being watched. */
function watched<T>(promise: Promise<T>, ended: () => void): Promise<T> {
  return promise.then((value) => {
    ended();
    return value;
  }, (error) => {
    ended();
    throw error;
  });
}

/** Over there, `make` stands in for the method of that name, if there is one. */
function cover(object: object, name: PropertyKey, make: (original: Callable) => Method): void {
  const original = (object as Record<PropertyKey, unknown>)[name];
  if (typeof original !== "function") return;
  const value = dress(make(original), original);
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

function isA(value: unknown, name: "ReadableStream" | "WritableStream"): value is StreamLike {
  const known = (globalThis as unknown as Record<string, abstract new () => unknown>)[name];
  return value instanceof known;
}

/** Calls back when the stream has been read to its end, has failed, or was cancelled; perhaps more than once. */
export function watchStream(stream: object, ended: (wasCancelled: boolean) => void): void {
  const over = () => ended(false);
  // Takes it so that it is held until then: Deno's pipes do not, and its collection means that it was dropped.
  const endOf = (_stream: StreamLike) => ended(false);
  let readers = 0;
  cover(stream, "getReader", (original) =>
    function (...args) {
      const reader = Reflect.apply(original, this, args) as Reader;
      const mine = ++readers;
      // It rejects, too, when the reader lets go of a stream that goes on.
      reader.closed.then(over, () => mine === readers && this.locked && over());
      return reader;
    });
  cover(stream, "cancel", (original) =>
    function (...args) {
      const { locked } = this;
      const cancelled = Reflect.apply(original, this, args) as Promise<unknown>;
      return locked ? cancelled : watched(cancelled, () => ended(true));
    });
  cover(stream, "pipeTo", (original) =>
    function (...args) {
      const keeps = (args[1] as PipeOptions | undefined)?.preventCancel === true;
      const piped = Reflect.apply(original, this, args) as Promise<unknown>;
      return this.locked && !keeps ? watched(piped, () => endOf(this)) : piped;
    });
  cover(stream, "pipeThrough", (original) =>
    function (...args) {
      const { writable, readable } = (args[0] ?? {}) as { writable?: unknown; readable?: unknown };
      const fits = isA(writable, "WritableStream") && isA(readable, "ReadableStream") && !writable.locked;
      if (!fits || this.locked) return Reflect.apply(original, this, args); // which says why
      const { pipeTo } = this as unknown as { pipeTo: Callable };
      (Reflect.apply(pipeTo, this, [writable, args[1]]) as Promise<unknown>).catch(() => {});
      return readable;
    });
  cover(stream, "tee", (original) =>
    function () {
      const branches = Reflect.apply(original, this, []) as object[];
      let left = branches.length;
      for (const branch of branches) {
        watchStream(branch, (wasCancelled) => {
          if (!wasCancelled || --left === 0) ended(wasCancelled);
        });
      }
      return branches;
    });
  for (const name of ["values", Symbol.asyncIterator]) {
    cover(stream, name, (original) =>
      function (...args) {
        const steps = Reflect.apply(original, this, args) as Steps;
        const keeps = (args[0] as PipeOptions | undefined)?.preventCancel === true;
        watchSteps(steps, over, keeps);
        return steps;
      });
  }
  // Bun's.
  for (const name of ["text", "json", "bytes", "blob"]) {
    cover(stream, name, (original) =>
      function (...args) {
        return watched(Reflect.apply(original, this, args) as Promise<unknown>, over);
      });
  }
}

function watchSteps(steps: Steps, ended: () => void, keeps: boolean): void {
  cover(steps, "next", (original) =>
    async function (...args) {
      try {
        const result = await Reflect.apply(original, this, args) as IteratorResult<unknown>;
        if (result.done === true) ended();
        return result;
      } catch (error) {
        ended();
        throw error;
      }
    });
  cover(steps, "return", (original) =>
    function (...args) {
      const left = Reflect.apply(original, this, args) as Promise<unknown>;
      return keeps ? left : watched(left, ended);
    });
}
