// Where things are, and how a tool of node_modules is run.

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Names of the package's doors ("." or "./testing") and their source files. */
export type Doors = Record<string, string>;

export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function readDoors(): Doors {
  return JSON.parse(readText("scripts/doors.json")) as Doors;
}

/** Paths from the root, with forward slashes, sorted. */
export function list(...patterns: string[]): string[] {
  const found = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  return [...new Set(found.map((path) => path.replaceAll("\\", "/")))]
    .filter((path) => !path.includes("node_modules/")).sort();
}

/** The program `name` that npm installed here. */
export function tool(name: string): string {
  const path = join(root, "node_modules/.bin", process.platform === "win32" ? `${name}.cmd` : name);
  if (!existsSync(path)) throw new Error(`${name} is not installed: run \`node scripts/setup.mjs\``);
  return path;
}

export interface Finished {
  code: number;
  output: string;
  timedOut: boolean;
}

export interface RunOptions extends SpawnOptions {
  /** Milliseconds after which the program and its children are killed. */
  timeout?: number;
  /** Called with each piece of output, instead of only collecting it. */
  onOutput?: (text: string) => void;
}

const live = new Set<ChildProcess>();

/** Runs a program to its end and gives its output, stdout and stderr mixed, the last half megabyte of it. */
export function runProgram(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const { timeout, onOutput, ...rest } = options;
  const grouped = process.platform !== "win32";
  // A group of its own, so that a kill reaches the processes that the program has started as well.
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    detached: grouped,
    ...rest,
  });
  live.add(child);
  let output = "";
  let timedOut = false;
  const keep = (chunk: Buffer): void => {
    const text = chunk.toString();
    onOutput?.(text);
    output = (output + text).slice(-500_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return new Promise((resolve, reject) => {
    const timer = timeout === undefined ? undefined : setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, timeout);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      live.delete(child);
      // `exit`, not `close`: a grandchild may hold the pipes open for ever. A turn later they are read.
      setTimeout(() => resolve({ code: code ?? 1, output, timedOut }), 20);
    });
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    for (const child of live) killGroup(child);
    process.exit(130);
  });
}
