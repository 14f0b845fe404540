/** The frame of the `tendril` command: its subcommands, usage, errors and exit codes. */
import process from "node:process";
import { builtin } from "./modules.ts";
import { CannotStart } from "./program.ts";

/** A subcommand. */
export interface Command {
  /** After its name: `[--no-patch] <file> [arguments]`. */
  readonly synopsis: string;
  /** One line. */
  readonly summary: string;
  /** Its own options, by name: what they do. All are switches. */
  readonly switches: Readonly<Record<string, string>>;
  /** Given the switches that were there and what follows them, as it stands. Throws {@linkcode UsageError}. */
  run(switches: ReadonlySet<string>, rest: readonly string[]): Promise<void> | void;
}

/** What was typed makes no sense. */
export class UsageError extends Error {
  override name = "UsageError";
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
}
interface Util {
  parseArgs(config: {
    args: readonly string[];
    options: Readonly<Record<string, { type: "boolean"; short?: string }>>;
  }): Parsed;
}

/** Wrong usage, as most programs say it. */
const MISUSED = 2;

function usage(commands: Readonly<Record<string, Command>>, only?: string): string {
  const lines: string[] = [];
  for (const [name, { synopsis, summary, switches }] of Object.entries(commands)) {
    if (only !== undefined && only !== name) continue;
    lines.push(`  tendril ${name} ${synopsis}`, `      ${summary}`);
    for (const [key, text] of Object.entries(switches)) lines.push(`      --${key.padEnd(12)} ${text}`);
  }
  return `Usage:\n${lines.join("\n")}`;
}

/** The switches before the first argument that is none; what comes then belongs to the command's own arguments. */
function parse({ switches }: Command, args: readonly string[]): { on: Set<string>; rest: string[] } {
  let end = args.findIndex((arg) => !arg.startsWith("-") || arg === "--");
  if (end < 0) end = args.length;
  const options: Record<string, { type: "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const name of Object.keys(switches)) options[name] = { type: "boolean" };
  let values: Parsed["values"];
  try {
    ({ values } = (builtin("util") as Util).parseArgs({ args: args.slice(0, end), options }));
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  return { on: new Set(Object.keys(values)), rest: args.slice(args[end] === "--" ? end + 1 : end) };
}

/**
 * Does what the program's arguments say. Wrong usage is reported, with the usage, and gives exit code 2; errors of a command
 * are the runtime's to report.
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
    const { on, rest } = parse(commands[name], args);
    if (on.has("help")) return console.log(usage(commands, name));
    await commands[name].run(on, rest);
  } catch (error) {
    const misused = error instanceof UsageError;
    if (!misused && !(error instanceof CannotStart)) throw error;
    const command = known ? `tendril ${name}` : "tendril";
    console.error(`${command}: ${error.message}`);
    if (misused) console.error(usage(commands, known ? name : undefined));
    process.exitCode = MISUSED;
  }
}
