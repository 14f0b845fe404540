/** The frame of the `tendril` command: its subcommands, usage, errors and exit codes. */
import process from "node:process";
import { builtin } from "./modules.ts";
import { CannotStart } from "./program.ts";

/** An option of a subcommand. */
export interface Option {
  /** What it does, in one line. */
  readonly summary: string;
  /** What its value is, in a word; a switch has none. */
  readonly value?: string;
  /** A letter for it. */
  readonly short?: string;
}

/** A subcommand. */
export interface Command {
  /** After its name: `[--no-patch] <file> [arguments]`. */
  readonly synopsis: string;
  /** One line. */
  readonly summary: string;
  /** By name. */
  readonly options: Readonly<Record<string, Option>>;
  /** Whether all from the first argument on is meant for somebody else, options included. */
  readonly forwards?: boolean;
  /**
   * Given the options that were there, switches as `true`, and the arguments as they stand.
   * Throws {@linkcode UsageError} or {@linkcode Failure}.
   */
  run(options: ReadonlyMap<string, string | true>, args: readonly string[]): Promise<void> | void;
}

/** What was typed makes no sense. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What was asked for cannot be done, and the message says all that there is to say. */
export class Failure extends Error {
  override name = "Failure";
}

interface Parsed {
  readonly values: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}
interface ParsedLoosely {
  readonly tokens: readonly { readonly kind: string; readonly index: number }[];
}
interface ParseOptions {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, { type: "boolean" | "string"; short?: string }>>;
  readonly allowPositionals: true;
}
interface Util {
  parseArgs(config: ParseOptions & { readonly strict: false; readonly tokens: true }): ParsedLoosely;
  parseArgs(config: ParseOptions): Parsed;
}

/** Of the longest option in the usage. */
const OPTION_WIDTH = 18;
const FAILED = 1;
/** Wrong usage, as most programs say it. */
const MISUSED = 2;

function usage(commands: Readonly<Record<string, Command>>, only?: string): string {
  const lines: string[] = [];
  for (const [name, { synopsis, summary, options }] of Object.entries(commands)) {
    if (only !== undefined && only !== name) continue;
    lines.push(`  tendril ${name} ${synopsis}`, `      ${summary}`);
    for (const [key, { summary, value, short }] of Object.entries(options)) {
      const form = `${short === undefined ? "" : `-${short}, `}--${key}${
        value === undefined ? "" : ` <${value}>`
      }`;
      lines.push(`      ${form.padEnd(OPTION_WIDTH)} ${summary}`);
    }
  }
  return `Usage:\n${lines.join("\n")}`;
}

function parse(
  command: Command,
  args: readonly string[],
): { given: ReadonlyMap<string, string | true>; rest: readonly string[] } {
  const { parseArgs } = builtin("util") as Util;
  const options: Record<string, { type: "boolean" | "string"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, { value, short }] of Object.entries(command.options)) {
    const type = value === undefined ? "boolean" : "string";
    options[name] = short === undefined ? { type } : { type, short };
  }
  let own = args;
  let forwarded: readonly string[] = [];
  if (command.forwards) {
    const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
    const end = tokens.find(({ kind }) => kind !== "option")?.index ?? args.length;
    own = args.slice(0, end);
    forwarded = args.slice(args[end] === "--" ? end + 1 : end);
  }
  try {
    const { values, positionals } = parseArgs({ args: own, options, allowPositionals: true });
    return { given: new Map(Object.entries(values)), rest: [...positionals, ...forwarded] };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/**
 * Does what the program's arguments say. Wrong usage is reported, with the usage, and gives exit code 2, a {@linkcode Failure}
 * exit code 1; other errors of a command are the runtime's to report.
 */
export async function cli(commands: Readonly<Record<string, Command>>): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  if (name === "--help" || name === "-h" || name === "help") return console.log(usage(commands));
  const known = name !== undefined && Object.hasOwn(commands, name);
  try {
    if (!known) {
      throw new UsageError(
        name === undefined ? "say what to do" : `there is no command ${JSON.stringify(name)}`,
      );
    }
    const { given, rest } = parse(commands[name], args);
    if (given.has("help")) return console.log(usage(commands, name));
    await commands[name].run(given, rest);
  } catch (error) {
    const misused = error instanceof UsageError;
    const failed = error instanceof Failure;
    if (!misused && !failed && !(error instanceof CannotStart)) throw error;
    const command = known ? `tendril ${name}` : "tendril";
    console.error(`${command}: ${error.message}`);
    if (misused) console.error(usage(commands, known ? name : undefined));
    process.exitCode = failed ? FAILED : MISUSED;
  }
}
