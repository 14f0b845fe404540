/** What can go wrong with a child process. */
import { show, TimeoutError } from "../core/mod.ts";

/** What a child gave, as text or bytes. */
export type Data = string | Uint8Array;

/** A command line as messages show it. */
export function commandLine(args: readonly string[]): string {
  const line = args.map((arg) => /^[\w./:=@%+,-]+$/.test(arg) ? arg : show(arg)).join(" ");
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}

/** How a process ended, in words. */
export function describeEnd(returncode: number): string {
  return returncode < 0 ? `was killed by signal ${-returncode}` : `ended with exit code ${returncode}`;
}

/** The end of what a child had to complain about. */
function complaint(stderr: Data): string {
  const text = (typeof stderr === "string" ? stderr : new TextDecoder().decode(stderr)).trim();
  if (text === "") return "";
  return `: ${text.length > 500 ? `…${text.slice(-500)}` : text}`;
}

/** A command that was to succeed (`check`, `checkOutput`) did not. (Python's error of this name.) */
export class CalledProcessError<D extends Data = Data> extends Error {
  override name = "CalledProcessError";
  /** The command line. */
  readonly args: readonly string[];
  /** Its exit code; the negative number of the signal that has killed it. */
  readonly returncode: number;
  /** What it gave, as far as it was captured. */
  readonly stdout: D;
  readonly stderr: D;

  constructor(args: readonly string[], returncode: number, stdout: D, stderr: D) {
    super(`${commandLine(args)} ${describeEnd(returncode)}${complaint(stderr)}`);
    this.args = args;
    this.returncode = returncode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** A child did not end in time. `stdout` and `stderr` have what it gave until then, as far as it was captured. */
export class TimeoutExpired<D extends Data = Data> extends TimeoutError {
  override name = "TimeoutExpired";
  /** The command line. */
  readonly args: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly stdout: D;
  readonly stderr: D;

  constructor(args: readonly string[], timeout: number, stdout: D, stderr: D) {
    super(`${commandLine(args)} did not end within ${timeout} ms`);
    this.args = args;
    this.timeout = timeout;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** A child takes no more input: it has closed its stdin or ended, or `close` was called here. `code` is `EPIPE`. */
export class BrokenPipeError extends Error {
  override name = "BrokenPipeError";
  readonly code = "EPIPE";
}
