import os from "node:os";
import process from "node:process";

/** What the runtimes give the benchmarks: a forced collection, the size of the heap, their names and commands. */

export const RUNTIMES = ["deno", "bun", "node"] as const;
export type Runtime = (typeof RUNTIMES)[number];

interface Globals {
  gc?: () => void;
  Bun?: { version: string; gc(force: boolean): void };
  Deno?: { version: { deno: string } };
}
const host = globalThis as typeof globalThis & Globals;

export const runtime: Runtime = host.Deno ? "deno" : host.Bun ? "bun" : "node";
export const runtimeVersion: string = host.Deno?.version.deno ?? host.Bun?.version ?? process.versions.node;

/** Collects all garbage at once; without it the garbage of one side is paid by the next. */
export function collect(): void {
  if (host.Bun) host.Bun.gc(true);
  else if (host.gc) host.gc();
  else throw new Error("start the runtime with --expose-gc");
}

/** Bytes that live objects hold, after a collection. */
export function heapBytes(): number {
  collect();
  collect(); // the second pass takes what finalizers and weak references of the first let go
  const usage = process.memoryUsage();
  // External memory is left out: on V8 it is buffers and compiled code, which no side allocates per task.
  return usage.heapUsed;
}

export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** Nanoseconds on a steady clock. */
export function now(): number {
  return performance.now() * 1e6;
}

/** The arguments that a runtime needs before the script. */
export const RUNTIME_ARGS: Readonly<Record<Runtime, readonly string[]>> = {
  // Memory of the largest case is some GiB for the heaviest peer; the engines' default limits are lower.
  deno: ["run", "-A", "--v8-flags=--expose-gc,--max-old-space-size=12000"],
  bun: ["run"],
  node: ["--expose-gc", "--max-old-space-size=12000"],
};

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  os: string;
}

export function machine(): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.arch()}`,
  };
}

/** One, five and fifteen minutes. */
export function load(): number[] {
  return os.loadavg().map((x) => Math.round(x * 100) / 100);
}

/** Nanoseconds that the processors worked for this process: what a wait costs, without the wait. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}
