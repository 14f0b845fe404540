import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reading, Side } from "../harness/cost.ts";

/** Debian's interpreter: the one that sees python3-gevent. */
export const PYTHON = "/usr/bin/python3";

/**
 * A Python process that performs the same work in gevent or asyncio. It stays for the whole run and sleeps between
 * its turns, so its sides alternate with ours; it takes its own time, so the way there is not in the figure.
 *
 * It is reached through two named pipes with blocking calls. A child with pipes of the host would stand in the event
 * loop: each pass would then poll it, and a peer that makes a pass a switch (Effect) would cost twice as much.
 */
class PythonPeer {
  readonly #questions: number;
  readonly #answers: number;
  readonly #buffer = new Uint8Array(4096);

  constructor(library: Library) {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    const script = fileURLToPath(new URL(`./${library}_side.py`, import.meta.url));
    const [questions, answers] = [join(folder, "questions"), join(folder, "answers")];
    spawnSync("mkfifo", [questions, answers]);
    // In the background of a shell that ends at once; its standard input ends with this process, and it with that.
    spawnSync("/bin/sh", ["-c", `"$0" -B "$1" < "$2" > "$3" &`, PYTHON, script, questions, answers], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#questions = openSync(questions, "w");
    this.#answers = openSync(answers, "r");
    rmSync(folder, { recursive: true });
  }

  ask(work: string, size: number, n: number): Reading {
    writeSync(this.#questions, `${work} ${size} ${n}\n`);
    let text = "";
    while (!text.endsWith("\n")) {
      const length = readSync(this.#answers, this.#buffer);
      if (length === 0) throw new Error(`the Python process ended during ${work}`);
      text += new TextDecoder().decode(this.#buffer.subarray(0, length));
    }
    return JSON.parse(text) as Reading;
  }
}

type Library = "gevent" | "asyncio";
const peers = new Map<Library, PythonPeer>();

/** The side of a Python library: the function `work` of its script, at a size that the work gives a meaning to. */
export function python(library: Library, work: string, size = 0): Side {
  return async (n) => {
    let peer = peers.get(library);
    if (!peer) peers.set(library, peer = new PythonPeer(library));
    return peer.ask(work, size, n);
  };
}
