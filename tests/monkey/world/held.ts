/** What this process holds: sockets, pipes and files as the kernel counts them, timers and listeners as the runtime does. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers";

interface Runtime {
  Bun?: unknown;
  Deno?: { internal: symbol; [internal: symbol]: { core: { resources?(): Record<string, string> } } };
}
interface Jsc {
  heapStats(): { protectedObjectTypeCounts: Record<string, number> };
}

const runtime = globalThis as unknown as Runtime;
const jsc = runtime.Bun === undefined
  ? undefined
  : process.getBuiltinModule("bun:jsc" as "fs") as unknown as Jsc;

/** How many of each kind. */
export type Held = ReadonlyMap<string, number>;

/** The inodes of the sockets that are no local ones. */
function internet(): Set<string> {
  const tables = ["tcp", "tcp6", "udp", "udp6"].map((name) => `/proc/net/${name}`).filter(existsSync);
  const rows = tables.flatMap((path) => readFileSync(path, "latin1").split("\n"));
  return new Set(rows.map((row) => row.trim().split(/\s+/)[9]));
}

function descriptors(): string[] {
  const kinds: string[] = [];
  // Some time after its start, Deno makes a pair of local sockets for itself. Its child processes have pipes.
  const counted = runtime.Deno === undefined ? undefined : internet();
  for (const name of readdirSync("/proc/self/fd")) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      continue; // that of the listing itself
    }
    // What a runtime's own loop is made of comes and goes with its threads.
    const inode = /^socket:\[(\d+)\]/.exec(target)?.[1];
    if (inode !== undefined && counted?.has(inode) === false) continue;
    if (inode !== undefined || target.startsWith("pipe:")) kinds.push(`${target.split(":")[0]} (descriptor)`);
    else if (target.startsWith(process.cwd())) kinds.push("file (descriptor)");
  }
  return kinds;
}

function known(): string[] {
  if (jsc !== undefined) {
    // Its other kinds wait for the garbage collector.
    return Array<string>(jsc.heapStats().protectedObjectTypeCounts.Timeout ?? 0).fill("Timeout");
  }
  const { Deno } = runtime;
  return [
    ...process.getActiveResourcesInfo(),
    ...Object.values(Deno?.[Deno.internal].core.resources?.() ?? {}),
  ]
    .filter((kind) => kind !== "Immediate");
}

function listeners(): string[] {
  // Those for listeners themselves are a runtime's own: Deno has them from the first worker on.
  const names = process.eventNames().filter((name) => name !== "newListener" && name !== "removeListener");
  return names.flatMap((name) =>
    Array<string>(process.listenerCount(name)).fill(`process.on(${String(name)})`)
  );
}

/** Looks a turn later: the timer that has led here is then not in the list any more. */
export async function held(): Promise<Held> {
  await new Promise((resolve) => setImmediate(resolve));
  const counts = new Map<string, number>();
  for (const kind of [...descriptors(), ...known(), ...listeners()]) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/**
 * What is there and was not there before, in words; the empty string if that is nothing within `ms` milliseconds.
 * `spares` says how many sockets are known to the servers as unused ones of somebody's pool.
 */
export async function leftSince(before: Held, ms: number, spares: () => number): Promise<string> {
  const end = Date.now() + ms;
  for (;;) {
    const now = await held();
    const allowed = (kind: string) => (before.get(kind) ?? 0) + (kind.startsWith("socket") ? spares() : 0);
    const more = [...now].map(([kind, n]) => [kind, n - allowed(kind)] as const).filter(([, n]) => n > 0);
    if (more.length === 0) return "";
    if (Date.now() > end) return more.map(([kind, n]) => `${n} ${kind}`).join(", ");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
