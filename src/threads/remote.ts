/** Functions of modules that run in other threads, typed as their exports. */
import type { Target } from "../wire/mod.ts";
import type { Job } from "./job.ts";

/** What a remote function's call gives, by what the function returns. */
export type JobOf<R> = [R] extends [never] ? Job<never>
  : R extends AsyncGenerator<infer Y, infer T, infer _N> ? Job<T, Y>
  : R extends Generator<infer Y, infer T, infer _N> ? Job<T, Y>
  : R extends { readonly "~result"?: () => infer T } ? Job<T>
  : Job<Awaited<R>>;

/** The result that it gives in the end. */
export type ResultOf<R> = JobOf<R> extends Job<infer T, infer _Y> ? T : never;

declare const RETURNS: unique symbol;

/**
 * A function that runs in a thread of a pool. Calling it acts at the call; what it gives is the job: `yield*` it in a greenlet, `await`
 * it elsewhere.
 */
export interface RemoteFunction<A extends readonly unknown[], R> {
  (...args: A): JobOf<R>;
  /** Never there: it tells the compiler what the function returns. */
  readonly [RETURNS]?: () => R;
}

/** The functions among the exports of a module. */
export type RemoteModule<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends
    (...args: infer A) => infer R ? RemoteFunction<A, R> : never;
};

const TARGET: unique symbol = Symbol("tendril.remote");

/** Of the whole program: a function keeps its number, and what is known of its cost, in all pools. */
const targets = new Map<string, Target>();

/** The export `name` of the module at `url`. */
export function targetFor(url: string, name: string): Target {
  const key = `${name} ${url}`;
  let found = targets.get(key);
  if (found === undefined) {
    found = { fn: targets.size, url, name, cost: NaN, alone: false };
    targets.set(key, found);
  }
  return found;
}

/** See {@linkcode RemoteModule}. `start` makes the job of a call. */
export function remoteModule<M>(
  url: string,
  start: (target: Target, args: unknown[]) => unknown,
): RemoteModule<M> {
  const functions = new Map<string, unknown>();
  const make = (name: string) => {
    const to = targetFor(url, name);
    const remote = (...args: unknown[]) => start(to, args);
    Object.defineProperty(remote, TARGET, { value: to });
    Object.defineProperty(remote, "name", { value: name });
    functions.set(name, remote);
    return remote;
  };
  return new Proxy(Object.create(null), {
    // A module is no promise, whoever asks; and symbols are nobody's exports.
    get: (_, name) =>
      typeof name === "symbol" || name === "then" ? undefined : functions.get(name) ?? make(name),
    has: (_, name) => typeof name === "string" && name !== "then",
    set: (_, name) => {
      throw new TypeError(
        `${String(name)} cannot be set: these are the functions of a module in other threads`,
      );
    },
  });
}

/** Whether it is a function of `pool.module`. */
export function isRemote(value: unknown): value is RemoteFunction<readonly unknown[], unknown> {
  return typeof value === "function" && TARGET in value;
}

export function targetOf(remote: unknown): Target {
  return (remote as { [TARGET]: Target })[TARGET];
}

/** A remote function's target. @throws `TypeError` for what is none, saying what to do. */
export function needRemote(value: unknown, what: string): Target {
  if (isRemote(value)) return targetOf(value);
  const name = typeof value === "function"
    ? `the function ${value.name || "(anonymous)"} of this thread`
    : String(value);
  throw new TypeError(
    `${what} needs a function of pool.module(url), not ${name}: a function cannot be sent to another thread, export it from a module`,
  );
}
