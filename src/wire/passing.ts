/**
 * Values that go as something else: the layer above says which (shared primitives go as handles, and come back as instances). Only
 * plain objects and lists are looked into, and only while there is something to be found.
 */
import { transfer, transferOf } from "./clone.ts";

/** See the top of the file. */
export interface Passing {
  /** Whether there is anything anywhere that needs it. */
  inUse(): boolean;
  /** What stands for `value`; undefined: it stands for itself. */
  encode(value: object): object | undefined;
  /** What to wait for before the two below can be called; null: nothing. */
  load(): Promise<unknown> | null;
  isHandle(value: object): boolean;
  revive(handle: object): unknown;
}

let passing: Passing | null = null;
export function setPassing(own: Passing): void {
  passing = own;
}

/** What to wait for before {@linkcode reviveOne} can be called; null: nothing. */
export function passingLoaded(): Promise<unknown> | null {
  return passing === null ? null : passing.load();
}

/** Whether the object can be looked into. */
export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null || Array.isArray(value);
}

/** `values` with what stands for them; the same list if there is nothing of the kind in it. */
export function encodePassed<T extends readonly unknown[]>(values: T): T {
  if (passing === null || !passing.inUse() || !holds(values, new Set())) return values;
  return copy(values, new Map()) as unknown as T;
}

function holds(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (passing?.encode(value) !== undefined) return true;
  if (!isPlain(value) || seen.has(value)) return false;
  seen.add(value);
  if (Array.isArray(value)) return value.some((inner) => holds(inner, seen));
  return Object.values(value).some((inner) => holds(inner, seen));
}

function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const handle = passing?.encode(value);
  if (handle !== undefined) return handle;
  if (!isPlain(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const made: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  copies.set(value, made);
  for (const [key, inner] of Object.entries(value)) {
    (made as Record<string, unknown>)[key] = copy(inner, copies);
  }
  const moved = transferOf(value);
  return moved.length === 0 ? made : transfer(made, moved);
}

/** The value that a handle stands for; undefined for what is no handle. */
export function reviveOne(value: object): unknown {
  return passing !== null && passing.isHandle(value) ? passing.revive(value) : undefined;
}
