/** Commands that are run to their end. */
import { op, type WaitOptions, waitTime } from "../sync/mod.ts";
import { type Awaitable, bothOf } from "../host/mod.ts";
import { type Command, type DataOf, type ProcessOptions, processSetup } from "./command.ts";
import { CalledProcessError, type Data } from "./errors.ts";
import { checkInput, Popen } from "./popen.ts";

/** Options of `run`. */
export interface RunOptions<T extends boolean = boolean> extends ProcessOptions<T>, WaitOptions {
  /** What it reads from its stdin. */
  input?: Data;
  /** The same as `stdout: "pipe", stderr: "pipe"`: the result has what it wrote. Default: it writes to where we do. */
  capture?: boolean;
  /** Whether another exit code than 0 is an error. Default false. */
  check?: boolean;
}

/** Options of `checkOutput`. */
export type CheckOutputOptions<T extends boolean = boolean> = Omit<
  RunOptions<T>,
  "capture" | "check" | "stdout"
>;

/** A process that has ended. */
export class CompletedProcess<D extends Data = Data> {
  /** The command line. */
  readonly args: readonly string[];
  /** Its exit code; the negative number of the signal that has killed it. */
  readonly returncode: number;
  /** What it wrote, where that was captured. */
  readonly stdout: D;
  readonly stderr: D;

  constructor(args: readonly string[], returncode: number, stdout: D, stderr: D) {
    this.args = args;
    this.returncode = returncode;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** @throws `CalledProcessError` where the exit code is not 0. */
  checkReturncode(): void {
    const { args, returncode, stdout, stderr } = this;
    if (returncode !== 0) throw new CalledProcessError(args, returncode, stdout, stderr);
  }
}

/**
 * Runs a command to its end. It shares our standard streams unless the options say otherwise; killed or out of time, it
 * ends the command as `Popen.kill` does.
 *
 * @throws when waited for: `SpawnError` where it cannot be started; `TimeoutExpired`, with what was captured;
 * `CalledProcessError` with `check`. At the call: `TypeError` and `RangeError` for arguments that make no sense.
 * @example
 * ```ts
 * import { subprocess } from "tendril/processes";
 * import { assertEquals } from "@std/assert";
 *
 * const { stdout, returncode } = await subprocess.run(["tr", "a-z", "A-Z"], { input: "hello", capture: true });
 * assertEquals([stdout, returncode], ["HELLO", 0]);
 * ```
 */
export function run<T extends boolean = true>(
  command: Command,
  options: RunOptions<T> = {},
): Awaitable<CompletedProcess<DataOf<T>>> {
  return start("run", command, options);
}

/**
 * Runs a command that has to succeed, and gives what it wrote to stdout.
 *
 * @throws as {@linkcode run} with `check`.
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { subprocess } from "tendril/processes";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   assertEquals(yield* subprocess.checkOutput(["echo", "hello"]), "hello\n");
 * });
 * ```
 */
export function checkOutput<T extends boolean = true>(
  command: Command,
  options: CheckOutputOptions<T> = {},
): Awaitable<DataOf<T>> {
  const done = start<T>("checkOutput", command, { ...options, stdout: "pipe", check: true } as RunOptions<T>);
  return bothOf(op(function* () {
    return (yield* done).stdout;
  }));
}

function start<T extends boolean>(
  what: string,
  command: Command,
  options: RunOptions<T>,
): Awaitable<CompletedProcess<DataOf<T>>> {
  const { input, timeout, capture = false, check = false, ...rest } = options;
  const inherited = "inherit" as const;
  const streams = {
    stdin: rest.stdin ?? (input === undefined ? inherited : "pipe"),
    stdout: rest.stdout ?? (capture ? "pipe" : inherited),
    stderr: rest.stderr ?? (capture ? "pipe" : inherited),
  };
  const all = { ...rest, ...streams };
  // What makes no sense is told at the call.
  processSetup(what, command, all, inherited);
  waitTime(options, what);
  checkInput(input, what);
  return bothOf(op(function* () {
    const child = new Popen<T>(command, all);
    let output;
    try {
      output = yield* child.communicate({ input, timeout });
    } catch (error) {
      yield* child.kill();
      throw error;
    }
    const { stdout, stderr } = output;
    const done = new CompletedProcess(child.args, child.returncode as number, stdout, stderr);
    if (check) done.checkReturncode();
    return done;
  }));
}
