/**
 * Processes: commands that are run, driven and ended (`subprocess`), and locks between unrelated programs.
 *
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
 *
 * @module
 */
import { Popen } from "./popen.ts";
import { checkOutput, run } from "./run.ts";

/** Commands, by the names of Python's module. */
export const subprocess: {
  readonly run: typeof run;
  readonly checkOutput: typeof checkOutput;
  readonly Popen: typeof Popen;
} = { run, checkOutput, Popen };

export type { ChildInput } from "./child_input.ts";
export type { ChildOutput } from "./child_output.ts";
export type { Command, DataOf, ProcessOptions, Stdio } from "./command.ts";
export { BrokenPipeError, CalledProcessError, type Data, TimeoutExpired } from "./errors.ts";
export { type CommunicateOptions, type KillProcessOptions, type Output, Popen } from "./popen.ts";
export { ProcessLock } from "./process_lock.ts";
export { ProcessSemaphore } from "./process_semaphore.ts";
export { type CheckOutputOptions, CompletedProcess, type RunOptions } from "./run.ts";
export { type SignalName, SpawnError } from "../host/io.ts";
