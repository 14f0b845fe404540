/**
 * Threads of the runtime: starting one with an entry of ours, its end in all the ways there are, and the end of it.
 *
 * `node:worker_threads` on all three runtimes, since it alone tells of every end: `error` and then `exit` for an error that nobody
 * caught, `exit` alone for `process.exit`. What `terminate` really ends differs:
 *
 *     Node   everything
 *     Bun    JavaScript, but no loop in WebAssembly: then `exit` does not come
 *     Deno   nothing that computes: `exit` comes, and the thread burns its core on. So it is asked there, by a message, to end itself,
 *            as every thread does whose event loop turns. One that does not is left behind, and counted until it comes to the message.
 */
import type { Worker } from "node:worker_threads";
import { WorkerDiedError } from "../wire/mod.ts";
import { unref } from "./host.ts";
import { builtin } from "./modules.ts";
import { runtimeName } from "./surface.ts";

// The system's own, also where a simulation or a patch replaces them later.
const { setTimeout, clearTimeout, performance } = globalThis;

type Threads = typeof import("node:worker_threads");
/** Loaded by those who use threads, and not by everybody who imports the library. */
const threads = (): Threads => builtin("worker_threads") as Threads;

/** What this runtime can do with its threads. */
export const capabilities: {
  /** Whether a thread that computes and does not listen can be ended. Where not, it is left behind and counted as a zombie. */
  readonly hardKill: boolean;
} = { hardKill: runtimeName() !== "Deno" };

/** Milliseconds until a thread that was ended, or asked to end, and has not gone is taken for one that cannot be. */
const TERMINATION = capabilities.hardKill ? 1_000 : 50;

/** Asks a thread to end itself. */
const END = "tendril:end";

/** Limits of a thread's memory, in megabytes. Deno and Bun do not keep to all of them. */
export interface ResourceLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

/** What a thread is started with. */
export interface ThreadSetup {
  readonly entry: URL;
  readonly name: string;
  /** What {@linkcode threadData} gives in it. */
  readonly data: unknown;
  readonly limits?: ResourceLimits;
}

/** One thread, as a port; `onclose` tells of its end. It keeps the program alive until `unref`. */
export class HostThread<In, Out> {
  onmessage: ((message: In) => void) | null = null;
  /** It has ended, or was left behind. After the last message. */
  onclose: ((reason: unknown) => void) | null = null;
  /** It was left behind and computes on; `false`, later, when it has ended after all. */
  onzombie: ((isZombie: boolean) => void) | null = null;
  readonly name: string;
  private readonly worker: Worker;
  private reason: unknown = undefined;
  private isOver = false;
  private isZombie = false;
  private isEnding = false;

  constructor({ entry, name, data, limits }: ThreadSetup) {
    this.name = name;
    this.worker = new (threads().Worker)(entry, {
      workerData: data,
      name,
      ...(limits === undefined ? {} : { resourceLimits: limits }),
    });
    this.worker.on("message", (message: In) => {
      if (!this.isOver) this.onmessage?.(message);
    });
    this.worker.on("messageerror", (error) => this.close(error));
    this.worker.on("error", (error) => this.failed(error));
    this.worker.on("exit", (code) => this.exited(code));
  }

  post(message: Out, transfer?: readonly object[]): void {
    if (transfer === undefined) this.worker.postMessage(message);
    else this.worker.postMessage(message, transfer as readonly Transferable[] as never);
  }

  ref(): void {
    this.worker.ref();
  }

  unref(): void {
    this.worker.unref();
  }

  /** Ends it, for this reason; `onclose` tells when it is over, or when it is left behind. */
  close(reason?: unknown): void {
    if (this.isOver || this.isEnding) return;
    this.isEnding = true;
    this.reason ??= reason;
    if (capabilities.hardKill) void this.worker.terminate();
    else this.worker.postMessage(END);
    const patience = setTimeout(() => this.abandon(), TERMINATION);
    this.worker.once("exit", () => clearTimeout(patience));
  }

  private abandon(): void {
    if (this.isOver) return;
    this.isZombie = true;
    this.worker.unref();
    this.onzombie?.(true);
    this.over();
  }

