/** A place to post messages: what a worker, a process and a socket have in common. */
import type { Op } from "../../core/mod.ts";
import type { WaitOptions } from "../../sync/mod.ts";

/** One end of a connection. */
export interface Port<T> {
  /**
   * Sends a copy of `message` to the other end; never waits.
   *
   * @throws what the port was closed with; `DataCloneError` for what cannot be copied, and then nothing is sent.
   */
  post(message: T): void;
  /**
   * The next message from the other end, waiting for one. After a close it gives what is left.
   *
   * @throws what the port was closed with, once nothing is left; `TimeoutError` when its timeout came first.
   */
  receive(options?: WaitOptions): Op<T>;
  /**
   * Ends both directions; what was posted before still arrives. The first reason counts. Acts at the call.
   *
   * @param reason what calls on the port throw from then on. Default: an `EOFError`.
   */
  close(reason?: unknown): void;
  /** This end or, as far as is known here, the other one was closed. */
  readonly closed: boolean;
}
