/**
 * What comes in: bytes that wait to be read, and the line of those who read. A read takes bytes only when it has all that
 * it asked for, so one that is killed or times out has taken nothing (S-15), and the next finds everything.
 *
 * Bytes are taken from the host before anybody asks, up to a mark; above it the host is paused, and in the end the peer.
 */
import { type NotYet, type Op, TimeoutError, WAIT, type Wait } from "../core/mod.ts";
import type { RawSocket } from "../host/io.ts";
import { Bytes } from "./bytes.ts";
import { closedError, netError } from "./errors.ts";
import { HostLine } from "./waits.ts";

/**
 * How many bytes may wait for a reader: as many as hosts hand over at once. In the echo of `tests/net/many.test.ts` no
 * runtime was faster with two, four or sixteen times as many.
 */
export const READ_MARK: number = 64 * 1024;

/** Where bytes come from: a socket, the output of a child process. */
type Source = Pick<RawSocket, "pause" | "resume">;

/** A read. */
export interface Request<T> {
  /** For errors: `Socket.read`. */
  readonly what: string;
  /** Above the mark so many bytes are still asked for. */
  readonly need: number;
  /** Takes what was asked for, or nothing. `ended`: no more will come. */
  take(bytes: Bytes, ended: boolean): T | NotYet;
}

/** See the top of the file. */
export class Incoming {
  readonly #bytes: Bytes = new Bytes();
  readonly #peer: () => string;
  #raw: Source;
  #ended = false;
  #paused: boolean;
  #held = false;
  #error: unknown = null;
  /** What the first in the line needs. */
  #need = 0;
  readonly #line: HostLine<unknown, Request<unknown>> = new HostLine<unknown, Request<unknown>>({
    subject: this,
    name: () => `a read from ${this.#peer()}`,
    rule: (waiter) => this.#serve(waiter.payload),
    lapse: (waiter) => {
      throw new TimeoutError(
        `${waiter.payload.what} from ${this.#peer()} did not end within ${waiter.timeout} ms:` +
          ` what has come stays for the next read`,
      );
    },
  });

  constructor(raw: Source, peer: () => string, paused: boolean) {
    this.#raw = raw;
    this.#peer = peer;
    this.#paused = paused;
  }

  read<T>(request: Request<T>, timeout: number = Infinity): Op<T> {
    return this.wait(request, timeout);
  }

  wait<T>(request: Request<T>, timeout: number = Infinity): Wait<T> {
    return this.#line.wait(request, timeout) as Wait<unknown> as Wait<T>;
  }

  /** Whether nothing is left to read, and nothing will come. */
  get isOver(): boolean {
    return this.#bytes.size === 0 && (this.#ended || this.#error !== null);
  }

  // ---- what the host tells

  push(chunk: Uint8Array): void {
    // A plain view: where hosts give a Buffer, its methods mean other things.
    this.#bytes.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (this.#line.size > 0) this.#line.serve();
    else this.#need = 0;
    this.#flow();
  }

  end(): void {
    this.#ended = true;
    this.#line.serve();
  }

  /** No more will come; what has come can still be read. */
  fail(error: unknown): void {
    if (this.#error !== null || this.#ended) return;
    this.#error = error;
    this.#line.serve();
  }

  /** Nobody may read any more. */
  close(error: unknown): void {
    this.#error = error;
    this.#ended = false;
    this.#bytes.clear();
    this.#line.serve();
  }

  // ---- flow

  /** Lets bytes come, once somebody has the socket. */
  start(): void {
    this.#paused = false;
    this.#raw.resume();
  }

  /** Nobody gets anything, and nothing more comes, until {@linkcode replace}. */
  hold(): void {
    this.#held = true;
    this.#raw.pause();
  }

  /** What has come, and nobody has read. */
  takeAll(): Uint8Array {
    return this.#bytes.take(this.#bytes.size);
  }

  /** Other bytes come from now on. */
  replace(raw: Source): void {
    this.#raw = raw;
    this.#held = this.#paused = false;
    this.#line.serve();
  }

  #flow(): void {
    if (this.#held) return;
    const full = this.#bytes.size >= Math.max(READ_MARK, this.#need);
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#raw.pause();
    else this.#raw.resume();
  }

  #serve(request: Request<unknown>): unknown {
    if (this.#held && this.#error === null) return WAIT;
    const got = request.take(this.#bytes, this.#ended);
    if (got === WAIT && this.#error !== null) {
      const what = `${request.what} from ${this.#peer()}`;
      throw this.#error === CLOSED_HERE ? closedError(what) : netError(what, this.#error);
    }
    this.#need = got === WAIT ? request.need : 0;
    if (this.#paused || got === WAIT) this.#flow();
    return got;
  }
}

/** Stands for the error of what was closed by its owner. */
export const CLOSED_HERE: unique symbol = Symbol("closed here");
