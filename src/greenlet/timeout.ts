/** Timeouts: one that is thrown like gevent's, and blocks that end by themselves. */
import {
  Alarm,
  binder,
  currentTask,
  duration,
  Interrupt,
  type Level,
  moment,
  type Op,
  probe,
  quickExit,
  READS,
  Scope,
  type Task,
  TimeoutError,
  together,
  Wait,
  WRITES,
} from "../core/mod.ts";
import { type Body, needBody, op, type Operand, perform, Until } from "../sync/mod.ts";
import { CancelScope } from "./cancel_scope.ts";
import { GreenletTask } from "./greenlet.ts";
import { currentGreenlet } from "./spawn.ts";

/** Options of a {@linkcode Timeout}. */
export interface TimeoutOptions {
  message?: string;
}

/**
 * Throws itself into the greenlet that started it, at its park, when its time is over (gevent's `Timeout`). It is thrown
 * once, and only its own block should catch it: compare by identity.
 *
 * @example
 * ```ts
 * import { run, sleep, Timeout } from "tendril";
 * import { assert } from "@std/assert";
 *
 * await run(function* () {
 *   using limit = Timeout.start(1);
 *   try {
 *     yield* sleep(1_000);
 *   } catch (e) {
 *     assert(e === limit);
 *   }
 * });
 * ```
 */
export class Timeout extends Error implements Disposable {
  override name: string = "Timeout";
  readonly ms: number;
  #task: Task | null = null;
  #interrupt: Interrupt | null = null;
  #timer: Alarm | null = null;

  /** @param ms 0 or less: at the next park; `Infinity` or undefined: never. */
  constructor(ms?: number, options?: TimeoutOptions) {
    const time = duration(ms, "Timeout");
    super(options?.message ?? `timed out after ${time} ms`);
    this.ms = time;
    if (probe !== null) probe.born(this);
  }

  /** A new one, started. */
  static start(ms?: number, options?: TimeoutOptions): Timeout {
    const timeout = new Timeout(ms, options);
    timeout.start();
    return timeout;
  }

  /** Counts from now, for the running greenlet. @throws `Error` if it is pending already. */
  start(): void {
    if (this.pending) {
      throw new Error("this Timeout was started already: cancel() it first, or make a new one");
    }
    const task = currentTask("Timeout.start");
    this.#task = task;
    if (probe !== null) {
      probe.touched(this, WRITES);
      probe.made(() => this.#timer !== null ? `${this.name} of ${this.ms} ms` : undefined);
    }
    // Inside of the scope it stands in, outside of those that are opened later.
    const interrupt = new Interrupt(this, (task.scope as Level).depth + 0.5, Infinity, moment(), true);
    this.#interrupt = interrupt;
    if (binder !== null) binder.opened(task, interrupt.depth, interrupt.since);
    if (this.ms === 0) return task.interrupt(interrupt);
    if (this.ms === Infinity) return;
    this.#timer = new Alarm(() => {
      this.#timer = null;
      task.interrupt(interrupt);
    });
    task.loop.timers.add(this.#timer, task.loop.now() + this.ms, interrupt.since);
  }

  /** It will not be thrown any more. Acts at the call. */
  cancel(): void {
    if (probe !== null) {
      probe.touched(this, WRITES);
      if (this.#task !== null) probe.stirred(this.#task);
    }
    if (this.#timer !== null) this.#task?.loop.timers.remove(this.#timer);
    if (this.#interrupt !== null) this.#task?.release(this.#interrupt);
    if (binder !== null && this.#interrupt !== null && this.#task !== null) {
      binder.closed(this.#task, this.#interrupt.depth, this.#interrupt.since);
    }
    this.#timer = this.#interrupt = null;
  }

  /** It runs, or waits for a park to be thrown at. */
  get pending(): boolean {
    if (probe !== null) {
      probe.touched(this, READS);
      if (this.#task !== null) probe.stirred(this.#task);
    }
    return (this.#timer?.slot ?? -1) >= 0 ||
      (this.#interrupt !== null && this.#task?.interrupts?.includes(this.#interrupt) === true);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** Options of {@linkcode withTimeout}. */
export interface WithTimeoutOptions<V> {
  /** Given instead of throwing, when this very timer ends the wait. */
  value?: V;
}

/**
 * Runs `what` for at most `ms` milliseconds; what it does is ended wholly before this returns (S-35). Inside it looks like a
 * kill, so that nobody in there takes it for a timeout of his own.
 *
 * @throws `TimeoutError`, unless `value` is given.
 * @example
 * ```ts
 * import { run, sleep, withTimeout } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(() => withTimeout(1, sleep(1_000), { value: "late" })), "late");
 * ```
 */
export function withTimeout<T, V = T>(
  ms: number | undefined,
  what: Operand<T> | Body<[], T>,
  options?: WithTimeoutOptions<V>,
): Op<T | V> {
  const time = duration(ms, "withTimeout");
  const todo = perform(what, "withTimeout");
  return op(() => timed(time, todo, options));
}

function* timed<T, V>(
  ms: number,
  todo: Op<T>,
  options: WithTimeoutOptions<V> | undefined,
): Generator<unknown, T | V, unknown> {
  const task = currentGreenlet("withTimeout");
  const scope = new Scope(task.loop.grace, false);
  let late = ms === 0 && !isWait(todo); // what has not begun does not begin (S-34)
  if (ms === 0) scope.cancel(quickExit("timed out after 0 ms"));
  else if (ms !== Infinity) scope.setDeadline(task.loop.now() + ms);
  let value: T | undefined;
  if (!late) {
    try {
      value = yield* scope.run(todo);
      late = scope.cancelledCaught;
    } catch (e) {
      // An error of cleanup does not replace the timeout; one that was made of it, or came from outside, does.
      if (
        !scope.cancelThrown || task.isKilledBy(e) || (e as Error | undefined)?.cause === scope.cancelError
      ) throw e;
      throw together([timeoutError(ms), e]);
    }
  }
  if (!late) return value as T;
  if (options !== undefined && "value" in options) return options.value as V;
  throw timeoutError(ms);
}

/** Ready or not can be told without beginning it. */
function isWait(todo: unknown): boolean {
  if (todo instanceof GreenletTask) return true;
  const frame = todo instanceof Wait ? todo : (todo as Op<unknown>)[Symbol.iterator]();
  return frame instanceof Wait && !(frame instanceof Until);
}

function timeoutError(ms: number): TimeoutError {
  return new TimeoutError(`timed out after ${ms} ms`);
}

/** Runs `body` in a scope that is cancelled after `ms` milliseconds; gives undefined then. */
export function moveOnAfter<T>(ms: number | undefined, body: Body<[CancelScope], T>): Op<T | undefined> {
  needBody(body, "moveOnAfter");
  const options = { timeout: ms };
  const scope = () => new CancelScope(options);
  scope();
  return op(() => scope().run(body)[Symbol.iterator]() as Generator<unknown, T | undefined, unknown>);
}

/** The same, but throws `TimeoutError` then. */
export function failAfter<T>(ms: number | undefined, body: Body<[CancelScope], T>): Op<T> {
  const time = duration(ms, "failAfter");
  needBody(body, "failAfter");
  return op(function* () {
    const scope = new CancelScope({ timeout: time });
    const value = yield* scope.run(body);
    if (scope.cancelledCaught) throw timeoutError(time);
    return value as T;
  });
}
