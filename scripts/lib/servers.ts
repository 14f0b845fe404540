// The databases that some tests need, for a script that wants them for a while. See scripts/servers.ts.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, tool } from "./repo.ts";

export interface Servers {
  /** The variables in which the tests look. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts them, after installing what is missing. */
export function startServers(): Promise<Servers> {
  const child = spawn(tool("node"), [join(root, "scripts/servers.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // Ctrl-C reaches it by the end of its input
  });
  let output = "";
  const ended = new Promise<void>((resolve) => void child.on("exit", () => resolve()));
  child.stdin.on("error", () => {}); // it is gone already
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Uint8Array) => {
      output += chunk;
      if (!output.endsWith("\n")) return;
      resolve({
        env: JSON.parse(output) as Record<string, string>,
        stop() {
          child.stdin.end();
          return ended;
        },
      });
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`scripts/servers.ts ended with code ${code}`)));
  });
}
