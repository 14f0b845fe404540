/**
 * What a thread that watches knows of one that it cannot ask: shared memory, written by the one and read by the other.
 *
 * The main thread says with each switch who runs, by plain stores: nobody waits for them, and a locked store costs more
 * than the rest of a switch. It says a greenlet's name when the slot of its id holds another one's, so a name costs once
 * a greenlet as long as fewer than `SLOTS` of them take turns. A greenlet that is renamed later keeps its old name here.
 *
 * When the main thread hangs, nothing in here changes but what the watcher writes: no lock is needed.
 */
import type { Attended, Watch } from "../core/mod.ts";

/** Words of the table. */
const BEAT = 0, CURRENT = 1, STOPPED = 2, BLOCKS = 3, BLOCK_ID = 4, WORDS = 8;

/** A power of two. */
const SLOTS = 1_024;
/** UTF-16 units; of a longer name its beginning is shown. */
const NAME_UNITS = 62;
const STACK_UNITS = 8_192;
/** A text is its length and its units. */
const TEXTS = (SLOTS + 1) * (NAME_UNITS + 1) + STACK_UNITS + 1;
const BLOCK_NAME = SLOTS * (NAME_UNITS + 1);
const BLOCK_STACK = BLOCK_NAME + NAME_UNITS + 1;

/** The name of what has no id. */
export const OUTSIDE = "code outside greenlets";

/** What the watcher has seen. */
export interface Seen {
  readonly id: number;
  readonly name: string;
  readonly stack: string | undefined;
}

/** See the top of the file. */
export class WatchTable implements Watch {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly ids: Int32Array;
  private readonly texts: Uint16Array;

  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer((WORDS + SLOTS) * 4 + TEXTS * 2),
  ) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, WORDS);
    this.ids = new Int32Array(buffer, WORDS * 4, SLOTS);
    this.texts = new Uint16Array(buffer, (WORDS + SLOTS) * 4, TEXTS);
  }

  // ---- the one that is watched

  begins(task: Attended): void {
    const id = task.id;
    if (this.ids[id & (SLOTS - 1)] !== id) this.introduce(task);
    this.words[CURRENT] = id;
  }

  ends(): void {
    this.words[CURRENT] = 0;
  }

  private introduce(task: Attended): void {
    const slot = task.id & (SLOTS - 1);
    this.write(slot * (NAME_UNITS + 1), NAME_UNITS, task.name);
    this.ids[slot] = task.id;
  }

  /** The event loop has come round. */
  beat(): void {
    Atomics.add(this.words, BEAT, 1);
  }

  /** How many blocks the watcher has seen so far. */
  get blocks(): number {
    return Atomics.load(this.words, BLOCKS);
  }

  /** The last block that the watcher has seen. */
  get seen(): Seen {
    const stack = this.read(BLOCK_STACK);
    return {
      id: Atomics.load(this.words, BLOCK_ID),
      name: this.read(BLOCK_NAME),
      stack: stack === "" ? undefined : stack,
    };
  }

  stop(): void {
    Atomics.store(this.words, STOPPED, 1);
  }

  // ---- the watcher

  get beats(): number {
    return Atomics.load(this.words, BEAT);
  }

  /** The id of the greenlet that runs; 0 where none does. */
  get current(): number {
    return Atomics.load(this.words, CURRENT);
  }

  get isStopped(): boolean {
    return Atomics.load(this.words, STOPPED) === 1;
  }

  nameOf(id: number): string {
    if (id === 0) return OUTSIDE;
    const slot = id & (SLOTS - 1);
    return Atomics.load(this.ids, slot) === id ? this.read(slot * (NAME_UNITS + 1)) : `number ${id}`;
  }

  /** A block begins, or it turns out to be somebody else's. */
  blame(id: number): void {
    this.write(BLOCK_NAME, NAME_UNITS, this.nameOf(id));
    Atomics.store(this.words, BLOCK_ID, id);
  }

  /** Where the main thread is; empty where nobody knows. */
  explain(stack: string): void {
    this.write(BLOCK_STACK, STACK_UNITS, stack);
  }

  /** What was said of the block stands: the main thread may look at it. */
  publish(): void {
    Atomics.add(this.words, BLOCKS, 1);
  }

  private write(at: number, room: number, text: string): void {
    const length = Math.min(text.length, room);
    for (let i = 0; i < length; i++) this.texts[at + 1 + i] = text.charCodeAt(i);
    this.texts[at] = length;
  }

  private read(at: number): string {
    const length = Atomics.load(this.texts, at);
    return String.fromCharCode(...this.texts.slice(at + 1, at + 1 + length));
  }
}
