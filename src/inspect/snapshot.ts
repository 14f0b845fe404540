/** Who waits on what: the tree of greenlets of all runs of this thread, as data and as text. */
import { activeLoops, childrenOf, current, currentTask, type Loop, type Task } from "../core/mod.ts";
import type { Greenlet, GreenletState } from "../greenlet/mod.ts";
import { systemHost } from "../host/mod.ts";

/** Something under way at the host in the name of a greenlet; see `tendril/monkey`. */
export interface OperationSnapshot {
  /** `fetch GET`, `child process`. */
  readonly what: string;
  /** Where to: a URL, a path, a command line. */
  readonly target: string;
  /** For how many milliseconds. */
  readonly ms: number;
}

/** One greenlet in a {@linkcode Snapshot}. */
export interface GreenletSnapshot {
  readonly id: number;
  readonly name: string;
  readonly state: GreenletState;
  readonly daemon: boolean;
  /** What it waits on; undefined while it runs or is ready. */
  readonly waitsOn: string | undefined;
  /** The name of the greenlet that its wait depends on: a lock's holder, a joined greenlet. */
  readonly blockedBy: string | undefined;
  /** It was told to leave and has not ended yet. */
  readonly killed: boolean;
  /** What it has under way at the host, where that is patched: requests, files, child processes. */
  readonly operations: readonly OperationSnapshot[];
  /** The greenlets in the scopes that are open in its body. */
  readonly children: readonly GreenletSnapshot[];
}

/** One `run`. */
export interface Snapshot {
  readonly greenlets: readonly GreenletSnapshot[];
  /** How many greenlets are ready to go on. */
  readonly ready: number;
  readonly timers: number;
  /** Waits that a promise or an event of the host may end. */
  readonly outstanding: number;
  /** Greenlets that were killed and returned as if nothing had happened. */
  readonly swallowedKills: number;
}

/** The runs of this thread, as data. Inside a greenlet its own run comes first. */
export function snapshot(): Snapshot[] {
  const own = current === null ? undefined : currentTask("snapshot").loop as Loop;
  const loops = activeLoops().toSorted((a, b) => Number(b === own) - Number(a === own));
  return loops.map((loop) => ({
    greenlets: loop.root.children.toArray().map(describe),
    ready: loop.ready.size,
    timers: loop.timers.size,
    outstanding: loop.outstanding,
    swallowedKills: loop.swallowed,
  }));
}

function describe(task: Task): GreenletSnapshot {
  const greenlet = task as Task & Greenlet<unknown>;
  return {
    id: task.id,
    name: task.name,
    state: greenlet.state,
    daemon: greenlet.daemon,
    waitsOn: task.waiting?.describe(),
    blockedBy: task.waiting?.blocker()?.name,
    killed: task.interrupts !== null,
    operations: operationsOf(task),
    children: childrenOf(task).map(describe),
  };
}

function operationsOf(task: Task): OperationSnapshot[] {
  const now = systemHost.now();
  return [...task.binding?.operations ?? []].map(({ what, target, since }) => ({
    what,
    target,
    ms: now - since,
  }));
}

/**
 * The tree of greenlets as text, a line each, with what it waits on.
 *
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { dump } from "tendril/inspect";
 * import { assertStringIncludes } from "@std/assert";
 *
 * await run(function* () {
 *   spawn({ name: "sleeper", daemon: true }, () => sleep(60_000));
 *   yield* sleep(0);
 *   assertStringIncludes(dump(), "sleeper  suspended daemon  waits on sleep(60000)");
 * });
 * ```
 */
export function dump(): string {
  const lines: string[] = [];
  for (const run of snapshot()) {
    lines.push(
      `run: ${run.ready} ready, ${run.timers} timers, ${run.outstanding} outstanding at the host` +
        (run.swallowedKills > 0 ? `, ${run.swallowedKills} kills were swallowed` : ""),
    );
    for (const greenlet of run.greenlets) write(greenlet, "  ", lines);
  }
  return lines.join("\n");
}

function write(g: GreenletSnapshot, indent: string, lines: string[]): void {
  const waits = g.waitsOn === undefined ? "" : `  waits on ${g.waitsOn}`;
  const blocked = g.blockedBy === undefined ? "" : ` (${g.blockedBy})`;
  lines.push(
    `${indent}${g.name}  ${g.state}${g.daemon ? " daemon" : ""}${
      g.killed ? " killed" : ""
    }${waits}${blocked}`,
  );
  for (const { what, target, ms } of g.operations) {
    lines.push(`${indent}    ${what} ${target}, for ${Math.round(ms)} ms`);
  }
  for (const child of g.children) write(child, indent + "  ", lines);
}
