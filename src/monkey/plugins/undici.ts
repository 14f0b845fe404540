/**
 * The package undici: bound at the dispatch, where `request`, `stream`, `pipeline`, `upgrade` and its `fetch` all pass.
 *
 * A kill aborts that one request, in line, at the headers or in the body; the pool and the requests of others stay. Its
 * sockets are opened as nobody, for whoever comes next uses them. What a dispatcher dispatches to (an agent to its pools,
 * a pool to its clients) is the same request, and is bound once.
 */
import { type Binding, bound, Operation } from "../binding.ts";
import { boundCall, refused } from "../call.ts";
import type { Callable } from "../layer.ts";
import { asNobody } from "../context.ts";
import { install, inThisContext, type Method, prototypeOf } from "./plugin.ts";

/** Version 7 gives `onRequestStart` a controller, versions before give `onConnect` an abort. */
interface Handler {
  onRequestStart?: Callable;
  onConnect?: Callable;
  onResponseError?(controller: unknown, error: unknown): void;
  onError?(error: unknown): void;
}

/** What a handler may be told. */
const EVENTS = [
  ...["onRequestStart", "onRequestUpgrade", "onResponseStart", "onResponseStarted", "onResponseData"],
  ...["onResponseEnd", "onResponseError"],
  ...[
    "onConnect",
    "onUpgrade",
    "onHeaders",
    "onData",
    "onComplete",
    "onError",
    "onBodySent",
    "onRequestSent",
  ],
];
/** After these comes nothing more. An upgraded socket belongs to whoever asked for it. */
const LAST: ReadonlySet<string> = new Set([
  ...["onResponseEnd", "onResponseError", "onComplete", "onError", "onUpgrade", "onRequestUpgrade"],
]);

/** Those that stand for a bound request. */
const ours = new WeakSet<object>();

/** One request. */
class Dispatch {
  private readonly operation: Operation;
  private readonly handler: Handler;
  private readonly inside: <T>(f: () => T) => T = inThisContext();
  private stop: ((reason: unknown) => void) | null = null;
  private reason: unknown = undefined;
  private isOver = false;

  constructor(binding: Binding, handler: Handler, what: string, target: string) {
    this.handler = handler;
    this.operation = new Operation(binding, what, target, { abort: (reason) => this.abort(reason) });
  }

  /** What the dispatcher tells in place of the handler. */
  face(): object {
    const face: Record<string, Callable> = {};
    for (const name of EVENTS) {
      if (typeof (this.handler as Record<string, unknown>)[name] === "function") {
        face[name] = (...args: unknown[]) => this.tell(name, args);
      }
    }
    ours.add(face);
    return face;
  }

  private tell(name: string, args: unknown[]): unknown {
    if (name === "onRequestStart" || name === "onConnect") this.started(args[0]);
    if (this.isOver) return name === "onHeaders" || name === "onData" ? false : undefined;
    if (LAST.has(name)) this.done();
    const event = (this.handler as Record<string, Callable>)[name];
    return this.inside(() => Reflect.apply(event, this.handler, args));
  }

  private started(controller: unknown): void {
    this.stop = typeof controller === "function"
      ? (reason) => controller(reason)
      : (reason) => (controller as { abort(reason: unknown): void }).abort(reason);
    if (this.isOver) this.stop(this.reason);
  }

  private abort(reason: unknown): void {
    this.isOver = true;
    this.reason = reason;
    const { handler } = this;
    this.inside(() => {
      if (typeof handler.onResponseError === "function") handler.onResponseError(null, reason);
      else handler.onError?.(reason);
    });
    this.stop?.(reason);
  }

  done(): void {
    this.operation.done();
  }
}

interface Options {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
}

function wrapDispatch(original: Callable): Callable {
  return function dispatch(this: object, ...args: unknown[]): unknown {
    const [options, handler] = args as [Options | undefined, Handler | undefined];
    const isOdd = typeof options !== "object" || typeof handler !== "object" || handler === null;
    if (isOdd || ours.has(handler)) return Reflect.apply(original, this, args);
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const what = `undici ${options?.method ?? "request"}`;
    const request = new Dispatch(binding, handler, what, `${options?.origin ?? ""}${options?.path ?? ""}`);
    if (binding.isOver) {
      request.done();
      queueMicrotask(() => tellError(handler, binding.reason));
      return true;
    }
    const face = request.face();
    try {
      return asNobody(() => Reflect.apply(original, this, [options, face]));
    } catch (error) {
      request.done();
      throw error;
    }
  };
}

