/** What the three runtimes give, by the names that all of them have. */
import type { Host } from "../core/mod.ts";

const { setImmediate: immediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };

/** Without `setImmediate`: a message to oneself, which no runtime delays as it does timers. */
function viaMessage(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(null);
}

/** The runtime that this program runs on. */
export const systemHost: Host = {
  now: () => performance.now(),
  microtask: (callback) => queueMicrotask(callback),
  macrotask: immediate === undefined ? viaMessage : (callback) => void immediate(callback),
};
