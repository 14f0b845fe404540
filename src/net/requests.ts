/** What can be asked of a connection: some bytes, so many, up to a delimiter, a line, all. */
import { count, show, WAIT } from "../core/mod.ts";
import { END } from "../sync/mod.ts";
import { type Bytes, decode, encode } from "./bytes.ts";
import { IncompleteReadError, LimitOverrunError } from "./errors.ts";
import type { Request } from "./incoming.ts";

/** How long a line may be by default, in bytes; the same as asyncio's. */
export const LINE_LIMIT: number = 64 * 1024;

/** What has come, at most `max` bytes; null at the end. */
export function some(max: number): Request<Uint8Array | null> {
  count(max, "the number of bytes to read", 1);
  return {
    what: "Socket.read",
    need: 1,
    take: (bytes, ended) => bytes.size > 0 ? bytes.takeSome(max) : ended ? null : WAIT,
  };
}

/** Exactly `n` bytes. */
export function exactly(n: number): Request<Uint8Array> {
  const what = "Socket.readExactly";
  if (count(n, "the number of bytes to read", 0) === Infinity) {
    throw new RangeError(`${what} needs a finite number of bytes: readAll() reads to the end`);
  }
  return {
    what,
    need: n,
    take: (bytes, ended) => {
      if (bytes.size >= n) return bytes.take(n);
      if (!ended) return WAIT;
      const partial = bytes.take(bytes.size);
      throw new IncompleteReadError(
        `${what}(${n}): the peer ended its side after ${partial.length} bytes`,
        partial,
        n,
      );
    },
  };
}

/** All up to the first `delimiter`, and it. */
export function upTo(delimiter: Uint8Array | string, limit: number): Request<Uint8Array> {
  const what = "Socket.readUntil";
  const wanted = typeof delimiter === "string" ? encode(delimiter) : Uint8Array.from(delimiter);
  if (wanted.length === 0) throw new RangeError(`${what} needs a delimiter of at least one byte`);
  checkLimit(limit);
  return {
    what,
    need: limit + 1, // one more shows that it is too long
    take: (bytes, ended) => {
      const end = endOf(bytes, wanted, limit, what, 0);
      if (end >= 0) return bytes.take(end);
      if (!ended) return WAIT;
      const partial = bytes.take(bytes.size);
      throw new IncompleteReadError(
        `${what}(${show(delimiter)}): the peer ended its side after ${partial.length} bytes without it`,
        partial,
      );
    },
  };
}

const NEWLINE = Uint8Array.of(10);

/** The next line without its end, as text; null at the end. */
export function line(limit: number): Request<string | null> {
  const what = "Socket.readLine";
  checkLimit(limit);
  return {
    what,
    need: limit + 2, // its end, and one more
    take: (bytes, ended) => {
      const end = endOf(bytes, NEWLINE, limit, what, 1);
      if (end < 0 && !ended) return WAIT;
      if (end < 0) return bytes.size > 0 ? decode(bytes.take(bytes.size)) : null;
      const text = bytes.take(end);
      return decode(text.subarray(0, text[end - 2] === 13 ? -2 : -1));
    },
  };
}

/** Everything to the end. */
export function all(limit: number): Request<Uint8Array> {
  checkLimit(limit);
  return {
    what: "Socket.readAll",
    need: limit + 1,
    take: (bytes, ended) => {
      if (bytes.size > limit) throw overrun("Socket.readAll", limit, "the end");
      return ended ? bytes.take(bytes.size) : WAIT;
    },
  };
}

/** The same as steps of a stream. */
export function steps<T>(request: Request<T | null>): Request<IteratorResult<T, undefined>> {
  return {
    what: request.what,
    need: request.need,
    take: (bytes, ended) => {
      const value = request.take(bytes, ended);
      return value === WAIT ? WAIT : value === null ? END : { done: false, value };
    },
  };
}

/** Where the first `delimiter` ends, -1 if there is none yet; throws where there is none within `limit` (and `slack`) bytes. */
function endOf(bytes: Bytes, delimiter: Uint8Array, limit: number, what: string, slack: number): number {
  const at = bytes.find(delimiter);
  const end = at < 0 ? -1 : at + delimiter.length;
  if (end > limit + slack || (end < 0 && bytes.size > limit)) {
    throw overrun(what, limit, slack > 0 ? "the end of the line" : "the delimiter");
  }
  return end;
}

function overrun(what: string, limit: number, wanted: string): LimitOverrunError {
  return new LimitOverrunError(
    `${what}: ${limit} bytes came without ${wanted}: nothing was taken, give a larger { limit } or read them otherwise`,
    limit,
  );
}

function checkLimit(limit: number): void {
  count(limit, "the limit of a read", 1);
}
