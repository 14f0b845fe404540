/** Datagrams. */
import { count, type Op, WAIT } from "../core/mod.ts";
import { type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { checkPermission, directly, type RawDatagramSocket } from "../host/io.ts";
import { checkAddress, formatAddress, type HostAddress, type ListenAddress } from "./address.ts";
import { Arrivals } from "./arrivals.ts";
import { encode } from "./bytes.ts";
import { CLOSED, closedError, netError } from "./errors.ts";
import { hostCall, HostLine } from "./waits.ts";

/** Options of {@linkcode bindUdp}. */
export interface UdpOptions extends WaitOptions {
  /** Default: that of the host, 4 for a name or none. */
  family?: 4 | 6;
  /** Let others bind the same address, as multicast needs. Default false. */
  reuseAddress?: boolean;
  /** Allow to send to broadcast addresses. Default false. */
  broadcast?: boolean;
  /** How many datagrams may wait to be received; those beyond are dropped and counted. Default 1,024. */
  maxWaiting?: number;
}

/** A message as it came. */
export interface Datagram {
  readonly data: Uint8Array;
  /** Who sent it. */
  readonly address: HostAddress;
}

/** At 64 KiB each, the largest there are, 64 MiB; at the usual 1,400 bytes 1.4 MB. */
const MAX_WAITING = 1_024;

/** A port for datagrams. */
export class UdpSocket implements Stream<Datagram> {
  readonly #raw: RawDatagramSocket;
  readonly #address: HostAddress;
  readonly #arrivals: Arrivals<Datagram>;
  #gone = false;
  readonly #closers: HostLine<void> = new HostLine<void>({
    subject: this,
    name: () => `the close of ${formatAddress(this.#address)}`,
    rule: () => this.#gone ? undefined : WAIT,
  });

  /** Part of the library: `bindUdp` makes them. */
  constructor(raw: RawDatagramSocket, maxWaiting: number) {
    this.#raw = raw;
    const { address, port } = raw.address();
    this.#address = { host: address, port };
    const what = () => `UdpSocket.receive at ${formatAddress(this.#address)}`;
    this.#arrivals = new Arrivals<Datagram>(this, maxWaiting, what);
    raw.on("close", () => {
      this.#gone = true;
      this.#closers.serve();
    });
    raw.on("message", (data: Uint8Array, from: { address: string; port: number }) => this.#came(data, from));
  }

  /**
   * Sends one datagram. UDP promises nothing: that it was sent does not say that it arrives. Killed, it may have been sent.
   *
   * @param data up to 65,507 bytes (text as UTF-8); more than some 1,400 are often lost on the way.
   * @throws `NetError` (`EMSGSIZE`, `ENOTFOUND`, `ERR_SOCKET_CLOSED`); `TimeoutError`.
   */
  send(data: string | Uint8Array, address: HostAddress | string, options?: WaitOptions): Op<void> {
    if (typeof data !== "string" && !(data instanceof Uint8Array)) {
      throw new TypeError("UdpSocket.send needs text or a Uint8Array");
    }
    const to = checkAddress(address, "UdpSocket.send", false) as HostAddress;
    if ("path" in to) throw new TypeError("UdpSocket.send needs a host and a port, not a path");
    const what = `UdpSocket.send to ${formatAddress(to)}`;
    return hostCall(what, waitTime(options, "UdpSocket.send"), () => {
      const bytes = typeof data === "string" ? encode(data) : new Uint8Array(data);
      return new Promise((resolve, reject) => {
        if (this.closed) return reject(closedError(what));
        let tries = 0;
        const done = (error: unknown) => {
          if (error === null || error === undefined) resolve();
          else if (isAboutAnother(error) && ++tries < TRIES) begin();
          else reject(this.#sendError(what, error));
        };
        const begin = () => {
          try {
            checkPermission(to);
            directly(() => this.#raw.send(bytes, to.port, to.host, done));
          } catch (error) {
            reject(this.#sendError(what, error));
          }
        };
        begin();
      });
    });
  }

  /** Waits for a datagram. @throws `NetError` (`ERR_SOCKET_CLOSED`) once it is closed; `TimeoutError`. */
  receive(options?: WaitOptions): Op<Datagram> {
    return this.#arrivals.take(waitTime(options, "UdpSocket.receive"));
  }

  /** The next datagram as an iterator's step; the end is the close. */
  next(): Op<IteratorResult<Datagram, undefined>> {
    return this.#arrivals.next();
  }

  [Symbol.asyncIterator](): AsyncIterator<Datagram, undefined> {
    return this.#arrivals.iterator();
  }

  /** Where it is bound, with the port that the system has chosen. */
  get address(): HostAddress {
    return this.#address;
  }

  /** How many datagrams wait to be received. */
  get waiting(): number {
    return this.#arrivals.size;
  }

  /** How many were dropped because too many waited. What the system itself dropped, nobody knows. */
  get dropped(): number {
    return this.#arrivals.dropped;
  }

  get closed(): boolean {
    return this.#arrivals.closed;
  }

  /** Receives what is sent to a multicast group, too. */
  joinGroup(group: string, local?: string): void {
    this.#raw.addMembership(group, local);
  }

  /** The contrary. */
  leaveGroup(group: string, local?: string): void {
    this.#raw.dropMembership(group, local);
  }

  /** Closes it, and drops what was not received. Acts at the call; the operation waits until the host has closed it. */
  close(): Op<void> {
    if (!this.closed) {
      this.#arrivals.close();
      directly(() => this.#raw.close());
    }
    return this.#closers.wait(undefined);
  }

  /** The same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the library: the host can receive no more. */
  failed(error: unknown): void {
    if (isAboutAnother(error)) return;
    this.#arrivals.fail(error);
  }

  #came(data: Uint8Array, from: { address: string; port: number }): void {
    if (!this.#arrivals.hasRoom()) return;
    this.#arrivals.push({ data: new Uint8Array(data), address: { host: from.address, port: from.port } });
  }

  #sendError(what: string, error: unknown): unknown {
    return this.closed || (error as { code?: unknown }).code === CLOSED
      ? closedError(what)
      : netError(what, error);
  }
}

/** How often to send when what fails is an earlier datagram. */
const TRIES = 10;

/**
 * That nobody was there for an earlier datagram: Bun gives the system's note of it to the next call, which has nothing to
 * do with it and sent nothing.
 */
function isAboutAnother(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ECONNREFUSED";
}

/**
 * Binds a port for datagrams; without an address, one that is free, on all IPv4 addresses of this machine.
 *
 * @throws `NetError` (`EADDRINUSE`, …); `TypeError` or `RangeError` at the call for an address that is none.
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { bindUdp } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   using a = yield* bindUdp("127.0.0.1:0");
 *   using b = yield* bindUdp("127.0.0.1:0");
 *   yield* a.send("ping", b.address);
 *   const { data, address } = yield* b.receive({ timeout: 1_000 });
 *   assertEquals(new TextDecoder().decode(data), "ping");
 *   assertEquals(address, a.address);
 * });
 * ```
 */
export function bindUdp(address: ListenAddress = 0, options: UdpOptions = {}): Op<UdpSocket> {
  const where = checkAddress(address, "bindUdp", true);
  if ("path" in where) {
    throw new TypeError("bindUdp needs a port, and may have a host: datagrams have no path");
  }
  const maxWaiting = count(options.maxWaiting ?? MAX_WAITING, "bindUdp's maxWaiting", 1);
  const timeout = waitTime(options, "bindUdp");
  const { host, port } = where;
  const what = `bindUdp at ${formatAddress(where)}`;
  return hostCall(what, timeout, (signal) =>
    new Promise((resolve, reject) =>
      directly(({ dgram, net }) => {
        try {
          checkPermission({ host: host ?? "0.0.0.0", port });
        } catch (error) {
          return reject(netError(what, error));
        }
        const family = options.family ?? (host !== undefined && net.isIP(host) === 6 ? 6 : 4);
        const raw = dgram.createSocket({ type: `udp${family}`, reuseAddr: options.reuseAddress ?? false });
        let socket: UdpSocket | undefined;
        let closed = false;
        const close = () => {
          if (!closed) raw.close();
          closed = true;
        };
        signal.addEventListener("abort", close);
        raw.on("error", (error: unknown) => {
          if (socket !== undefined) return socket.failed(error);
          close();
          reject(netError(what, error));
        });
        raw.on("listening", () => {
          if (closed) return;
          if (options.broadcast === true) raw.setBroadcast(true);
          resolve(socket = new UdpSocket(raw, maxWaiting));
        });
        raw.bind({ address: host, port });
      })
    ));
}
