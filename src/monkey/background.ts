/** A timer that keeps no program alive. */
import { surface } from "../host/io.ts";

interface Timers {
  setTimeout(f: () => void, ms: number): { unref(): unknown };
  clearTimeout(timer: object): void;
}

/** See {@linkcode inBackground}. */
export interface BackgroundTimer {
  stop(): void;
}

/** Calls back in `ms` milliseconds, if the program still runs then. */
export function inBackground(ms: number, f: () => void): BackgroundTimer {
  const { setTimeout, clearTimeout } = surface("timers") as Timers;
  const timer = setTimeout(f, ms);
  timer.unref();
  return { stop: () => clearTimeout(timer) };
}
