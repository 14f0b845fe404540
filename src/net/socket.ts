/** A connection. */
import { type Op, WAIT } from "../core/mod.ts";
import { op, type WaitOptions, waitTime } from "../sync/mod.ts";
import type { RawSocket } from "../host/io.ts";
import { formatAddress, type HostAddress, type PathAddress } from "./address.ts";
import { CLOSED_HERE, Incoming } from "./incoming.ts";
import { END_OF_DATA, Outgoing } from "./outgoing.ts";
import { ByteReader } from "./reader.ts";
import type { TlsClientOptions, TlsServerOptions } from "./tls.ts";
import { upgraded } from "./upgrade.ts";
import { HostLine } from "./waits.ts";

/** Who is at an end of a connection. The other end of a Unix socket mostly has no name. */
export type SocketAddress = HostAddress | PathAddress | undefined;

/** What `connect` and `listen` say of a socket. */
export interface SocketSetup {
  readonly path?: string;
  readonly noDelay?: boolean;
  readonly keepAlive?: number;
  /** Whether a certificate of the peer is asked for and checked. */
  readonly checksPeer?: boolean;
  /** Accepted, and paused until somebody has it. */
  readonly isServer?: boolean;
}

/** For `close` when the connection is no more, and nobody knows why. */
const GONE = { code: "EPIPE" };
const ABORTED = { code: "ECONNABORTED" };

/**
 * A connection: TCP, TLS or a Unix domain socket. What `connect` and a listener's `accept` give.
 *
 * Reads and writes are operations, and each may have a `timeout`. Greenlets that read (or write) at the same time stand
 * in line. A read that is killed or times out has taken nothing: the next one finds every byte. A write that is killed or
 * times out while it waits for room has sent nothing; one that found room has handed over all.
 *
 * Close it in a `finally`, or with `using`: a connection that is open keeps the program alive.
 *
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { connect, listen } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const listener = yield* listen({ host: "127.0.0.1", port: 0 });
 *   spawn(function* () {
 *     const peer = yield* listener.accept();
 *     const name = yield* peer.readLine({ timeout: 1_000 });
 *     yield* peer.write(`hello ${name}\n`);
 *     yield* peer.close();
 *   });
 *   const socket = yield* connect(listener.address);
 *   yield* socket.write("world\n");
 *   assertEquals(yield* socket.readLine(), "hello world");
 *   assertEquals(yield* socket.read(), null); // the end
 *   yield* socket.close();
 *   yield* listener.close();
 * });
 * ```
 */
