/** The frame of a program: signals, exit codes, error report. */
import process from "node:process";
import { quickExit } from "../core/mod.ts";
import { originOf } from "../greenlet/mod.ts";
import type { Body } from "../sync/mod.ts";
import { reportToStderr } from "./report.ts";
import { launch } from "./run.ts";

/** Exit codes as a shell gives them: 128 and the signal's number. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type SignalName = keyof typeof CODES;

/**
 * Runs `body` as a program: SIGINT and SIGTERM kill the main greenlet, all cleanup runs, and the program exits with 130
 * or 143; a second signal exits at once. An error is printed with its greenlet's name, and the program exits with 1.
 *
 * @example
 * ```ts no-run
 * import { main, sleep } from "tendril";
 *
 * await main(function* () {
 *   try {
 *     yield* sleep(60_000);
 *   } finally {
 *     console.log("closed cleanly");
 *   }
 * });
 * ```
 */
export async function main(body: Body<[], unknown>): Promise<void> {
  const { promise, main, loop } = launch(body);
  let got: SignalName | undefined;
  const onSignal = (name: SignalName) => {
    if (got !== undefined) process.exit(CODES[name]);
    got = name;
    main.kill(quickExit(`the program got ${name}`));
  };
  const listeners = (Object.keys(CODES) as SignalName[]).map((name) => {
    const listener = () => onSignal(name);
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  let code = 0;
  try {
    await promise;
  } catch (error) {
    code = 1;
    if (!loop.reporter.wasReported(error)) reportToStderr(error, originOf(error) ?? main.name);
  } finally {
    for (const remove of listeners) remove();
  }
  if (got !== undefined) code = CODES[got];
  if (code !== 0) await exit(code);
}

/** Lets what was written go out first. */
async function exit(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      stream.write("", () => resolve());
    });
  }
  process.exit(code);
}
