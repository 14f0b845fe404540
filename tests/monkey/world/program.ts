/** Runs a program of this folder, which patches everything, on the runtime that this is: a process of its own for that. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Runtime, runtime } from "../../harness.ts";

export const FLAGS: Record<Runtime, string[]> = {
  deno: ["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
  bun: [],
  node: ["--expose-gc", "--conditions=tendril-source", "--disable-warning=ExperimentalWarning"],
};

/** The environment of a program under test. */
export function environment(): Record<string, string | undefined> {
  return {
    ...process.env,
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
    DENO_NO_UPDATE_CHECK: "1",
    TENDRIL_TEST_LOG: "",
    NODE_TEST_CONTEXT: undefined,
  };
}

/** Runs it to its end, which must be a good one, and gives what it printed. */
export function runToEnd(file: string, args: string[], bound: number): Promise<string> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...FLAGS[runtime], path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  let output = "";
  const decoder = new TextDecoder();
  const keep = (chunk: Uint8Array) => void (output += decoder.decode(chunk, { stream: true }));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const timer = setTimeout(() => {
    output += `\nkilled after ${bound} ms`;
    child.kill("SIGKILL");
  }, bound);
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else {reject(
          new Error(`${file} ${args.join(" ")} ended with ${signal ?? code}:\n${output.slice(-4000)}`),
        );}
    });
  });
}
