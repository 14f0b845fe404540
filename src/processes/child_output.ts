/** What comes from a child: reads that take what they asked for, or nothing. */
import { asyncIterator, op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import type { Op } from "../core/mod.ts";
import { type Awaitable, bothOf } from "../host/mod.ts";
import type { RawOutput } from "../host/io.ts";
import {
  all,
  decode,
  exactly,
  Incoming,
  line,
  LINE_LIMIT,
  type ReadOptions,
  type Request,
  some,
  steps,
  upTo,
} from "../net/io.ts";

/** For reads after `close`. */
const CLOSED = { code: "ERR_STREAM_CLOSED", message: "it was closed here" };

/**
 * The stdout or stderr of a child that was started with a pipe from it; see `Popen`. It is read as a socket is, and as a
 * stream it gives its lines. Bytes wait here up to a mark, then in the pipe; then the child waits.
 *
 * A read that is killed or times out has taken nothing: the next one finds every byte.
 */
export class ChildOutput implements Stream<string>, Disposable {
  readonly #raw: RawOutput;
  readonly #incoming: Incoming;
  #isOpen = true;

  /** Part of the library: `Popen` makes them. */
  constructor(raw: RawOutput, name: string, onend: () => void) {
    this.#raw = raw;
    const incoming = this.#incoming = new Incoming(raw, () => name, false);
    const ended = () => {
      this.#isOpen = false;
      incoming.end();
      onend();
    };
    raw.on("data", (chunk) => incoming.push(chunk));
    raw.on("end", ended);
    raw.on("close", ended);
    raw.on("error", ended); // the pipe is gone: there is no more
  }

  /** What has come, at least one byte and at most `max`; null at the end. @throws `TimeoutError`. */
  read(options?: WaitOptions): Awaitable<Uint8Array | null>;
  read(max: number, options?: WaitOptions): Awaitable<Uint8Array | null>;
  read(first?: number | WaitOptions, second?: WaitOptions): Awaitable<Uint8Array | null> {
    const [max, options] = typeof first === "number" ? [first, second] : [Infinity, first ?? second];
    return this.#read("read", some(max), options);
  }

  /** Exactly `n` bytes. @throws `IncompleteReadError` at the end, with what had come. */
  readExactly(n: number, options?: WaitOptions): Awaitable<Uint8Array> {
    return this.#read("readExactly", exactly(n), options);
  }

  /** All up to `delimiter`, a prompt say, and it. @throws `IncompleteReadError`; `LimitOverrunError` above `limit` bytes. */
  readUntil(delimiter: string | Uint8Array, options?: ReadOptions): Awaitable<Uint8Array> {
    return this.#read("readUntil", upTo(delimiter, options?.limit ?? LINE_LIMIT), options);
  }

  /** The next line as text, without its end; null after the last. @throws `LimitOverrunError` above `limit` bytes. */
  readLine(options?: ReadOptions): Awaitable<string | null> {
    return this.#read("readLine", line(options?.limit ?? LINE_LIMIT), options);
  }

  /** Everything to the end. @throws `LimitOverrunError` above `limit` bytes (default: no limit). */
  readAll(options?: ReadOptions): Awaitable<Uint8Array> {
    return this.#read("readAll", all(options?.limit ?? Infinity), options);
  }

  /** {@linkcode readAll} as text (UTF-8). */
  readText(options?: ReadOptions): Awaitable<string> {
    const bytes: Op<Uint8Array> = this.readAll(options);
    return bothOf(op(function* () {
      return decode(yield* bytes);
    }));
  }

  /** What comes, as a stream of bytes. */
  chunks(): Stream<Uint8Array> {
    return this.#stream(some(Infinity));
  }

  /** The lines that come; see {@linkcode readLine}. */
  lines(options?: { limit?: number }): Stream<string> {
    return this.#stream(line(options?.limit ?? LINE_LIMIT));
  }

  /** The next line, as a step of a stream. */
  next(): Op<IteratorResult<string, undefined>> {
    return this.lines().next();
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return this.lines()[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  }

  /** Whether all has been read, and nothing will come. */
  get atEnd(): boolean {
    return this.#incoming.isOver;
  }

  /** Reads no more, at once: a child that goes on writing gets SIGPIPE, or EPIPE where that is ignored. */
  close(): void {
    this.#incoming.close(CLOSED);
    this.cut();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the library: whether more may come. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Part of the library: nothing more comes; what has come can be read. */
  cut(): void {
    this.#raw.destroy();
  }

  #read<T>(name: string, request: Request<T>, options: WaitOptions | undefined): Awaitable<T> {
    return bothOf(this.#incoming.read(request, waitTime(options, `ChildOutput.${name}`)));
  }

  #stream<T>(request: Request<T | null>): Stream<T> {
    const next = () => this.#incoming.wait(steps(request));
    return { next, [Symbol.asyncIterator]: () => asyncIterator(next, () => {}) };
  }
}
