/** What waiting methods of pools and kernels give: an operation for greenlets, which is a promise for everybody else. */
import type { Op, OpIterator } from "../core/mod.ts";
import { op } from "../sync/mod.ts";
import { launch } from "./run.ts";

/** `yield* it` in a greenlet, `await it` anywhere. It acts when one of the two is done. */
export interface Awaitable<T> extends Op<T>, PromiseLike<T> {}

class Both<T> implements Awaitable<T> {
  declare readonly "~result"?: () => T;
  private readonly inner: Op<T>;
  private promise: Promise<T> | null = null;

  constructor(inner: Op<T>) {
    this.inner = inner;
  }

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.inner[Symbol.iterator]();
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.promise ??= launch(() => this.inner).promise as Promise<T>;
    return this.promise.then(onValue, onError);
  }
}

/** See the top of the file. */
export function both<T>(make: () => Generator<unknown, T, unknown>): Awaitable<T> {
  return new Both(op(make));
}

/** The same for an operation. */
export function bothOf<T>(inner: Op<T>): Awaitable<T> {
  return new Both(inner);
}
