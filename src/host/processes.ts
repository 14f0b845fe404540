/**
 * Child processes of the runtime: `node:child_process`, which all three have, and its traps.
 *
 *     a child leads a group of its own, so that a signal reaches what it has started in its turn
 *     Deno's `child.kill` closes the pipes: signals are sent by the process's number
 *     Bun's `stdin` knows no high-water mark: what is on its way is counted by the callbacks of the writes
 *     why a program could not be started comes an event later: it is looked up at the call instead
 *
 * Once a group's leader is gone, the number of the group stays taken as long as it has members, but afterwards it may be
 * given to strangers. They would have a leader with that number, so a group is ours as long as it has none.
 */
import { atExit } from "./host.ts";
import { builtin } from "./modules.ts";
import { directly } from "./sockets.ts";
import { codeOf, short, SpawnError, whyNot } from "./spawn_error.ts";
import { runtimeName } from "./surface.ts";
import { after } from "./threads.ts";

/** Signals by name. */
export type SignalName = `SIG${string}`;

/** Where a standard stream of a child leads: to us, to where ours leads, nowhere, or into a file. */
export type StdioTarget = "pipe" | "inherit" | "null" | { readonly path: string | URL };

/** What a child is started with. */
export interface ChildSetup {
  readonly argv: readonly string[];
  readonly cwd?: string | URL;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** stdin, stdout, stderr. */
  readonly stdio: readonly StdioTarget[];
  /** Whether it leads a group of its own. */
  readonly group: boolean;
}

/** What comes from a child. */
export interface RawOutput {
  on(event: string, listener: (value: Uint8Array) => void): unknown;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** What goes to a child. */
export interface RawInput {
  on(event: string, listener: (value: unknown) => void): unknown;
  write(data: string | Uint8Array, done: (error?: unknown) => void): boolean;
  end(): void;
  destroy(): void;
}

interface RawChild {
  readonly pid?: number;
  readonly stdin: RawInput | null;
  readonly stdout: RawOutput | null;
  readonly stderr: RawOutput | null;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "exit", listener: (code: number | null, signal: SignalName | null) => void): unknown;
}

interface Modules {
  readonly child_process: { spawn(file: string, args: readonly string[], options: object): RawChild };
  readonly fs: {
    openSync(path: string | URL, flags: string): number;
    closeSync(fd: number): void;
    existsSync(path: string): boolean;
    readdirSync(path: string): string[];
    readFileSync(path: string, encoding: "latin1"): string;
  };
  readonly os: { readonly constants: { readonly signals: Readonly<Record<string, number>> } };
  readonly process: {
    readonly platform: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    kill(pid: number, signal: SignalName | 0): void;
    listenerCount(event: string): number;
  };
}

const get = <K extends keyof Modules>(name: K): Modules[K] => builtin(name) as Modules[K];

/** Whether the system has groups of processes, which Windows has not. */
const hasGroups = (): boolean => get("process").platform !== "win32";

/** The command line that gives `text` to the system's shell. */
export function shellCommand(text: string): readonly string[] {
  if (hasGroups()) return ["/bin/sh", "-c", text];
  return [get("process").env.ComSpec ?? "cmd.exe", "/d", "/s", "/c", text];
}

/** The number of a signal of this system; undefined where it has none of that name. */
export function signalNumber(name: string): number | undefined {
  return get("os").constants.signals[name];
}

/** Those that live: they end with the program. */
const living = new Set<HostChild>();
let watchesExit = false;

/** Milliseconds between looks at what is left of a group: nobody tells of it, and mostly it is gone at the first. */
const FIRST_LOOK = 2, LAST_LOOK = 500;

/** A child. It keeps the program alive, and the end of the program ends it. */
export class HostChild {
  /** The leader has exited, or what else there was in its group has. */
  onchange: (() => void) | null = null;
  readonly pid: number;
  readonly stdin: RawInput | null;
  readonly stdout: RawOutput | null;
  readonly stderr: RawOutput | null;
  /** As Python has it: negative for a signal. Null while it runs. */
  exitcode: number | null = null;
  /** It has exited, and nobody of its group is left, or was spared. */
  isOver = false;
  readonly #hasGroup: boolean;
  #cancelKill: (() => void) | null = null;
  #killAt = Infinity;
  #isEnding = false;
  #isKilled = false;

