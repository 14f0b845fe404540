/** The end of a simulated worker that its own code has. */
import type { Op } from "../../core/mod.ts";

/** What the code of a worker sends and receives by. */
export interface SimulatedPort {
  /** Sends to whoever made the worker. */
  postMessage(message: unknown, transfer?: readonly object[]): void;
  /** Waits for the next message. */
  receive<T = unknown>(): Op<T>;
  /** Called with each message, in place of `receive`. */
  onmessage: ((event: MessageEvent) => unknown) | null;
  /** Ends the worker from inside. */
  close(): void;
}

/** See {@linkcode SimulatedPort}. */
export class WorkerPort implements SimulatedPort {
  readonly postMessage: (message: unknown, transfer?: readonly object[]) => void;
  readonly close: () => void;
  readonly #receive: () => Op<unknown>;
  readonly #began: () => void;
  #handler: ((event: MessageEvent) => unknown) | null = null;

  constructor(
    post: (message: unknown, transfer?: readonly object[]) => void,
    receive: () => Op<unknown>,
    close: () => void,
    began: () => void,
  ) {
    this.postMessage = post;
    this.close = close;
    this.#receive = receive;
    this.#began = began;
  }

  receive<T = unknown>(): Op<T> {
    return this.#receive() as Op<T>;
  }

  get onmessage(): ((event: MessageEvent) => unknown) | null {
    return this.#handler;
  }

  /** Messages that have come before wait for it. */
  set onmessage(handler: ((event: MessageEvent) => unknown) | null) {
    this.#handler = handler;
    this.#began();
  }
}
