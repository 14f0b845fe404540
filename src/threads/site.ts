/** Where a job was called: the other half of an error's stack. */
import { GreenletExit } from "../core/mod.ts";

/** Frames of this library are nobody's business: what stands above this file's folder. */
const OWN = new URL("../", import.meta.url).pathname;
/** From here on, a stack of the other thread is ours: by the class, or where stacks do not name it by the file. */
const CALLEE = /\bCallee\.|[\\/]wire[\\/]callee\.ts:/;

/** Stacks that are taken in one turn: one costs as much as three calls. More than so many calls come from a loop, as a rule. */
const STACKS_PER_TURN = 8;

const BY = "    --- called in another thread, by ---";

let taken = 0;

/** A stack for the call that is being made, if there was none too many in this turn. */
export function callSite(): Error | null {
  return taken++ < STACKS_PER_TURN ? new Error() : null;
}

/** A new turn. */
export function newTurn(): void {
  taken = 0;
}

/** Adds the caller's stack to the remote one (S-79). */
export function withCallSite(error: unknown, site: Error | null): unknown {
  if (site === null || !(error instanceof Error)) return error;
  if (error.stack?.includes(BY) === true) return error; // one for all who were lost with a thread
  const frames = (site.stack ?? "").split("\n").filter((line) =>
    /^\s*at |@/.test(line) && !line.includes(OWN)
  );
  if (frames.length === 0) return error;
  const lines = (error.stack ?? String(error)).split("\n");
  const end = lines.findIndex((line) => CALLEE.test(line));
  const remote = (end < 0 ? lines : lines.slice(0, end)).join("\n");
  const stack = `${remote}\n${BY}\n${frames.join("\n")}`;
  try {
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  } catch {
    // frozen: it has its own stack
  }
  return error;
}

/** A kill without a reason of its own is no failure (S-4). */
export function isGentle(reason: unknown): boolean {
  return reason instanceof GreenletExit;
}
