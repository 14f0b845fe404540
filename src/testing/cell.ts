/** Plain state that greenlets share, made visible to exploration. */
import { probe, reads, writes } from "../core/mod.ts";
import { running } from "./execution.ts";

/** See {@linkcode cell}. */
export interface Cell<T> {
  value: T;
}

class TrackedCell<T> implements Cell<T> {
  private content: T;

  constructor(content: T) {
    this.content = content;
  }

  get value(): T {
    reads(this);
    return this.content;
  }

  set value(value: T) {
    writes(this);
    this.content = value;
  }
}

/** From here on the search relies on what `cell` and `track` tell it. */
function declare(subject: object): void {
  if (running !== null) running.tracks = true;
  if (probe !== null) probe.born(subject);
}

/**
 * A variable that `explore` sees. Whoever uses `cell` or `track` in a body says that all plain state that its greenlets
 * share stands in them; then schedules that differ only in steps that touch nothing in common count as one.
 *
 * @example
 * ```ts
 * import { cell } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const counter = cell(1);
 * counter.value += 1;
 * assertEquals(counter.value, 2);
 * ```
 */
export function cell<T>(value: T): Cell<T> {
  const made = new TrackedCell(value);
  declare(made);
  return made;
}

/** Methods that change nothing: all others count as writes. */
const READING: ReadonlySet<PropertyKey> = new Set([
  ...[
    "get",
    "has",
    "keys",
    "values",
    "entries",
    "forEach",
    "at",
    "concat",
    "every",
    "filter",
    "find",
    "findIndex",
  ],
  ...[
    "findLast",
    "findLastIndex",
    "flat",
    "flatMap",
    "includes",
    "indexOf",
    "join",
    "lastIndexOf",
    "map",
    "reduce",
  ],
  ...["reduceRight", "slice", "some", "toReversed", "toSorted", "toSpliced", "with", "toString", "valueOf"],
  ...["getTime", "toISOString", "toJSON", "hasOwnProperty", Symbol.iterator, Symbol.toPrimitive],
]);

/** The proxies, so that an object has one. */
const proxies = new WeakMap<object, object>();

/**
 * An object that `explore` sees: every use of it, and of the objects in it, is noted. See {@linkcode cell}.
 *
 * @param object a record, an array, a `Map`, a `Set` or an instance. Use only what is returned.
 * @example
 * ```ts
 * import { track } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const stock = track(new Map([["apples", 2]]));
 * stock.set("apples", 1);
 * assertEquals(stock.get("apples"), 1);
 * ```
 */
export function track<T extends object>(object: T): T {
  if (typeof object !== "object" || object === null) {
    throw new TypeError(`track needs an object, not ${String(object)}: for a plain value use cell(value)`);
  }
  const known = proxies.get(object);
  if (known !== undefined) return known as T;
  declare(object);
  const proxy: T = new Proxy(object, {
    get(target, property, receiver) {
      const isNative = target instanceof Map || target instanceof Set || target instanceof Date;
      const value: unknown = Reflect.get(target, property, isNative ? target : receiver);
      if (typeof value !== "function") {
        reads(target);
        return typeof value === "object" && value !== null && isPlain(value) ? track(value) : value;
      }
      if (!isNative) return value; // its own code comes back here
      return (...args: unknown[]): unknown => {
        if (READING.has(property)) reads(target);
        else writes(target);
        return value.apply(target, args);
      };
    },
    set(target, property, value, receiver) {
      writes(target);
      return Reflect.set(target, property, value, receiver === proxy ? target : receiver);
    },
    deleteProperty(target, property) {
      writes(target);
      return Reflect.deleteProperty(target, property);
    },
    has(target, property) {
      reads(target);
      return Reflect.has(target, property);
    },
    ownKeys(target) {
      reads(target);
      return Reflect.ownKeys(target);
    },
    defineProperty(target, property, descriptor) {
      writes(target);
      return Reflect.defineProperty(target, property, descriptor);
    },
  });
  proxies.set(object, proxy);
  return proxy;
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null || Array.isArray(value) || value instanceof Map ||
    value instanceof Set;
}
