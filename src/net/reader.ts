/** Reading bytes: the half of a connection that comes in. */
import type { Op, Wait } from "../core/mod.ts";
import { asyncIterator, op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { decode } from "./bytes.ts";
import type { Incoming, Request } from "./incoming.ts";
import { all, exactly, line, LINE_LIMIT, some, steps, upTo } from "./requests.ts";

/** Options of reads that look for an end. */
export interface ReadOptions extends WaitOptions {
  /** How many bytes may come before it. */
  limit?: number;
}

const ANYTHING: Request<Uint8Array | null> = some(Infinity);

/** The reads of a {@linkcode Socket}; see there. */
export abstract class ByteReader {
  readonly #incoming: Incoming;
  /** The read without limits, which most are; each use that waits makes a copy. */
  readonly #readAny: Wait<Uint8Array | null>;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
    this.#readAny = incoming.wait(ANYTHING);
  }

  /**
   * What has come, at least one byte and at most `max`; null when the peer has ended its side.
   *
   * @throws `NetError` when the connection broke; `TimeoutError`.
   */
  read(options?: WaitOptions): Op<Uint8Array | null>;
  read(max: number, options?: WaitOptions): Op<Uint8Array | null>;
  read(first?: number | WaitOptions, second?: WaitOptions): Op<Uint8Array | null> {
    if (first === undefined && second === undefined) return this.#readAny;
    const isMax = typeof first === "number";
    const request = isMax ? some(first) : ANYTHING;
    return this.#incoming.read(request, waitTime(isMax ? second : first ?? second, "Socket.read"));
  }

  /** Exactly `n` bytes. @throws `IncompleteReadError` when the peer ends its side before, with what had come. */
  readExactly(n: number, options?: WaitOptions): Op<Uint8Array> {
    return this.#incoming.read(exactly(n), waitTime(options, "Socket.readExactly"));
  }

  /**
   * All up to `delimiter`, and it.
   *
   * @throws `IncompleteReadError` when the peer ends its side before; `LimitOverrunError` when it does not come within
   * `limit` bytes (default 65,536), with nothing taken.
   */
  readUntil(delimiter: string | Uint8Array, options?: ReadOptions): Op<Uint8Array> {
    const request = upTo(delimiter, options?.limit ?? LINE_LIMIT);
    return this.#incoming.read(request, waitTime(options, "Socket.readUntil"));
  }

  /**
   * The next line as text, without its `\n` or `\r\n`; null at the end. A last line without an end is a line.
   *
   * @throws `LimitOverrunError` when it is longer than `limit` bytes (default 65,536), with nothing taken.
   */
  readLine(options?: ReadOptions): Op<string | null> {
    return this.#incoming.read(line(options?.limit ?? LINE_LIMIT), waitTime(options, "Socket.readLine"));
  }

  /** Everything until the peer ends its side. @throws `LimitOverrunError` above `limit` bytes (default: no limit). */
  readAll(options?: ReadOptions): Op<Uint8Array> {
    return this.#incoming.read(all(options?.limit ?? Infinity), waitTime(options, "Socket.readAll"));
  }

  /** {@linkcode readAll} as text. */
  readText(options?: ReadOptions): Op<string> {
    const bytes = this.readAll(options);
    return op(function* () {
      return decode(yield* bytes);
    });
  }

  /** What comes, as a stream. */
  chunks(): Stream<Uint8Array> {
    return this.#stream(steps(ANYTHING));
  }

  /** The lines that come, as a stream; see {@linkcode readLine}. */
  lines(options?: { limit?: number }): Stream<string> {
    return this.#stream(steps(line(options?.limit ?? LINE_LIMIT)));
  }

  /** Whether all has been read, and nothing will come. */
  get atEnd(): boolean {
    return this.#incoming.isOver;
  }

  #stream<T>(request: Request<IteratorResult<T, undefined>>): Stream<T> {
    const next = () => this.#incoming.wait(request);
    return { next, [Symbol.asyncIterator]: () => asyncIterator(next, () => {}) };
  }
}
