/** Threads by hand: one function, or one object's `run`, in a thread of its own. */
import { show } from "../core/mod.ts";
import type { KillOptions } from "../greenlet/mod.ts";
import { isMainThread } from "../host/io.ts";
import type { WaitOptions } from "../sync/mod.ts";
import { PLAIN } from "../wire/mod.ts";
import { type Awaitable, bothOf } from "../host/mod.ts";
import { threadName } from "./current.ts";
import type { Job } from "./job.ts";
import { hrefOf, settings } from "./options.ts";
import { isRemote, type RemoteFunction, targetFor, targetOf } from "./remote.ts";
import { Scheduler } from "./scheduler.ts";
import { currentThreadId } from "./shared_seat.ts";
import { callSite } from "./site.ts";

/** What a thread runs: a function of `pool.module`, one that a module exports by its name, or such a place. */
export type ThreadTarget =
  | RemoteFunction<never[], unknown>
  | ((...args: never[]) => unknown)
  | { readonly url: URL | string; readonly name: string };

/** Options of a {@linkcode Thread}. */
export interface ThreadOptions {
  target?: ThreadTarget;
  /** Where `target`, or the subclass, is exported: `import.meta.url`. Not needed for a function of `pool.module`. */
  url?: URL | string;
  args?: readonly unknown[];
  /** Default: `Thread-` and a number. */
  name?: string;
  /** The program does not wait for it. Default false. */
  daemon?: boolean;
}

let threads = 0;

/**
 * A thread that runs one function. It cannot be given a closure, since threads share no variables: the function stands in a
 * module, and is called there. A subclass with a method `run` does as well, if its module exports it: the thread then has an object with
 * the same fields, copied.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { Thread } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const url = "data:text/javascript,export function work(words) { words[0] = 42 }";
 * const words = new Int32Array(new SharedArrayBuffer(4));
 * await run(function* () {
 *   const thread = new Thread({ target: { url, name: "work" }, args: [words] });
 *   thread.start();
 *   yield* thread.join();
 *   assertEquals(words[0], 42);
 * });
 * ```
 */
export class Thread {
  name: string;
  readonly daemon: boolean;
  readonly #options: ThreadOptions;
  #job: Job<unknown> | null = null;

  /** @throws `TypeError` for a target that no thread could find. */
  constructor(options: ThreadOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`a Thread takes { target, args, name, daemon }, not ${show(options)}`);
    }
    if (options.args !== undefined && !Array.isArray(options.args)) {
      throw new TypeError(`a Thread's args must be a list, not ${show(options.args)}`);
    }
    this.#options = options;
    this.name = options.name ?? `Thread-${++threads}`;
    this.daemon = options.daemon ?? false;
    if (options.target !== undefined) placeOf(options.target, options.url);
  }

  /** For subclasses: what the thread does. In there `this` has the fields that the object had when it was started. */
  run(): unknown {
    throw new Error(`${this.name} has nothing to do: give it a target, or a method run in a subclass`);
  }

  /** Starts it, at the call. @throws `Error` if it was started before. */
  start(): void {
    if (this.#job !== null) {
      throw new Error(`${this.name} was started already: a thread runs once, make a new one`);
    }
    const { target, url, args = [] } = this.#options;
    const place = target === undefined ? this.#runPlace(url) : placeOf(target, url);
    const scheduler = new Scheduler({
      ...settings({ size: 1, name: this.name }),
      isSingle: true,
      daemon: this.daemon,
    });
    const site = callSite();
    const given = target === undefined ? [place.url, place.name, this.name, { ...this }] : args;
    const to = target === undefined ? targetFor(RUNNER.href, "runThread") : targetFor(place.url, place.name);
    this.#job = scheduler.start(to, PLAIN, given, { name: this.name }) as Job<unknown>;
    this.#job.site = site;
    scheduler.close();
  }

  #runPlace(url: URL | string | undefined): { url: string; name: string } {
    const kind = this.constructor as typeof Thread & { readonly url?: unknown };
    if (kind === Thread) this.run(); // throws
    const where = url ?? kind.url;
    if (where === undefined) {
      throw new TypeError(
        `a thread must find the class ${kind.name}: export it, and say where: static readonly url = import.meta.url`,
      );
    }
    return { url: hrefOf(where, `class ${kind.name}`), name: kind.name };
  }

  /** Whether it has been started and has not ended. */
  get isAlive(): boolean {
    return this.#job !== null && !this.#job.dead;
  }

  /** Its handle, with the face of a greenlet: `get()` gives what the function returned. */
  get job(): Job<unknown> {
    if (this.#job === null) throw new Error(`${this.name} has not been started: call start() first`);
    return this.#job;
  }

  /** Waits for its end; false when the timeout came first. An error of the thread's is no error of this. */
  join(options?: WaitOptions): Awaitable<boolean> {
    return bothOf(this.job.join(options));
  }

  /** Ends it: `cancelled()` is true in it, and after `grace` it is ended hard; see `Job.kill`. */
  kill(reason?: unknown, options?: KillOptions): Awaitable<boolean> {
    return this.job.kill(reason, options);
  }
}

const RUNNER = new URL("./thread_runner.ts", import.meta.url);

function placeOf(target: ThreadTarget, url: URL | string | undefined): { url: string; name: string } {
  if (isRemote(target)) return targetOf(target);
  if (typeof target === "function") {
    if (url !== undefined && target.name !== "") return { url: hrefOf(url, "a Thread"), name: target.name };
    throw new TypeError(
      `a thread must find the function ${
        target.name || "(anonymous)"
      }: export it, and pass { target, url: import.meta.url }`,
    );
  }
  if (typeof target === "object" && target !== null && typeof target.name === "string") {
    return { url: hrefOf(target.url, "a Thread's target"), name: target.name };
  }
  throw new TypeError(`a Thread's target is an exported function or { url, name }, not ${show(target)}`);
}

/** What is known of the thread that asks. */
export interface ThreadInfo {
  /** `main`, or the name that its maker gave it. */
  readonly name: string;
  /** Never used again in this program. */
  readonly id: number;
  readonly isMain: boolean;
}

/** The thread that this code runs in. */
export function currentThread(): ThreadInfo {
  return { name: threadName(), id: currentThreadId(), isMain: isMainThread() };
}

/**
 * An object that each thread has for itself, made when its module is loaded there. Threads share no variables anyway: this says that it is
 * meant so.
 */
export function threadLocal<T extends object = Record<string, unknown>>(make?: () => T): T {
  return make === undefined ? {} as T : make();
}
