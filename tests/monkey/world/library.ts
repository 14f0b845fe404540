/** One row of the matrix. */
import type { Runtime } from "../../harness.ts";
import type { Place } from "./protocol.ts";

/** Where a client is when it is killed. */
export type Moment =
  | "connect"
  | "headers"
  | "body"
  | "retry"
  | "open"
  | "query"
  | "lookup"
  | "running"
  | "waiting";

/** What a client under test is given. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** For HTTP. */
  readonly url: string;
  /** Text that is in no other cell: the duration of a `sleep`, a key, the path of a pipe. */
  readonly mark: string;
}

export interface Library {
  readonly name: string;
  /** Those that have it; all, if this is missing. */
  readonly runtimes?: readonly Runtime[];
  /** The moments, and where the client meets them; null where nobody can look on from outside. */
  readonly moments: Partial<Record<Moment, (mark: string) => Place | null>>;
  /** Nothing in its interface ever tells that it was stopped, so that the promise made of it stays pending. */
  readonly isSilent?: boolean;
  /** Uses the library as its manual says. */
  use(target: Target): Promise<unknown>;
}

/** The moments of a request. */
export const REQUEST: Library["moments"] = {
  connect: () => ({ at: "connect" }),
  headers: () => ({ at: "headers" }),
  body: () => ({ at: "body" }),
};

/** The same, and the pause before another try. */
export const REPEATED: Library["moments"] = { ...REQUEST, retry: () => ({ at: "retry" }) };

/** Milliseconds that the libraries pause before they try again; what a killed one would send comes soon after. */
export const RETRY = 100;

/** How often they try. */
export const TRIES = 15;
