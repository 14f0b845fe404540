/** Listeners as an `EventTarget` has them. What they throw fails the run, where a runtime's own would end the program. */
import { show } from "../../core/mod.ts";

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Entry {
  readonly type: string;
  readonly listener: Listener;
  readonly once: boolean;
}

/** See the top of the file. */
export class Listeners {
  private entries: Entry[] = [];
  private readonly failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.failed = failed;
  }

  add(type: string, listener: unknown, options?: boolean | AddEventListenerOptions): void {
    if (listener === null) return;
    if (
      typeof listener !== "function" &&
      typeof (listener as { handleEvent?: unknown }).handleEvent !== "function"
    ) {
      throw new TypeError(`a listener for ${type} must be a function, not ${show(listener)}`);
    }
    if (this.entries.some((entry) => entry.type === type && entry.listener === listener)) return;
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (signal?.aborted === true) return;
    this.entries.push({ type, listener: listener as Listener, once });
    signal?.addEventListener("abort", () => this.remove(type, listener), { once: true });
  }

  remove(type: string, listener: unknown): void {
    this.entries = this.entries.filter((entry) => entry.type !== type || entry.listener !== listener);
  }

  /** @param handler the one in `onmessage` and its like. False: nobody listens. */
  emit(target: object, handler: unknown, event: Event): boolean {
    const all = this.entries.filter(({ type }) => type === event.type);
    for (const { once, type, listener } of all) {
      if (once) this.remove(type, listener);
      this.call(() =>
        typeof listener === "function" ? listener.call(target, event) : listener.handleEvent(event)
      );
    }
    if (typeof handler === "function") this.call(() => handler.call(target, event));
    return all.length > 0 || typeof handler === "function";
  }

  private call(listener: () => unknown): void {
    try {
      listener();
    } catch (error) {
      this.failed(error);
    }
  }
}
