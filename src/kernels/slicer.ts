/**
 * Turns of the loop's thread for kernels that run on it: one slice in each turn of the host's loop, in the order of asking, however many
 * ask. So timers and greenlets wait for one slice at most, and I/O for a few.
 */
import { Ring } from "../core/mod.ts";
import { after, capabilities } from "../host/io.ts";
import { systemHost } from "../host/mod.ts";

/** Milliseconds of slices after which a timer lets the host look for I/O, where it does not between two immediates. */
const IO_EVERY = capabilities.immediatesLetIoIn ? Infinity : 8;

let letIn = 0;
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
  if (performance.now() - letIn < IO_EVERY) return systemHost.macrotask(serve);
  after(0, () => {
    letIn = performance.now();
    serve();
  }, true);
}

/** Resolves when a slice may run: at once, that is in the microtasks then. */
export function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    ask();
  });
}
