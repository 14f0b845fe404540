/** A connection in memory: what the interface means, and the quickest one for tests. */
import { EOFError, type Op, reads, show, TimeoutError, WAIT, WaitLine, writes } from "../../core/mod.ts";
import { type WaitOptions, waitTime } from "../../sync/mod.ts";
import type { Port } from "./port.ts";

class MemoryPort<T> implements Port<T> {
  #other: MemoryPort<T> | null = null;
  #closed = false;
  #reason: unknown = undefined;
  readonly #messages: T[] = [];
  readonly #receivers: WaitLine<T> = new WaitLine<T>({
    subject: this,
    name: "Port.receive",
    rule: () => {
      if (this.#messages.length > 0) return this.#messages.shift() as T;
      if (this.#closed) throw this.#reason;
      return WAIT;
    },
    lapse: (waiter) => {
      throw new TimeoutError(`Port.receive: no message came within ${waiter.timeout} ms`);
    },
  });

  static pair<T>(): [Port<T>, Port<T>] {
    const a = new MemoryPort<T>(), b = new MemoryPort<T>();
    a.#other = b;
    b.#other = a;
    return [a, b];
  }

  get closed(): boolean {
    reads(this);
    return this.#closed;
  }

  post(message: T): void {
    reads(this);
    if (this.#closed) throw this.#reason;
    const copy = structuredClone(message);
    const other = this.#other as MemoryPort<T>;
    other.#messages.push(copy);
    other.#receivers.serve();
  }

  receive(options?: WaitOptions): Op<T> {
    return this.#receivers.wait(undefined, waitTime(options, "receive"));
  }

  close(reason?: unknown): void {
    const error = reason instanceof Error ? reason : new EOFError(
      reason === undefined ? "the port was closed" : `the port was closed: ${show(reason)}`,
      { cause: reason },
    );
    this.#end(error);
    (this.#other as MemoryPort<T>).#end(error);
  }

  #end(reason: Error): void {
    writes(this);
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = reason;
    this.#receivers.serve();
  }
}

/**
 * Two ends that are connected: what one posts, the other receives, as a copy.
 *
 * @example
 * ```ts
 * import { EOFError, run } from "tendril";
 * import { memoryPorts } from "tendril/testing";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * await run(function* () {
 *   const [a, b] = memoryPorts<string>();
 *   a.post("hello");
 *   a.close();
 *   assertEquals(yield* b.receive(), "hello");
 *   assertThrows(() => b.post("too late"), EOFError);
 * });
 * ```
 */
export function memoryPorts<T>(): [Port<T>, Port<T>] {
  return MemoryPort.pair<T>();
}
