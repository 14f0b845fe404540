/** The public face of a greenlet, and the options that every waiting call takes. */
import type { GreenletExit, Op } from "../core/mod.ts";
import type { WaitOptions } from "../sync/mod.ts";

/** Options of `kill`. */
export interface KillOptions extends WaitOptions {
  /** Milliseconds until the kill is thrown again at every park. Default: that of the run, 5,000. */
  grace?: number;
}

/** As the tutorials name the states of a generator. */
export type GreenletState = "created" | "running" | "suspended" | "closed";

/** A running body and its outcome. `yield* g` and `await g` give the result or throw the error. */
export interface Greenlet<T> extends Op<T>, PromiseLike<T> {
  readonly id: number;
  name: string;
  /** Aborted when the greenlet is killed: for `fetch` and whatever takes a signal. */
  readonly signal: AbortSignal;
  /** Who spawned it, while that one lives. */
  readonly parent: Greenlet<unknown> | undefined;
  readonly daemon: boolean;
  /** As the tutorials name the states of a generator. */
  readonly state: GreenletState;
  readonly started: boolean;
  /** It has ended, whichever way. */
  readonly ready: boolean;
  /** The same as `ready`. */
  readonly dead: boolean;
  /** It has ended without an error; so has one that was killed without a reason. */
  readonly successful: boolean;
  /** The result; a `GreenletExit` after a kill without a reason; undefined before the end and after an error. */
  readonly value: T | GreenletExit | undefined;
  /** The error; undefined if there is none (yet). */
  readonly exception: unknown;
  /** Waits for the end; false when the timeout came first. */
  join(options?: WaitOptions): Op<boolean>;
  /** Waits for the result; throws the greenlet's error, or `TimeoutError`. */
  get(options?: WaitOptions): Op<T>;
  /**
   * Throws `reason` (default: a `GreenletExit`) at its park. Acts at the call; the operation waits for the end and gives
   * false when the timeout came first.
   */
  kill(reason?: unknown, options?: KillOptions): Op<boolean>;
  /** Calls `listener` after the end, in the order of the links, outside of the greenlet's stack. */
  link(listener: (greenlet: Greenlet<T>) => void): void;
  linkValue(listener: (greenlet: Greenlet<T>) => void): void;
  linkException(listener: (greenlet: Greenlet<T>) => void): void;
  unlink(listener: (greenlet: Greenlet<T>) => void): void;
}
