/** Starts somebody's program inside of this one, so that it finds what it would find if it had been started by itself. */
import process from "node:process";
import { builtin } from "./modules.ts";

interface Path {
  resolve(path: string): string;
  extname(path: string): string;
}
interface Files {
  statSync(path: string, options: { throwIfNoEntry: false }): { isFile(): boolean } | undefined;
}
interface Urls {
  pathToFileURL(path: string): URL;
}
interface Modules {
  runMain?(path: string): void;
}
interface Runtime {
  readonly Bun?: { main: string };
  readonly Deno?: object;
}

/** The program cannot be started as it was asked for; the message says why. */
export class CannotStart extends Error {
  override name = "CannotStart";
}

/** Node says by `process.features.typescript` whether it runs TypeScript; a loader that it was started with may, too. */
function needTypeScript(path: string): void {
  const { versions, execArgv } = process;
  const features = process.features as { typescript?: unknown };
  if (!/\.[cm]?tsx?$/.test(path) || versions.bun !== undefined || versions.deno !== undefined) return;
  if (
    features.typescript ||
    execArgv.some((arg) => /^(--import|--loader|--experimental-loader|--require|-r)\b/.test(arg))
  ) {
    return;
  }
  throw new CannotStart(
    `this Node (${process.version}) does not run TypeScript: ${path}\n` +
      "Use Node 22.18 or later without --no-strip-types, or Deno, or Bun, or compile it to JavaScript",
  );
}

/** Where the program is. @throws CannotStart where there is no such file, or this runtime cannot run it. */
export function findProgram(file: string): string {
  const path = (builtin("path") as Path).resolve(file);
  const found = (builtin("fs") as Files).statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw new CannotStart(`${found === undefined ? "there is no file" : "this is no file:"} ${path}`);
  }
  needTypeScript(path);
  return path;
}

/**
 * Runs a program, given where it is and its arguments. It sees itself as `process.argv[1]`, and as the main module where the
 * runtime lets us: `import.meta.main` stays false on Deno. Its errors are the runtime's to report.
 */
export async function startProgram(path: string, args: readonly string[]): Promise<void> {
  process.argv.splice(1, Infinity, path, ...args);
  const { href } = (builtin("url") as Urls).pathToFileURL(path);
  const { Bun, Deno } = globalThis as Runtime;
  const { runMain } = builtin("module") as Modules;
  if (Bun !== undefined) Bun.main = path; // `import.meta.main` compares with it
  if (Deno !== undefined) {
    // They are ordinary properties as yet. Where they are not, the program has the arguments in process.argv.
    Reflect.defineProperty(Deno, "args", { value: [...args], enumerable: true, configurable: true });
    Reflect.defineProperty(Deno, "mainModule", { value: href, enumerable: true, configurable: true });
  }
  // Node: the way by which it starts programs itself. Deno has it for CommonJS only, Bun reports no errors there.
  const asMain = Bun === undefined && (Deno === undefined || path.endsWith(".cjs"));
  if (asMain && runMain !== undefined) runMain(path);
  else await import(href);
}
