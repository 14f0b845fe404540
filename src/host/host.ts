/** What the three runtimes give, by the names that all of them have. */
import type { Host } from "../core/mod.ts";

interface Process {
  readonly env: { readonly [name: string]: string | undefined };
  getActiveResourcesInfo?(): string[];
  once(event: "beforeExit", listener: () => void): void;
  off(event: "beforeExit", listener: () => void): void;
}

const runtime = globalThis as {
  setImmediate?: (callback: () => void) => unknown;
  process?: Process;
  Bun?: unknown;
};

/** Without `setImmediate`: a message to oneself, which no runtime delays as it does timers. */
function viaMessage(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(null);
}

/** Ours, and the standard streams. */
const UNIMPORTANT: ReadonlySet<string> = new Set(["Immediate", "TTYWrap", "PipeWrap"]);
/** Milliseconds between two looks at what the host still has; nobody waits for the answer but a deadlock report. */
const LOOK_AGAIN = 50;

/** How many of each kind could still call back; null where the runtime does not say (Bun always answers with nothing). */
type Pending = ReadonlyMap<string, number> | null;

function pending(): Pending {
  if (runtime.Bun !== undefined || runtime.process?.getActiveResourcesInfo === undefined) return null;
  const counts = new Map<string, number>();
  for (const kind of runtime.process.getActiveResourcesInfo()) {
    if (!UNIMPORTANT.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Whether there is nothing in `now` beyond `before`, kind by kind. */
function isNoMore(now: NonNullable<Pending>, before: Pending): boolean {
  return [...now].every(([kind, count]) => count <= (before?.get(kind) ?? 0));
}

/**
 * Where the runtime says what it still has (timers, servers, sockets), that counts. Elsewhere the end of the program
 * does, except in a test runner, which keeps the program alive itself.
 */
function whenQuiet(before: unknown, callback: () => void): () => void {
  const { process } = runtime;
  const isQuiet = () => {
    const now = pending();
    if (now === null) return process === undefined || process.env.NODE_ENV === "test";
    return isNoMore(now, before instanceof Map ? before : null);
  };
  if (isQuiet()) {
    callback();
    return () => {};
  }
  const stop = () => {
    clearInterval(poll);
    process?.off("beforeExit", done);
  };
  const done = () => {
    stop();
    callback();
  };
  const poll = setInterval(() => isQuiet() && done(), LOOK_AGAIN);
  unref(poll);
  process?.once("beforeExit", done);
  return stop;
}

/** A timer that does not keep the program alive. */
export function unref(handle: ReturnType<typeof setTimeout>): void {
  if (typeof handle === "object") (handle as { unref?(): void }).unref?.();
  else {
    // A runtime whose handles are numbers.
    (globalThis as { Deno?: { unrefTimer?(id: number): void } }).Deno?.unrefTimer?.(handle);
  }
}

/** The runtime that this program runs on. */
export const systemHost: Host = {
  now: () => performance.now(),
  microtask: (callback) => queueMicrotask(callback),
  macrotask: runtime.setImmediate === undefined
    ? viaMessage
    : (callback) => void runtime.setImmediate?.(callback),
  pending: () => pending() ?? "unknown",
  whenQuiet,
};
