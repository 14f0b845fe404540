/**
 * Errors across a port. The runtimes' own clone loses the class and own properties everywhere, and `cause` on one of them; so an
 * error becomes a list of records here, one for each error that hangs on it, which refer to each other by their places: causes,
 * parts and rings of them are all alike.
 */
import {
  BrokenLockError,
  DeadlockError,
  EOFError,
  GreenletExit,
  PoolFull,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  show,
  TimeoutError,
} from "../core/mod.ts";
import { cloneProblem } from "./clone.ts";
import type { EncodedError, ErrorPart, ErrorRecord } from "./protocol.ts";

/** The other end has gone, and all that was asked of it with it. */
export class WorkerDiedError extends Error {
  override name: string = "WorkerDiedError";
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** Those that both ends know. An instance of a class of the user's arrives as an `Error` with its name. */
const KINDS: Map<string, ErrorClass> = new Map<string, ErrorClass>(
  Object.entries({
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    AggregateError,
    GreenletExit,
    TimeoutError,
    QueueEmpty,
    QueueFull,
    QueueShutDown,
    PoolFull,
    DeadlockError,
    BrokenLockError,
    EOFError,
    WorkerDiedError,
  }),
);

/** From now on instances of a class arrive as such. Both ends must know it, by the same name. */
export function knowError(kind: ErrorClass & { readonly name: string }): void {
  KINDS.set(kind.name, kind);
}

/** Own properties that have a place of their own in the record. */
const KNOWN: ReadonlySet<string> = new Set(["name", "message", "stack", "errors"]);

function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  const kind = Object.prototype.toString.call(value); // errors of another realm
  return kind === "[object Error]" || kind === "[object DOMException]";
}

/** `error` in a form that can be cloned. What is thrown and is no error goes as the `value` of a record of the kind `""`. */
export function encodeError(error: unknown): EncodedError {
  const records: ErrorRecord[] = [];
  const places = new Map<unknown, number>();
  const place = (one: Error): number => {
    const known = places.get(one);
    if (known !== undefined) return known;
    const at = records.length;
    places.set(one, at);
    records.push(null as unknown as ErrorRecord); // its place is taken before those inside ask for theirs
    records[at] = record(one, place);
    return at;
  };
  if (isError(error)) place(error);
  else records.push(thrownValue(error));
  return { errors: records };
}

function thrownValue(value: unknown): ErrorRecord {
  const own = { value: cloneable(value) };
  return { kind: "", name: "", message: "", stack: undefined, own, links: {}, parts: null };
}

function record(error: Error, place: (error: Error) => number): ErrorRecord {
  const own: Record<string, unknown> = {}, links: Record<string, number> = {};
  for (const key of Object.getOwnPropertyNames(error)) {
    if (KNOWN.has(key)) continue;
    const value = read(error, key);
    if (isError(value)) links[key] = place(value);
    else if (typeof value !== "function") own[key] = cloneable(value);
  }
  const parts = error instanceof AggregateError && Array.isArray(error.errors)
    ? error.errors.map((part): ErrorPart =>
      isError(part) ? { error: place(part) } : { value: cloneable(part) }
    )
    : null;
  return {
    kind: kindOf(error),
    name: String(read(error, "name")),
    message: String(read(error, "message")),
    stack: typeof read(error, "stack") === "string" ? String(read(error, "stack")) : undefined,
    own,
    links,
    parts,
  };
}

function kindOf(error: Error): string {
  if (Object.prototype.toString.call(error) === "[object DOMException]") return "DOMException";
  for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const name: unknown = proto.constructor?.name;
    if (typeof name === "string" && KINDS.get(name)?.prototype === proto) return name;
  }
  const { name } = error; // of another realm, or of another copy of this library
  return KINDS.has(name) ? name : "Error";
}

function read(error: object, key: string): unknown {
  try {
    return (error as Record<string, unknown>)[key];
  } catch (e) {
    return `(a getter that threw: ${show(e)})`;
  }
}

/** What cannot be cloned is described: an error must arrive in any case. */
function cloneable(value: unknown): unknown {
  return cloneProblem(value) === undefined ? value : `(not cloned: ${show(value)})`;
}

/** The error that {@linkcode encodeError} was given. */
export function decodeError(encoded: EncodedError): unknown {
  const { errors } = encoded;
  if (errors[0].kind === "") return errors[0].own.value;
  const made = errors.map(make);
  errors.forEach((from, at) => fill(made[at], from, made));
  return made[0];
}

function make({ kind, name, message }: ErrorRecord): Error {
  if (kind === "DOMException") return new DOMException(message, name);
  // Without its constructor, which may want anything, and takes a stack of this side.
  const proto = (KINDS.get(kind) ?? Error).prototype;
  const error = Object.setPrototypeOf(
    kind === "AggregateError" ? new AggregateError([]) : new Error(),
    proto,
  );
  hidden(error, "message", message);
  if (error.name !== name) hidden(error, "name", name);
  return error;
}

function fill(error: Error, from: ErrorRecord, made: readonly Error[]): void {
  if (from.stack !== undefined) hidden(error, "stack", from.stack);
  for (const [key, value] of Object.entries(from.own)) {
    if (key === "cause") hidden(error, key, value);
    else attempt(() => (error as unknown as Record<string, unknown>)[key] = value);
  }
  for (const [key, at] of Object.entries(from.links)) hidden(error, key, made[at]);
  if (from.parts !== null) {
    hidden(error, "errors", from.parts.map((part) => "error" in part ? made[part.error] : part.value));
  }
}

function hidden(error: Error, key: string, value: unknown): void {
  attempt(() =>
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false })
  );
}

/** A DOMException's own are read-only. */
function attempt(set: () => unknown): void {
  try {
    set();
  } catch {
    // it keeps what it has
  }
}
