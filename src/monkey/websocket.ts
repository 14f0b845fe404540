/** `WebSocket`: closed with the greenlet that has opened it, also while it connects. */
import { type Binding, bound, Operation } from "./binding.ts";
import { type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";
import { standIn } from "./stand_in.ts";
import type { Target } from "./target.ts";

interface Socket {
  close(): void;
  /** Bun. */
  terminate?(): void;
  addEventListener(event: string, listener: () => void, options: { once: boolean }): void;
}

/** Nobody may connect to it, and where somebody tries nobody listens: who is refused is told that it has failed. */
const NOWHERE = "ws://127.0.0.1:1/";

function watch(socket: Socket, binding: Binding, url: string): void {
  const inside: Inside = keepContext();
  const operation = new Operation(binding, "WebSocket", url, {
    // A polite goodbye waits for an answer, which may never come.
    abort: () => inside(() => socket.terminate === undefined ? socket.close() : socket.terminate()),
  });
  socket.addEventListener("close", () => operation.done(), { once: true });
}

/** Whether the original takes it for an address. */
function isAddress(url: unknown): boolean {
  return URL.canParse(String(url)) && /^(wss?|https?):$/.test(new URL(String(url)).protocol);
}

function wrap(original: Callable): Callable {
  return standIn(original, (args, make) => {
    const binding = bound();
    if (binding === null) return make(...args);
    const [url, ...rest] = args;
    if (binding.isOver && isAddress(url)) {
      return Object.defineProperty(make(NOWHERE, ...rest), "url", { configurable: true, value: String(url) });
    }
    const socket = make(...args);
    watch(socket as Socket, binding, String(url));
    return socket;
  });
}

/** See the top of the file. */
export const webSocketTargets: readonly Target[] = [
  { group: "net", module: "globalThis", name: "WebSocket", wrap },
];
