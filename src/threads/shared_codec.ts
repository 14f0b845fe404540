/**
 * Items of shared queues, as bytes. A byte says what follows: numbers, strings and bytes as they are, plain data as JSON,
 * which is several times as quick as the runtime's own serialisation, and what JSON does not keep by the latter:
 * `Map`, `Set`, `Date`, `RegExp`, `bigint`, errors, typed arrays and buffers, cycles, the same object twice, `undefined`.
 */
import { show } from "../core/mod.ts";
import { deserialize, serialize } from "../host/io.ts";
import { isShared } from "./shared_handle.ts";

const UNDEFINED = 0, NULL = 1, FALSE = 2, TRUE = 3, NUMBER = 4, TEXT = 5, BYTES = 6, JSON_TEXT = 7, CLONE = 8;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** @throws `TypeError` that names what in `value` cannot be copied, by its path. */
export function encode(value: unknown): Uint8Array {
  switch (typeof value) {
    case "undefined":
      return Uint8Array.of(UNDEFINED);
    case "boolean":
      return Uint8Array.of(value ? TRUE : FALSE);
    case "number": {
      const bytes = new Uint8Array(9);
      bytes[0] = NUMBER;
      new DataView(bytes.buffer).setFloat64(1, value);
      return bytes;
    }
    case "string":
      return value.isWellFormed() ? text(TEXT, value) : text(JSON_TEXT, JSON.stringify(value));
  }
  if (value === null) return Uint8Array.of(NULL);
  if (value instanceof Uint8Array && value.constructor === Uint8Array) return tagged(BYTES, value);
  if (isPlain(value, "", new Set())) return text(JSON_TEXT, JSON.stringify(value));
  try {
    return tagged(CLONE, serialize(value));
  } catch (error) {
    throw new TypeError(`the item, ${show(value)}, cannot be copied to another thread: ${String(error)}`, {
      cause: error,
    });
  }
}

/** What {@linkcode encode} made, in another thread of the same program. */
export function decode(bytes: Uint8Array): unknown {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case UNDEFINED:
      return undefined;
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1);
    case TEXT:
      return decoder.decode(rest);
    case BYTES:
      return rest.slice();
    case JSON_TEXT:
      return JSON.parse(decoder.decode(rest));
    default:
      return deserialize(rest);
  }
}

function text(tag: number, value: string): Uint8Array {
  return tagged(tag, encoder.encode(value));
}

function tagged(tag: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = tag;
  bytes.set(content, 1);
  return bytes;
}

/** Whether JSON keeps all of it. @throws `TypeError` for what cannot be copied at all. */
function isPlain(value: unknown, path: string, seen: Set<object>): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value === "undefined" || typeof value === "bigint") return false;
  if (typeof value === "function" || typeof value === "symbol") throw uncopied(path, `a ${typeof value}`);
  if (seen.has(value)) return false;
  seen.add(value);
  if (isShared(value)) throw uncopied(path, `a ${value.handle["~tendril"]}, post its handle`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    let plain = Object.keys(value).length === value.length;
    for (let i = 0; i < value.length; i++) plain = isPlain(value[i], `${path}[${i}]`, seen) && plain;
    return plain;
  }
  if (prototype !== Object.prototype && prototype !== null) return inspect(value, path, seen);
  let plain = prototype !== null;
  for (const key of Object.keys(value)) {
    plain = isPlain((value as Record<string, unknown>)[key], path + step(key), seen) && plain;
  }
  return plain;
}

const CANNOT: readonly (new (...args: never[]) => object)[] = [
  SharedArrayBuffer,
  Promise,
  WeakMap,
  WeakSet,
  WeakRef,
];

/** What is no plain object, and so not plain: only looks for what cannot be copied. */
function inspect(value: object, path: string, seen: Set<object>): false {
  const kind = CANNOT.find((constructor) => value instanceof constructor);
  if (kind !== undefined) throw uncopied(path, `a ${kind.name}`);
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof SharedArrayBuffer) throw uncopied(path, "a view of shared memory");
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      isPlain(key, `${path}.keys()`, seen);
      isPlain(item, `${path}.get(${show(key)})`, seen);
    }
  } else if (value instanceof Set) {
    for (const item of value) isPlain(item, `${path}.values()`, seen);
  } else {
    for (const key of Object.keys(value)) {
      isPlain((value as Record<string, unknown>)[key], path + step(key), seen);
    }
  }
  return false;
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function uncopied(path: string, what: string): TypeError {
  return new TypeError(`the item${path} is ${what}: it cannot be copied to another thread, pass plain data`);
}
