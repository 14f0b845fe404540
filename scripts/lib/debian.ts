// Programs of Debian that some tests need: databases, and commands that are the reference for a format.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The program `name` of the search path, or undefined. */
export function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/bin", "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Installs packages by apt-get, and says so. @throws `Error` that tells what to do where that is not possible. */
export function installPackages(names: readonly string[], say: (text: string) => void): void {
  if (names.length === 0) return;
  const byHand = `install ${names.join(" and ")} by hand, then try again`;
  if (onPath("apt-get") === undefined) throw new Error(`there is no apt-get here: ${byHand}`);
  if (process.getuid?.() !== 0) throw new Error(`apt-get needs root: ${byHand}`);
  say(`installing ${names.join(" and ")} (apt-get) ...`);
  apt("update");
  apt("install", "-y", "--no-install-recommends", ...names);
  say("installed");
}

/** Runs apt-get, and waits for another one that holds its lock. */
function apt(...args: string[]): void {
  const options = [
    ...["-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"],
    ...["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"],
    ...["-o", "APT::Update::Error-Mode=any"],
  ];
  for (let attempt = 1;; attempt++) {
    const done = spawnSync("apt-get", [...options, ...args], {
      encoding: "utf8",
      // A package that starts a service of its own would take ports and memory for nothing.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1", LC_ALL: "C" },
    });
    if (done.status === 0) return;
    const output = `${done.stdout}${done.stderr}`;
    if (/Could not get lock|Unable to (acquire|lock)/.test(output) && attempt < 24) {
      spawnSync("sleep", ["5"]);
      continue;
    }
    const lines = output.trimEnd().split("\n");
    const why =
      /Could not resolve|Temporary failure|Connection (failed|timed out)|Unable to connect/.test(output)
        ? "the package server cannot be reached, is there a network?"
        : `it ended with code ${done.status}`;
    throw new Error(`apt-get ${args.join(" ")} failed: ${why}\n${lines.slice(-8).join("\n")}`);
  }
}

/** Commands that write and read formats of ours, by the packages that have them. */
const REFERENCES: Readonly<Record<string, string>> = { lz4: "lz4", xxhsum: "xxhash" };

/** Installs those that are missing. */
export function installReferences(): void {
  const missing = Object.entries(REFERENCES).filter(([command]) => onPath(command) === undefined);
  installPackages(missing.map(([, name]) => name), (text) => process.stderr.write(`tests: ${text}\n`));
}
