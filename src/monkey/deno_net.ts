/**
 * Connections on Deno. One that a greenlet opened is closed after it, unless another greenlet uses it; reads and accepts
 * that are interrupted lose nothing (see owned.ts).
 */
import { type Binding, bound } from "./binding.ts";
import { boundCall } from "./call.ts";
import { wrapMethod, wrapRead } from "./deno_fs.ts";
import { type Methods, patchPrototypeOf } from "./found.ts";
import { closeQuietly, disowned, hasLate, lossless, own, takeLate, used } from "./owned.ts";
import type { Callable, Wrap } from "./layer.ts";
import type { Target } from "./target.ts";

interface Conn {
  close(): void;
}

interface Address {
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: string;
  readonly signal?: AbortSignal;
}

function addressOf(options: Address | undefined): string {
  return options?.path ?? `${options?.hostname ?? "127.0.0.1"}:${options?.port}`;
}

function wrapConnClose(original: Callable): Callable {
  return function close(this: object): unknown {
    disowned(this);
    return Reflect.apply(original, this, []);
  };
}

const CONN: Methods = {
  read: wrapRead("read"),
  write: wrapMethod("write"),
  close: wrapConnClose,
};

const TLS_CONN: Methods = { ...CONN, handshake: wrapMethod("TLS handshake") };

/** Every connection passes here once. */
function seen(conn: object): void {
  patchPrototypeOf(conn, "handshake" in conn ? TLS_CONN : CONN);
}

function seeLater(conn: unknown): void {
  (conn as Promise<object>).then(seen, () => {});
}

function connected(binding: Binding, conn: Conn, target: string): Conn {
  seen(conn);
  if (!binding.isOver) own(binding, conn, "connection", target, () => closeQuietly(conn));
  return conn;
}

/** `connect`, `connectTls`: while it connects, an abort of the signal stops it. */
function wrapConnect(what: string): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) {
        const conn = Reflect.apply(original, this, args);
        seeLater(conn);
        return conn;
      }
      const options = args[0] as Address | undefined;
      const target = addressOf(options);
      const controller = new AbortController();
      return boundCall<Conn>(binding, {
        what,
        target,
        start: () =>
          connectWith(original, this, options, controller).then((c) => connected(binding, c, target)),
        stop: (reason) => controller.abort(reason),
        dropped: closeQuietly,
      });
    };
}

function connectWith(
  original: Callable,
  self: unknown,
  options: Address | undefined,
  controller: AbortController,
): Promise<Conn> {
  if (typeof options !== "object" || options === null) return Reflect.apply(original, self, [options]);
  const { signal } = options;
  const both = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  return Reflect.apply(original, self, [{ ...options, signal: both }]);
}

/** The TLS connection takes over the plain one, and who owns it. */
function wrapStartTls(original: Callable): Callable {
  return function startTls(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) {
      const conn = Reflect.apply(original, this, args);
      seeLater(conn);
      return conn;
    }
    const target = addressOf(args[1] as Address | undefined);
    return boundCall<Conn>(binding, {
      what: "startTls",
      target,
      start: () => {
        const plain = args[0];
        const started = Reflect.apply(original, this, args) as Promise<Conn>;
        if (typeof plain === "object" && plain !== null) disowned(plain);
        return started.then((conn) => connected(binding, conn, target));
      },
      dropped: closeQuietly,
    });
  };
}

function wrapAccept(original: Callable): Callable {
  return function accept(this: object): unknown {
    const binding = bound();
    const start = () => {
      const conn = Reflect.apply(original, this, []) as Promise<object>;
      seeLater(conn);
      return conn;
    };
    if (binding === null) return hasLate(this) ? takeLate(this) : start();
    used(this, binding);
    return lossless(binding, this, "accept", "", start);
  };
}

/** Listeners belong to nobody: only how they accept is bound. */
function wrapListen(original: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    const listener = Reflect.apply(original, this, args) as object;
    patchPrototypeOf(listener, { accept: wrapAccept });
    return listener;
  };
}

/** It takes a signal. */
function wrapResolve(original: Callable): Callable {
  return function resolveDns(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const [query, recordType, options] = args as [unknown, unknown, Address | undefined];
    const controller = new AbortController();
    const signal = options?.signal === undefined
      ? controller.signal
      : AbortSignal.any([options.signal, controller.signal]);
    return boundCall(binding, {
      what: "resolveDns",
      target: String(query),
      start: () => Reflect.apply(original, this, [query, recordType, { ...options, signal }]),
      stop: (reason) => controller.abort(reason),
    });
  };
}

/** See the top of the file. */
export const denoNetTargets: readonly Target[] = [
  { group: "net", module: "Deno", name: "connect", wrap: wrapConnect("connect") },
  { group: "net", module: "Deno", name: "connectTls", wrap: wrapConnect("connectTls") },
  { group: "net", module: "Deno", name: "startTls", wrap: wrapStartTls },
  { group: "net", module: "Deno", name: "listen", wrap: wrapListen },
  { group: "net", module: "Deno", name: "listenTls", wrap: wrapListen },
  { group: "dns", module: "Deno", name: "resolveDns", wrap: wrapResolve },
];
