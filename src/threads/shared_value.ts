/** A number between threads. */
import type { Op } from "../core/mod.ts";
import { show } from "../core/mod.ts";
import type { Body } from "../sync/mod.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { SharedRLock } from "./shared_lock.ts";
import { ARRAYS, checkType, type NumberOf, type NumberType } from "./shared_types.ts";

/** The types of a {@linkcode SharedValue}. */
export type ValueType = "int32" | "uint32" | "int64" | "float64" | "bool";
/** What a {@linkcode SharedValue} of this type holds. */
export type ValueOf<K extends ValueType> = K extends "bool" ? boolean
  : K extends NumberType ? NumberOf<K>
  : never;

/** How a type stands in 4 or 8 bytes on which atomics work. */
interface Words {
  load(): unknown;
  store(value: unknown): void;
  exchange(value: unknown): unknown;
  compareExchange(expected: unknown, value: unknown): unknown;
}

/**
 * A number or a boolean that all threads see. Each method by itself is atomic; for more than one together there is
 * `withLock`.
 *
 * @example
 * ```ts
 * import { SharedValue } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const hits = new SharedValue("int32", 0);
 * assertEquals(hits.add(2), 0); // gives what was there before
 * assertEquals(hits.compareExchange(2, 10), 2);
 * assertEquals(hits.value, 10);
 * ```
 */
export class SharedValue<K extends ValueType = "float64"> implements Shared {
  readonly #place: Place;
  readonly #words: Words;
  readonly #lock: SharedRLock;

  /**
   * @param type `"int32"`, `"uint32"`, `"int64"` (a `bigint`), `"float64"` or `"bool"`.
   * @param initial default: 0, or false.
   */
  constructor(type: K, initial?: ValueOf<K>) {
    this.#place = settleIn(this, "SharedValue", () => {
      if (type !== "bool") checkType(type, "a SharedValue");
      if (!["int32", "uint32", "int64", "float64", "bool"].includes(type)) {
        throw new TypeError(`a SharedValue cannot be a ${type}: use int32, uint32, int64, float64 or bool`);
      }
      return { bytes: 8, parts: [new SharedRLock().handle], detail: type };
    });
    const { handle, isNew } = this.#place;
    this.#words = wordsOf(handle.detail as ValueType, handle.buffer);
    this.#lock = SharedRLock.from(handle.parts[0]);
    if (isNew && initial !== undefined) this.set(initial);
  }

  /** The value that another thread posted by its `handle`. */
  static from<K extends ValueType = "float64">(handle: SharedHandle): SharedValue<K> {
    return revive(handle, "SharedValue", () => new SharedValue(handle.detail as K));
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  get type(): K {
    return this.#place.handle.detail as K;
  }

  get value(): ValueOf<K> {
    return this.get();
  }

  set value(value: ValueOf<K>) {
    this.set(value);
  }

  get(): ValueOf<K> {
    return this.#words.load() as ValueOf<K>;
  }

  set(value: ValueOf<K>): void {
    this.#words.store(this.#checked(value));
  }

  /** Puts a value there and gives what was there before. */
  exchange(value: ValueOf<K>): ValueOf<K> {
    return this.#words.exchange(this.#checked(value)) as ValueOf<K>;
  }

  /** Puts `value` there if `expected` is what is there; gives what was there before. */
  compareExchange(expected: ValueOf<K>, value: ValueOf<K>): ValueOf<K> {
    return this.#words.compareExchange(this.#checked(expected), this.#checked(value)) as ValueOf<K>;
  }

  /** Adds, and gives what was there before. Integers wrap round at their end. @throws `TypeError` for a boolean. */
  add(by: ValueOf<K>): ValueOf<K> {
    if (this.type === "bool") {
      throw new TypeError("SharedValue.add: a bool has no sum, use set or compareExchange");
    }
    this.#checked(by);
    for (;;) {
      const before = this.get();
      const sum = ((before as number) + (by as number)) as ValueOf<K>; // or two bigints
      if (Object.is(this.#words.compareExchange(before, sum), before)) return before;
    }
  }

  /** The lock of `withLock`, which the other methods do not ask for. */
  get lock(): SharedRLock {
    return this.#lock;
  }

  /** Runs `body` while no other `withLock` of this value runs. */
  withLock<T>(body: Body<[], T>): Op<T> {
    return this.#lock.withLock(body);
  }

  /** The same, blocking this thread. */
  withLockSync<T>(body: () => T): T {
    return this.#lock.withLockSync(body);
  }

  #checked(value: ValueOf<K>): ValueOf<K> {
    const wanted = this.type === "bool" ? "boolean" : this.type === "int64" ? "bigint" : "number";
    const given: string = typeof value;
    if (given !== wanted) {
      throw new TypeError(`a SharedValue of type ${this.type} holds a ${wanted}, not ${show(value)}`);
    }
    return value;
  }
}

function wordsOf(type: ValueType, buffer: SharedArrayBuffer): Words {
  if (type === "float64") {
    // Atomics know integers: by its bits, so that a NaN is equal to itself and 0 is not -0.
    const bits = new BigInt64Array(1), float = new Float64Array(bits.buffer);
    const to = (value: unknown) => (float[0] = value as number, bits[0]);
    const from = (value: bigint) => (bits[0] = value, float[0]);
    return words(new BigInt64Array(buffer), to, from);
  }
  if (type === "bool") {
    return words(new Int32Array(buffer, 0, 1), (value) => value ? 1 : 0, (word) => word === 1);
  }
  if (type === "int64") return words(new BigInt64Array(buffer), (value) => value as bigint, (word) => word);
  const array = new ARRAYS[type](buffer, 0, 1);
  return words(array as Int32Array, (value) => value as number, (word) => word);
}

function words<A extends Int32Array | BigInt64Array>(
  array: A,
  to: (value: unknown) => A[number],
  from: (word: A[number]) => unknown,
): Words {
  const words = array as Int32Array; // the same calls for both
  const put = to as (value: unknown) => number, get = from as (word: number) => unknown;
  return {
    load: () => get(Atomics.load(words, 0)),
    store: (value) => void Atomics.store(words, 0, put(value)),
    exchange: (value) => get(Atomics.exchange(words, 0, put(value))),
    compareExchange: (expected, value) => get(Atomics.compareExchange(words, 0, put(expected), put(value))),
  };
}
