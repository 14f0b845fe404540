/** Numbers between threads. */
import { count, type Op, show } from "../core/mod.ts";
import type { Body } from "../sync/mod.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { SharedRLock } from "./shared_lock.ts";
import { ARRAYS, checkType, type NumberArrays, type NumberOf, type NumberType } from "./shared_types.ts";

/**
 * A typed array in shared memory, and a lock. `view` is the array itself: as quick as any, seen by all threads at once, and
 * not guarded. Use `withLock` where threads change what others read.
 *
 * @example
 * ```ts
 * import { SharedArray } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const sums = new SharedArray("float64", [1, 2, 3]);
 * sums.withLockSync(() => {
 *   for (let i = 0; i < sums.length; i++) sums.view[i] *= 2;
 * });
 * assertEquals([...sums.view], [2, 4, 6]);
 * ```
 */
export class SharedArray<K extends NumberType = "float64"> implements Shared {
  /** The numbers themselves. */
  readonly view: NumberArrays[K];
  readonly #place: Place;
  readonly #lock: SharedRLock;

  /**
   * @param type from `"int8"` to `"float64"`; `"int64"` and `"uint64"` hold `bigint`s.
   * @param content how many numbers, all 0, or the numbers.
   */
  constructor(type: K, content: number | ArrayLike<NumberOf<K>>) {
    this.#place = settleIn(this, "SharedArray", () => {
      checkType(type, "a SharedArray");
      const length = typeof content === "number"
        ? count(content, "the length of a SharedArray", 0)
        : content?.length;
      if (typeof length !== "number" || length === Infinity) {
        throw new TypeError(`a SharedArray needs a length or numbers, not ${show(content)}`);
      }
      const bytes = length * ARRAYS[type].BYTES_PER_ELEMENT;
      return { bytes, parts: [new SharedRLock().handle], detail: type };
    });
    const { handle, isNew } = this.#place;
    this.view = new ARRAYS[handle.detail as K](handle.buffer);
    this.#lock = SharedRLock.from(handle.parts[0]);
    if (isNew && typeof content !== "number") (this.view as Float64Array).set(content as ArrayLike<number>);
  }

  /** The array that another thread posted by its `handle`. */
  static from<K extends NumberType = "float64">(handle: SharedHandle): SharedArray<K> {
    return revive(handle, "SharedArray", () => new SharedArray(handle.detail as K, 0));
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get type(): K {
    return this.#place.handle.detail as K;
  }

  get length(): number {
    return this.view.length;
  }

  [Symbol.iterator](): IterableIterator<NumberOf<K>> {
    return this.view[Symbol.iterator]() as IterableIterator<NumberOf<K>>;
  }

  /** The lock of `withLock`. */
  get lock(): SharedRLock {
    return this.#lock;
  }

  /** Runs `body` while no other `withLock` of this array runs. */
  withLock<T>(body: Body<[], T>): Op<T> {
    return this.#lock.withLock(body);
  }

  /** The same, blocking this thread. */
  withLockSync<T>(body: () => T): T {
    return this.#lock.withLockSync(body);
  }
}
