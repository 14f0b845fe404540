/** The package pg, as far as it is looked into. What has an underscore is not documented, and may be missing. */
import type { Callable } from "../layer.ts";

/** A query: pg's own, or another that can be submitted, as a cursor. */
export interface Submittable {
  submit: Callable;
  callback?: unknown;
  text?: string;
  query_timeout?: unknown;
  handleError: Callable;
  handleReadyForQuery: Callable;
  destroy?(error: unknown): void;
}

export interface Connection {
  once(event: string, listener: () => void): void;
  on(event: string, listener: (error: unknown) => void): void;
  connect(portOrPath: unknown, host?: string): void;
  cancel(processID: unknown, secretKey: unknown): void;
  readonly stream: { destroy(): void };
}

export type Release = (error?: unknown) => void;

export interface Client {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: unknown;
  readonly secretKey?: unknown;
  readonly pipeline?: boolean;
  readonly connection?: Connection;
  release?: Release;
  getTransactionStatus?(): unknown;
  once(event: "end", listener: () => void): void;
  end(): Promise<void>;
  /** Queries that were not sent yet. */
  _queryQueue?: unknown[];
  _activeQuery?: unknown;
  /** Sends the next one. */
  _pulseQueryQueue?(): void;
}

export interface Pool {
  /** Those who wait for a client. */
  _pendingQueue?: unknown[];
}

export interface Pg {
  readonly Client?: unknown;
  readonly Pool?: unknown;
  readonly Query?: new (config: unknown, values?: unknown) => Submittable;
  readonly Connection?: new (options: object) => Connection;
}

/** Clients that may be in the midst of something: nobody gets them any more. */
export const spoiled: WeakSet<object> = new WeakSet();

/** Takes an item out of a line, if it is there. */
export function takeOut(line: unknown[] | undefined, item: unknown): boolean {
  const index = Array.isArray(line) ? line.indexOf(item) : -1;
  if (index >= 0) (line as unknown[]).splice(index, 1);
  return index >= 0;
}
