/** What the tests of patched files share: a directory, a pipe with a name, and a look at what the process has open. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { PatchOptions } from "../../src/host/mod.ts";
import { fileUsage, patchAll } from "../../src/monkey/mod.ts";
import { assertEquals } from "../assert.ts";
import { reached } from "./kit.ts";

// Before anything is patched: the tests look by these.
const {
  mkdtempSync,
  openSync,
  closeSync,
  readSync,
  writeSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} = fs;
const { O_NONBLOCK, O_RDWR } = fs.constants;

/** See {@linkcode inDirectory}. */
export class Place {
  readonly path: string = mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "tendril-fs-"));

  /** A path in it. */
  at(name: string): string {
    return path.join(this.path, name);
  }

  /** A new file with that text. */
  file(name: string, text: string): string {
    writeFileSync(this.at(name), text);
    return this.at(name);
  }

  /** A pipe: opening one end waits for the other, reading waits for bytes, and nothing of it can be taken back. */
  pipe(name: string): Pipe {
    execFileSync("mkfifo", [this.at(name)]);
    return new Pipe(this.at(name));
  }

  /** What of it the process has open, by name. */
  get open(): string[] {
    return readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(this.path) ? [path.basename(target)] : [];
      } catch {
        return []; // that was the descriptor of this look
      }
    });
  }

  /** Whether nothing of it is open, or being opened. */
  get isQuiet(): boolean {
    return this.open.length === 0 && fileUsage().active === 0;
  }

  /** Waits until nothing of it is open. */
  async closed(): Promise<void> {
    await reached(() => this.open.length === 0, `nothing is open, but ${this.open}`);
  }
}

/** The test's own end of a pipe; it never waits. */
export class Pipe {
  readonly path: string;

  constructor(at: string) {
    this.path = at;
  }

  /** Lets those go on who wait for the other end to be opened or closed, for bytes, or for room, until `seen`. */
  async release(seen: () => boolean, what: string): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    let fd = -1;
    await reached(() => {
      if (fd === -1) {
        fd = openSync(this.path, O_RDWR | O_NONBLOCK);
        drain(fd, buffer);
        try {
          writeSync(fd, "late");
        } catch {
          // somebody has filled it again
        }
        return false;
      }
      drain(fd, buffer);
      closeSync(fd);
      fd = -1;
      return seen();
    }, what);
  }
}

function drain(fd: number, buffer: Uint8Array): void {
  try {
    while (readSync(fd, buffer, 0, buffer.length, null) > 0);
  } catch {
    // it is empty
  }
}

/** Only files are patched. */
const ONLY_FILES: PatchOptions = {
  fetch: false,
  timers: false,
  net: false,
  http: false,
  childProcess: false,
  dns: false,
  sync: "off",
};

/** A test body with files patched and a directory; afterwards nothing of both is left, and no file open. */
export function inDirectory(
  body: (place: Place) => Promise<unknown>,
  options?: PatchOptions,
): () => Promise<void> {
  return async () => {
    const place = new Place();
    const patches = patchAll({ ...ONLY_FILES, ...options });
    try {
      await body(place);
      await place.closed();
      await reached(() => place.isQuiet, "all places are given back");
      assertEquals(fileUsage().waiting, 0);
    } finally {
      patches[Symbol.dispose]();
      rmSync(place.path, { recursive: true, force: true });
    }
  };
}

/** The promise of a call with a callback, which fails the test when it is called twice. */
export function heard<T>(call: (callback: (error: unknown, value?: T) => void) => void): Promise<T> {
  let calls = 0;
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (++calls > 1) throw new Error("the callback was called twice");
      if (error) reject(error);
      else resolve(value as T);
    });
  });
}
