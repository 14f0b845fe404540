/** What a pool's threads run of a kernel's call. */
import { cancelled } from "../wire/mod.ts";
import type { Raw } from "./arguments.ts";
import { type Arena, kernelError, KernelInstance } from "./instance.ts";
import { DONE, END, NEXT, type RunAt, RUNNING, STOP, wordsAt } from "./run_words.ts";
import { wasm, type WasmImport, type WasmMemory, type WasmModule } from "./webassembly.ts";

/** A module for a thread. */
export interface ThreadModule {
  /** By which the thread knows it. */
  readonly key: string;
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Its instances have a state that begins with code, in the arena of their first call: each call gets a new one. */
  readonly start: boolean;
}

/** Milliseconds that one piece of a range is likely to take: so long a stop, and the other threads at the end, may have to wait. */
export const PIECE_MS = 0.5;
/** How much longer than the last one a piece may be. */
const GROWTH = 8;
/** Of what is left each thread shall get so many pieces at least: with 8 the Mandelbrot set takes two threads half as long as one. */
const PIECES_LEFT = 8;

const instances = new Map<string, KernelInstance>();

function instanceOf(source: ThreadModule): KernelInstance {
  const { key, module, memory, start } = source;
  const known = instances.get(key);
  if (known !== undefined && !start) return known;
  const made = new KernelInstance(module, memory, blocking(memory));
  instances.set(key, made);
  return made;
}

/** In a thread of its own a kernel may wait. */
function blocking(memory: WasmMemory): Record<string, Record<string, WasmImport>> {
  const sleep = (ms: number) => {
    const never = new Int32Array(new SharedArrayBuffer(4));
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      if (isStopped()) throw new wasm.RuntimeError("it was stopped");
      Atomics.wait(never, 0, 0, Math.min(left, 4));
    }
  };
  const isStopped = () => current !== null && Atomics.load(wordsAt(memory, current.at), STOP) === current.id;
  return { tendril: { sleep } };
}

let current: RunAt | null = null;

/** Calls a function once. */
export function callWhole(
  source: ThreadModule,
  name: string,
  raw: readonly Raw[],
  run: RunAt,
  arena: Arena | null,
): Raw | undefined {
  return inside(source, name, run, arena, (f) => f(...raw));
}

/**
 * Takes pieces of the run's range until there are none. Gives what the pieces gave, each with its first index.
 *
 * @param keeps what they give lies in the arena, which is otherwise used again for each.
 */
export function callPieces(
  source: ThreadModule,
  name: string,
  raw: readonly Raw[],
  run: RunAt,
  arena: Arena | null,
  keeps: boolean,
): [from: number, value: Raw | undefined][] {
  return inside(source, name, run, arena, (f, instance) => {
    const words = wordsAt(source.memory, run.at);
    const given: [number, Raw | undefined][] = [];
    const pieces = new Pieces();
    while (Atomics.load(words, STOP) !== run.id && !cancelled()) {
      const piece = take(words, pieces);
      if (piece === null) break;
      if (!keeps) instance.prepare(arena);
      const [from, to] = piece, start = performance.now();
      const value = f(...raw, from, to);
      pieces.took(to - from, performance.now() - start, PIECE_MS);
      Atomics.add(words, DONE, to - from);
      if (value !== undefined) given.push([from, value]);
    }
    return given;
  });
}

function inside<T>(
  source: ThreadModule,
  name: string,
  run: RunAt,
  arena: Arena | null,
  body: (f: (...raw: Raw[]) => Raw | undefined, instance: KernelInstance) => T,
): T {
  const words = wordsAt(source.memory, run.at);
  cancelled(); // it listens, so it has time to end by itself
  Atomics.add(words, RUNNING, 1);
  current = run;
  try {
    const instance = instanceOf(source);
    instance.prepare(arena);
    instance.stopAt(run.at, run.id);
    return body(instance.functions[name], instance);
  } catch (error) {
    throw kernelError(name, error);
  } finally {
    current = null;
    Atomics.sub(words, RUNNING, 1);
  }
}

/** The next piece of a range; null where nothing is left. */
function take(words: Int32Array, pieces: Pieces): readonly [number, number] | null {
  const end = words[END], threads = Atomics.load(words, RUNNING);
  for (;;) {
    const from = Atomics.load(words, NEXT);
    if (from >= end) return null;
    const to = from + pieces.next(end - from, threads);
    if (Atomics.compareExchange(words, NEXT, from, to) === from) return [from, to];
  }
}

/**
 * How long pieces should be, learned from those that were done. What comes may take longer than what was, so one piece is never
 * more than a share of what is left: guided self-scheduling (Polychronopoulos and Kuck, 1987).
 */
export class Pieces {
  private size = 1;

  /** Indices of the next one, of so many that are left for so many threads. */
  next(left: number, threads = 1): number {
    return Math.max(1, Math.min(this.size, Math.floor(left / (PIECES_LEFT * threads))));
  }

  took(n: number, ms: number, wanted: number): void {
    const fitting = ms <= 0 ? Infinity : n * wanted / ms;
    this.size = Math.max(1, Math.floor(Math.min(fitting, GROWTH * this.size)));
  }
}
