/**
 * Sockets of `node:net` and `node:tls`: closed with the greenlet that has opened them.
 *
 * All of them are connected by `net.Socket.prototype.connect`. A kill ends a connect at once; a socket that is open is
 * closed when the block has been left and its cleanup has not done it.
 *
 * Most sockets belong to pools, and whoever makes a pool open one is only the first who came. To close it would fail
 * others, also while it connects. So not bound are
 *
 *   - what an `http.Agent` or `http2.connect` connects: known by when it happens;
 *   - what undici connects, which is also Node's `fetch` and `WebSocket`: known by the options that its connector passes;
 *   - a socket that somebody else writes to, another greenlet or nobody: from then on it is shared.
 *
 * A connect in the name of a block that is over is refused, because libraries try again. But what a pool connects when it
 * hears that a socket of its was closed, it connects for somebody else; and a client that many share, and that a greenlet
 * that is over had made, gets through a second later.
 */
import { systemHost } from "../host/mod.ts";
import { type Binding, bound, Operation } from "./binding.ts";
import { type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";

interface Socket {
  readonly connecting: boolean;
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
  destroy(error: unknown): void;
}

interface Options {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly socket?: object;
}

/** Milliseconds in which a block that is over is refused, from its first refusal on. */
const REFUSED_FOR = 1000;

const nothing = () => {};

let depth = 0;

/** Calls `f`; sockets that it connects are nobody's. */
function unbound<T>(f: () => T): T {
  depth++;
  try {
    return f();
  } finally {
    depth--;
  }
}

/** A socket that only one greenlet has used so far. */
class Owned {
  private readonly socket: Socket;
  readonly binding: Binding;
  private readonly operation: Operation;
  /** What was put over the socket's methods. */
  private readonly hooks: Map<string, Callable> = new Map();
  /** How deep in its events. */
  emitting = 0;
  isEnded = false;

  constructor(socket: Socket, binding: Binding, target: string) {
    this.socket = socket;
    this.binding = binding;
    const inside: Inside = keepContext();
    const end = (reason: unknown) => inside(() => this.end(reason));
    this.operation = new Operation(binding, "socket", target, {
      abort: (reason) => {
        if (socket.connecting) end(reason);
      },
      release: () => end(binding.reason),
    });
    for (const name of ["write", "end"]) this.hook(name, (below) => noteUse(this, below));
    this.hook("emit", (below) => noteEvent(this, below));
    socket.once("close", () => this.let());
  }

  private hook(name: string, make: (below: Callable) => Callable): void {
    const socket = this.socket as unknown as Record<string, Callable>;
    const value = make(socket[name]);
    this.hooks.set(name, value);
    Object.defineProperty(socket, name, { configurable: true, writable: true, value });
  }

  private end(reason: unknown): void {
    if (this.isEnded || !owners.has(this.socket)) return;
    this.isEnded = true;
    this.operation.done();
    this.socket.on("error", nothing);
    this.socket.destroy(reason);
  }

  /** It is closed, or not only this greenlet's. */
  let(): void {
    this.operation.done();
    owners.delete(this.socket);
    const socket = this.socket as unknown as Record<string, unknown>;
    for (const [name, hook] of this.hooks) if (socket[name] === hook) delete socket[name];
  }
}

function noteUse(owned: Owned, below: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    const user = bound();
    // Deno loses the context in the listeners of sockets: what such a listener writes is no sign of somebody else.
    const isOwner = user === null ? owned.emitting > 0 : user.task === owned.binding.task;
    if (!isOwner) owned.let();
    return Reflect.apply(below, this, args);
  };
}

function noteEvent(owned: Owned, below: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    const emit = () => Reflect.apply(below, this, args);
    owned.emitting++;
    try {
      // A pool that hears of its end connects for whoever is next.
      return owned.isEnded ? unbound(emit) : emit();
    } finally {
      owned.emitting--;
    }
  };
}

const owners = new WeakMap<object, Owned>();

/** Somebody else looks after that socket. Gives whose it was. */
export function disown(socket: object): Binding | null {
  const owned = owners.get(socket);
  owned?.let();
  return owned?.binding ?? null;
}

function own(socket: object, binding: Binding, target: string): void {
  owners.get(socket)?.let();
  owners.set(socket, new Owned(socket as Socket, binding, target));
}

/** `connect(port, host)`, `connect(path)`, `connect(options)`, and what `net.connect` makes of them. */
function optionsOf(args: readonly unknown[]): Options {
  const [first, second] = Array.isArray(args[0]) ? args[0] as unknown[] : args;
  if (typeof first === "object" && first !== null) return first;
  if (typeof first === "string" && !/^\d+$/.test(first)) return { path: first };
  return { port: first as number, host: typeof second === "string" ? second : undefined };
}

/** What undici passes on to `connect` (seen in 7.30 and in Node 26); hardly anybody writes both of these by hand. */
function isOfUndici(options: Options): boolean {
  return Object.hasOwn(options, "highWaterMark") && Object.hasOwn(options, "localAddress");
}

function targetOf({ host = "localhost", port, path }: Options): string {
  return path ?? `${host}:${port}`;
}

const refusedSince = new WeakMap<Binding, number>();

function isRefused(binding: Binding): boolean {
  if (!binding.isOver) return false;
  const now = systemHost.now();
  const since = refusedSince.get(binding) ?? now;
  refusedSince.set(binding, since);
  return now - since < REFUSED_FOR;
}

function wrapConnect(original: Callable): Callable {
  return function connect(this: Socket, ...args: unknown[]): unknown {
    const binding = depth > 0 ? null : bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const options = optionsOf(args);
    // TLS over a socket that is there: see wrapTls.
    if (isOfUndici(options) || options.socket !== undefined) return Reflect.apply(original, this, args);
    if (isRefused(binding)) {
      this.on("error", nothing);
      this.destroy(binding.reason);
      return this;
    }
    const result = Reflect.apply(original, this, args);
    if (!binding.isOver) own(this, binding, targetOf(options));
    return result;
  };
}

/** TLS over a socket that is there takes it over: it goes past that one's `write`. */
function wrapTls(original: Callable): Callable {
  return function connect(this: unknown, ...args: unknown[]): unknown {
    const made = Reflect.apply(original, this, args) as object;
    const options = optionsOf(args);
    const binding = options.socket === undefined ? null : disown(options.socket);
    if (binding !== null && !binding.isOver) own(made, binding, targetOf(options));
    return made;
  };
}

function wrapUnbound(original: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    return unbound(() => Reflect.apply(original, this, args));
  };
}

/** See the top of the file. */
export const netTargets: readonly Target[] = [
  { group: "net", module: "net.Socket.prototype", name: "connect", wrap: wrapConnect },
  { group: "net", module: "tls", name: "connect", wrap: wrapTls },
  { group: "net", module: "http.Agent.prototype", name: "createSocket", wrap: wrapUnbound },
  { group: "net", module: "http2", name: "connect", wrap: wrapUnbound },
];
