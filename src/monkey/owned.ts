/**
 * Handles that a greenlet has opened: files, connections.
 *
 * One is closed when a kill or a timeout has ended the block that opened it, and the greenlet's own cleanup has not closed
 * it. But not where another greenlet has used it: then it belongs to a pool, say, and whoever opened it happened to be the
 * first who came.
 *
 * And what a handle gives late. Reads and accepts of these runtimes cannot be taken back: one whose greenlet was killed or
 * timed out stays under way, and would take the next bytes, or the next connection, away from whoever comes next. So its
 * result is kept for the next call on the same handle. An interrupted operation has not happened.
 */
import { type Binding, Operation } from "./binding.ts";
import { refused } from "./call.ts";

/** A handle as it is looked at here. */
export type Handle = object;

const owned = new WeakMap<Handle, Operation>();

/**
 * From now on `handle` is closed with the block of `binding`, unless it is closed or shared before. Its `close` must tell
 * `disowned`; disposing it, which goes past `close` in the hosts, then does so, too.
 */
export function own(
  binding: Binding,
  handle: Handle,
  what: string,
  target: string,
  close: () => void,
): void {
  const operation = new Operation(binding, what, target, { release: close });
  owned.set(handle, operation);
  if (!(Symbol.dispose in handle)) return;
  Object.defineProperty(handle, Symbol.dispose, {
    configurable: true,
    writable: true,
    value: () => closeQuietly(handle as unknown as { close(): void }),
  });
}

/** A greenlet uses it. */
export function used(handle: Handle, binding: Binding): void {
  const operation = owned.get(handle);
  if (operation !== undefined && operation.binding.task !== binding.task) disowned(handle);
}

/** It is closed, or belongs to others, too. */
export function disowned(handle: Handle): void {
  owned.get(handle)?.done();
  owned.delete(handle);
}

/** Closes what may be closed already, which the hosts take for a mistake. */
export function closeQuietly(handle: { close(): void }): void {
  try {
    handle.close();
  } catch (error) {
    if ((error as Error)?.name !== "BadResource") throw error;
  }
}

/** What calls that nobody waits for any more will give, the oldest first, for each handle. */
const late = new WeakMap<Handle, Promise<unknown>[]>();

export function hasLate(handle: Handle): boolean {
  return late.has(handle);
}

/** The result of a call that was left alone, for the next one. */
export function takeLate<T>(handle: Handle): Promise<T> | undefined {
  const waiting = late.get(handle);
  const first = waiting?.shift();
  if (waiting?.length === 0) late.delete(handle);
  return first as Promise<T> | undefined;
}

function keepLate(handle: Handle, result: Promise<unknown>, isFirst: boolean): void {
  result.catch(() => {}); // perhaps nobody comes
  const waiting = late.get(handle);
  if (waiting === undefined) late.set(handle, [result]);
  else if (isFirst) waiting.unshift(result);
  else waiting.push(result);
}

/** What is left of a result goes before what comes later. */
export function putBack(handle: Handle, rest: unknown): void {
  keepLate(handle, Promise.resolve(rest), true);
}

/**
 * A call that cannot be taken back, bound: it rejects with the reason at once, and what it gives then is kept for the next
 * such call on that handle.
 */
export function lossless<T>(
  binding: Binding,
  handle: Handle,
  what: string,
  target: string,
  start: () => Promise<T>,
): Promise<T> {
  if (binding.isOver) return refused(binding);
  const taken = takeLate<T>(handle);
  const result = taken ?? start();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const operation = new Operation(binding, what, target, {
    abort(reason) {
      promise.catch(() => {});
      reject(reason);
      keepLate(handle, result, taken !== undefined);
    },
  });
  result.then((value) => {
    operation.done();
    resolve(value);
  }, (error) => {
    operation.done();
    reject(error);
  });
  return promise;
}
