/** The state of a sequential model, as a value: copied before each try, and told apart as text. */
import { show } from "../../core/mod.ts";

/** A copy as deep as the state goes; an instance with a `clone` method makes its own. */
export function copyOf<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  return copyObject(value) as T;
}

function copyObject(value: object): object {
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = copyOf(value[i] as unknown);
    return copy;
  }
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    for (const [key, item] of value) copy.set(key, copyOf(item));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set<unknown>();
    for (const item of value) copy.add(copyOf(item));
    return copy;
  }
  const { clone } = value as { clone?: unknown };
  if (typeof clone === "function") return clone.call(value) as object;
  if (value instanceof Error || value instanceof Date) return value;
  const proto: unknown = Object.getPrototypeOf(value);
  const copy: Record<string, unknown> = proto === Object.prototype
    ? {}
    : Object.create(proto as object | null);
  for (const key in value) {
    if (Object.hasOwn(value, key)) copy[key] = copyOf((value as Record<string, unknown>)[key]);
  }
  return copy;
}

/** Numbers for functions and symbols, which have no text of their own. */
export type Numbers = Map<unknown, number>;

/**
 * The same text for the same value, as deep as it goes; objects are equal when what is in them is. Texts are compared where
 * they share `numbers`; without these, functions and symbols go by their names, for readers.
 */
export function textOf(value: unknown, numbers?: Numbers): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      if (numbers === undefined) return show(value);
      if (!numbers.has(value)) numbers.set(value, numbers.size);
      return `#${numbers.get(value)}`;
    case "object":
      return value === null ? "null" : textOfObject(value, numbers);
    default:
      return String(value);
  }
}

function textOfObject(value: object, numbers: Numbers | undefined): string {
  const text = (item: unknown) => textOf(item, numbers);
  if (Array.isArray(value)) return `[${value.map(text).join(",")}]`;
  if (value instanceof Error) return `${value.name}(${value.message})`;
  if (value instanceof Map) {
    return `Map{${[...value].map(([key, item]) => `${text(key)}=>${text(item)}`).join(",")}}`;
  }
  if (value instanceof Set) return `Set{${[...value].map(text).sort().join(",")}}`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  const proto: unknown = Object.getPrototypeOf(value);
  const name = proto === Object.prototype || proto === null ? "" : value.constructor.name;
  const keys = Object.keys(value).sort();
  return `${name}{${keys.map((k) => `${k}:${text((value as Record<string, unknown>)[k])}`).join(",")}}`;
}

/** Whether two values say the same. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const numbers: Numbers = new Map();
  return textOf(a, numbers) === textOf(b, numbers);
}
