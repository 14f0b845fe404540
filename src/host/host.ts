/** What the three runtimes give, by the names that all of them have. */
import type { Host } from "../core/mod.ts";

interface Process {
  readonly env: { readonly [name: string]: string | undefined };
  getActiveResourcesInfo?(): string[];
  getBuiltinModule?(name: string): unknown;
  once(event: "beforeExit" | "exit", listener: () => void): void;
  off(event: "beforeExit", listener: () => void): void;
}

/** Parts of the runtimes that only some have, and that are not documented: where one is missing, less is known. */
interface Runtime {
  setImmediate?: (callback: () => void) => unknown;
  process?: Process;
  Bun?: unknown;
  Deno?: {
    unrefTimer?(id: number): void;
    internal?: symbol;
    [internal: symbol]: { core?: { resources?(): { readonly [id: string]: string } } } | undefined;
  };
}

const runtime = globalThis as Runtime;

/** Without `setImmediate`: a message to oneself, which no runtime delays as it does timers. */
function viaMessage(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(null);
}

const immediate = runtime.setImmediate === undefined
  ? viaMessage
  : (callback: () => void): void => void runtime.setImmediate?.(callback);

/** Milliseconds of one immediate after the other until a timer lets I/O in, on Deno. */
const IO_EVERY = 8;
/** Milliseconds from the end of one to the next request, from which on the host has been idle in between. */
const IDLE = 1;

/** Deno looks for I/O once in 61 turns as long as there are immediates: a greenlet that computes would hold up all requests. */
class LettingIoIn {
  private isInside = false;
  private endedAt = -Infinity;
  private ioAt = -Infinity;

  readonly macrotask = (callback: () => void): void => {
    const now = performance.now();
    if (!this.isInside && now - this.endedAt > IDLE) this.ioAt = now;
    if (now - this.ioAt < IO_EVERY) return immediate(() => this.run(callback));
    setTimeout(() => {
      this.ioAt = performance.now();
      this.run(callback);
    }, 0);
  };

  private run(callback: () => void): void {
    this.isInside = true;
    try {
      callback();
    } finally {
      this.isInside = false;
      this.endedAt = performance.now();
    }
  }
}

const macrotask = runtime.Deno === undefined ? immediate : new LettingIoIn().macrotask;

/** How many of each kind could still call back: timers, servers, sockets, child processes. */
type Pending = ReadonlyMap<string, number>;

/** Ours, the standard streams, and what a program always has. */
const UNIMPORTANT: ReadonlySet<string> = new Set([
  ...["Immediate", "TTYWrap", "PipeWrap", "stdin", "stdout", "stderr"],
  ...["Promise", "GlobalObject", "UnlinkedModuleProgramCodeBlock"],
]);
/** Milliseconds between two looks at what the host still has; nobody waits for the answer but a deadlock report. */
const LOOK_AGAIN = 50;

/** Those who look again later, each by a timer of its own: two runs that are stuck must not wait for each other's. */
const polls = new Set<() => void>();
let background = 0;

/** Says of a timer that is unref'd that it wakes nobody; gives a way to say that it is gone. */
export function inBackground(): () => void {
  if (runtime.Bun === undefined) return () => {}; // the others do not name it
  background++;
  return () => void background--;
}

function count(kinds: Iterable<readonly [string, number]>): Pending {
  const own = polls.size + background;
  const counts = new Map<string, number>(own > 0 ? [["Timeout", -own]] : []);
  for (const [kind, n] of kinds) {
    if (!UNIMPORTANT.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + n);
  }
  if ((counts.get("Timeout") ?? 1) <= 0) counts.delete("Timeout");
  return counts;
}

