/** Beginning to listen. */
import { count, type Op } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import { checkPermission, directly, type RawSocket } from "../host/io.ts";
import { say } from "../host/mod.ts";
import { checkAddress, formatAddress, type ListenAddress } from "./address.ts";
import { checkSocketOptions, type SocketOptions } from "./connect.ts";
import { netError } from "./errors.ts";
import { Listener } from "./listener.ts";
import { Socket } from "./socket.ts";
import { serverOptions, type TlsServerOptions } from "./tls.ts";
import { hostCall } from "./waits.ts";

/** Options of {@linkcode listen}. */
export interface ListenOptions extends WaitOptions, SocketOptions {
  /** How many connections the system holds that the runtime has not taken. Default: that of the runtime, 511. */
  backlog?: number;
  /** How many connections may wait here for `accept`; those beyond are cut off and counted. Default 4,096. */
  maxWaiting?: number;
  /** TLS: certificate, key, and how. Default: none. */
  tls?: TlsServerOptions;
  /** Of an IPv6 address: take no IPv4 connections. Default false. */
  ipv6Only?: boolean;
  /** Let several processes listen at this port; the system spreads the connections. Default false. */
  reusePort?: boolean;
  /** Told of each TLS handshake that failed. Default: nobody is, they are only counted. */
  onHandshakeError?: (error: unknown) => void;
}

/** What Linux itself lets wait by default: a burst is no reason to turn anybody away, a flood is. */
const MAX_WAITING = 4_096;

/**
 * Listens at an address; port 0 takes one that is free.
 *
 * @param address `{ host, port }`, `"host:port"`, a port alone (all addresses of this machine), `{ path }` or
 * `"unix:/path"`.
 * @throws `NetError` (`EADDRINUSE`, `EACCES`, …); `TypeError` or `RangeError` at the call for an address that is none.
 * @example
 * ```ts
 * import { forEach, run, spawn } from "tendril";
 * import { connect, listen } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const listener = yield* listen("127.0.0.1:0");
 *   spawn(() => forEach(listener, function* (socket) {
 *     yield* socket.write("welcome\n");
 *     yield* socket.close();
 *   }));
 *   const socket = yield* connect(listener.address);
 *   assertEquals(yield* socket.readText(), "welcome\n");
 *   yield* socket.close();
 *   yield* listener.close();
 * });
 * ```
 */
export function listen(address: ListenAddress, options: ListenOptions = {}): Op<Listener> {
  const where = checkAddress(address, "listen", true);
  const socketOptions = checkSocketOptions(options, "listen");
  const maxWaiting = count(options.maxWaiting ?? MAX_WAITING, "listen's maxWaiting", 1);
  if (options.backlog !== undefined) count(options.backlog, "listen's backlog", 1);
  const timeout = waitTime(options, "listen");
  const what = `listen at ${formatAddress(where)}`;
  const { tls, ipv6Only, reusePort } = options;
  let listener: Listener | undefined;
  const failed = (error: unknown) => {
    if (listener !== undefined) listener.failedHandshakes++;
    options.onHandshakeError?.(netError(`a TLS handshake, for ${what},`, error));
  };
  const sniFailed = (error: unknown) => say(`listen's tls.sni failed: ${String(error)}`);
  // Read nothing before somebody has the connection.
  const common = { allowHalfOpen: true, pauseOnConnect: true };
  const rawOptions = tls === undefined ? common : { ...common, ...serverOptions(tls, sniFailed) };
  const path = "path" in where ? where.path : undefined;
  const make = (raw: RawSocket) =>
    new Socket(raw, {
      ...socketOptions,
      path,
      checksPeer: tls?.clientCertificate !== undefined,
      isServer: true,
    });
  return hostCall(
    what,
    timeout,
    (signal) =>
      new Promise((resolve, reject) =>
        directly(({ net, tls: { createServer } }) => {
          try {
            checkPermission("path" in where ? where : { host: where.host ?? "::", port: where.port });
          } catch (error) {
            return reject(netError(what, error));
          }
          const raw = (tls === undefined ? net.createServer : createServer)(rawOptions);
          signal.addEventListener("abort", () => raw.close());
          raw.on("error", (error: unknown) => {
            if (listener === undefined) reject(netError(what, error));
            else listener.failed(error);
          });
          raw.on(tls === undefined ? "connection" : "secureConnection", (socket: RawSocket) => {
            listener?.arrived(socket, make);
          });
          raw.on("tlsClientError", (error: unknown, socket: RawSocket) => {
            socket.destroy();
            failed(error);
          });
          raw.on("listening", () => {
            if (signal.aborted) raw.close(); // the name of the host was looked up meanwhile
            else resolve(listener = new Listener(raw, where, maxWaiting));
          });
          raw.listen({ ...where, backlog: options.backlog, ipv6Only, reusePort });
        })
      ),
  );
}
