/** What a pool can be told. */
import { count, duration, show } from "../core/mod.ts";
import { cpuCount, type ResourceLimits } from "../host/io.ts";
import type { WaitOptions } from "../sync/mod.ts";
import type { JobOptions } from "./job.ts";
import { isRemote, type RemoteFunction, targetOf } from "./remote.ts";

/** A function that each thread runs before anything else: exported by a module, or of `pool.module`. */
export type Initializer =
  | { readonly url: URL | string; readonly name: string; readonly args?: readonly unknown[] }
  | RemoteFunction<never[], unknown>;

/** Options of a `ThreadPool`. */
export interface ThreadPoolOptions {
  /** How many threads at most, at least 1. Default: as many as can compute at the same time. */
  size?: number;
  /** Threads that are started at once and kept. Default 0: threads are started when there is work. */
  minSize?: number;
  /** The same as `size`. */
  maxSize?: number;
  /** Milliseconds after which an idle thread above `minSize` is ended. Default: never. */
  idleTimeout?: number;
  /** A thread is replaced by a new one after so many tasks. Default: never. */
  maxTasksPerWorker?: number;
  /** Run in each thread before its first task. Where it fails the pool is broken, and all jobs fail with its error. */
  initializer?: Initializer;
  /** Its arguments. */
  initargs?: readonly unknown[];
  /** How many jobs may wait besides those that run. Default: no limit. */
  queueLimit?: number;
  /** Milliseconds from a kill until the thread is ended, if something in it listens. Default 5,000. */
  grace?: number;
  /**
   * Milliseconds: a thread whose event loop has not turned for so long is taken for hung, ended and replaced; its job fails. Longer
   * than the longest computation. Default: no limit, since a thread that computes looks the same.
   */
  hangTimeout?: number;
  /** For the names of its threads. */
  name?: string;
  resourceLimits?: ResourceLimits;
}

/** Options of maps. */
export interface MapOptions {
  /** Items that go to a thread together. Default: as many as are likely to take a millisecond, as measured. */
  chunkSize?: number;
}

/** Options of `imap` and `imapUnordered`. */
export interface ThreadImapOptions extends MapOptions {
  /** How many results may wait to be consumed; the input is read no further then. Default: no limit. */
  maxsize?: number;
}

/** Options of `ThreadPool.spawn`: `timeout` is that of waiting for room. */
export interface ThreadSpawnOptions extends Omit<JobOptions, "timeout">, WaitOptions {}

/** The options of a pool, checked. */
export interface PoolSettings {
  readonly size: number;
  readonly minSize: number;
  readonly idleTimeout: number;
  readonly maxTasks: number;
  readonly queueLimit: number;
  readonly grace: number;
  readonly hangTimeout: number;
  readonly name: string;
  readonly limits: ResourceLimits | undefined;
  readonly initializer: { url: string; name: string; args: readonly unknown[] } | null;
  /** It is a thread made by hand: its name is that of the thread. */
  readonly isSingle?: boolean;
  /** Its threads keep no program alive. */
  readonly daemon?: boolean;
}

const DEFAULT_GRACE = 5_000;
let pools = 0;

/** @throws `TypeError`, `RangeError` for what makes no sense. */
export function settings(options: ThreadPoolOptions = {}): PoolSettings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`a ThreadPool takes an object of options ({ size: 4 }), not ${show(options)}`);
  }
  const { maxSize, minSize = 0, maxTasksPerWorker = Infinity, queueLimit = Infinity } = options;
  const size = sizeOf(options.size ?? maxSize ?? Math.max(cpuCount(), minSize));
  const least = count(minSize, "a ThreadPool's minSize", 0);
  if (least > size) {
    throw new RangeError(`a ThreadPool's minSize (${least}) must not be above its size (${size})`);
  }
  return {
    size,
    minSize: least,
    idleTimeout: duration(options.idleTimeout, "a ThreadPool's idleTimeout"),
    maxTasks: count(maxTasksPerWorker, "maxTasksPerWorker", 1),
    queueLimit: count(queueLimit, "queueLimit", 0),
    grace: options.grace === undefined ? DEFAULT_GRACE : duration(options.grace, "a ThreadPool's grace"),
    hangTimeout: duration(options.hangTimeout, "a ThreadPool's hangTimeout"),
    name: options.name ?? `pool-${++pools}`,
    limits: options.resourceLimits,
    initializer: initializer(options),
  };
}

/** `n` as a number of threads. */
export function sizeOf(n: number): number {
  const size = count(n, "a ThreadPool's size", 1);
  if (size === Infinity) throw new RangeError("a ThreadPool's size must be a finite number of threads");
  return size;
}

function initializer({ initializer: given, initargs = [] }: ThreadPoolOptions): PoolSettings["initializer"] {
  if (given === undefined) return null;
  if (isRemote(given)) {
    const { url, name } = targetOf(given);
    return { url, name, args: initargs };
  }
  if (typeof given === "object" && given !== null && typeof given.name === "string") {
    return { url: hrefOf(given.url, "an initializer"), name: given.name, args: given.args ?? initargs };
  }
  throw new TypeError(
    `an initializer is { url, name, args } of an exported function, or a function of pool.module(url), not ${
      show(given)
    }` +
      ": a function of this thread cannot be sent to another one",
  );
}

/** `url` as absolute text. @throws `TypeError` for anything that is no URL. */
export function hrefOf(url: unknown, what: string): string {
  if (url instanceof URL) return url.href;
  if (typeof url === "string" && URL.canParse(url)) return url;
  throw new TypeError(`${what} needs a URL: new URL("work.ts", import.meta.url), not ${show(url)}`);
}
