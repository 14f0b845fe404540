/** Plain state that greenlets share, made visible to exploration. */
import { probe, reads, writes } from "../core/mod.ts";
import { running } from "./schedules/execution.ts";

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
const READING: ReadonlySet<PropertyKey> = new Set<PropertyKey>([
  ..."get has keys values entries forEach toString valueOf hasOwnProperty getTime toISOString toJSON".split(
    " ",
  ),
  Symbol.iterator,
  Symbol.toPrimitive,
]);

/** Of collections: those that give an iterator. */
const ITERATING: ReadonlySet<PropertyKey> = new Set(["keys", "values", "entries", Symbol.iterator]);
/** Of arrays: those that look for an item by identity. */
const COMPARING: ReadonlySet<PropertyKey> = new Set(["includes", "indexOf", "lastIndexOf"]);

/** The proxies by their objects, so that an object has one, and the objects by their proxies. */
const proxies = new WeakMap<object, object>(), originals = new WeakMap<object, object>();
/** What has its name. */
const known = new WeakSet<object>();

/** What stands behind a proxy: tracked objects hold each other as they are. */
function bare<T>(value: T): T {
  return isObject(value) ? (originals.get(value) ?? value) as T : value;
}

/** As somebody sees it who has it from a tracked object. */
function seen(value: unknown): unknown {
  return isObject(value) && (proxies.has(value) || isPlain(value)) ? track(value) : value;
}

/** Names `value` and all that stands in it, when it comes in: who gets to it first differs between schedules. */
function adopt(value: unknown): void {
  const todo: unknown[] = [value];
  while (todo.length > 0) {
    const one = todo.pop();
    if (!isObject(one) || known.has(one) || originals.has(one) || !isPlain(one)) continue;
    known.add(one);
    if (probe !== null) probe.born(one);
    if (one instanceof Map) { for (const [key, item] of one) todo.push(key, item); }
    else if (one instanceof Set) { for (const item of one) todo.push(item); }
    else for (const { value } of Object.values(Object.getOwnPropertyDescriptors(one))) todo.push(value);
  }
}

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
  if (originals.has(object)) return object;
  const made = proxies.get(object);
  if (made !== undefined) return made as T;
  declare(object);
  adopt(object);
  const isCollection = object instanceof Map || object instanceof Set;
  const isNative = isCollection || object instanceof Date;
  const proxy: T = new Proxy(object, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, isNative ? target : receiver);
      if (!isNative || typeof value !== "function") reads(target);
      if (typeof value !== "function") return isFixed(target, property) ? value : seen(value);
      if (!isNative) {
        return Array.isArray(target) && COMPARING.has(property) ? comparing(value as AnyFunction) : value;
      }
      return (...args: unknown[]): unknown => {
        if (READING.has(property)) reads(target);
        else writes(target);
        if (!isCollection) return value.apply(target, args);
        return ofCollection(target, property, value as AnyFunction, args);
      };
    },
    set(target, property, value, receiver) {
      writes(target);
      adopt(value);
      return Reflect.set(target, property, bare(value), receiver === proxy ? target : receiver);
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
    getOwnPropertyDescriptor(target, property) {
      reads(target);
      return Reflect.getOwnPropertyDescriptor(target, property);
    },
    defineProperty(target, property, descriptor) {
      writes(target);
      adopt(descriptor.value);
      return Reflect.defineProperty(target, property, descriptor);
    },
  });
  proxies.set(object, proxy);
  originals.set(proxy, object);
  return proxy;
}

/** Calls a method of a `Map` or a `Set`: proxies stay outside of it, and what it holds is seen through them. */
function ofCollection(target: object, property: PropertyKey, method: AnyFunction, args: unknown[]): unknown {
  if (property === "forEach") {
    const [callback, self] = args as [AnyFunction, unknown];
    const each = (...of: unknown[]) => callback.apply(self, of.map(seen));
    return method.call(target, each);
  }
  args.forEach(adopt);
  const result: unknown = method.apply(target, args.map(bare));
  if (!ITERATING.has(property)) return seen(result);
  const inPairs = property === "entries" || (property === Symbol.iterator && target instanceof Map);
  return steps(target, result as Iterable<unknown>, inPairs);
}

/** An iterator that looks at `target` whenever it is asked: others may have been there meanwhile. */
function* steps(
  target: object,
  items: Iterable<unknown>,
  inPairs: boolean,
): Generator<unknown, void, unknown> {
  for (const item of items) {
    reads(target);
    yield inPairs ? (item as unknown[]).map(seen) : seen(item);
  }
  reads(target);
}

/** The search for an item: it compares with what the array gives. */
function comparing(method: AnyFunction): AnyFunction {
  return function (this: unknown, item: unknown, ...rest: unknown[]): unknown {
    return method.call(this, seen(item), ...rest);
  };
}

/** A proxy must give such a property as it is. */
function isFixed(target: object, property: PropertyKey): boolean {
  const own = Object.isFrozen(target) || Object.isSealed(target)
    ? Reflect.getOwnPropertyDescriptor(target, property)
    : undefined;
  return own?.configurable === false && own.writable === false;
}

type AnyFunction = (...args: unknown[]) => unknown;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null || Array.isArray(value) || value instanceof Map ||
    value instanceof Set;
}
