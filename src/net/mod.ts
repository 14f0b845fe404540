/**
 * Sockets for greenlets: TCP, TLS, Unix domain sockets, UDP and DNS. Every wait is an operation with a `timeout`, and can
 * be killed.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { connect, StreamServer } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const server = new StreamServer("127.0.0.1:0", function* (socket) {
 *     yield* socket.write(`hello ${yield* socket.readLine()}\n`);
 *   });
 *   yield* server.start();
 *   const socket = yield* connect(server.address);
 *   yield* socket.write("world\n");
 *   assertEquals(yield* socket.readText(), "hello world\n");
 *   yield* socket.close();
 *   yield* server.stop();
 * });
 * ```
 *
 * @module
 */
export type { Address, HostAddress, ListenAddress, PathAddress } from "./address.ts";
export { connect, type ConnectOptions, type SocketOptions } from "./connect.ts";
export {
  type DnsRecords,
  type DnsType,
  lookup,
  type LookupAddress,
  type LookupOptions,
  resolve,
  resolve4,
  resolve6,
  resolveCname,
  resolveMx,
  resolveNs,
  type ResolveOptions,
  resolvePtr,
  resolveSrv,
  resolveTxt,
  reverse,
} from "./dns.ts";
export { IncompleteReadError, LimitOverrunError, NetError } from "./errors.ts";
export { listen, type ListenOptions } from "./listen.ts";
export type { Listener } from "./listener.ts";
export { type ConnectionHandler, StreamServer, type StreamServerOptions } from "./server.ts";
export type { ByteReader, ReadOptions } from "./reader.ts";
export type { Socket, SocketAddress } from "./socket.ts";
export type { Pem, TlsClientOptions, TlsIdentity, TlsServerOptions } from "./tls.ts";
export { bindUdp, type Datagram, type UdpOptions, type UdpSocket } from "./udp.ts";
