/** What the two sides of a run in other threads know of each other: some words in the kernel's memory. */
import { after, capabilities } from "../host/io.ts";
import type { KernelHeap } from "./heap.ts";
import type { WasmMemory } from "./webassembly.ts";

/**
 * The words, in order.
 *
 *     STOP     the run's own number, once it has to end
 *     RUNNING  how many threads are in it
 *     NEXT     the first index of the range that no thread has taken
 *     END      where the range ends
 *     DONE     how many indices are done
 */
export const STOP = 0, RUNNING = 1, NEXT = 2, END = 3, DONE = 4;
const WORDS = 5;

let runs = 0;

/** Milliseconds between two looks at whether a thread that was ended has left the memory, and until it surely has. */
const LOOK = 20, GONE = 5_000;

/** The words of a run: where, and its number. */
export interface RunAt {
  readonly at: number;
  readonly id: number;
}

/** The caller's side. */
export class RunWords {
  /** Never 0. */
  readonly id: number = runs = runs % 0x7fffffff + 1;
  readonly at: number;
  private readonly heap: KernelHeap;
  private readonly words: Int32Array;

  constructor(heap: KernelHeap, [from, to]: readonly [number, number] = [0, 0]) {
    this.heap = heap;
    this.at = heap.allocate(4 * WORDS);
    this.words = wordsAt(heap.memory, this.at);
    this.words.set([0, 0, from, to, 0]);
  }

  /** What a thread needs to find it. */
  get place(): RunAt {
    return { at: this.at, id: this.id };
  }

  get done(): number {
    return Atomics.load(this.words, DONE);
  }

  /** Ends it, wherever it is. */
  stop(): void {
    Atomics.store(this.words, STOP, this.id);
  }

  /** Calls `release` when no thread writes to the run's memory any more, and gives the words back. */
  release(release: () => void): void {
    const all = () => {
      release();
      this.heap.release(this.at);
    };
    if (Atomics.load(this.words, RUNNING) === 0) return all();
    // A thread was ended in the middle, or is left to itself until it sees the stop.
    this.stop();
    const end = performance.now() + GONE;
    const look = () => {
      if (Atomics.load(this.words, RUNNING) === 0) all();
      else if (performance.now() < end) after(LOOK, look);
      else if (capabilities.hardKill) all(); // it is gone; where threads cannot be ended its memory is never given out again
    };
    after(LOOK, look);
  }
}

/** The words at an address, on any side. */
export function wordsAt(memory: WasmMemory, at: number): Int32Array {
  return new Int32Array(memory.buffer, at, WORDS);
}
