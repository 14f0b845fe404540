/**
 * Kernels in slices, on the loop's own thread.
 *
 * A range is called in pieces, with turns of the loop between them. Anything else suspends in the middle, wherever it is, by the stack
 * switching of JavaScript Promise Integration (https://github.com/WebAssembly/js-promise-integration): each check that the pass
 * `instrument` has put in asks here whether the slice is over, and gives the loop a turn by a promise. One instance holds one
 * suspended call, so each call has an instance of its own; they are kept for the next calls.
 */
import { GreenletExit, type Op } from "../core/mod.ts";
import { isKill, shield, sleep } from "../greenlet/mod.ts";
import { isGenerator, op, Semaphore, until } from "../sync/mod.ts";
import { Arguments, type Raw, resultOf } from "./arguments.ts";
import { type Arena, type HostFunctions, kernelError, KernelInstance } from "./instance.ts";
import type { KernelFunction as Signature } from "./manifest.ts";
import type { KernelModule } from "./module.ts";
import { type PieceResult, withoutRange } from "./pool_call.ts";
import { nextSlice } from "./slicer.ts";
import { PIECE_MS, Pieces } from "./thread_part.ts";
import { wasm, type WasmImport } from "./webassembly.ts";

type Code = (...args: never[]) => unknown;

/** Calls that may be suspended at a time. Each has a stack of its own, and near 32,500 of them Deno ends the whole program. */
const MAX_SUSPENDED = 16_000;
const places: Semaphore = new Semaphore(MAX_SUSPENDED);

/** A range function for all of a range, in pieces. */
export function* slicedRange(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  [start, end]: readonly [number, number],
  everyMs: number,
  onStart: (done: () => number) => void,
): Generator<unknown, PieceResult[], unknown> {
  const passed = new Arguments(module.heap, withoutRange(signature), given);
  const results: PieceResult[] = [];
  const pieces = new Pieces();
  let from = start;
  onStart(() => from - start);
  try {
    while (from < end) {
      yield* until(nextSlice());
      const slice = performance.now();
      for (let now = slice; from < end && now - slice < everyMs;) {
        const to = from + pieces.next(end - from);
        const value = module.callInline(
          signature,
          [...passed.raw, from, to],
          (raw) => resultOf(module.heap.memory, signature.result, raw),
        );
        const then = performance.now();
        pieces.took(to - from, then - now, Math.min(PIECE_MS, everyMs / 2));
        if (value !== undefined) results.push({ from, value });
        [from, now] = [to, then];
      }
    }
    passed.takeOut();
    return results;
  } finally {
    passed.release();
  }
}

/** @throws `Error` where the runtime cannot suspend WebAssembly. */
export function needSuspending(what: string): void {
  if (wasm.Suspending !== undefined && wasm.promising !== undefined) return;
  throw new Error(
    `${what}: this runtime cannot suspend WebAssembly (JavaScript Promise Integration): ` +
      "run the kernel in a ThreadPool with { pool }, write it as a range function, or use a newer runtime",
  );
}

/** One call of any function, suspended every few milliseconds. */
export function* callSliced(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  everyMs: number,
): Generator<unknown, unknown, unknown> {
  yield* places.acquire();
  try {
    return yield* callInPlace(module, signature, given, everyMs);
  } finally {
    places.release();
  }
}

function* callInPlace(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  everyMs: number,
): Generator<unknown, unknown, unknown> {
  const passed = new Arguments(module.heap, signature, given);
  let sliced: SlicedInstance | undefined;
  try {
    sliced = idleOf(module).pop() ?? new SlicedInstance(module);
    const raw = yield* sliced.call(signature.name, passed.raw, everyMs);
    passed.takeOut();
    return resultOf(module.heap.memory, signature.result, raw);
  } finally {
    if (sliced?.isUsable) idleOf(module).push(sliced);
    passed.release();
  }
}

const idle = new WeakMap<KernelModule, SlicedInstance[]>();

function idleOf(module: KernelModule): SlicedInstance[] {
  let list = idle.get(module);
  if (list === undefined) idle.set(module, list = []);
  return list;
}

