/** A kernel's call in the threads of a pool. */
import { shield } from "../greenlet/mod.ts";
import type { Job, ThreadPool } from "../threads/mod.ts";
import { Arguments, type Raw, resultOf } from "./arguments.ts";
import type { KernelHeap } from "./heap.ts";
import type { Arena } from "./instance.ts";
import type { KernelFunction as Signature } from "./manifest.ts";
import type { KernelModule } from "./module.ts";
import { RunWords } from "./run_words.ts";
import type { ThreadModule } from "./thread_part.ts";

type Parts = typeof import("./thread_part.ts");

const partsOf = (pool: ThreadPool) => pool.module<Parts>(new URL("./thread_part.ts", import.meta.url));

/** What a run holds of the kernel's memory. */
class Holding {
  readonly passed: Arguments;
  readonly arenas: (Arena | null)[] = [];
  readonly run: RunWords;
  private readonly heap: KernelHeap;

  /** @throws `TypeError`, `RangeError` for wrong arguments, and where memory is full: then nothing is held. */
  constructor(
    module: KernelModule,
    signature: Signature,
    given: readonly unknown[],
    threads: number,
    range?: readonly [number, number],
  ) {
    this.heap = module.heap;
    this.passed = new Arguments(this.heap, signature, given);
    try {
      for (let i = 0; i < threads; i++) this.arenas.push(module.newArena());
      this.run = new RunWords(this.heap, range);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Gives it back when no thread writes to it any more. */
  release(): void {
    this.run.release(() => this.free());
  }

  private free(): void {
    this.passed.release();
    for (const arena of this.arenas) if (arena !== null) this.heap.release(arena[0]);
  }
}

/** One call, in one thread. Killed, it ends there within a millisecond or so, and the thread lives on. */
export function* callInPool(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  pool: ThreadPool,
): Generator<unknown, unknown, unknown> {
  const source = sourceOf(module, "kill");
  const held = new Holding(module, signature, given, 1);
  const { passed, run, arenas: [arena] } = held;
  let jobs: Job<Raw | undefined>[] = [];
  try {
    const job = pool.applyAsync(
      partsOf(pool).callWhole,
      source,
      signature.name,
      passed.raw,
      run.place,
      arena,
    ) as Job<Raw | undefined>;
    jobs = [job];
    const raw = yield* outcome(job);
    passed.takeOut();
    return resultOf(module.heap.memory, signature.result, raw);
  } finally {
    yield* ended(run, jobs);
    held.release();
  }
}

/** What was a part of a range. */
export interface PieceResult {
  readonly from: number;
  readonly value: unknown;
}

/** Calls a range function for all of a range, in pieces, on all threads of the pool. */
export function* rangeInPool(
  module: KernelModule,
  signature: Signature,
  given: readonly unknown[],
  range: readonly [number, number],
  pool: ThreadPool,
  onStart: (done: () => number) => void,
): Generator<unknown, PieceResult[], unknown> {
  const { name, result } = signature;
  const source = sourceOf(module, module.options.longPieces === true ? "kill" : "none");
  const threads = Math.min(pool.size, Math.max(range[1] - range[0], 1));
  const held = new Holding(module, withoutRange(signature), given, threads, range);
  const { passed, run } = held;
  const keeps = result.kind === "array" || result.kind === "string";
  const jobs: Job<[number, Raw | undefined][]>[] = [];
  try {
    const { callPieces } = partsOf(pool);
    for (const arena of held.arenas) {
      jobs.push(pool.applyAsync(callPieces, source, name, passed.raw, run.place, arena, keeps).own());
    }
    onStart(() => run.done);
    const results: PieceResult[] = [];
    for (const job of jobs) {
      for (const [from, raw] of yield* outcome(job)) {
        results.push({ from, value: resultOf(module.heap.memory, result, raw) });
      }
    }
    passed.takeOut();
    return results.sort((a, b) => a.from - b.from);
  } finally {
    yield* ended(run, jobs);
    held.release();
  }
}

/** What a thread needs to make an instance. */
function sourceOf(module: KernelModule, checks: "none" | "kill"): ThreadModule {
  const { id, heap, needs } = module;
  return { key: `${id} ${checks}`, module: module.compiled(checks), memory: heap.memory, start: needs.start };
}

/** A range function without its last two parameters, `from` and `to`. */
export function withoutRange(signature: Signature): Signature {
  return { ...signature, params: signature.params.slice(0, -2) };
}

/** What a job gives. One that somebody else has killed gives nothing: its pool was terminated. */
function* outcome<T>(job: Job<T>): Generator<unknown, T, unknown> {
  const value = yield* job;
  const { killReason } = job;
  if (killReason === undefined) return value;
  throw new Error(`${job.name}, which runs a kernel, was killed`, { cause: killReason });
}

/** Nothing of a run may be left when its memory is given back. */
function* ended(run: RunWords, jobs: readonly Job<unknown>[]): Generator<unknown, void, unknown> {
  const open = jobs.filter((job) => !job.ready);
  if (open.length === 0) return;
  run.stop();
  yield* shield(function* () {
    for (const job of open) yield* job.own().kill();
  });
}
