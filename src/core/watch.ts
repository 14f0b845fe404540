/** Who watches how long each task runs: the monitor. Where there is none, that costs one look at `watch`. */
import type { Attended } from "./binder.ts";

/** It must not throw. */
export interface Watch {
  begins(task: Attended): void;
  /** A pass is over: nobody runs. */
  ends(): void;
}

export let watch: Watch | null = null;

/** Gives the one before, to be put back. */
export function setWatch(next: Watch | null): Watch | null {
  const before = watch;
  watch = next;
  return before;
}