export class Socket extends ByteReader implements Disposable {
  #raw: RawSocket;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #remote: SocketAddress;
  readonly #local: SocketAddress;
  readonly #isServer: boolean;
  #checksPeer: boolean;
  #unlisten: () => void = () => {};
  #closing = false;
  #closed = false;
  readonly #closers: HostLine<boolean> = new HostLine<boolean>({
    subject: this,
    name: () => `the close of a connection to ${this.#peer()}`,
    rule: () => this.#closed ? true : WAIT,
    lapse: () => {
      this.#raw.destroy();
      return false;
    },
  });

  /** Part of the library: `connect` and `accept` make sockets. */
  constructor(raw: RawSocket, options: SocketSetup) {
    const incoming = new Incoming(raw, () => this.#peer(), options.isServer === true);
    super(incoming);
    this.#incoming = incoming;
    this.#raw = raw;
    const { path } = options;
    this.#remote = path === undefined ? hostAddress(raw.remoteAddress, raw.remotePort) : { path };
    this.#local = path === undefined ? hostAddress(raw.localAddress, raw.localPort) : undefined;
    this.#checksPeer = options.checksPeer ?? false;
    this.#isServer = options.isServer === true;
    this.#outgoing = new Outgoing(raw, () => this.#peer());
    if (path === undefined) {
      // Small messages go out at once: asking and answering would wait for the peer's delayed acknowledgement.
      if (options.noDelay !== false) raw.setNoDelay(true);
      if (options.keepAlive !== undefined) raw.setKeepAlive(true, options.keepAlive);
    }
    this.#listen(raw);
  }

  // ---- writing

  /**
   * Hands `data` over to be sent, text as UTF-8; waits while the peer is slower than the writer. The array may be used
   * again afterwards. Killed, or out of time, it has sent nothing of `data`. See {@linkcode flush}.
   *
   * @throws `NetError` when the connection broke, also by an earlier write; `TimeoutError`.
   */
  write(data: string | Uint8Array, options?: WaitOptions): Op<void> {
    if (typeof data !== "string" && !(data instanceof Uint8Array)) {
      throw new TypeError(
        "Socket.write needs text or a Uint8Array: JSON.stringify makes text of other things",
      );
    }
    return this.#outgoing.write(data, waitTime(options, "Socket.write"));
  }

  /** Waits until the system has taken all that was written. */
  flush(options?: WaitOptions): Op<void> {
    return this.#outgoing.flush(waitTime(options, "Socket.flush"));
  }

  /** Ends this side, after what was written: the peer reads to the end, and may go on sending (half-close). */
  end(options?: WaitOptions): Op<void> {
    return this.#outgoing.write(END_OF_DATA, waitTime(options, "Socket.end"));
  }

  /**
   * Makes the handshake of TLS on a connection that began without, after what was written (STARTTLS). Who has connected
   * is the client, and gives `serverName`; who has accepted is the server, and gives `cert` and `key`. Reads and writes
   * of other greenlets wait meanwhile. When it fails, times out or is killed, the connection is cut off.
   *
   * @throws `NetError`; `TimeoutError`; `Error` if a client has unread text: somebody may have put it there.
   */
  startTls(tls: TlsClientOptions | TlsServerOptions, options?: WaitOptions): Op<void> {
    const timeout = waitTime(options, "Socket.startTls");
    return op(() => this.#startTls(tls, timeout));
  }

  // ---- the end

  /**
   * Closes the connection: what was written is still sent. Acts at the call; the operation waits until it is done. Gives
   * false when `timeout` came first: then it is cut off, and what was not sent is lost; killed, it goes on by itself.
   * Greenlets that still read or wait to write get a `NetError` with the code `ERR_SOCKET_CLOSED`.
   */
  close(options?: WaitOptions): Op<boolean> {
    const timeout = waitTime(options, "Socket.close");
    this.#beginClose();
    if (!this.#closed) this.#raw.destroySoon();
    return this.#closers.wait(undefined, timeout);
  }

  /** Cuts the connection off at once: what was not sent is lost, and the peer of a TCP connection sees a reset. */
  abort(): void {
    this.#beginClose();
    if (this.#closed) return;
    const { path } = (this.#remote ?? {}) as { path?: string };
    if (path === undefined && !this.encrypted && this.#raw.resetAndDestroy !== undefined) {
      this.#raw.resetAndDestroy();
    } else this.#raw.destroy();
  }

  /** Whether it was closed, by us or because both sides have ended or broken. */
  get closed(): boolean {
    return this.#closing || this.#closed;
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  // ---- what it is

  /** Where the peer is. */
  get remoteAddress(): SocketAddress {
    return this.#remote;
  }

  /** Where this end is; undefined for a Unix domain socket. */
  get localAddress(): SocketAddress {
    return this.#local;
  }

  /** Whether it is TLS. */
  get encrypted(): boolean {
    return this.#raw.encrypted === true;
  }

  /** Whether the peer has shown a certificate that was checked and is good. */
  get authorized(): boolean {
    return this.#checksPeer && this.encrypted && this.#raw.authorized === true;
  }

  /** The protocol that ALPN has chosen; undefined if none. */
  get alpnProtocol(): string | undefined {
    return this.#raw.alpnProtocol || undefined;
  }

  /** The name that the client asked for by SNI; undefined if none. */
  get serverName(): string | undefined {
    return this.#raw.servername || undefined;
  }

  /** The peer's certificate, DER; undefined if it has shown none. */
  get peerCertificate(): Uint8Array | undefined {
    const raw = this.encrypted ? this.#raw.getPeerCertificate?.()?.raw : undefined;
    return raw === undefined ? undefined : new Uint8Array(raw);
  }

  /** Part of the library: lets bytes come, once somebody has accepted it. */
  start(): this {
    this.#incoming.start();
    return this;
  }

  *#startTls(tls: TlsClientOptions | TlsServerOptions, timeout: number): Generator<unknown, void, unknown> {
    const what = `Socket.startTls with ${this.#peer()}`;
    if (this.encrypted) throw new Error(`${what} failed: it is encrypted already`);
    const isServer = this.#isServer;
    const raw = this.#raw;
    const handshake = upgraded(raw, what, isServer, tls, timeout); // bad options fail before anything has happened
    try {
      this.#incoming.hold();
      yield* this.flush({ timeout });
      this.#outgoing.hold();
      const early = this.#incoming.takeAll();
      if (early.length > 0 && !isServer) {
        throw new Error(`${what} failed: ${early.length} bytes came before it that nobody has read`);
      }
      this.#unlisten();
      if (early.length > 0) raw.unshift(early); // the client's hello
      this.#raw = yield* handshake;
    } catch (error) {
      raw.destroy();
      this.#gone(error);
      throw error;
    }
    this.#checksPeer = isServer
      ? (tls as TlsServerOptions).clientCertificate !== undefined
      : (tls as TlsClientOptions).verify !== false;
    this.#listen(this.#raw);
    this.#incoming.replace(this.#raw);
    this.#outgoing.replace(this.#raw);
  }

  #peer(): string {
    return formatAddress(this.#remote);
  }

  #beginClose(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#incoming.close(CLOSED_HERE);
    this.#outgoing.fail(CLOSED_HERE);
  }

  #listen(raw: RawSocket): void {
    // It stays for good: hosts may tell of an error after the close, and one that nobody hears ends the program.
    raw.on("error", (error: unknown) => {
      this.#incoming.fail(error);
      this.#outgoing.fail(error);
    });
    const listeners: [event: string, listener: (chunk: Uint8Array) => void][] = [
      ["data", (chunk) => this.#closing || this.#incoming.push(chunk)],
      ["end", () => this.#closing || this.#incoming.end()],
      ["drain", () => this.#outgoing.drain()],
      ["close", () => this.#gone(undefined)],
    ];
    for (const [event, listener] of listeners) raw.on(event, listener);
    this.#unlisten = () => {
      for (const [event, listener] of listeners) raw.off(event, listener);
    };
  }

  /** The host has closed it. */
  #gone(error: unknown): void {
    this.#closed = true;
    this.#incoming.fail(error ?? ABORTED);
    this.#outgoing.fail(error ?? GONE);
    this.#closers.serve();
  }
}

function hostAddress(host: string | undefined, port: number | undefined): SocketAddress {
  return host === undefined || port === undefined ? undefined : { host, port };
}