/** What the host could still call back for, as far as the runtime says; null where it says nothing. */
function look(): Pending | null {
  const { process, Deno } = runtime;
  if (runtime.Bun !== undefined) {
    // What native code holds on to: Bun's `getActiveResourcesInfo` always answers with nothing.
    const jsc = process?.getBuiltinModule?.("bun:jsc") as {
      heapStats?(): { protectedObjectTypeCounts?: { readonly [kind: string]: number } };
    } | undefined;
    const held = jsc?.heapStats?.().protectedObjectTypeCounts;
    return held === undefined ? null : count(Object.entries(held));
  }
  if (process?.getActiveResourcesInfo === undefined) return null;
  const open = Deno?.internal === undefined ? undefined : Deno[Deno.internal]?.core?.resources?.();
  const kinds = [...process.getActiveResourcesInfo(), ...Object.values(open ?? {})];
  return count(kinds.map((kind) => [kind, 1]));
}

let first: Pending | null = null;

/** What stands before a run. On Bun looking takes half a millisecond and more, so one look is for all runs. */
function pending(): Pending | null {
  return runtime.Bun === undefined ? look() : first ??= look();
}

/** Milliseconds in which what stood before the run may still wake it: a timer of a test's guard must not hold a report up. */
const PATIENCE = 200;

/** Whether the host has nothing left, only what stood there before the run, or something new. */
function whatIsLeft(before: unknown): "nothing" | "old" | "new" {
  const now = look();
  if (now === null || now.size === 0) return "nothing";
  // Bun's test runner has timers of its own, which come and go.
  if (runtime.Bun !== undefined && runtime.process?.env.NODE_ENV === "test") return "old";
  const isOld = ([kind, n]: [string, number]) => n <= (before instanceof Map ? before.get(kind) ?? 0 : 0);
  return [...now].every(isOld) ? "old" : "new";
}

/**
 * Something new is waited for as long as it is there, something old for a moment if `patient`. Where a runtime does not
 * say what it has, nothing is left; nor is there at the end of the program.
 */
function whenQuiet(before: unknown, patient: boolean, callback: () => void): () => void {
  const { process } = runtime;
  let pause = LOOK_AGAIN;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    clearTimeout(poll);
    polls.delete(stop);
    process?.off("beforeExit", done);
  };
  const done = () => {
    stop();
    callback();
  };
  const again = (ms: number, next: () => void) => {
    polls.add(stop);
    poll = setTimeout(() => {
      polls.delete(stop);
      macrotask(() => stopped || next()); // a turn later, this timer is surely not in the list any more
    }, ms);
    // Bun names what is unref'd as well: this look must not keep alive what nothing else does.
    if (runtime.Bun !== undefined && ms !== PATIENCE) unref(poll);
  };
  const check = (waited: boolean) => {
    const left = whatIsLeft(before);
    if (left === "nothing" || (left === "old" && (waited || !patient))) return done();
    if (left === "old") return again(PATIENCE, () => check(true));
    again(pause, () => check(false));
    pause = Math.min(pause * 2, 100 * LOOK_AGAIN); // a server may be quiet for hours
  };
  process?.once("beforeExit", done);
  check(false);
  return stop;
}

/** A timer that does not keep the program alive. */
export function unref(handle: ReturnType<typeof setTimeout>): void {
  if (typeof handle === "object") (handle as { unref?(): void }).unref?.();
  else {
    // A runtime whose handles are numbers.
    runtime.Deno?.unrefTimer?.(handle);
  }
}

/** The runtime that this program runs on. */
export const systemHost: Host = {
  now: () => performance.now(),
  microtask: (callback) => queueMicrotask(callback),
  macrotask,
  pending: () => pending() ?? "unknown",
  whenQuiet,
};

/** Calls back when the program ends. */
export function atExit(callback: () => void): void {
  let called = false;
  const once = () => {
    if (!called) callback();
    called = true;
  };
  runtime.process?.once("exit", once);
  // Under `deno test` the process emits no `exit`.
  if (runtime.Deno !== undefined) globalThis.addEventListener("unload", once);
}

/** The value of a variable of the program's environment; undefined where there is none, or it may not be read. */
export function environmentVariable(name: string): string | undefined {
  try {
    return runtime.process?.env[name];
  } catch {
    return undefined; // Deno without --allow-env
  }
}
