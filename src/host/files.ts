/** The few things that the library itself does with files. */
import { builtin } from "./modules.ts";

interface Files {
  statSync(path: string, options: { throwIfNoEntry: false }): { isFile(): boolean } | undefined;
  readFileSync(path: string, encoding: "utf8"): string;
  readFileSync(path: URL): Uint8Array<ArrayBuffer>;
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

/**
 * The bytes behind a `file:` or `data:` URL.
 *
 * @throws `TypeError` for another URL; the system's error for a file that is not there.
 */
export function readBytes(url: URL): Uint8Array<ArrayBuffer> {
  if (url.protocol === "file:") return new Uint8Array((builtin("fs") as Files).readFileSync(url));
  const data = /^[^,]*?(;base64)?,(.*)$/s.exec(url.pathname);
  if (url.protocol !== "data:" || data === null) {
    throw new TypeError(`${url.href} cannot be read at once: fetch it, and pass the bytes`);
  }
  const text = decodeURIComponent(data[2]);
  return data[1] === undefined
    ? new TextEncoder().encode(text)
    : Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}
