/** What can go wrong on a network. */
import { EOFError, show } from "../core/mod.ts";

/** What the codes of the system mean, and what to do. */
const MEANINGS: { readonly [code: string]: string } = {
  EACCES: "permission denied: ports below 1024 and some addresses are for the administrator only",
  EADDRINUSE: "the address is in use: another program, or another part of this one, listens there",
  EADDRNOTAVAIL: "this machine does not have that address",
  ECONNABORTED: "the connection was aborted",
  ECONNREFUSED: "the connection was refused: nobody listens there",
  ECONNRESET: "the connection was reset by the peer",
  EHOSTUNREACH: "there is no way to that host",
  EMFILE: "too many open files: raise the limit (ulimit -n), or close connections",
  EMSGSIZE: "the datagram is too large",
  ENETUNREACH: "there is no way to that network",
  ENODATA: "the name has no records of that type",
  ENOENT: "there is no such socket file",
  ENOTFOUND: "there is no such name, check its spelling",
  EPIPE: "the connection is closed: the peer takes no more data",
  ETIMEDOUT: "the peer does not answer",
  ETIMEOUT: "the name server does not answer",
  EAI_AGAIN: "the name server does not answer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no authority that is trusted here has signed the peer's certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the peer's certificate is signed by itself: give it as tls.ca to trust it",
  SELF_SIGNED_CERT_IN_CHAIN: "no authority that is trusted here has signed the peer's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "the peer's certificate is for another name",
  CERT_HAS_EXPIRED: "the peer's certificate has expired",
};

/** The code of what is used after its `close()`. */
export const CLOSED = "ERR_SOCKET_CLOSED";

/**
 * An operation on the network failed. `code` is the same on all runtimes wherever the system gives it (`ECONNREFUSED`,
 * `ECONNRESET`, `EADDRINUSE`, `ENOTFOUND`, …), `ERR_SOCKET_CLOSED` for what is used after its `close()`; `cause` is the
 * error of the runtime.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { connect, NetError } from "tendril/net";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   try {
 *     yield* connect("127.0.0.1:1");
 *   } catch (error) {
 *     assert(error instanceof NetError);
 *     assertEquals(error.code, "ECONNREFUSED");
 *   }
 * });
 * ```
 */
export class NetError extends Error {
  override name: string = "NetError";
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error of the runtime as ours: `what` failed. */
export function netError(what: string, cause: unknown): NetError {
  if (cause instanceof NetError && cause.code === CLOSED) return closedError(what);
  const { code, name: kind, message } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    code?: unknown;
    name?: unknown;
    message?: unknown;
  };
  // Deno's own error has no code, and says which flag is missing.
  if (kind === "NotCapable") return new NetError(`${what} failed: ${message} (EACCES)`, "EACCES", { cause });
  const name = typeof code === "string" ? code : "EUNKNOWN";
  const meaning = MEANINGS[name] ?? (typeof message === "string" ? message.trim() : show(cause));
  return new NetError(`${what} failed: ${meaning} (${name})`, name, { cause });
}

/** `what` was done with something that had been closed here. */
export function closedError(what: string): NetError {
  return new NetError(`${what} failed: it was closed before, or while this waited`, CLOSED);
}

/**
 * The peer ended its side before all that was asked for had come. What had come is in `partial`, and is not read again.
 * (As asyncio's error of this name.)
 */
export class IncompleteReadError extends EOFError {
  override name: string = "IncompleteReadError";
  /** The bytes up to the end. */
  readonly partial: Uint8Array;
  /** How many were asked for; undefined where it was a delimiter. */
  readonly expected: number | undefined;

  constructor(message: string, partial: Uint8Array, expected?: number) {
    super(message);
    this.partial = partial;
    this.expected = expected;
  }
}

/** No delimiter has come within the limit. Nothing was taken: the bytes are there for the next read. */
export class LimitOverrunError extends Error {
  override name: string = "LimitOverrunError";
  readonly limit: number;

  constructor(message: string, limit: number) {
    super(message);
    this.limit = limit;
  }
}
