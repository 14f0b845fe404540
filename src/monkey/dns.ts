/**
 * `node:dns`: whoever waits for an answer hears of the kill at once.
 *
 * A question that was asked is asked: its answer is dropped. The one exception is a `Resolver` that has nothing else under
 * way: it is cancelled, so that it does not ask again.
 *
 * Not bound is what `net` looks up for a socket: that is the socket's business, and a pool's socket is everybody's.
 */
import { type Binding, bound, Operation } from "./binding.ts";
import { boundCall } from "./call.ts";
import { asNobody, type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";

import type { Target } from "./target.ts";

interface Resolver {
  cancel?(): void;
}

/** What resolvers have under way for greenlets. */
const questions = new WeakMap<Resolver, Set<{ readonly by: Binding }>>();
/** Those that others than greenlets use, too. */
const shared = new WeakSet<Resolver>();

/** Notes a question to a resolver of the user's own; gives what is to be called when it is over. */
function ask(resolver: unknown, binding: Binding): (isStopped: boolean) => void {
  const it = resolver as Resolver;
  if (typeof it?.cancel !== "function") return () => {};
  const asked = questions.get(it) ?? new Set();
  questions.set(it, asked);
  const question = { by: binding };
  asked.add(question);
  return (isStopped) => {
    asked.delete(question);
    if (isStopped && !shared.has(it) && [...asked].every(({ by }) => by.isOver)) it.cancel?.();
  };
}

function noteOutsider(resolver: unknown): void {
  if (typeof (resolver as Resolver | undefined)?.cancel === "function") shared.add(resolver as Resolver);
}

function wrapPromise(original: Callable): Callable {
  const what = `dns ${original.name}`;
  return function (this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) {
      noteOutsider(this);
      return Reflect.apply(original, this, args);
    }
    let over: (isStopped: boolean) => void = () => {};
    const start = () => {
      const answer = Reflect.apply(original, this, args) as Promise<unknown>;
      over = ask(this, binding);
      answer.then(() => over(false), () => over(false));
      return answer;
    };
    return boundCall(binding, { what, target: String(args[0]), start, stop: () => over(true) });
  };
}

type Callback = (...args: unknown[]) => void;

function wrapCallback(original: Callable): Callable {
  const what = `dns ${original.name}`;
  return function (this: unknown, ...args: unknown[]): unknown {
    const callback = args.at(-1);
    const binding = typeof callback === "function" ? bound() : null;
    if (binding !== null && (callback as Callable).name === "emitLookup") {
      return lookUpForSocket(original, this, args);
    }
    if (binding === null) {
      noteOutsider(this);
      return Reflect.apply(original, this, args);
    }
    const tell = callback as Callback;
    if (binding.isOver) {
      queueMicrotask(() => tell(binding.reason));
      return {};
    }
    return askBound(binding, original, this, args, tell, what);
  };
}

/** Bun asks its own `Bun.dns`, which is patched, too: so it is asked as nobody. */
function lookUpForSocket(original: Callable, self: unknown, args: unknown[]): unknown {
  const inside = keepContext();
  const found = (...results: unknown[]) => inside(() => (args.at(-1) as Callback)(...results));
  return asNobody(() => Reflect.apply(original, self, [...args.slice(0, -1), found]));
}

function askBound(
  binding: Binding,
  original: Callable,
  self: unknown,
  args: unknown[],
  tell: Callback,
  what: string,
): unknown {
  let isOver = false;
  let finish = () => {};
  const request = Reflect.apply(original, self, [...args.slice(0, -1), (...results: unknown[]) => {
    finish();
    if (!isOver) tell(...results);
    isOver = true;
  }]);
  // Not before: bad arguments are thrown.
  const inside: Inside = keepContext();
  const over = ask(self, binding);
  const operation = new Operation(binding, what, String(args[0]), {
    abort(reason) {
      isOver = true;
      over(true);
      inside(() => queueMicrotask(() => tell(reason)));
    },
  });
  finish = () => {
    operation.done();
    over(false);
  };
  return request;
}

const LOOKUPS = ["lookup", "lookupService"];
const RESOLVES = [
  ...["resolve", "resolve4", "resolve6", "resolveAny", "resolveCaa", "resolveCname", "resolveMx"],
  ...["resolveNaptr", "resolveNs", "resolvePtr", "resolveSoa", "resolveSrv", "resolveTlsa", "resolveTxt"],
  "reverse",
];

function targetsOf(module: string, names: readonly string[], wrap: Target["wrap"]): Target[] {
  return names.map((name) => ({ group: "dns", module, name, wrap }));
}

/** See the top of the file. */
export const dnsTargets: readonly Target[] = [
  ...targetsOf("dns", [...LOOKUPS, ...RESOLVES], wrapCallback),
  ...targetsOf("dns/promises", [...LOOKUPS, ...RESOLVES], wrapPromise),
  ...targetsOf("dns.Resolver.prototype", RESOLVES, wrapCallback),
  ...targetsOf("dns/promises.Resolver.prototype", RESOLVES, wrapPromise),
];