/** What a suspended kernel waits for. The greenlet that has called it does it. */
interface Request {
  readonly todo: Op<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A function that may be suspended. */
type Entry = (...raw: readonly Raw[]) => Promise<Raw | undefined>;

/** An instance that suspends. */
class SlicedInstance {
  /** No call is in it. */
  isUsable = true;
  private readonly instance: KernelInstance;
  private readonly arena: Arena | null;
  private readonly entries: Map<string, Entry> = new Map();
  private everyMs = 0;
  private sliceEnd = 0;
  /** Why it has to end. */
  private killed: { readonly reason: unknown } | null = null;
  private request: Request | null = null;
  /** Tells the greenlet that there is a request, or that the call is over. */
  private signal: () => void = () => {};

  constructor(module: KernelModule) {
    this.arena = module.newArena();
    this.instance = new KernelInstance(module.compiled("slice"), module.heap.memory, this.imports(module));
  }

  *call(name: string, raw: readonly Raw[], everyMs: number): Generator<unknown, Raw | undefined, unknown> {
    this.everyMs = everyMs;
    this.killed = null;
    yield* until(nextSlice());
    this.isUsable = false;
    let event = this.nextEvent();
    this.newSlice();
    this.instance.prepare(this.arena);
    const over = this.entry(name)(...raw).finally(() => {
      this.isUsable = true;
      this.signal();
    });
    const settled = over.then(() => {}, () => {}); // now: what nobody waits for yet is no unhandled rejection
    try {
      for (;;) {
        yield* until(event);
        if (this.isUsable) return yield* until(over);
        event = this.nextEvent();
        yield* this.serve();
      }
    } catch (error) {
      throw this.isUsable ? kernelError(name, error) : error;
    } finally {
      if (!this.isUsable) yield* this.end(settled);
    }
  }

  private nextEvent(): Promise<void> {
    return new Promise((resolve) => this.signal = resolve);
  }

  private newSlice(): void {
    this.sliceEnd = performance.now() + this.everyMs;
  }

  /** Does what the kernel waits for. */
  private *serve(): Generator<unknown, void, unknown> {
    const { todo, resolve, reject } = this.request as Request;
    let value: unknown;
    try {
      value = yield* todo;
    } catch (error) {
      if (isKill(error)) throw error;
      this.request = null;
      return reject(error);
    }
    this.request = null;
    this.newSlice();
    resolve(value);
  }

  /** Ends the call: whoever waited has the reason. */
  private *end(settled: Promise<void>): Generator<unknown, void, unknown> {
    const reason = new GreenletExit();
    this.killed = { reason };
    this.request?.reject(reason);
    this.request = null;
    yield* shield(() => until(settled));
  }

  private entry(name: string): Entry {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      const { promising } = wasm as Required<typeof wasm>;
      entry = promising(this.instance.functions[name]) as Entry;
      this.entries.set(name, entry);
    }
    return entry;
  }

  /** At each check. Undefined: go on. */
  private check(): Promise<unknown> | undefined {
    if (this.killed !== null) throw this.killed.reason;
    return performance.now() < this.sliceEnd ? undefined : this.ask(until(nextSlice()));
  }

  private ask(todo: Op<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.request = { todo, resolve, reject };
      this.signal();
    });
  }

  /** What the kernel imports: what waits, suspends it. */
  private imports({ options }: KernelModule): HostFunctions {
    const { Suspending } = wasm as Required<typeof wasm>;
    const imports: Record<string, Record<string, WasmImport>> = {
      tendril: {
        check: new Suspending(() => this.check()),
        sleep: new Suspending((ms: number) => this.ask(sleep(ms))),
      },
    };
    for (const [from, functions] of Object.entries(options.imports)) {
      imports[from] ??= {};
      for (const [name, f] of Object.entries(functions)) {
        imports[from][name] = typeof f === "function" ? new Suspending(this.waiting(f as Code)) : f;
      }
    }
    return imports;
  }

  /** A function that may give an operation or a promise, as one that the kernel waits for. */
  private waiting(f: Code): Code {
    return (...args) => {
      const given: unknown = f(...args);
      if (isGenerator(given)) return this.ask(op(() => given as Generator<unknown, unknown, unknown>));
      if (typeof given !== "object" || given === null) return given;
      return this.ask(
        "~op" in given ? given as unknown as Op<unknown> : until(given as PromiseLike<unknown>),
      );
    };
  }
}
