/** Parts of a body that end on their own terms: cancel scopes, timeouts, shields. */
import { Alarm, currentTask, duration, type Op, reads, Scope, show } from "../core/mod.ts";
import { type Body, call, needBody, op, type Operand, perform } from "../sync/mod.ts";
import { GreenletTask } from "./greenlet.ts";
import { cancelReason } from "./reasons.ts";
import { currentGreenlet, spawn } from "./spawn.ts";

/** Options of a {@linkcode CancelScope}. */
export interface CancelScopeOptions {
  /** Milliseconds from the entry. */
  timeout?: number;
  /** A moment of the run's clock (by default `performance.now()`). The earlier of the two counts. */
  deadline?: number;
  /** Hold cancels and kills from outside back. Default false. */
  shield?: boolean;
  /** Milliseconds from a cancel until it is thrown again at every park. Default: that of the run. */
  grace?: number;
}

/**
 * A part of a body that can be cancelled by itself, with the greenlets that are spawned in it. Used once.
 * (Model: trio's `CancelScope`.)
 */
export class CancelScope {
  readonly #scope: Scope;
  readonly #timeout: number;
  readonly #grace: number | undefined;

  constructor(options: CancelScopeOptions = {}) {
    this.#timeout = duration(options.timeout, "cancelScope's timeout");
    this.#grace = options.grace === undefined ? undefined : duration(options.grace, "cancelScope's grace");
    this.#scope = new Scope();
    this.#scope.shielded = options.shield ?? false;
    if (options.deadline !== undefined) this.deadline = options.deadline;
  }

  /** Runs `body` in this scope; undefined when the scope's own cancel ended it. */
  run<T>(body: Body<[CancelScope], T>): Op<T | undefined> {
    needBody(body, "cancelScope");
    return op(() => this.#enter(body));
  }

  *#enter<T>(body: Body<[CancelScope], T>): Generator<unknown, T | undefined, unknown> {
    const { loop } = currentGreenlet("cancelScope");
    this.#scope.grace = this.#grace ?? loop.grace;
    if (this.#timeout === 0) this.cancel();
    else if (this.#timeout !== Infinity) {
      this.#scope.setDeadline(Math.min(this.#scope.deadline, loop.now() + this.#timeout));
    }
    return yield* this.#scope.run(call(body, this));
  }

  /** Ends the body and the greenlets of the scope. Acts at the call; before the entry, at the body's first park. */
  cancel(reason?: unknown): void {
    this.#scope.cancel(cancelReason("the scope", reason));
  }

  /** The moment at which it cancels itself; `Infinity` for none. May be moved both ways at any time (S-42). */
  get deadline(): number {
    reads(this.#scope);
    return this.#scope.deadline;
  }

  set deadline(at: number) {
    if (typeof at !== "number" || Number.isNaN(at)) {
      throw new RangeError(`a deadline must be a moment of the run's clock in milliseconds, not ${show(at)}`);
    }
    this.#scope.setDeadline(at);
  }

  get shield(): boolean {
    reads(this.#scope);
    return this.#scope.shielded;
  }

  /** What a shield held back comes as soon as it is taken away (S-73). */
  set shield(on: boolean) {
    this.#scope.setShield(on);
  }

  /** It was cancelled, by a call or by its deadline. */
  get cancelCalled(): boolean {
    reads(this.#scope);
    return this.#scope.cancelError !== null;
  }

  /** Its own cancel ended the body. */
  get cancelledCaught(): boolean {
    reads(this.#scope);
    return this.#scope.cancelledCaught;
  }
}

/**
 * Runs `body` in a scope of its own, which can be cancelled from anywhere and by a deadline; gives undefined then.
 *
 * @example
 * ```ts
 * import { cancelScope, run, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const result = yield* cancelScope({ timeout: 1 }, function* (scope) {
 *     yield* sleep(1_000);
 *     return scope;
 *   });
 *   assertEquals(result, undefined);
 * });
 * ```
 */
export function cancelScope<T>(
  options: CancelScopeOptions,
  body: Body<[CancelScope], T>,
): Op<T | undefined> {
  needBody(body, "cancelScope");
  new CancelScope(options); // bad options fail at the call
  return op(() =>
    new CancelScope(options).run(body)[Symbol.iterator]() as Generator<unknown, T | undefined, unknown>
  );
}

/** Options of {@linkcode shield}. */
export interface ShieldOptions {
  /**
   * Milliseconds. Of a body: after them the shield holds nothing back any more. Of an operation: after them whoever
   * waits gets a `TimeoutError`, and the operation runs on. Default: no limit.
   */
  timeout?: number;
}

/**
 * Given a function: runs it here, and holds kills and cancels from outside back until it ends. Given an operation: runs
 * it in a greenlet of its own in the innermost scope, so that whoever waits may be killed and it runs on until that scope
 * is cancelled (S-32).
 */
export function shield<T>(what: Operand<T> | Body<[], T>, options?: ShieldOptions): Op<T> {
  const timeout = duration(options?.timeout, "shield's timeout");
  const todo = perform(what, "shield");
  if (typeof what === "function") return op(() => shielded(todo, timeout));
  return op(() => apart(todo, timeout));
}

function* shielded<T>(todo: Op<T>, timeout: number): Generator<unknown, T, unknown> {
  const scope = new Scope(Infinity, false);
  scope.shielded = true;
  const { loop } = currentTask("shield");
  const end = new Alarm(() => scope.setShield(false));
  if (timeout !== Infinity) loop.timers.add(end, loop.now() + timeout);
  try {
    return (yield* scope.run(todo)) as T;
  } finally {
    loop.timers.remove(end);
  }
}

function* apart<T>(todo: Op<T>, timeout: number): Generator<unknown, T, unknown> {
  if (todo instanceof GreenletTask) return yield* (todo as GreenletTask<T>).get({ timeout });
  const greenlet = spawn({ name: "shield" }, () => todo) as GreenletTask<T>;
  greenlet.owned = true;
  try {
    return yield* greenlet.get({ timeout });
  } finally {
    if (!greenlet.dead) greenlet.owned = false; // nobody waits any more
  }
}
