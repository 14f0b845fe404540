/** A result that comes later, once. */
import {
  caught,
  current,
  type Op,
  reads,
  runLater,
  type Scope,
  show,
  WAIT,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/**
 * A result that comes later, once: a value or an error. Any number of greenlets wait for it.
 *
 * @example
 * ```ts
 * import { AsyncResult, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const answer = new AsyncResult<number>();
 *   spawn(() => answer.set(42));
 *   assertEquals(yield* answer.get(), 42);
 * });
 * ```
 */
export class AsyncResult<T> {
  #state: "empty" | "value" | "error" = "empty";
  #content: unknown;
  #links: ((result: AsyncResult<T>) => void)[] = [];
  readonly #line: WaitLine<T> = new WaitLine<T>({
    name: "AsyncResult.get",
    subject: this,
    rule: () => this.#state === "empty" ? WAIT : this.getNowait(),
  });

  readonly #waiters: WaitLine<boolean> = new WaitLine<boolean>({
    name: "AsyncResult.wait",
    subject: this,
    rule: () => this.ready ? true : WAIT,
    lapse: () => false,
  });

  get ready(): boolean {
    reads(this);
    return this.#state !== "empty";
  }

  get successful(): boolean {
    reads(this);
    return this.#state === "value";
  }

  /** The value; undefined before it is there and after an error. */
  get value(): T | undefined {
    reads(this);
    return this.#state === "value" ? this.#content as T : undefined;
  }

  get exception(): unknown {
    reads(this);
    return this.#state === "error" ? this.#content : undefined;
  }

  /** @throws `Error` if there is a result already (S-49). */
  set(value: T): void {
    this.#settle("value", value);
  }

  /** @throws `Error` if there is a result already (S-49). */
  setException(error: unknown): void {
    this.#settle("error", error);
  }

  /** Waits until there is a result, whichever; false when the timeout came first. */
  wait(options?: WaitOptions): Op<boolean> {
    return this.#waiters.wait(undefined, waitTime(options, "AsyncResult.wait"));
  }

  /** Waits for the result; throws its error, or `TimeoutError`. */
  get(options?: WaitOptions): Op<T> {
    return this.#line.wait(undefined, waitTime(options, "AsyncResult.get"));
  }

  /** @throws `Error` if there is no result yet, else the result's own error. */
  getNowait(): T {
    reads(this);
    if (this.#state === "empty") {
      throw new Error("AsyncResult.getNowait: there is no result yet, use get() to wait");
    }
    if (this.#state === "error") throw this.#content;
    return this.#content as T;
  }

  /** Calls `listener` after the result came, at once if it is there, but never inside `set`. */
  link(listener: (result: AsyncResult<T>) => void): void {
    if (typeof listener !== "function") throw new TypeError(`a link needs a function, not ${show(listener)}`);
    writes(this);
    this.#links.push(listener);
    if (this.ready) this.#notify();
  }

  unlink(listener: (result: AsyncResult<T>) => void): void {
    writes(this);
    this.#links = this.#links.filter((other) => other !== listener);
  }

  #settle(state: "value" | "error", content: unknown): void {
    if (this.ready) {
      throw new Error(
        `this AsyncResult has its result already (${show(this.#content)}): it is set once, make a new one`,
      );
    }
    this.#state = state;
    this.#content = content;
    this.#line.serve();
    this.#waiters.serve();
    this.#notify();
  }

  #notify(): void {
    if (this.#links.length === 0) return;
    const task = current;
    if (task === null) return queueMicrotask(() => this.#runLinks(reportError));
    const home = (task.scope as Scope).nursery;
    runLater(
      task.loop,
      home,
      "links of an AsyncResult",
      () => this.#runLinks((e) => task.loop.report(e, task)),
    );
  }

  #runLinks(report: (error: unknown) => void): void {
    for (let listener = this.#links.shift(); listener !== undefined; listener = this.#links.shift()) {
      const call = listener;
      caught(() => call(this), report);
    }
  }
}
