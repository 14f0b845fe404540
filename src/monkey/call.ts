/** What the patches of single calls are made of: a promise that gets the kill at once. */
import { ownPromise } from "../sync/mod.ts";
import { type Binding, Operation } from "./binding.ts";

/** A rejection that nobody has to handle: a killed greenlet's I/O may be waited for by nobody. */
export function refused(binding: Binding): Promise<never> {
  const promise = Promise.reject(binding.reason);
  promise.catch(() => {});
  return promise;
}

/** Why a call was stopped whose greenlet lives on: its wait was withdrawn, and nobody else waits. */
export function nobodyWaits(what: string): DOMException {
  return new DOMException(`${what}: nobody waits for it any more`, "AbortError");
}

/** How a bound call is made. */
export interface BoundCall<T> {
  what: string;
  target: string;
  /** Begins it. The signal of the call, or whatever stops it, is `stop`'s business. */
  start(): PromiseLike<T>;
  /** Stops it underneath. Without one the call goes on, and its result is dropped. */
  stop?(reason: unknown): void;
  /** What came after all, though nobody waits for it any more: closes it. */
  dropped?(late: T): void;
}

/**
 * The promise of a call that is bound: it rejects with the reason as soon as the block that it belongs to is ended, whatever
 * the host does meanwhile (S-87). What `start` throws is thrown at the call, as without the patch.
 */
export function boundCall<T>(binding: Binding, call: BoundCall<T>): Promise<T> {
  if (binding.isOver) return refused(binding);
  const started = call.start();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isDropped = false;
  const abort = (reason: unknown) => {
    isDropped = true;
    promise.catch(() => {});
    reject(reason);
    call.stop?.(reason);
  };
  const operation = new Operation(binding, call.what, call.target, { abort });
  ownPromise(promise, {
    waiters: 0,
    abandoned() {
      operation.done();
      abort(nobodyWaits(call.what));
    },
  });
  started.then(
    (value) => {
      operation.done();
      if (isDropped) call.dropped?.(value);
      else resolve(value);
    },
    (error) => {
      operation.done();
      reject(error);
    },
  );
  return promise;
}
