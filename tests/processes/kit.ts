/** What the tests of processes have in common: who is left, and waiting until something is so. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { sleep } from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { runtime, test } from "../harness.ts";

/** Every child inherits it, however far down. */
const MARK = `TENDRIL_TEST_OF=${process.pid}`;
process.env.TENDRIL_TEST_OF = String(process.pid);

/** Waits until `condition` holds, for what nobody tells of. */
export function* eventually(
  what: string,
  condition: () => boolean,
  ms = 8_000,
): Generator<unknown, void, unknown> {
  for (const end = performance.now() + ms; !condition();) {
    assert(performance.now() < end, `it never came: ${what}`);
    yield* sleep(2);
  }
}

/** The error of `promise`. */
export async function errorOf<E extends Error>(
  promise: PromiseLike<unknown>,
  kind: new (...args: never[]) => E,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof kind, `${error}`);
    return error;
  }
  throw new Error("it did not fail");
}

/** Whether a process runs: one that has ended and was not asked for does not. */
export function isAlive(pid: number): boolean {
  const state = stateOf(String(pid));
  return state !== undefined && state !== "Z";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined; // it has ended, or is somebody else's
  }
}

function stateOf(pid: string): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
}

/** Our children, zombies too, and whatever they have started that still runs. */
export function leftovers(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).filter(
    (pid) => {
      const stat = read(`/proc/${pid}/stat`);
      if (stat === undefined) return false;
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(parent) === process.pid) return true;
      return state !== "Z" && read(`/proc/${pid}/environ`)?.split("\0").includes(MARK) === true;
    },
  ).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ")}`);
}

/** The last test of each file: all are gone, and reaped. */
export function testNobodyIsLeft(): void {
  const before = leftovers();
  test("nobody is left", async () => {
    const others = () => leftovers().filter((process) => !before.includes(process));
    for (const end = performance.now() + 3_000; others().length > 0 && performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(others(), []);
  });
}

/** Calls `body` with the path of a directory of its own. */
export async function withFolder<T>(body: (folder: string) => T | PromiseLike<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tendril-processes-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The command line that runs a program of these tests on this runtime. */
export function program(name: string, ...args: string[]): string[] {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const options = { deno: ["run", "-A", "--no-check"], bun: ["run"], node: ["--no-warnings"] }[runtime];
  return [process.execPath, ...options, path, ...args];
}
