/** What cannot be cloned, and where it stands; and what is to be transferred instead of copied. */

/** Named once, as a path: `.rows[3].onDone is a function`. Undefined: all of it can be cloned, or moved where `value` says so. */
export function cloneProblem(value: unknown): string | undefined {
  const moved = transferOf(value);
  if (moved.length > 0) return find(value, "", new Set(moved)); // trying would move it
  return isCloneable(value) ? undefined : find(value, "", new Set()) ?? " cannot be cloned";
}

function isCloneable(value: unknown): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null || value instanceof SharedArrayBuffer) return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Only what may be walked without running anybody's code but getters. */
function find(value: unknown, path: string, seen: Set<unknown>): string | undefined {
  if (typeof value === "function") return `${path} is a function`;
  if (typeof value === "symbol") return `${path} is a symbol`;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (value instanceof Map) {
    let n = 0;
    for (const [key, inner] of value) {
      const found = find(key, `${path}.keys()[${n}]`, seen) ??
        find(inner, `${path}.get(${text(key)})`, seen);
      if (found !== undefined) return found;
      n++;
    }
    return undefined;
  }
  if (value instanceof Set) {
    let n = 0;
    for (const inner of value) {
      const found = find(inner, `${path}[…][${n++}]`, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (ArrayBuffer.isView(value)) return leaf(value, path);
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) && /^\d+$/.test(key) ? `[${key}]` : access(key);
    let inner: unknown;
    try {
      inner = (value as Record<string, unknown>)[key];
    } catch (error) {
      return `${path}${step} is a getter that throws ${String(error)}`;
    }
    const found = find(inner, path + step, seen);
    if (found !== undefined) return found;
  }
  return leaf(value, path);
}

/** All inside can be cloned: if the whole cannot, it is for what it is. */
function leaf(value: object, path: string): string | undefined {
  if (isCloneable(value)) return undefined;
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  const name: unknown = kind === "Object" ? Object.getPrototypeOf(value)?.constructor?.name ?? kind : kind;
  return `${path} is a ${String(name)}`;
}

function access(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function text(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}

/** Says what cannot go to the other side, and where it stands. */
export function cloneError(what: string, problem: string): Error {
  const message = problem.startsWith(" ") ? `${what}${problem}` : `${what}: ${problem}`;
  return new TypeError(
    `${message}, which cannot be copied to another thread: pass data, or proxy() what is to stay on this side`,
  );
}

/** What can be moved from one thread to another: `ArrayBuffer`, `MessagePort`, streams. */
export type Movable = object;

const NONE: readonly Movable[] = [];
let lists: WeakMap<object, readonly Movable[]> | null = null;

/**
 * Says that the buffers, ports and streams in `list`, which stand somewhere in `value`, are to be moved when `value` is passed to
 * another thread or returned from one: no copy is made, and they are empty here afterwards. Gives `value` back.
 *
 * @example
 * ```ts
 * import { transfer } from "tendril/threads";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const pixels = new Uint8Array(1_000_000);
 * // remote.blur(transfer(pixels, [pixels.buffer])) passes it on without a copy
 * assertStrictEquals(transfer(pixels, [pixels.buffer]), pixels);
 * ```
 * @throws `TypeError` if `value` is no object, or `list` no list of objects.
 */
export function transfer<T extends object>(value: T, list: readonly Movable[]): T {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`transfer needs an object that holds what is moved, not ${String(value)}`);
  }
  if (!Array.isArray(list) || list.some((item) => typeof item !== "object" || item === null)) {
    throw new TypeError("transfer needs a list of what is moved: [pixels.buffer]");
  }
  (lists ??= new WeakMap()).set(value, [...list]);
  return value;
}

/** What is to be moved with `value`. */
export function transferOf(value: unknown): readonly Movable[] {
  if (lists === null || typeof value !== "object" || value === null) return NONE;
  return lists.get(value) ?? NONE;
}

/** The same for several values, as one list without duplicates; null for none, which is the rule. */
export function transferOfAll(values: readonly unknown[]): Movable[] | null {
  if (lists === null) return null;
  let all: Set<Movable> | null = null;
  for (const value of values) {
    for (const item of transferOf(value)) (all ??= new Set()).add(item);
  }
  return all === null ? null : [...all];
}
