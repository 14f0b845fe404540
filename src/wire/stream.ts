/**
 * Values that a call yields, on their way to the caller: at most {@linkcode WINDOW} that he has not taken yet, then the generator
 * parks. They go together, when it parks or every half millisecond.
 *
 * A generator in a worker is a greenlet: `yield* sleep(5)` and a bare `yield promise` mean there what they mean everywhere. What
 * else it yields is a value for the caller. `Streamed` stands between the scheduler and the generator, and takes these out.
 */
import { CALLED, currentTask, type Op, type OpIterator, PARKED, WAIT, WaitLine } from "../core/mod.ts";
import { isGenerator } from "../sync/mod.ts";

/** Values under way or not taken yet, before the generator has to wait. */
export const WINDOW = 64;
/** Milliseconds that values wait for company. */
const FLUSH_MS = 0.5;

/** The worker's end. */
export class Outflow {
  private credit = WINDOW;
  private wanted = true;
  private values: unknown[] = [];
  private since = 0;
  private waiting: (() => void) | null = null;
  private readonly post: (values: unknown[]) => void;
  private readonly isCancelled: () => boolean;
  private readonly now: () => number;
  readonly line: WaitLine<void> = new WaitLine<void>({
    name: "room for a value",
    rule: () => this.hasRoom ? undefined : WAIT,
  });

  constructor(post: (values: unknown[]) => void, isCancelled: () => boolean, now: () => number) {
    this.post = post;
    this.isCancelled = isCancelled;
    this.now = now;
    this.line.foreign = true; // the caller wakes it
  }

  get hasRoom(): boolean {
    return (this.credit > 0 || !this.wanted) && !this.isCancelled();
  }

  /** Takes a value; false: there is no room for another one. */
  emit(value: unknown): boolean {
    if (this.wanted) {
      this.credit--;
      if (this.values.push(value) === 1) {
        this.since = this.now();
        queueMicrotask(() => this.flush());
      } else if (this.credit <= 0 || this.now() - this.since > FLUSH_MS) this.flush();
    }
    return this.hasRoom;
  }

  /** The caller has room for `n` more; 0: he does not want them. */
  more(n: number): void {
    if (n === 0) this.wanted = false;
    this.credit += n;
    this.line.serve();
    this.waiting?.();
  }

  /** For an async generator. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = () => {
        this.waiting = null;
        resolve();
      };
    });
  }

  /** Wakes whoever waits for room: the call is over. */
  stop(): void {
    this.waiting?.();
  }

  flush(): void {
    const { values } = this;
    if (values.length === 0) return;
    this.values = [];
    this.post(values);
  }
}

/** See the top of the file. */
export class Streamed implements Op<unknown>, OpIterator<unknown> {
  private readonly generator: Generator<unknown, unknown, unknown>;
  private readonly outflow: Outflow;
  private atRoom = false;

  constructor(generator: Generator<unknown, unknown, unknown>, outflow: Outflow) {
    this.generator = generator;
    this.outflow = outflow;
  }

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<unknown> {
    return this;
  }

  next(value?: unknown): IteratorResult<unknown, unknown> {
    const step = this.generator.next(this.atRoom ? undefined : value);
    this.atRoom = false;
    return this.filter(step);
  }

  throw(error: unknown): IteratorResult<unknown, unknown> {
    this.atRoom = false;
    return this.filter(this.generator.throw(error));
  }

  private filter(step: IteratorResult<unknown, unknown>): IteratorResult<unknown, unknown> {
    while (step.done !== true && isValue(step.value)) {
      if (!this.outflow.emit(step.value)) {
        this.atRoom = true;
        currentTask("a generator").push(this.outflow.line.wait(undefined));
        return CALLED;
      }
      step = this.generator.next();
    }
    return step;
  }
}

/** Whether it is for the caller, and not for the scheduler. */
function isValue(value: unknown): boolean {
  if (value === undefined || value === PARKED.value || value === CALLED.value) return false;
  if (typeof value !== "object" || value === null) return true;
  return !("~op" in value) && !isGenerator(value) && typeof (value as { then?: unknown }).then !== "function";
}

/** The same for an async generator, which no scheduler runs. A kill ends it at its next value. */
export async function drain(
  values: AsyncIterator<unknown>,
  outflow: Outflow,
  signal: AbortSignal,
): Promise<unknown> {
  signal.addEventListener("abort", () => outflow.stop());
  for (;;) {
    const step = await values.next();
    if (step.done === true) {
      outflow.flush();
      return step.value;
    }
    if (!outflow.emit(step.value)) {
      outflow.flush();
      if (!signal.aborted) await outflow.room();
    }
    if (signal.aborted) {
      await values.return?.();
      return undefined;
    }
  }
}

/** A value that stands for a later one. */
export function isWaitedFor(value: object): boolean {
  return typeof (value as { then?: unknown }).then === "function" || "~op" in value || isGenerator(value) ||
    (Symbol.asyncIterator in value && Symbol.toStringTag in value &&
      value[Symbol.toStringTag] === "AsyncGenerator");
}
