/**
 * What can be run: a body is a generator function, an async function or a plain function; an operand is whatever can be
 * waited for. `call` runs a body on the running greenlet's own frame stack, so that depth costs nothing.
 */
import {
  CALLED,
  currentTask,
  type Frame,
  type Op,
  type OpIterator,
  PARKED,
  show,
  type Task,
} from "../core/mod.ts";
import { Until } from "./until.ts";

/** An {@linkcode Op}, as far as the compiler infers from it. */
export interface OpLike<T> {
  readonly "~result"?: () => T;
  [Symbol.iterator](): OpIterator<unknown>;
}

/** A generator that has not begun, as far as the compiler infers from it. */
export interface Steps<T> {
  next(value?: unknown): IteratorResult<unknown, T>;
  throw(error: unknown): IteratorResult<unknown, T>;
}

/** What can be waited for: an operation, a generator, a promise. */
export type Operand<T> = OpLike<T> | Steps<T> | PromiseLike<T>;

/**
 * A generator function, an async function or a plain function. An operation or promise that it returns is waited for.
 */
export type Body<A extends readonly unknown[], T> = (...args: A) => Operand<T> | T;

/** A generator: it runs once. */
export function isGenerator(value: unknown): value is Generator<unknown, unknown, unknown> {
  return typeof value === "object" && value !== null &&
    (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "Generator";
}

function isPromiseLike(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

function isOp(value: object): value is Op<unknown> {
  return "~op" in value;
}

/** The generators that some greenlet runs or has run: each runs once. */
const taken = new WeakSet<object>();

/** Takes a generator for the one run that it has. */
export function claim(generator: object, what: string): void {
  if (taken.has(generator)) {
    throw new TypeError(
      `${what} was given a generator that runs already or has ended: a generator runs once,` +
        ` pass the generator function to get a new one`,
    );
  }
  taken.add(generator);
}

const GENERATOR_FUNCTION: object = Object.getPrototypeOf(function* () {});

/** Whether `body` is a generator function: what it gives is a generator that nobody else can have. */
export function makesGenerators(body: (...args: readonly unknown[]) => unknown): boolean {
  return Object.getPrototypeOf(body) === GENERATOR_FUNCTION;
}

/** The frame that waits for `value`; null for a value that stands for itself. */
export function frameFor(value: unknown): Frame | null {
  if (typeof value !== "object" || value === null) return null;
  if (isOp(value)) return value[Symbol.iterator]();
  if (isGenerator(value)) {
    claim(value, "a greenlet");
    return value as Frame;
  }
  return isPromiseLike(value) ? new Until(value) : null;
}

/** An operation made of a generator function, which starts anew each time that it is delegated to. */
export class Lazy<T> implements Op<T> {
  declare readonly "~result"?: () => T;
  private readonly make: () => Generator<unknown, T, unknown>;

  constructor(make: () => Generator<unknown, T, unknown>) {
    this.make = make;
  }

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.make();
  }
}

/** A generator, or an iterable of somebody else's make, as an operation. */
export class Given<T> implements Op<T> {
  declare readonly "~result"?: () => T;
  private readonly iterable: Iterable<unknown>;

  constructor(iterable: Iterable<unknown>) {
    this.iterable = iterable;
  }

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.iterable[Symbol.iterator]() as OpIterator<T>;
  }
}

/** See {@linkcode Lazy}. */
export function op<T>(make: () => Generator<unknown, T, unknown>): Op<T> {
  return new Lazy(make);
}

/** `body` as something callable, or a `TypeError` that says what it is instead. */
export function needBody(body: unknown, what: string): void {
  if (typeof body !== "function") {
    const hint = isGenerator(body) ? ": pass the generator function itself, without calling it" : "";
    throw new TypeError(`${what} needs a function (generator, async or plain), not ${show(body)}${hint}`);
  }
}

/** An operand or a body as an operation; `TypeError` for anything else. */
export function perform<T>(what: Operand<T> | Body<[], T>, caller: string): Op<T> {
  if (typeof what === "function") return call(what as Body<[], T>);
  if (typeof what === "object" && what !== null) {
    if (isOp(what)) return what as Op<T>;
    if (isGenerator(what)) {
      claim(what, caller);
      return new Given<T>(what);
    }
    if (isPromiseLike(what)) return new Until(what as PromiseLike<T>);
    if (Symbol.iterator in what && !Array.isArray(what)) return new Given<T>(what as Iterable<unknown>);
  }
  throw new TypeError(`${caller} needs an operation, a promise or a function, not ${show(what)}`);
}

const FRESH = 0, IN_BODY = 1, IN_REST = 2, IN_TURN = 3;

class Call<T> implements Op<T>, OpIterator<T> {
  declare readonly "~result"?: () => T;
  private readonly body: (...args: readonly unknown[]) => unknown;
  private readonly args: readonly unknown[];
  private stage: number = FRESH;

  constructor(body: (...args: readonly unknown[]) => unknown, args: readonly unknown[]) {
    this.body = body;
    this.args = args;
  }

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.stage === FRESH ? this : new Call(this.body, this.args);
  }

  next(value?: unknown): IteratorResult<unknown, T> {
    let result = value;
    if (this.stage === FRESH || this.stage === IN_TURN) {
      const task = currentTask("call()");
      if (this.stage === FRESH && task.turnIsDue()) {
        this.stage = IN_TURN;
        return PARKED;
      }
      result = this.body(...this.args);
      if (makesGenerators(this.body)) return this.enter(task, result as Frame, IN_BODY);
      if (isGenerator(result)) {
        claim(result, "call");
        return this.enter(task, result as Frame, IN_BODY);
      }
      this.stage = IN_BODY;
    }
    // What the body returned may still have to be waited for, once.
    if (this.stage === IN_BODY && typeof result === "object" && result !== null) {
      const rest = frameFor(result);
      if (rest !== null) return this.enter(currentTask("call()"), rest, IN_REST);
    }
    this.stage = FRESH;
    return { done: true, value: result as T };
  }

  throw(error: unknown): never {
    this.stage = FRESH;
    throw error;
  }

  private enter(task: Task, frame: Frame, stage: number): IteratorResult<unknown, T> {
    this.stage = stage;
    task.push(frame);
    return CALLED;
  }
}

/**
 * Runs `body` on this greenlet's own stack and gives its result. Use it for deep recursion: native `yield*` re-enters
 * every frame on each resume and overflows near 5,000 frames; with `call` a resume costs the same at any depth.
 *
 * @example
 * ```ts
 * import { call, run } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * function* sum(n: number): Generator<unknown, number> {
 *   return n === 0 ? 0 : n + (yield* call(sum, n - 1));
 * }
 * assertEquals(await run(() => call(sum, 20_000)), 200_010_000);
 * ```
 * @throws what the body throws; `TypeError` if `body` is no function.
 */
export function call<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T> {
  needBody(body, "call");
  return new Call<T>(body as unknown as (...args: readonly unknown[]) => unknown, args);
}
