/** The few things that a command does with files, by their paths. */
import { builtin } from "./modules.ts";

interface Files {
  statSync(path: string, options: { throwIfNoEntry: false }): { isFile(): boolean } | undefined;
  readFileSync(path: string, encoding: "utf8"): string;
  mkdirSync(path: string, options: { recursive: true }): void;
  writeFileSync(path: string, data: string | Uint8Array): void;
}
interface Paths {
  basename(path: string, ending?: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
}

/** The module `path`, as far as commands need it. */
export function paths(): Paths {
  return builtin("path") as Paths;
}

/** The text of a file; undefined where there is none. */
export function readText(path: string): string | undefined {
  const files = builtin("fs") as Files;
  return files.statSync(path, { throwIfNoEntry: false })?.isFile()
    ? files.readFileSync(path, "utf8")
    : undefined;
}

/** Writes a file, and makes the folders that it needs. */
export function writeFile(path: string, data: string | Uint8Array): void {
  const files = builtin("fs") as Files;
  files.mkdirSync(paths().dirname(path), { recursive: true });
  files.writeFileSync(path, data);
}
