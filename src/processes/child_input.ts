/**
 * What goes to a child: the line of those who write. A write waits until less than the mark is on its way, and then hands
 * all its bytes over: so it has happened or it has not, and what several greenlets write never mixes.
 */
import { show, TimeoutError, WAIT } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import { type Awaitable, bothOf } from "../host/mod.ts";
import type { RawInput } from "../host/io.ts";
import { HostLine } from "../net/io.ts";
import { BrokenPipeError, type Data } from "./errors.ts";

/** How many bytes may be on their way before a writer waits: what a pipe of Linux holds. */
const WRITE_MARK = 64 * 1024;

/** The stdin of a child that was started with a pipe to it; see `Popen`. */
export class ChildInput implements Disposable {
  readonly #raw: RawInput;
  readonly #name: string;
  #onItsWay = 0;
  #closed = false;
  #broken = false;
  readonly #line: HostLine<void, Data> = new HostLine<void, Data>({
    subject: this,
    name: () => `a write to ${this.#name}`,
    rule: ({ payload }) => this.#serve(payload),
    lapse: ({ timeout }) => {
      throw new TimeoutError(
        `the write to ${this.#name} found no room within ${timeout} ms: nothing of it was sent`,
      );
    },
  });
  readonly #flushers: HostLine<void> = new HostLine<void>({
    subject: this,
    name: () => `a flush to ${this.#name}`,
    rule: () => this.#onItsWay === 0 || this.#broken ? undefined : WAIT,
  });

  /** Part of the library: `Popen` makes them. */
  constructor(raw: RawInput, name: string) {
    this.#raw = raw;
    this.#name = name;
    const broke = () => {
      this.#broken = true;
      this.#served();
    };
    raw.on("error", broke);
    raw.on("close", broke);
  }

  /**
   * Hands `data` over, text as UTF-8; waits while the child is slower than the writer. The array may be used again
   * afterwards. Killed, or out of time, it has sent nothing of `data`.
   *
   * @throws `BrokenPipeError` when the child takes no more; `TimeoutError`.
   */
  write(data: Data, options?: WaitOptions): Awaitable<void> {
    if (typeof data !== "string" && !(data instanceof Uint8Array)) {
      throw new TypeError(`ChildInput.write needs text or a Uint8Array, not ${show(data)}`);
    }
    return bothOf(this.#line.wait(data, waitTime(options, "ChildInput.write")));
  }

  /** Waits until the system has taken all that was written, or the child takes no more. */
  flush(options?: WaitOptions): Awaitable<void> {
    return bothOf(this.#flushers.wait(undefined, waitTime(options, "ChildInput.flush")));
  }

  /**
   * The child reads to the end of what was written, and no more comes. Acts at the call; the operation waits as `flush`
   * does. Twice is once.
   */
  close(options?: WaitOptions): Awaitable<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#raw.end();
      this.#line.serve();
    }
    return this.flush(options);
  }

  /** Whether nothing can be written any more. */
  get closed(): boolean {
    return this.#closed || this.#broken;
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the library: lets go of what the child does not take. */
  cut(): void {
    this.#closed = true;
    this.#raw.destroy();
  }

  #serve(data: Data): void | typeof WAIT {
    if (this.closed) {
      const why = this.#closed ? "it was closed here" : "the child has closed it, or has ended";
      throw new BrokenPipeError(`the write to ${this.#name} failed: ${why} (EPIPE)`);
    }
    if (this.#onItsWay >= WRITE_MARK) return WAIT;
    if (data.length === 0) return; // hosts differ in what they make of nothing
    const size = data.length;
    this.#onItsWay += size;
    // A copy: the host keeps what it cannot send at once, and the array is the caller's again.
    this.#raw.write(typeof data === "string" ? data : new Uint8Array(data), () => {
      this.#onItsWay -= size;
      this.#served();
    });
  }

  #served(): void {
    this.#line.serve();
    this.#flushers.serve();
  }
}
