/**
 * Requests of `node:http` and `node:https`, bound from their making until their response has been read.
 *
 * Bound is the request and not its socket: that one belongs to an agent, and may have served others or be about to. Every
 * request goes through its agent's `addRequest`, in its constructor, and so in the right context, also where a library
 * got hold of `http.request` long before the patch. An agent that is no `http.Agent`, and a request without one, are met
 * in what is called next.
 *
 * A kill destroys the request with the reason: one that still waits in its agent's line leaves it, for the host would
 * tell it only when it gets a socket. A request in the name of a block that is over gets no socket and the reason.
 */
import { type Binding, bound, Operation } from "./binding.ts";
import { type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";
import { disown } from "./net.ts";
import type { Target } from "./target.ts";

/** As far as it is looked into. */
interface Emitter {
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
}
interface Response extends Emitter {
  readonly complete: boolean;
  readonly readableEnded: boolean;
  destroy(error: unknown): void;
}
interface Request extends Emitter {
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  readonly destroyed: boolean;
  readonly res: Response | null | undefined;
  readonly agent: Agent | null | undefined;
  destroy(error: unknown): void;
  onSocket(socket: object | null, error?: unknown): void;
}
interface Agent {
  readonly requests?: Record<string, Request[]>;
}

/** Those that have been looked at, whosever they are. */
const known = new WeakSet<Request>();

const nothing = () => {};

/** Takes a request that waits for a socket out of its agent's line. */
function leaveLine(request: Request): boolean {
  const lines = request.agent?.requests ?? {};
  for (const [name, line] of Object.entries(lines)) {
    const at = line.indexOf(request);
    if (at === -1) continue;
    line.splice(at, 1);
    if (line.length === 0) delete lines[name];
    return true;
  }
  return false;
}

function watch(request: Request, binding: Binding): void {
  if (request.destroyed) return; // by a signal that was aborted already
  const { protocol, host, path, method } = request;
  const inside: Inside = keepContext();
  const operation = new Operation(binding, `http ${method}`, `${protocol}//${host}${path}`, {
    abort: (reason) => inside(() => stop(request, reason)),
  });
  request.once("close", () => operation.done());
}

function stop(request: Request, reason: unknown): void {
  const { res } = request;
  if (request.destroyed && (res?.readableEnded ?? true)) return;
  // A kill is no error that a program dies of, whether or not somebody listens.
  request.on("error", nothing);
  const hasNoSocket = leaveLine(request);
  // First: it would tell that the connection was lost.
  if (res !== null && res !== undefined && !res.readableEnded) res.destroy(reason);
  request.destroy(reason);
  if (hasNoSocket) request.onSocket(null, reason);
}

/** Fails it the way an agent does that cannot connect. */
function refuse(request: Request, reason: unknown, onSocket: (socket: null, error: unknown) => void): void {
  request.on("error", nothing);
  request.destroy(reason);
  onSocket(null, reason);
}

function wrapAddRequest(original: Callable): Callable {
  return function addRequest(this: unknown, ...args: unknown[]): unknown {
    const request = args[0] as Request;
    if (known.has(request)) return Reflect.apply(original, this, args); // handed on by another agent
    known.add(request);
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    if (binding.isOver) {
      return refuse(request, binding.reason, (socket, error) => request.onSocket(socket, error));
    }
    const result = Reflect.apply(original, this, args);
    watch(request, binding);
    return result;
  };
}

/** The socket is here, and from now on the request's or its agent's. */
function wrapOnSocket(original: Callable): Callable {
  return function onSocket(this: Request, ...args: unknown[]): unknown {
    const [socket, error] = args;
    if (socket !== null && socket !== undefined) disown(socket as object);
    if (known.has(this)) return Reflect.apply(original, this, args);
    // Whoever hands out an agent's sockets does so in anybody's context.
    if (this.agent !== null && this.agent !== undefined) return Reflect.apply(original, this, args);
    known.add(this);
    const binding = bound();
    if (binding?.isOver !== true || error) {
      const result = Reflect.apply(original, this, args);
      if (binding !== null && !binding.isOver) watch(this, binding);
      return result;
    }
    (socket as { destroy?(): void } | null)?.destroy?.();
    return refuse(this, binding.reason, (...refusal) => Reflect.apply(original, this, refusal));
  };
}

/** Of an agent that is no `http.Agent`: its maker sends something. */
function wrapImplicitHeader(original: Callable): Callable {
  return function (this: Request, ...args: unknown[]): unknown {
    if (!known.has(this)) {
      known.add(this);
      const binding = bound();
      if (binding?.isOver) refuse(this, binding.reason, (socket, error) => this.onSocket(socket, error));
      else if (binding !== null) watch(this, binding);
    }
    return Reflect.apply(original, this, args);
  };
}

/** Requests, and the connections of agents, which are nobody's. */
export const httpTargets: readonly Target[] = [
  { group: "http", module: "http.Agent.prototype", name: "addRequest", wrap: wrapAddRequest },
  { group: "http", module: "http.ClientRequest.prototype", name: "onSocket", wrap: wrapOnSocket },
  {
    group: "http",
    module: "http.ClientRequest.prototype",
    name: "_implicitHeader",
    wrap: wrapImplicitHeader,
  },
];
