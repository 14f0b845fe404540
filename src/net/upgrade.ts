/** TLS on a connection that began without, as STARTTLS asks for. */
import type { Op } from "../core/mod.ts";
import { directly, type RawSocket } from "../host/io.ts";
import { say } from "../host/mod.ts";
import { netError } from "./errors.ts";
import { opened } from "./opened.ts";
import { clientOptions, serverOptions, type TlsClientOptions, type TlsServerOptions } from "./tls.ts";
import { hostCall } from "./waits.ts";

/** Makes the handshake over `raw`, which nobody else reads or writes meanwhile; gives the socket to use instead. */
export function upgraded(
  raw: RawSocket,
  what: string,
  isServer: boolean,
  tls: TlsClientOptions | TlsServerOptions,
  timeout: number,
): Op<RawSocket> {
  const make = isServer ? acceptor(tls as TlsServerOptions) : connector(tls as TlsClientOptions);
  const needsCertificate = isServer && (tls as TlsServerOptions).clientCertificate === "require";
  return hostCall(what, timeout, (signal) => {
    signal.addEventListener("abort", () => raw.destroy());
    return opened(what, signal, isServer ? "secure" : "secureConnect", () => make(raw), (secure) => {
      // A server of the host's looks at this by itself; a socket that is made by hand does not.
      if (needsCertificate && secure.authorized !== true) {
        throw netError(what, {
          code: "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
          message: "no good certificate",
        });
      }
      return secure;
    });
  });
}

function connector(tls: TlsClientOptions): (raw: RawSocket) => RawSocket {
  const options = clientOptions(tls, undefined);
  return (socket) => directly(({ tls: { connect } }) => connect({ ...options, socket, allowHalfOpen: true }));
}

function acceptor(tls: TlsServerOptions): (raw: RawSocket) => RawSocket {
  const options = serverOptions(tls, (error) => say(`startTls's sni failed: ${String(error)}`));
  return (socket) =>
    directly(({ tls: { TLSSocket } }) =>
      new TLSSocket(socket, { ...options, isServer: true, allowHalfOpen: true })
    );
}
