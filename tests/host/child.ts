/** Runs a program of this folder on the runtime that this is, as its user would. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../harness.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Program {
  /** Waits until `text` has been printed, and fails if the program ends before. */
  printed(text: string): Promise<void>;
  send(signal: "SIGINT" | "SIGTERM"): void;
  ended: Promise<Ended>;
}

/** What stands before a program's file on this runtime's command line. */
export const before: readonly string[] =
  { deno: ["run", "-A", "--no-check"], bun: [], node: ["--conditions=tendril-source"] }[runtime];

/** The environment of a program: plain output, and nothing into this suite's log. */
export function environment(): Record<string, string | undefined> {
  return {
    ...process.env,
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
    DENO_NO_UPDATE_CHECK: "1",
    TENDRIL_TEST_LOG: "",
  };
}

/** Starts the part of programs.ts that is called `name`. */
export function start(name: string): Program {
  return startFile(new URL("programs.ts", import.meta.url), name);
}

/** Starts a program with these arguments. */
export function startFile(url: URL, ...args: string[]): Program {
  const file = fileURLToPath(url);
  const child = spawn(process.execPath, [...before, file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  const text = { stdout: "", stderr: "" };
  let waiting: (() => void)[] = [];
  const look = () => {
    for (const check of waiting) check();
  };
  for (const stream of ["stdout", "stderr"] as const) {
    const decoder = new TextDecoder();
    child[stream].on("data", (data: Uint8Array) => {
      text[stream] += decoder.decode(data, { stream: true });
      look();
    });
  }
  // Whatever a test does, no program stays behind.
  const bound = setTimeout(() => child.kill("SIGKILL"), 50_000);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      over = true;
      clearTimeout(bound);
      look();
      resolve({ code, signal, ...text });
    });
  });
  return {
    ended,
    // Not child.kill: Deno then tells the signal that was sent instead of the exit code.
    send: (signal) => void process.kill(child.pid as number, signal),
    printed: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (text.stdout.includes(wanted)) resolve();
          else if (over) {
            reject(new Error(`it ended without printing ${wanted}: ${text.stdout}${text.stderr}`));
          } else return;
          waiting = waiting.filter((other) => other !== check);
        };
        waiting.push(check);
        check();
      }),
  };
}

/** How often `part` stands in `text`. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
