/** Waiting on shared memory without blocking, and what keeps the program alive meanwhile. */
import { builtin } from "./modules.ts";

// The system's own, also where a simulation or a patch replaces them later.
const { setTimeout, clearTimeout } = globalThis;

/** The longest that a timer takes, some 25 days. */
const LONG = 2 ** 31 - 1;

/**
 * Calls back once, in a turn of the event loop, when the word has been notified or is not `value` any more. It cannot be
 * taken back, and keeps no runtime alive: see {@linkcode keepAlive}.
 */
export function whenNotified(words: Int32Array, at: number, value: number, callback: () => void): void {
  const { value: outcome } = Atomics.waitAsync(words, at, value);
  if (typeof outcome === "string") queueMicrotask(callback);
  else void outcome.then(callback);
}

/** Keeps the program alive until the function that it gives is called. */
export function keepAlive(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const again = () => void (timer = setTimeout(again, LONG));
  again();
  return () => clearTimeout(timer);
}

/** Node's own serialisation, which Deno and Bun have as well: what `structuredClone` copies, as bytes. */
interface V8 {
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** @throws the runtime's own error for what cannot be cloned; a `SharedArrayBuffer` inside is an error or a copy. */
export function serialize(value: unknown): Uint8Array {
  return (builtin("v8") as V8).serialize(value);
}

/** What {@linkcode serialize} gave, on the same runtime. */
export function deserialize(bytes: Uint8Array): unknown {
  return (builtin("v8") as V8).deserialize(bytes);
}

interface EndingProcess {
  process?: { once(event: "exit", listener: (code: number) => void): void };
}

/** Calls back when this thread ends by itself: `well`, or by an error or an exit code that says so. */
export function atThreadEnd(callback: (well: boolean) => void): void {
  (globalThis as EndingProcess).process?.once("exit", (code) => callback(code === 0));
}
