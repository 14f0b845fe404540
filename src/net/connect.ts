/** Connecting. */
import { duration, type Op, show } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import { directly } from "../host/io.ts";
import { type Address, checkAddress, type Checked, formatAddress, type HostAddress } from "./address.ts";
import { opened } from "./opened.ts";
import { Socket } from "./socket.ts";
import { clientOptions, type TlsClientOptions } from "./tls.ts";
import { hostCall } from "./waits.ts";

/** How a connection is set up. */
export interface SocketOptions {
  /** Send small writes at once, without waiting for more (TCP_NODELAY). Default true. */
  noDelay?: boolean;
  /** Milliseconds of silence after which the system asks whether the peer is there. Default: never. */
  keepAlive?: number;
}

/** Options of {@linkcode connect}. */
export interface ConnectOptions extends WaitOptions, SocketOptions {
  /** TLS: true, or how. Default: none. */
  tls?: boolean | TlsClientOptions;
  /** Where to connect from. */
  local?: { readonly host?: string; readonly port?: number };
  /** Only addresses of this family. Default: all that the name has, until one answers. */
  family?: 4 | 6;
}

/** The part of the options that concerns sockets, checked. */
export function checkSocketOptions(options: SocketOptions, what: string): SocketOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what} needs an object of options, not ${show(options)}`);
  }
  const { noDelay, keepAlive } = options;
  return keepAlive === undefined
    ? { noDelay }
    : { noDelay, keepAlive: duration(keepAlive, `${what}'s keepAlive`) };
}

/**
 * Connects; of a name with several addresses the first one that answers is taken, without waiting long for the others
 * (happy eyeballs). Killed or out of time, it closes what it has begun.
 *
 * @param address `{ host, port }`, `"host:port"`, `{ path }` or `"unix:/path"`.
 * @throws `NetError` (`ECONNREFUSED`, `ENOTFOUND`, a certificate that is no good, …); `TimeoutError`; `TypeError` or
 * `RangeError` at the call for an address that is none.
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { connect, listen } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const listener = yield* listen("127.0.0.1:0");
 *   using socket = yield* connect(listener.address, { timeout: 5_000 });
 *   assertEquals(socket.remoteAddress, listener.address);
 *   yield* listener.close();
 * });
 * ```
 */
export function connect(address: Address, options: ConnectOptions = {}): Op<Socket> {
  const to = checkAddress(address, "connect", false);
  const socketOptions = checkSocketOptions(options, "connect");
  const timeout = waitTime(options, "connect");
  const tls = options.tls === true ? {} : options.tls || undefined;
  const what = `connect to ${describe(to, tls)}`;
  const host = "path" in to ? undefined : to.host;
  const rawOptions = {
    ...("path" in to ? to : { host, port: to.port, family: options.family }),
    ...local(options.local),
    allowHalfOpen: true,
    ...(tls === undefined ? {} : clientOptions(tls, host)),
  };
  const path = "path" in to ? to.path : undefined;
  const checksPeer = tls !== undefined && tls.verify !== false;
  return hostCall(what, timeout, (signal) =>
    opened(
      what,
      signal,
      tls === undefined ? "connect" : "secureConnect",
      () => directly(({ net, tls: { connect } }) => (tls === undefined ? net.connect : connect)(rawOptions)),
      (raw) => new Socket(raw, { ...socketOptions, path, checksPeer }),
    ));
}

function local(from: ConnectOptions["local"]): object {
  if (from === undefined) return {};
  const checked = checkAddress({ port: 0, ...from }, "connect's local", true) as {
    host?: string;
    port: number;
  };
  return { localAddress: checked.host, localPort: checked.port };
}

function describe(to: Checked, tls: TlsClientOptions | undefined): string {
  const name = tls?.serverName;
  const where = formatAddress(to as HostAddress);
  return name === undefined || name === (to as HostAddress).host ? where : `${where} (${name})`;
}
