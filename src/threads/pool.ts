/**
 * A pool of threads: functions of modules run in them, under the same handle as greenlets.
 *
 * Length: the overloads and documentation of its methods; what they do is elsewhere.
 */
import { count, type Op, PoolFull, quickExit, show } from "../core/mod.ts";
import { isSpawnOptions } from "../greenlet/mod.ts";
import { op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { PLAIN } from "../wire/mod.ts";
import { type Awaitable, both, bothOf } from "../host/mod.ts";
import type { Job, JobOptions } from "./job.ts";
import { Chunks, mapAll, type MapSetup } from "./map.ts";
import {
  hrefOf,
  type MapOptions,
  settings,
  sizeOf,
  type ThreadImapOptions,
  type ThreadPoolOptions,
  type ThreadSpawnOptions,
} from "./options.ts";
import { findBuiltin } from "../host/io.ts";
import {
  isRemote,
  type JobOf,
  needRemote,
  type RemoteFunction,
  type RemoteModule,
  remoteModule,
  type ResultOf,
} from "./remote.ts";
import { Scheduler } from "./scheduler.ts";
import { callSite } from "./site.ts";
import type { PoolStats } from "./stats.ts";

/** What is waited for in the end. */
type Unwrapped<R> = R extends Job<infer T, infer _Y> ? T : Awaited<R>;

type Fn<A extends readonly unknown[], R> = RemoteFunction<A, R>;

/**
 * Threads that run exported functions. Use it for what computes: while a thread does, greenlets here go on.
 *
 * A call returns a {@linkcode Job}, which is waited for, killed and linked like a greenlet: `yield*` it in one, `await` it elsewhere. What is passed
 * and returned is copied (`structuredClone`); see `transfer` for what is moved, and shared memory stays shared. Errors come back with
 * class, message, own properties, cause and both stacks.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { ThreadPool } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * // In a program: pool.module<typeof import("./work.ts")>(new URL("work.ts", import.meta.url))
 * const url = new URL("data:text/javascript,export const square = (n) => n * n");
 * await using pool = new ThreadPool({ size: 2 });
 * const work = pool.module<{ square(n: number): number }>(url);
 *
 * assertEquals(await work.square(7), 49);
 * await run(function* () {
 *   assertEquals(yield* work.square(8), 64);
 *   assertEquals(yield* pool.map(work.square, [1, 2, 3]), [1, 4, 9]);
 *   const job = pool.submit(work.square, 9);
 *   assertEquals(yield* job.get({ timeout: 10_000 }), 81);
 * });
 * ```
 */
export class ThreadPool implements AsyncDisposable {
  readonly #scheduler: Scheduler;

  /** @throws `RangeError`, `TypeError` for options that make no sense, a size of 0 among them. */
  constructor(options?: ThreadPoolOptions) {
    this.#scheduler = new Scheduler(settings(options));
  }

  /** How many threads it has at most. */
  get size(): number {
    return this.#scheduler.size;
  }

  /** Changes the size. Where it shrinks, what runs ends first. @throws `RangeError` as the constructor does. */
  resize(size: number): void {
    this.#scheduler.resize(sizeOf(size));
  }

  /** Whether a new job would have to wait for room in the queue. */
  get full(): boolean {
    return this.#scheduler.isCrowded;
  }

  /** Whether it takes no new jobs. */
  get closed(): boolean {
    return this.#scheduler.closed;
  }

  /**
   * The functions that a module exports, to be called here and run in a thread. A thread loads the module when it first needs it. A name
   * that is not exported, and a module that cannot be loaded, is an error of the job.
   *
   * @param url `new URL("work.ts", import.meta.url)`; absolute, since a thread has no place of its own.
   * @throws `TypeError` for what is no URL.
   */
  module<M>(url: URL | string): RemoteModule<M> {
    const href = hrefOf(url, "ThreadPool.module");
    return remoteModule<M>(href, (target, args) => {
      this.#scheduler.needOpen(target.name);
      const job = this.#scheduler.start(target, PLAIN, args, null);
      job.site = callSite();
      job.isOwned = true;
      return job;
    });
  }

  /**
   * Starts a job and gives its handle, without waiting. Options may stand in front, as for `spawn`.
   *
   * @throws `PoolFull` where `queueLimit` jobs wait already: `spawn` and `apply` wait for room instead; `Error` after `close`.
   */
  submit<A extends readonly unknown[], R>(remote: Fn<A, R>, ...args: A): JobOf<R>;
  submit<A extends readonly unknown[], R>(options: JobOptions, remote: Fn<A, R>, ...args: A): JobOf<R>;
  submit(...given: readonly unknown[]): unknown {
    const call = this.#call("ThreadPool.submit", given);
    if (this.#scheduler.isCrowded) throw this.#isFull("ThreadPool.submit");
    return this.#start(call);
  }

  /**
   * Waits for room in the queue and starts the job; gives its handle.
   *
   * @throws `PoolFull` when `{ timeout }` milliseconds of waiting for room were over: then nothing was started.
   */
  spawn<A extends readonly unknown[], R>(remote: Fn<A, R>, ...args: A): Op<JobOf<R>>;
  spawn<A extends readonly unknown[], R>(
    options: ThreadSpawnOptions,
    remote: Fn<A, R>,
    ...args: A
  ): Op<JobOf<R>>;
  spawn(...given: readonly unknown[]): unknown {
    const call = this.#call("ThreadPool.spawn", given);
    return op(() => this.#spawn(call));
  }

  /** Waits for room, runs the function and gives its result. Killed while it waits, it kills the job. */
  apply<A extends readonly unknown[], R>(remote: Fn<A, R>, ...args: A): Awaitable<ResultOf<R>>;
  apply<A extends readonly unknown[], R>(
    options: JobOptions,
    remote: Fn<A, R>,
    ...args: A
  ): Awaitable<ResultOf<R>>;
  apply(...given: readonly unknown[]): unknown {
    const call = this.#call("ThreadPool.apply", given);
    const start = () => this.#start(call);
    return both(function* () {
      const job = start();
      job.isOwned = true;
      return yield* job;
    });
  }

  /** Starts a job as soon as there is room, without waiting; gives its handle. */
  applyAsync<A extends readonly unknown[], R>(remote: Fn<A, R>, ...args: A): JobOf<R>;
  applyAsync<A extends readonly unknown[], R>(options: JobOptions, remote: Fn<A, R>, ...args: A): JobOf<R>;
  applyAsync(...given: readonly unknown[]): unknown {
    return this.#start(this.#call("ThreadPool.applyAsync", given));
  }

  /**
   * A blocking function of the runtime's modules (`fs.readFileSync`, `zlib.gzipSync`), or one of `pool.module`, as one that parks
   * the greenlet and blocks a thread of the pool.
   *
   * @throws `TypeError` for a function of the program's own, which must stand in a module.
   */
  wrap<A extends readonly unknown[], R>(
    blocking: (...args: A) => R,
  ): (...args: A) => Awaitable<Unwrapped<R>> {
    const found = isRemote(blocking) ? null : findBuiltin(blocking);
    const remote = found === null || found === undefined
      ? blocking
      : (this.module<Record<string, () => unknown>>(`node:${found.module}`))[found.name];
    needRemote(remote, "ThreadPool.wrap");
    return (...args) => this.apply(remote as never, ...args as never) as Awaitable<Unwrapped<R>>;
  }

  /** Waits until a job could be started without waiting; false when the timeout came first. */
  waitAvailable(options?: WaitOptions): Op<boolean> {
    return this.#scheduler.room.wait(false, waitTime(options, "waitAvailable"));
  }

  /**
   * Calls the function with each item; gives the results in the order of the items. Throws the first failing item's error: the items
   * after it are killed.
   */
  map<X, R>(
    remote: Fn<[X], R>,
    items: Iterable<X> | AsyncIterable<X>,
    options?: MapOptions,
  ): Awaitable<ResultOf<R>[]> {
    const setup = this.#map("ThreadPool.map", remote, items, options, false);
    return both(() => mapAll<unknown, ResultOf<R>>(setup));
  }

  /** The same with a list of arguments for each call. */
  starmap<A extends readonly unknown[], R>(
    remote: Fn<A, R>,
    items: Iterable<A> | AsyncIterable<A>,
    options?: MapOptions,
  ): Awaitable<ResultOf<R>[]> {
    const setup = this.#map("ThreadPool.starmap", remote, items, options, true);
    return both(() => mapAll<unknown, ResultOf<R>>(setup));
  }

  /** The results as a stream, in the order of the items; an error is thrown at its position, and the rest goes on (S-69). */
  imap<X, R>(
    remote: Fn<[X], R>,
    items: Iterable<X> | AsyncIterable<X>,
    options?: ThreadImapOptions,
  ): Stream<ResultOf<R>> & Disposable {
    return new Chunks(this.#map("ThreadPool.imap", remote, items, options, false), true);
  }

  /** The same in the order in which the chunks end. */
  imapUnordered<X, R>(
    remote: Fn<[X], R>,
    items: Iterable<X> | AsyncIterable<X>,
    options?: ThreadImapOptions,
  ): Stream<ResultOf<R>> & Disposable {
    return new Chunks(this.#map("ThreadPool.imapUnordered", remote, items, options, false), false);
  }

  /** Takes no new jobs from now on; threads end when all that were taken are done. Waiting for it is waiting for that. */
  close(): Awaitable<boolean> {
    this.#scheduler.close();
    return this.join();
  }

  /** Waits until no job is left and, after `close`, no thread; false when the timeout came first. */
  join(options?: WaitOptions): Awaitable<boolean> {
    return bothOf(this.#scheduler.quiet.wait(true, waitTime(options, "ThreadPool.join")));
  }

  /** Kills all jobs and ends all threads, at the call; waiting for it is waiting for their ends. */
  terminate(): Awaitable<boolean> {
    this.#scheduler.terminate(quickExit("the pool was terminated"));
    return this.join();
  }

  /** What it has done and has to do. */
  stats(): PoolStats {
    return this.#scheduler.stats();
  }

  /** `close`, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #call(what: string, given: readonly unknown[]): Given {
    const options = isSpawnOptions(given[0]) ? given[0] as JobOptions & WaitOptions : null;
    const [remote, ...args] = options === null ? given : given.slice(1);
    const target = needRemote(remote, what);
    this.#scheduler.needOpen(what);
    return { options, target, args, site: callSite() };
  }

  #start({ target, args, options, site }: Given): Job<unknown, unknown> {
    const job = this.#scheduler.start(target, PLAIN, args, options);
    job.site = site;
    return job;
  }

  *#spawn(call: Given): Generator<unknown, Job<unknown, unknown>, unknown> {
    const timeout = waitTime(call.options ?? undefined, "ThreadPool.spawn");
    const scheduler = this.#scheduler;
    if (scheduler.isCrowded && !(yield* scheduler.room.wait(true, timeout))) {
      throw this.#isFull("ThreadPool.spawn");
    }
    scheduler.needOpen("ThreadPool.spawn");
    // Its timeout was for the room.
    return this.#start({
      ...call,
      options: call.options === null ? null : { ...call.options, timeout: undefined },
    });
  }

  #isFull(what: string): PoolFull {
    const { size, settings: { queueLimit } } = this.#scheduler;
    return new PoolFull(
      `${what}: ${size} threads are busy and ${queueLimit} jobs wait, which is the queueLimit; nothing was started.` +
        " Use apply() or spawn(), which wait for room",
    );
  }

  #map<X>(
    what: string,
    remote: unknown,
    items: Iterable<X> | AsyncIterable<X>,
    options: ThreadImapOptions | undefined,
    spread: boolean,
  ): MapSetup<X> {
    const target = needRemote(remote, what);
    const isIterable = typeof items === "string" || (typeof items === "object" && items !== null &&
      (Symbol.iterator in items || Symbol.asyncIterator in items));
    if (!isIterable) throw new TypeError(`${what} needs an iterable of items, not ${show(items)}`);
    const chunkSize = options?.chunkSize === undefined ? undefined : count(options.chunkSize, "chunkSize", 1);
    const maxsize = options?.maxsize === undefined ? Infinity : count(options.maxsize, "maxsize", 1);
    this.#scheduler.needOpen(what);
    return { scheduler: this.#scheduler, target, items, spread, chunkSize, maxsize, site: callSite() };
  }
}

/** A call that was checked. */
interface Given {
  readonly options: (JobOptions & WaitOptions) | null;
  readonly target: ReturnType<typeof needRemote>;
  readonly args: readonly unknown[];
  readonly site: Error | null;
}
