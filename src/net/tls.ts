/** TLS: what a user says of it, and what the runtime is told. */
import { caught, show } from "../core/mod.ts";
import { directly } from "../host/io.ts";

/** PEM text or bytes; several where an array is given. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** Who one is: a certificate and its key. */
export interface TlsIdentity {
  /** The certificate and those between it and its authority, PEM. */
  cert: Pem;
  /** The private key, PEM. */
  key: string | Uint8Array;
  /** Of an encrypted key. */
  passphrase?: string;
}

interface TlsCommon {
  /** The authorities to trust instead of the runtime's own, PEM. */
  ca?: Pem;
  /** Protocols by ALPN, the dearest first, as in `["h2", "http/1.1"]`. */
  alpn?: readonly string[];
  /** The least and the greatest version. Default: those of the runtime. */
  minVersion?: "TLSv1.2" | "TLSv1.3";
  maxVersion?: "TLSv1.2" | "TLSv1.3";
}

/** TLS of whoever connects. */
export interface TlsClientOptions extends TlsCommon, Partial<TlsIdentity> {
  /** The name that the certificate must have, and that is sent by SNI. Default: the host of the address. */
  serverName?: string;
  /** Refuse a certificate that no trusted authority has signed, or that is for another name. Default true. */
  verify?: boolean;
}

/** TLS of whoever listens. */
export interface TlsServerOptions extends TlsCommon, TlsIdentity {
  /** Another identity for some names that clients ask for by SNI; undefined: the usual one. */
  sni?: (name: string) => TlsIdentity | undefined;
  /** Ask clients for a certificate. `"require"` refuses those who have none that `ca` has signed. Default: none. */
  clientCertificate?: "request" | "require";
  /** Milliseconds that a handshake may take. Default 30,000. */
  handshakeTimeout?: number;
}

/** Milliseconds: what slow mobile clients need, and a tenth of what an idle attacker would like. */
const HANDSHAKE_LIMIT = 30_000;

function common(options: TlsCommon): object {
  return {
    ca: options.ca,
    minVersion: options.minVersion,
    maxVersion: options.maxVersion,
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
  };
}

function identity({ cert, key, passphrase }: Partial<TlsIdentity>): object {
  return cert === undefined && key === undefined ? {} : { cert, key, passphrase };
}

/** Fails for what is no object of options. */
function checkObject(options: unknown, what: string): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what} needs an object of TLS options, not ${show(options)}`);
  }
}

/** For `tls.connect`. */
export function clientOptions(tls: TlsClientOptions, host: string | undefined): object {
  checkObject(tls, "connect's tls");
  const serverName = tls.serverName ?? host;
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError("connect's tls needs both cert and key, or neither");
  }
  const isAddress = serverName !== undefined && directly(({ net }) => net.isIP(serverName)) > 0;
  return {
    ...common(tls),
    ...identity(tls),
    rejectUnauthorized: tls.verify ?? true,
    // SNI has no addresses, but the certificate is checked against one all the same.
    ...(serverName === undefined || isAddress ? {} : { servername: serverName }),
  };
}

/** For `tls.createServer`. `failed` is told what the user's function throws. */
export function serverOptions(tls: TlsServerOptions, failed: (error: unknown) => void): object {
  checkObject(tls, "listen's tls");
  if (tls.cert === undefined || tls.key === undefined) {
    throw new TypeError("listen's tls needs a certificate and its key: { cert, key }, as PEM");
  }
  const { sni, clientCertificate } = tls;
  return {
    ...common(tls),
    ...identity(tls),
    requestCert: clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate === "require",
    handshakeTimeout: tls.handshakeTimeout ?? HANDSHAKE_LIMIT,
    ...(sni === undefined ? {} : {
      SNICallback: (name: string, done: (error: unknown, context?: object) => void) =>
        caught(() => {
          const other = sni(name);
          const context = other === undefined
            ? undefined
            : directly(({ tls }) => tls.createSecureContext(identity(other)));
          done(null, context);
        }, (error) => {
          failed(error);
          done(error);
        }),
    }),
  };
}
