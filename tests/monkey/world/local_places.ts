/** What is observed without a port: a named pipe, and processes. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import process from "node:process";
import { DRIP, type Opened, type See } from "./places.ts";

/** Milliseconds. */
const LOOK_EVERY = 10;

/** Drips into a pipe as long as somebody reads it. Only a write tells that nobody does any more. */
export function openPipe(path: string, see: See): Promise<Opened> {
  const made = spawnSync("mkfifo", [path], { encoding: "utf8" });
  if (made.status !== 0) return Promise.reject(new Error(`mkfifo: ${made.stderr}`));
  let file: number | undefined;
  let count = 0;
  let written = 0;
  const look = () => {
    if (file === undefined) {
      try {
        file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch {
        return; // no reader yet
      }
      written = 0;
      see("connected", ++count);
    }
    try {
      writeSync(file, "1,");
      if (++written === 3) see("reached", count);
    } catch (error) {
      if ((error as { code?: string }).code === "EAGAIN") return; // the reader is slow
      closeSync(file);
      file = undefined;
      see("closed", count);
    }
  };
  const timer = setInterval(look, DRIP);
  return Promise.resolve({
    port: 0,
    close() {
      clearInterval(timer);
      // Whoever still waits for a writer gets one, and then the end.
      const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      rmSync(path);
      if (file !== undefined) closeSync(file);
      setTimeout(() => closeSync(both), 50);
    },
  });
}

/** The processes whose command line has `mark` in it. */
function processes(mark: string): Set<string> {
  const found = new Set<string>();
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid) || pid === `${process.pid}`) continue;
    try {
      // That of a dead one that nobody has asked for is empty.
      if (readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(mark)) found.add(pid);
    } catch {
      // It has just ended.
    }
  }
  return found;
}

/** Looks for processes; one that has begun is "connected" and reached, one that is gone "closed". */
export function watchProcess(mark: string, see: See): Opened {
  const known = new Map<string, number>();
  let count = 0;
  const timer = setInterval(() => {
    const now = processes(mark);
    for (const pid of now) {
      if (known.has(pid)) continue;
      known.set(pid, ++count);
      see("connected", count, pid);
      see("reached", count);
    }
    for (const [pid, number] of known) {
      if (now.has(pid)) continue;
      known.delete(pid);
      see("closed", number);
    }
  }, LOOK_EVERY);
  return {
    port: 0,
    close() {
      clearInterval(timer);
      for (const pid of known.keys()) process.kill(Number(pid), "SIGKILL");
    },
  };
}