  private failed(error: unknown): void {
    const code = (error as { code?: unknown } | null)?.code;
    const why = code === "ERR_WORKER_OUT_OF_MEMORY"
      ? "ran out of memory"
      : `died of an error that nobody caught: ${error instanceof Error ? error.message : String(error)}`;
    this.reason ??= new WorkerDiedError(`thread ${this.name} ${why}`, { cause: error });
  }

  private exited(code: number): void {
    if (this.isZombie) {
      this.isZombie = false;
      this.onzombie?.(false);
      return;
    }
    this.reason ??= new WorkerDiedError(
      `thread ${this.name} ended with exit code ${code}: something in it called process.exit, or ended it`,
    );
    this.over();
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onclose?.(this.reason);
  }
}

/** In a thread that was started with an entry of ours: what it was given. */
export function threadData(): unknown {
  return threads().workerData;
}

/** In such a thread: the way to the one who has started it. */
export function parentPort<In, Out>(): {
  post(message: Out, transfer?: readonly object[]): void;
  listen(f: (message: In) => void): void;
} {
  const port = threads().parentPort;
  if (port === null) throw new Error("this is the main thread, which nobody has started");
  if (!capabilities.hardKill) neverSpin();
  return {
    post: (message, transfer) =>
      transfer === undefined ? port.postMessage(message) : port.postMessage(message, transfer as never),
    listen(f) {
      const hear = (message: unknown) => message === END ? exitThread(1) : f(message as In);
      if (capabilities.hardKill) port.on("message", hear);
      // Deno's `port.on` walks through every element of every typed array that comes: 80 ms for a megabyte.
      else globalThis.onmessage = ({ data }: MessageEvent) => hear(data);
    },
  };
}

/**
 * Deno's `process.exit` waits in an empty loop for the thread's end. It does not come where the thread that made this one has gone
 * before, and the loop burns a core for ever: so an error leads out of it, after a moment in which the end would have come.
 */
function neverSpin(): void {
  const { process } = globalThis as unknown as { process: { reallyExit(code: number): void } };
  const exit = process.reallyExit;
  process.reallyExit = (code) => {
    exit.call(process, code);
    for (const end = performance.now() + 5; performance.now() < end;);
    throw new Error("process.exit: this thread has been ended already");
  };
}

/** Ends this thread, or this program. */
export function exitThread(code: number): void {
  (globalThis as { process?: { exit(code: number): void } }).process?.exit(code);
}

/**
 * Gives a function that says whether this thread has run out of memory and lives. Deno cuts off what ran and raises the limit to do
 * so; where that was in a microtask it tells nobody, and the thread goes on without it.
 */
export function memoryWatch(): () => boolean {
  if (runtimeName() !== "Deno") return () => false;
  const v8 = builtin("v8") as typeof import("node:v8");
  const limit = (): number => v8.getHeapStatistics().heap_size_limit;
  const before = limit();
  return () => limit() > before;
}

/** Whether this is the thread that the program began with. */
export function isMainThread(): boolean {
  return threads().isMainThread;
}

/** How many threads can compute at the same time. */
export function cpuCount(): number {
  const os = builtin("os") as { availableParallelism?(): number; cpus(): unknown[] };
  return os.availableParallelism?.() ?? Math.max(os.cpus().length, 1);
}

/** Calls back once, after `ms`; gives a way to take that back. `ref`: keeps the program alive until then. */
export function after(ms: number, callback: () => void, ref = false): () => void {
  const handle = setTimeout(callback, Math.min(Math.ceil(ms), 2 ** 31 - 1));
  if (!ref) unref(handle);
  return () => clearTimeout(handle);
}

/** Loads a module of the user's. */
export async function loadModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(url);
}

/** Modules with functions that block. */
const BLOCKING = [
  "fs",
  "zlib",
  "crypto",
  "child_process",
  "dns",
  "os",
  "v8",
  "util",
  "querystring",
  "url",
  "path",
];

/** Where a function of the runtime's modules is exported. */
export function findBuiltin(f: unknown): { module: string; name: string } | undefined {
  for (const module of BLOCKING) {
    for (const [name, value] of Object.entries(builtin(module) ?? {})) {
      if (value === f) return { module, name };
    }
  }
  return undefined;
}
