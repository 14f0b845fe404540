/** Listening. */
import { type Op, Ring, WAIT, type Wait } from "../core/mod.ts";
import { asyncIterator, END, op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { directly, type RawServer, type RawSocket } from "../host/io.ts";
import { type Checked, formatAddress, type HostAddress, type PathAddress } from "./address.ts";
import { closedError, netError } from "./errors.ts";
import type { Socket } from "./socket.ts";
import { HostLine } from "./waits.ts";

/** What `accept` and `next` have in common; `next` gives steps. */
type Accept = "socket" | "step";

/**
 * Takes connections. The runtimes accept by themselves and cannot be told to wait: what nobody has accepted waits here,
 * unread, and is cut off when the listener is closed. So a greenlet that accepts slowly slows down those who connect.
 */
export class Listener implements Stream<Socket> {
  readonly #raw: RawServer;
  readonly #where: Checked;
  readonly #address: HostAddress | PathAddress;
  readonly #waiting: Ring<Socket> = new Ring();
  readonly #maxWaiting: number;
  #dropped = 0;
  #closed = false;
  #error: unknown = null;
  readonly #line: HostLine<unknown, Accept> = new HostLine<unknown, Accept>({
    subject: this,
    name: () => `Listener.accept at ${formatAddress(this.#where)}`,
    rule: (waiter) => this.#serve(waiter.payload),
  });
  /** How many TLS handshakes have failed. */
  failedHandshakes = 0;

  /** Part of the library: `listen` makes listeners. */
  constructor(raw: RawServer, where: Checked, maxWaiting: number) {
    this.#raw = raw;
    this.#maxWaiting = maxWaiting;
    const bound = raw.address();
    this.#address = typeof bound === "object" && bound !== null
      ? { host: bound.address, port: bound.port }
      : where as PathAddress;
    this.#where = this.#address;
  }

  /** Waits for a connection. @throws `NetError` (`ERR_SOCKET_CLOSED`) once it is closed; `TimeoutError`. */
  accept(options?: WaitOptions): Op<Socket> {
    return this.#line.wait("socket", waitTime(options, "Listener.accept")) as Op<unknown> as Op<Socket>;
  }

  /** The next connection as an iterator's step; the end is the close. */
  next(): Op<IteratorResult<Socket, undefined>> {
    return this.#steps();
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return asyncIterator(() => this.#steps(), () => {});
  }

  /** Where it listens, with the port that the system has chosen. */
  get address(): HostAddress | PathAddress {
    return this.#address;
  }

  /** The port; 0 for a Unix domain socket. */
  get port(): number {
    return "port" in this.#address ? this.#address.port : 0;
  }

  /** How many connections wait to be accepted. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many were cut off because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Stops listening, and cuts off those who wait to be accepted. Connections that were accepted live on. Acts at the call;
   * afterwards the address is free.
   */
  close(): Op<void> {
    if (!this.#closed) {
      this.#closed = true;
      directly(() => this.#raw.close());
      for (let s = this.#waiting.shift(); s !== undefined; s = this.#waiting.shift()) s.abort();
      this.#line.serve();
    }
    return DONE;
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the library: a connection has come. */
  arrived(raw: RawSocket, make: (raw: RawSocket) => Socket): void {
    if (this.#closed || (this.#waiting.size >= this.#maxWaiting && this.#line.size === 0)) {
      if (!this.#closed) this.#dropped++;
      raw.on("error", () => {}); // nobody has it, so nobody has to know
      raw.destroy();
      return;
    }
    this.#waiting.push(make(raw));
    this.#line.serve();
  }

  /** Part of the library: the host can listen no more. */
  failed(error: unknown): void {
    this.#error = error;
    this.#line.serve();
  }

  #steps(): Wait<IteratorResult<Socket, undefined>> {
    return this.#line.wait("step") as Wait<unknown> as Wait<IteratorResult<Socket, undefined>>;
  }

  #serve(how: Accept): unknown {
    const socket = this.#waiting.shift();
    if (socket !== undefined) {
      socket.start();
      return how === "step" ? { done: false, value: socket } : socket;
    }
    if (this.#closed && how === "step") return END;
    const what = `Listener.accept at ${formatAddress(this.#where)}`;
    if (this.#closed) throw closedError(what);
    if (this.#error !== null) throw netError(what, this.#error);
    return WAIT;
  }
}

const DONE: Op<void> = op(function* () {});
