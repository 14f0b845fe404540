/**
 * Turns of the loop's thread for kernels that run on it: one slice in each turn of the host's loop, in the order of asking, however many
 * ask. So timers and greenlets wait for one slice at most, and I/O for a few.
 */
import { Ring } from "../core/mod.ts";
import { systemHost } from "../host/mod.ts";

const waiting: Ring<() => void> = new Ring();
let isAsked = false;

function serve(): void {
  isAsked = false;
  waiting.shift()?.();
  ask();
}

function ask(): void {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  systemHost.macrotask(serve);
}

/** Resolves when a slice may run: at once, that is in the microtasks then. */
export function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    ask();
  });
}
