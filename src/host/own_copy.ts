/**
 * The copy of this library that a program imports. It may be another than the one that runs: the command may be installed
 * globally, and Bun takes a package's sources for `import "tendril"` but `dist` for the command. Patches bind the greenlets
 * of their own copy only.
 */
import process from "node:process";
import { builtin } from "./modules.ts";

type Conditions = Readonly<Record<string, string>>;

interface Require {
  (path: string): { readonly exports?: Readonly<Record<string, Conditions | string>> };
  resolve(specifier: string): string;
}
interface Modules {
  createRequire(file: string): Require;
}
interface Files {
  existsSync(path: string): boolean;
}
interface Path {
  dirname(path: string): string;
  join(...parts: string[]): string;
}
interface Urls {
  pathToFileURL(path: string): URL;
}

/** Which of a door's files the runtime takes, the first that is there. */
const CONDITIONS: readonly string[] = [
  ...process.execArgv.flatMap((arg) => /^(?:--conditions|-C)=(.*)/.exec(arg)?.[1] ?? []),
  ...("Bun" in globalThis ? ["bun"] : []),
  ...("Deno" in globalThis ? ["deno"] : []),
  "import",
];

/**
 * Where the copy that the program `path` would import has its `door` (`./monkey`). Undefined if it would import none, or
 * one that has no such door.
 */
export function doorSeenBy(path: string, door: string): string | undefined {
  const require = (builtin("module") as Modules).createRequire(path);
  let manifest: string;
  try {
    manifest = require.resolve("tendril/package.json");
  } catch {
    return undefined; // a program of its own, or one of another package manager's
  }
  const target = require(manifest).exports?.[door];
  if (typeof target !== "object") return undefined;
  const condition = CONDITIONS.find((name) => name in target);
  if (condition === undefined) return undefined;
  const { dirname, join } = builtin("path") as Path;
  const file = join(dirname(manifest), target[condition]);
  // In the repository of this library nothing is built.
  if (!(builtin("fs") as Files).existsSync(file)) return undefined;
  return (builtin("url") as Urls).pathToFileURL(file).href;
}
