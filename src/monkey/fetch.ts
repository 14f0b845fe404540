/** `fetch`, bound from the call until the body is read: a kill aborts the connection, at the headers or in the body. */
import { show } from "../core/mod.ts";
import { bound } from "./binding.ts";
import { refused } from "./call.ts";
import { type Bound, EXCHANGE, Exchange } from "./fetch_exchange.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";

/** As far as it is looked into. Any host's. */
interface RequestLike {
  readonly url?: string;
  readonly href?: string;
  readonly method?: string;
  readonly signal?: AbortSignal | null;
}

/** What is known of the options when they are no plain object, whose own members would say all. */
const MEMBERS = [
  ...["method", "headers", "body", "mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy"],
  ...[
    "integrity",
    "keepalive",
    "duplex",
    "priority",
    "window",
    "dispatcher",
    "client",
    "proxy",
    "tls",
    "unix",
  ],
  ...["verbose", "decompress", "timeout", "s3", "protocol"],
];

function withSignal(init: unknown, signal: AbortSignal): object {
  if (typeof init !== "object" || init === null) return { signal };
  const prototype = Object.getPrototypeOf(init);
  if (prototype === Object.prototype || prototype === null) return { ...init, signal };
  const copy: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    const value = (init as Record<string, unknown>)[name];
    if (value !== undefined) copy[name] = value;
  }
  return { ...copy, signal };
}

function urlOf(input: unknown): string {
  if (typeof input === "string") return input;
  const { url, href } = (input ?? {}) as RequestLike;
  return url ?? href ?? show(input);
}

function wrapFetch(original: Callable): Callable {
  return function fetch(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    if (binding.isOver) return refused(binding);
    const [input, init] = args;
    let request: RequestLike, options: RequestLike, signal: AbortSignal | null | undefined, method: string;
    try {
      request = (typeof input === "object" && input !== null ? input : {}) as RequestLike;
      options = (typeof init === "object" && init !== null ? init : {}) as RequestLike;
      signal = options.signal === undefined ? request.signal : options.signal;
      method = String(options.method ?? request.method ?? "GET");
    } catch {
      return Reflect.apply(original, this, args); // a getter that throws
    }
    // What is wrong with the arguments the host says best, and no signal makes it wrong in another way.
    const isOdd = signal !== undefined && signal !== null && !(signal instanceof AbortSignal);
    if (args.length === 0 || isOdd || signal?.aborted === true) return Reflect.apply(original, this, args);
    const send = (own: AbortSignal) => Reflect.apply(original, this, [input, withSignal(init, own)]);
    return new Exchange(binding, urlOf(input), method).start(send, signal ?? undefined);
  };
}

/** `text()` and the like: of a response that is bound. */
function wrapReader(original: Callable): Callable {
  return function (this: Bound | undefined, ...args: unknown[]): unknown {
    const exchange = this?.[EXCHANGE];
    if (exchange === undefined) return Reflect.apply(original, this, args);
    const binding = bound();
    if (binding !== null && exchange.refusal !== null) return refused(exchange.refusal);
    return exchange.read(Reflect.apply(original, this, args), binding);
  };
}

function wrapClone(original: Callable): Callable {
  return function clone(this: (Response & Bound) | undefined): unknown {
    const copy = Reflect.apply(original, this, []);
    this?.[EXCHANGE]?.cloned(this, copy);
    return copy;
  };
}

const READERS = ["text", "json", "arrayBuffer", "blob", "bytes", "formData"];

/** `fetch` and the bodies of its responses. */
export const fetchTargets: readonly Target[] = [
  { group: "fetch", module: "globalThis", name: "fetch", wrap: wrapFetch },
  { group: "fetch", module: "Response.prototype", name: "clone", wrap: wrapClone },
  ...READERS.map((name): Target => ({
    group: "fetch",
    module: "Response.prototype",
    name,
    wrap: wrapReader,
  })),
];
