/**
 * What goes out: the line of those who write. A write waits until the host's buffer is below its mark, and then hands all
 * its bytes over at once: so it has happened or it has not (S-15), and what several greenlets write never mixes.
 */
import { type Op, TimeoutError, WAIT } from "../core/mod.ts";
import type { RawSocket } from "../host/io.ts";
import { closedError, NetError, netError } from "./errors.ts";
import { CLOSED_HERE } from "./incoming.ts";
import { HostLine } from "./waits.ts";

/** Ends this side. */
export const END_OF_DATA: unique symbol = Symbol("end");

/** What stands in the line. */
export type Written = Uint8Array | string | typeof END_OF_DATA;

/** See the top of the file. */
export class Outgoing {
  readonly #peer: () => string;
  #raw: RawSocket;
  #ended = false;
  #held = false;
  #error: unknown = null;
  readonly #line: HostLine<void, Written> = new HostLine<void, Written>({
    subject: this,
    name: () => `a write to ${this.#peer()}`,
    rule: (waiter) => this.#serve(waiter.payload),
    lapse: (waiter) => {
      throw new TimeoutError(
        `${
          nameOf(waiter.payload)
        } to ${this.#peer()} found no room within ${waiter.timeout} ms: nothing of it was sent`,
      );
    },
  });
  readonly #flushers: HostLine<void> = new HostLine<void>({
    subject: this,
    name: () => `a flush to ${this.#peer()}`,
    rule: () => {
      this.#check("Socket.flush");
      return this.#raw.writableLength === 0 ? undefined : WAIT;
    },
  });
  /** One for all writes. */
  readonly #written: () => void = () => {
    if (this.#flushers.size > 0) this.#flushers.serve();
  };

  constructor(raw: RawSocket, peer: () => string) {
    this.#raw = raw;
    this.#peer = peer;
  }

  write(data: Written, timeout: number): Op<void> {
    return this.#line.wait(data, timeout);
  }

  flush(timeout: number): Op<void> {
    return this.#flushers.wait(undefined, timeout);
  }

  /** Whether this side was ended. */
  get isEnded(): boolean {
    return this.#ended;
  }

  // ---- what the host tells

  drain(): void {
    this.#line.serve();
    this.#written();
  }

  fail(error: unknown): void {
    if (this.#error === null || error === CLOSED_HERE) this.#error = error;
    this.#line.serve();
    this.#flushers.serve();
  }

  /** Nobody writes until {@linkcode replace}. */
  hold(): void {
    this.#held = true;
  }

  /** What is written goes another way from now on. */
  replace(raw: RawSocket): void {
    this.#raw = raw;
    this.#held = false;
    this.#line.serve();
  }

  #serve(data: Written): void | typeof WAIT {
    if (data === END_OF_DATA && this.#ended) return; // twice is once
    this.#check(nameOf(data));
    const raw = this.#raw;
    if (this.#held) return WAIT;
    if (data === END_OF_DATA) {
      this.#ended = true;
      return raw.end();
    }
    if (raw.writableNeedDrain) return WAIT;
    // A copy: the host keeps what it cannot send at once, and the array is the caller's again.
    if (data.length > 0) raw.write(typeof data === "string" ? data : new Uint8Array(data), this.#written);
  }

  #check(what: string): void {
    const where = `${what} to ${this.#peer()}`;
    if (this.#error !== null) {
      throw this.#error === CLOSED_HERE ? closedError(where) : netError(where, this.#error);
    }
    if (this.#ended && what !== "Socket.flush") {
      throw new NetError(`${where} failed: end() has ended this side, write before it`, "EPIPE");
    }
  }
}

function nameOf(data: Written): string {
  return data === END_OF_DATA ? "Socket.end" : "Socket.write";
}
