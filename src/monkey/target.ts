/** What can be patched: one property of a module, a global object or a prototype, and what is put over it. */
import type { Wrap } from "./layer.ts";

/** The parts that can be patched one by one; see {@linkcode PatchOptions}. */
export type Group = "fetch" | "fs" | "timers" | "net" | "http" | "childProcess" | "dns" | "sync";

/** All of them. */
export const GROUPS: readonly Group[] = [
  "fetch",
  "fs",
  "timers",
  "net",
  "http",
  "childProcess",
  "dns",
  "sync",
];

/** See the top of the file. */
export interface Target {
  readonly group: Group;
  /** Where it is: a builtin module ("fs/promises"), "globalThis", "Deno", "Bun", or a prototype in there ("http.Agent.prototype"). */
  readonly module: string;
  readonly name: string;
  readonly wrap: Wrap;
}

/** Something that no patch reaches on this runtime. */
export interface Gap {
  readonly group: Group;
  readonly name: string;
  /** What to use instead, or why it is so. */
  readonly reason: string;
}
