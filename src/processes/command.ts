/** Commands and the options of their start, checked: what is wrong with them is a `TypeError` at the call. */
import { duration, show } from "../core/mod.ts";
import { type ChildSetup, shellCommand, type StdioTarget } from "../host/io.ts";
import type { Data } from "./errors.ts";

/**
 * A program and its arguments, which nobody interprets; or text for the system's shell, which interprets all of it: put
 * nothing into it that others may choose.
 */
export type Command = readonly string[] | { readonly shell: string };

/** Where a standard stream leads: to us, to where ours leads, nowhere, or a file (`./pipe` is one). */
export type Stdio = "pipe" | "inherit" | "null" | string | URL;

/** Text where `text` is not false. */
export type DataOf<T extends boolean> = T extends false ? Uint8Array : string;

/** Options of every start of a process. */
export interface ProcessOptions<T extends boolean = boolean> {
  /** Where it runs. Default: where we do. */
  cwd?: string | URL;
  /** Its whole environment: `{ ...process.env, LANG: "C" }`, say. Default: ours. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whether output is given as text. Default true; false: as bytes. */
  text?: boolean & T;
  /** The encoding of text that comes: a label of `TextDecoder`. Default `"utf-8"`. What is sent is UTF-8. */
  encoding?: string;
  stdin?: Stdio;
  stdout?: Stdio;
  stderr?: Stdio;
  /**
   * Whether it leads a group (and session) of its own, so that a signal reaches what it starts in its turn. Default true;
   * false for what has to use our terminal. Windows knows no groups.
   */
  group?: boolean;
  /** Milliseconds from SIGTERM to SIGKILL where it is killed. Default 1,000. */
  grace?: number;
}

/** What the options come to. */
export interface ProcessSetup extends ChildSetup {
  readonly decode: (bytes: Uint8Array) => Data;
  readonly grace: number;
}

const GRACE = 1_000;
const STREAMS = ["stdin", "stdout", "stderr"] as const;

/** Checks them. `what` names the caller, `preset` says where streams lead that the options do not mention. */
export function processSetup(
  what: string,
  command: Command,
  options: ProcessOptions,
  preset: Stdio,
): ProcessSetup {
  const { cwd, env, text, encoding = "utf-8", group = true, grace = GRACE } = options;
  const stdio = STREAMS.map((name) => target(options[name] ?? preset, `${what}'s ${name}`));
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const decode = text === false ? (bytes: Uint8Array) => bytes : (bytes: Uint8Array) => decoder.decode(bytes);
  return {
    argv: argv(what, command),
    cwd,
    env,
    stdio,
    group,
    decode,
    grace: duration(grace, `${what}'s grace`),
  };
}

function argv(what: string, command: Command): readonly string[] {
  if (Array.isArray(command)) {
    const args: readonly unknown[] = command;
    const wrong = args.find((arg) => typeof arg !== "string" || arg.includes("\0"));
    if (wrong !== undefined) {
      throw new TypeError(`${what} needs an array of texts without NUL, not ${show(wrong)} in it`);
    }
    if (args.length === 0 || args[0] === "") {
      throw new TypeError(`${what} needs the name of a program: its command is ${show(command)}`);
    }
    return [...command];
  }
  const { shell } = (command ?? {}) as { shell?: unknown };
  if (typeof shell === "string" && shell !== "") return shellCommand(shell);
  throw new TypeError(
    `${what} needs an array such as ["ls", "-l"], or { shell: "ls | wc -l" }, not ${show(command)}`,
  );
}

function target(stdio: Stdio, what: string): StdioTarget {
  if (stdio === "pipe" || stdio === "inherit" || stdio === "null") return stdio;
  if ((typeof stdio === "string" && stdio !== "") || stdio instanceof URL) return { path: stdio };
  throw new TypeError(`${what} must be "pipe", "inherit", "null" or the path of a file, not ${show(stdio)}`);
}
