/** Files that the library itself has to read. */
import { builtin } from "./modules.ts";

interface Files {
  readFileSync(path: URL): Uint8Array<ArrayBuffer>;
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
