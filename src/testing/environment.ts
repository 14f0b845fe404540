/** What a simulated body finds in place of the runtime's own: `Math.random`, `Date`, timers. */
import { running } from "./execution.ts";

/** Calls `f` with the simulated globals in place, and puts the real ones back. */
export function inSimulatedWorld<T>(f: () => T): T {
  if (running !== null) {
    throw new Error("a simulation inside of another's body: run them one after the other");
  }
  return f();
}