function tellError(handler: Handler, reason: unknown): void {
  if (typeof handler.onResponseError === "function") handler.onResponseError(null, reason);
  else handler.onError?.(reason);
}

interface RequestOptions {
  readonly signal?: unknown;
}

/** Of answers whose body nobody has. */
const dropped = new FinalizationRegistry<Operation>((operation) => operation.done());

/** Until the body is gone: an abort of what is over does nothing. */
function bindBody(
  binding: Binding,
  what: string,
  target: string,
  answer: unknown,
  stop: (reason: unknown) => void,
): void {
  const body = (answer as { body?: unknown } | null)?.body;
  if (typeof body !== "object" || body === null || binding.isOver) return;
  dropped.register(body, new Operation(binding, `${what}, body`, target, { abort: stop }));
}

/**
 * `fetch`, and on Bun, which puts something of its own in the package's place, `request`: a greenlet that is killed sees
 * the kill, and a signal stops what does not pass a dispatcher.
 */
function wrapCall(name: string): (original: Callable) => Callable {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      if (binding.isOver) return refused(binding);
      const [input, init] = args as [
        { readonly signal?: unknown } | string | undefined,
        RequestOptions | undefined,
      ];
      const given = init?.signal ?? (typeof input === "object" ? input?.signal : undefined);
      if (args.length === 0 || (given !== undefined && given !== null && !(given instanceof AbortSignal))) {
        return Reflect.apply(original, this, args);
      }
      const controller = new AbortController();
      const signal = given instanceof AbortSignal
        ? AbortSignal.any([given, controller.signal])
        : controller.signal;
      const what = `undici ${name}`;
      const target = typeof input === "string" ? input : "";
      const stop = (reason: unknown) => controller.abort(reason);
      const start = async () => {
        const all = [input, { ...init, signal }, ...args.slice(2)];
        const answer = await asNobody(() => Reflect.apply(original, this, all)); // not bound twice
        bindBody(binding, what, target, answer, stop);
        return answer;
      };
      return boundCall(binding, { what, target, start, stop });
    };
}

/**
 * `response.text()` and the like of its `fetch`: rejects at once. By itself it would say "terminated" on Node, and on Deno
 * nothing at all, with or without us.
 */
function wrapReader(name: string): (original: Callable) => Callable {
  return (original) =>
    function (this: { readonly url?: string }, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      const start = () => Reflect.apply(original, this, args) as Promise<unknown>;
      return boundCall(binding, { what: `undici ${name}`, target: this?.url ?? "", start });
    };
}

const READERS = ["text", "json", "arrayBuffer", "blob", "bytes", "formData"];

interface Undici {
  readonly Response?: unknown;
  readonly Dispatcher?: unknown;
  readonly Client?: unknown;
  readonly fetch?: unknown;
  readonly request?: unknown;
  getGlobalDispatcher?(): unknown;
}

function methodsOf(module: object): Method[] {
  const undici = module as Undici;
  const client = prototypeOf(undici.Client) as { dispatch?: unknown } | undefined;
  const hasDispatch = typeof client?.dispatch === "function";
  if (!hasDispatch) {
    return ["fetch", "request"].map((name) => [undici, name, wrapCall(name)]);
  }
  const methods: Method[] = [
    [client, "dispatch", wrapDispatch],
    [undici, "fetch", wrapCall("fetch")],
    ...READERS.map((name): Method => [prototypeOf(undici.Response), name, wrapReader(name)]),
  ];
  // Node's own undici may have set it, which has classes of its own.
  const shared = undici.getGlobalDispatcher?.() as { dispatch?: unknown } | undefined;
  if (shared !== undefined && shared.dispatch !== client?.dispatch) {
    methods.push([Object.getPrototypeOf(shared), "dispatch", wrapDispatch]);
  }
  return methods;
}

/**
 * Binds the requests of the package undici to the greenlets that make them: a kill or a timeout aborts that request, and
 * nothing else of its pool. Where its `fetch` was imported by name, a kill before the headers shows as a `TypeError` whose
 * cause is the kill. It acts while something is patched by `patchAll`.
 *
 * On Bun the name `undici` gives a built-in of Bun's: there `undici.request` and `undici.fetch` are bound, called as
 * properties of the default import; other names of it are not.
 *
 * @param undici the module, as its default import gives it.
 * @returns disposing it undoes the patch.
 * @throws `TypeError` if that is not undici.
 * @example
 * ```ts no-run
 * import { patchUndici } from "tendril/monkey";
 * import undici from "undici";
 *
 * patchUndici(undici); // once, where the program begins
 * ```
 */
export function patchUndici(undici: object): Disposable {
  return install("patchUndici", undici, methodsOf);
}