  /** @throws SpawnError */
  constructor(setup: ChildSetup) {
    this.#hasGroup = setup.group && hasGroups();
    const raw = directly(() => start(setup, this.#hasGroup));
    raw.on("error", () => {}); // it tells what is known by then
    if (raw.pid === undefined) throw whyNot(setup, undefined);
    this.pid = raw.pid;
    ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = raw);
    raw.on("exit", (code, signal) => {
      this.exitcode = signal === null ? code ?? 0 : -(signalNumber(signal) ?? 255);
      this.#look(FIRST_LOOK);
      this.onchange?.();
    });
    living.add(this);
    if (!watchesExit) watchExit();
    watchesExit = true;
  }

  /** Sends a signal to it and its group; false where nobody is left. */
  signal(name: SignalName): boolean {
    if (!this.#hasGroup) return this.exitcode === null && send(this.pid, name);
    return this.#isOurs() && send(-this.pid, name);
  }

  /** SIGTERM, and SIGKILL to what is left after `grace` milliseconds. A second call can only shorten that. */
  end(grace: number): void {
    if (this.isOver || this.#isKilled) return;
    if (!this.#isEnding) {
      this.signal("SIGTERM");
      if (this.exitcode !== null) this.#look(FIRST_LOOK); // the looks at a group that stays become rare
    }
    this.#isEnding = true;
    if (this.isOver) return;
    const at = performance.now() + grace;
    if (at >= this.#killAt) return;
    this.#killAt = at;
    this.#cancelKill?.();
    this.#cancelKill = after(grace, () => this.kill(), true);
  }

  /** SIGKILL. */
  kill(): void {
    this.signal("SIGKILL");
    this.#isKilled = true;
    if (this.exitcode !== null) this.#over();
  }

  /** A group whose leader has gone is ours while it has no other. */
  #isOurs(): boolean {
    return this.exitcode === null || (!this.isOver && !send(this.pid, 0));
  }

  #look(pause: number): void {
    if (this.isOver) return;
    if (this.#isKilled || !this.#hasGroup || !this.#isOurs() || !groupLives(this.pid)) return this.#over();
    after(pause, () => this.#look(Math.min(pause * 2, LAST_LOOK)));
  }

  #over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#cancelKill?.();
    living.delete(this);
    this.onchange?.();
  }
}

function watchExit(): void {
  atExit(endAll);
  if (runtimeName() !== "Deno") return;
  // Deno does not tell of its end when an error ends it that nobody caught: only of the error, which somebody may yet hear.
  const process = get("process");
  for (
    const [event, listeners] of [["error", "uncaughtException"], ["unhandledrejection", "unhandledRejection"]]
  ) {
    globalThis.addEventListener(event, ({ defaultPrevented }) => {
      if (!defaultPrevented && process.listenerCount(listeners) === 0) endAll();
    });
  }
}

function endAll(): void {
  for (const child of living) child.kill();
}

/** Whether somebody has that number; negative: that group's. */
function send(pid: number, signal: SignalName | 0): boolean {
  try {
    get("process").kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ESRCH") return false;
    if (code === "EPERM" && signal === 0) return true; // somebody else's
    throw error;
  }
}

/** Whether a group has members that run: those that have ended, and that nobody has asked for yet, are none. */
function groupLives(group: number): boolean {
  if (!send(-group, 0)) return false;
  const { existsSync, readdirSync } = get("fs");
  try {
    if (!existsSync("/proc/self/stat")) return true;
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && runsIn(group, name));
  } catch {
    return true; // it may not be read: so it is not known who has ended
  }
}

function runsIn(group: number, pid: string): boolean {
  let stat: string;
  try {
    stat = get("fs").readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return false; // it is gone
  }
  const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(pgrp) === group && state !== "Z" && state !== "X";
}

function start(setup: ChildSetup, detached: boolean): RawChild {
  const { argv: [file, ...args], cwd, env, stdio } = setup;
  const opened: number[] = [];
  const open = (target: StdioTarget, i: number) => {
    if (target === "null") return "ignore";
    if (typeof target === "string") return target;
    try {
      opened.push(get("fs").openSync(target.path, i === 0 ? "r" : "w"));
    } catch (cause) {
      const what = `its ${["stdin", "stdout", "stderr"][i]} cannot be ${short(target.path)}`;
      throw new SpawnError(`${short(file)} was not started: ${what}`, codeOf(cause), { cause });
    }
    return opened.at(-1);
  };
  try {
    const options = { cwd, env, detached, stdio: stdio.map(open), windowsHide: true };
    return get("child_process").spawn(file, args, options);
  } catch (error) {
    throw error instanceof SpawnError ? error : whyNot(setup, error);
  } finally {
    for (const fd of opened) get("fs").closeSync(fd); // the child has its own
  }
}
