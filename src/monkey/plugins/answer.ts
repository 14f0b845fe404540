/** What a library's call gives, by a callback or by a promise, in the context of whoever called. */
import type { Callable } from "../layer.ts";
import { inThisContext } from "./plugin.ts";

/** See the top of the file. */
export class Answer {
  /** Undefined where there is a callback. */
  readonly promise: Promise<unknown> | undefined;
  private readonly resolve: ((value: unknown) => void) | undefined;
  private readonly reject: ((reason: unknown) => void) | undefined;
  private readonly callback: Callable | undefined;
  private readonly inside: <T>(f: () => T) => T = inThisContext();
  private readonly caller: Error = new Error();
  private isGiven = false;

  constructor(callback: Callable | undefined) {
    this.callback = callback;
    if (callback !== undefined) return;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Once; what comes after a refusal is dropped. */
  give(error: unknown, ...results: unknown[]): void {
    if (this.isGiven) return;
    this.isGiven = true;
    const { callback } = this;
    if (callback !== undefined) {
      this.inside(() => Reflect.apply(callback, undefined, [error, ...results]));
    } else if (error) {
      if (error instanceof Error) takeStack(error, this.caller);
      this.reject?.(error);
    } else {
      this.resolve?.(results[0]);
    }
  }

  /** With a kill: a promise needs no handler, a callback hears of it later. */
  refuse(reason: unknown): void {
    if (this.isGiven) return;
    this.isGiven = true;
    this.promise?.catch(() => {});
    this.reject?.(reason);
    const { callback } = this;
    if (callback === undefined) return;
    queueMicrotask(() => this.inside(() => Reflect.apply(callback, undefined, [reason])));
  }
}

/** The stack of who asked: that of a server's answer is not worth reading. */
function takeStack(error: Error, caller: Error): void {
  const [, ...lines] = caller.stack?.split("\n") ?? [];
  if (lines.length > 0) error.stack = [`${error.name}: ${error.message}`, ...lines].join("\n");
}
