/**
 * The sockets of the runtime, as far as `tendril/net` uses them: `node:net`, `node:tls`, `node:dns`, `node:dgram`, which
 * all three runtimes have. The modules are got at the first use, so that whoever needs no socket loads none.
 *
 * Whatever makes existing code cooperative by patching these modules must leave our own calls alone: a socket of ours
 * that was bound to a greenlet would be closed by a kill in `read`. So our calls go through {@linkcode directly}, and
 * a patch asks {@linkcode isDirect}.
 */

/** What every object that emits events has. */
interface Emitter {
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

/** A `net.Socket` or a `tls.TLSSocket`. */
export interface RawSocket extends Emitter {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly destroyed: boolean;
  readonly writableLength: number;
  readonly writableNeedDrain: boolean;
  write(data: string | Uint8Array, done: () => void): boolean;
  end(): void;
  destroy(): void;
  destroySoon(): void;
  resetAndDestroy?(): void;
  pause(): void;
  resume(): void;
  unshift(data: Uint8Array): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delay: number): void;
  // TLS only
  readonly encrypted?: boolean;
  readonly authorized?: boolean;
  readonly authorizationError?: unknown;
  readonly alpnProtocol?: string | false | null;
  readonly servername?: string | false | null;
  getProtocol?(): string | null;
  getPeerCertificate?(): { readonly raw?: Uint8Array } | null;
}

/** A `net.Server` or a `tls.Server`. */
export interface RawServer extends Emitter {
  listen(options: object): void;
  close(): void;
  address(): { address: string; port: number } | string | null;
}

/** A `dgram.Socket`. */
export interface RawDatagramSocket extends Emitter {
  bind(options: object): void;
  send(data: Uint8Array, port: number, host: string, done: (error: unknown) => void): void;
  close(): void;
  address(): { address: string; port: number };
  setBroadcast(on: boolean): void;
  setTTL(hops: number): void;
  addMembership(group: string, local?: string): void;
  dropMembership(group: string, local?: string): void;
}

/** A callback of `node:dns`. */
export type DnsCallback = (error: unknown, answer: unknown) => void;

/** A `dns.Resolver`. */
export interface RawResolver {
  setServers(servers: readonly string[]): void;
  cancel(): void;
  resolve(host: string, type: string, done: DnsCallback): void;
  reverse(address: string, done: DnsCallback): void;
}

/** The modules. */
export interface SocketModules {
  readonly net: {
    connect(options: object): RawSocket;
    createServer(options: object): RawServer;
    isIP(text: string): number;
  };
  readonly tls: {
    connect(options: object): RawSocket;
    createServer(options: object): RawServer;
    createSecureContext(options: object): object;
    readonly TLSSocket: new (socket: RawSocket, options: object) => RawSocket;
  };
  readonly dns: {
    lookup(host: string, options: object, done: DnsCallback): void;
    readonly Resolver: new (options: object) => RawResolver;
  };
  readonly dgram: { createSocket(options: object): RawDatagramSocket };
}

interface Runtime {
  process?: { getBuiltinModule?(name: string): unknown };
  Deno?: { permissions: { requestSync(wanted: { name: string }): { state: string } } };
}

let modules: SocketModules | undefined;

function load(): SocketModules {
  const { process } = globalThis as Runtime;
  if (process?.getBuiltinModule === undefined) {
    throw new Error(
      "tendril/net needs a runtime with process.getBuiltinModule: Deno, Bun, or Node 22.3 and later",
    );
  }
  const get = (name: keyof SocketModules) => process.getBuiltinModule?.(`node:${name}`);
  return { net: get("net"), tls: get("tls"), dns: get("dns"), dgram: get("dgram") } as SocketModules;
}

let depth = 0;

/** Calls `use` with the modules; see the top of the file. */
export function directly<T>(use: (modules: SocketModules) => T): T {
  depth++;
  try {
    return use(modules ??= load());
  } finally {
    depth--;
  }
}

/** Whether the call that runs into a patched function now is one of ours: it is none of the patch's business. */
export function isDirect(): boolean {
  return depth > 0;
}

/**
 * Throws where the program may not listen at that port or file, or send there. Deno's `node:net` and `node:dgram` would
 * throw it where nobody can catch it, and end the program.
 */
export function checkPermission(
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): void {
  const { Deno } = globalThis as Runtime;
  if (Deno === undefined) return;
  const needs = (name: "net" | "read" | "write", what: string, wanted: object) => {
    if (Deno.permissions.requestSync({ name, ...wanted }).state === "granted") return;
    const error = new Error(`Requires ${name} access to ${what}, run again with the --allow-${name} flag`);
    error.name = "NotCapable"; // as Deno says it
    throw error;
  };
  if ("path" in where) {
    for (const name of ["read", "write"] as const) needs(name, `"${where.path}"`, { path: where.path });
    return;
  }
  const { host, port } = where;
  const text = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  needs("net", `"${text}"`, { host: text });
}
