/**
 * The part of asyncio that its races come from, as a model over our greenlets. A task that awaits a future is woken through the
 * run queue when the future is done. A cancel cancels the future that the task awaits; where that one is done already, the task
 * is marked, and the cancel is thrown when it runs: what it was woken with is then lost, unless the primitive hands it on.
 *
 * Source: CPython `Lib/asyncio/futures.py` and `tasks.py` (`Task.cancel`, `__step`, `__wakeup`).
 */
import { type Greenlet, sleep, spawn } from "../../src/mod.ts";
import { park } from "../../src/lowlevel.ts";
import type { Gen, Handle, World } from "./world.ts";

export class CancelledError extends Error {
  override name: string = "CancelledError";
}

/** A future or a task. */
export interface Awaitable<T> {
  readonly done: boolean;
  /** False: it is done already. */
  cancel(): boolean;
  result(): T;
  whenDone(callback: () => void): void;
}

export class Future<T> implements Awaitable<T> {
  private state: "pending" | "done" | "cancelled" = "pending";
  private value: T | undefined;
  private readonly callbacks: (() => void)[] = [];

  get done(): boolean {
    return this.state !== "pending";
  }

  get cancelled(): boolean {
    return this.state === "cancelled";
  }

  set(value: T): void {
    if (this.done) throw new Error("invalid state");
    this.finish("done", value);
  }

  cancel(): boolean {
    if (this.done) return false;
    this.finish("cancelled", undefined);
    return true;
  }

  result(): T {
    if (this.cancelled) throw new CancelledError();
    return this.value as T;
  }

  whenDone(callback: () => void): void {
    if (this.done) callback();
    else this.callbacks.push(callback);
  }

  private finish(state: "done" | "cancelled", value: T | undefined): void {
    this.state = state;
    this.value = value;
    for (const callback of this.callbacks) callback();
  }
}

/** One that runs a coroutine. */
export class AioTask<T = unknown> implements Awaitable<T>, Handle {
  private readonly outcome: Future<T> = new Future();
  private readonly greenlet: Greenlet<void>;
  private mustCancel = false;
  private awaited: Awaitable<unknown> | null = null;

  constructor(name: string, body: (me: AioTask) => Gen<T>) {
    this.greenlet = spawn({ name }, () => this.run(body));
  }

  get done(): boolean {
    return this.outcome.done;
  }

  get cancelled(): boolean {
    return this.outcome.cancelled;
  }

  cancel(): boolean {
    if (this.done) return false;
    if (this.awaited?.cancel() !== true) this.mustCancel = true;
    return true;
  }

  result(): T {
    return this.outcome.result();
  }

  whenDone(callback: () => void): void {
    this.outcome.whenDone(callback);
  }

  *end(): Gen {
    yield* this.greenlet.join();
  }

  /** `await what`. */
  *await<U>(what: Awaitable<U>): Gen<U> {
    if (!what.done) {
      this.awaited = what;
      yield* park<void>("a future", (parked) => what.whenDone(() => void parked.wake()));
      this.awaited = null;
      this.throwCancel();
    }
    return what.result();
  }

  *sleep(ms: number): Gen {
    if (ms === 0) {
      yield* sleep(0);
      return this.throwCancel();
    }
    const over = new Future<void>();
    const timer = spawn({ name: "timer", daemon: true }, function* () {
      yield* sleep(ms);
      if (!over.done) over.set();
    });
    try {
      yield* this.await(over);
    } finally {
      timer.kill();
    }
  }

  private throwCancel(): void {
    if (!this.mustCancel) return;
    this.mustCancel = false;
    throw new CancelledError();
  }

  private *run(body: (me: AioTask) => Gen<T>): Gen {
    let value: T;
    try {
      this.throwCancel();
      value = yield* body(this as AioTask);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      this.outcome.cancel();
      return;
    }
    this.outcome.set(value);
  }
}

export const asyncio: World<AioTask> = {
  start: (name, body) => new AioTask(name, body),
  sleep: (me, ms) => me.sleep(ms),
};

/** Wakes the first who is not woken already. */
export function wakeFirst(waiters: readonly Future<void>[]): void {
  waiters.find((waiter) => !waiter.done)?.set();
}

/** Takes `item` out of `list`; false: it is not there. */
export function remove<T>(list: T[], item: T): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
