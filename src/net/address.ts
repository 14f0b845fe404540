/** Where sockets are: a host and a port, or a file. */
import { show } from "../core/mod.ts";

/** A port of a host. */
export interface HostAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 to 65,535. */
  readonly port: number;
}

/** A Unix domain socket. */
export interface PathAddress {
  readonly path: string;
}

/**
 * Where a socket is: `{ host, port }`, `{ path }` for a Unix domain socket, or text: `"example.org:80"`, `"[::1]:80"`,
 * `"unix:/run/app.sock"`.
 */
export type Address = HostAddress | PathAddress | string;

/** An address to listen at; without a host it is all of this machine's. */
export type ListenAddress = Address | number | { readonly host?: string; readonly port: number };

/** An address, checked: `host` is undefined only where that is allowed. */
export type Checked = { readonly host: string | undefined; readonly port: number } | PathAddress;

const FORMS = `{ host, port }, { path }, "host:port" or "unix:/path"`;

/** `port` as a port; throws. */
export function checkPort(port: unknown, what: string): number {
  if (typeof port !== "number") {
    throw new TypeError(`${what} needs a port as a number from 0 to 65535, not ${show(port)}`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`${what} needs a port from 0 to 65535, not ${port}`);
  }
  return port;
}

function parse(text: string, what: string): Checked {
  if (text.startsWith("unix:")) return checkAddress({ path: text.slice(5) }, what, false);
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text);
  if (match === null) throw new TypeError(`${what} needs an address: ${FORMS}, not ${show(text)}`);
  const [, v6, host, port] = match;
  return { host: v6 ?? (host === "" ? undefined : host), port: checkPort(Number(port), what) };
}

/** Any form of address in one form. With `hostless`, a port alone will do. */
export function checkAddress(address: unknown, what: string, hostless: boolean): Checked {
  let checked: Checked;
  if (typeof address === "string") checked = parse(address, what);
  else if (typeof address === "number" && hostless) {
    checked = { host: undefined, port: checkPort(address, what) };
  } else if (typeof address === "object" && address !== null) {
    const { path, host, port } = address as { path?: unknown; host?: unknown; port?: unknown };
    if (path !== undefined) {
      if (typeof path !== "string" || path === "") {
        throw new TypeError(`${what} needs the path of a socket, not ${show(path)}`);
      }
      return { path };
    }
    if (host !== undefined && typeof host !== "string") {
      throw new TypeError(`${what} needs a host as text, not ${show(host)}`);
    }
    checked = { host: host === "" ? undefined : host, port: checkPort(port, what) };
  } else throw new TypeError(`${what} needs an address: ${FORMS}, not ${show(address)}`);
  if (!("path" in checked) && checked.host === undefined && !hostless) {
    throw new TypeError(`${what} needs a host in ${show(address)}: "localhost" is this machine`);
  }
  return checked;
}

/** An address as people write it. */
export function formatAddress(address: Checked | HostAddress | undefined): string {
  if (address === undefined) return "an unknown address";
  if ("path" in address) return `unix:${address.path}`;
  const { host = "*", port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
