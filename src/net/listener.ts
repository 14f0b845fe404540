/** Listening. */
import type { Op } from "../core/mod.ts";
import { op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { directly, type RawServer, type RawSocket } from "../host/io.ts";
import { type Checked, formatAddress, type HostAddress, type PathAddress } from "./address.ts";
import { Arrivals } from "./arrivals.ts";
import type { Socket } from "./socket.ts";

/**
 * Takes connections. The runtimes accept by themselves and cannot be told to wait: what nobody has accepted waits here,
 * unread, and is cut off when the listener is closed. So a greenlet that accepts slowly slows down those who connect.
 */
export class Listener implements Stream<Socket> {
  readonly #raw: RawServer;
  readonly #address: HostAddress | PathAddress;
  readonly #arrivals: Arrivals<Socket>;
  /** How many TLS handshakes have failed. */
  failedHandshakes = 0;

  /** Part of the library: `listen` makes listeners. */
  constructor(raw: RawServer, where: Checked, maxWaiting: number) {
    this.#raw = raw;
    const bound = raw.address();
    this.#address = typeof bound === "object" && bound !== null
      ? { host: bound.address, port: bound.port }
      : where as PathAddress;
    const what = () => `Listener.accept at ${formatAddress(this.#address)}`;
    this.#arrivals = new Arrivals<Socket>(this, maxWaiting, what, (socket) => socket.start());
  }

  /** Waits for a connection. @throws `NetError` (`ERR_SOCKET_CLOSED`) once it is closed; `TimeoutError`. */
  accept(options?: WaitOptions): Op<Socket> {
    return this.#arrivals.take(waitTime(options, "Listener.accept"));
  }

  /** The next connection as an iterator's step; the end is the close. */
  next(): Op<IteratorResult<Socket, undefined>> {
    return this.#arrivals.next();
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return this.#arrivals.iterator();
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
    return this.#arrivals.size;
  }

  /** How many were cut off because too many waited. */
  get dropped(): number {
    return this.#arrivals.dropped;
  }

  get closed(): boolean {
    return this.#arrivals.closed;
  }

  /**
   * Stops listening, and cuts off those who wait to be accepted. Connections that were accepted live on. Acts at the call;
   * afterwards the address is free.
   */
  close(): Op<void> {
    if (!this.closed) {
      this.#arrivals.close((socket) => socket.abort());
      directly(() => this.#raw.close());
    }
    return DONE;
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the library: a connection has come. */
  arrived(raw: RawSocket, make: (raw: RawSocket) => Socket): void {
    if (!this.#arrivals.hasRoom()) {
      raw.on("error", () => {}); // nobody has it, so nobody has to know
      raw.destroy();
      return;
    }
    this.#arrivals.push(make(raw));
  }

  /** Part of the library: the host can listen no more. */
  failed(error: unknown): void {
    this.#arrivals.fail(error);
  }
}

const DONE: Op<void> = op(function* () {});
