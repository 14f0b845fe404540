/**
 * The table of threads: the one piece of shared memory that all threads of a program have. It says who lives.
 *
 * A thread has an id, which is never used again, and a row, which the next one may get after its death: the row of an id
 * is `id % ROWS`. In it stands the thread's bell, the only word on which the thread ever waits for a primitive: whoever
 * has something for it counts the bell up and notifies. So a thread that dies can be told to all who wait, whatever they
 * wait for, and none of them needs to be known: ring every bell, and everybody looks again.
 */
import type { Memory } from "./shared_memory.ts";

/** Threads that live at the same time. */
export const ROWS = 1_024;

/** Words of the head. */
const MAGIC = 0, NAME = 1, IDS = 3, DEATHS = 4, OBJECTS = 5, HEAD = 16;
/** Words of a row, which has a cache line for itself. */
const ID = 0, LIFE = 1, BELL = 2, ROW = 16;
/** Of a life; 0: the row was never used. */
const ALIVE = 1, CLAIMED = 2, DEAD = 3, LEFT = 4;

const MARK = 0x7e4d_0001;
export const TABLE_BYTES: number = (HEAD + ROWS * ROW) * 4;

/** See the top of the file. */
export class ThreadTable {
  readonly memory: Memory;
  private readonly rows: number;

  constructor(memory: Memory, rows: number = ROWS) {
    this.memory = memory;
    this.rows = rows;
  }

  /** Writes the head of a new table, before anybody else has it. */
  found(name: readonly [number, number]): this {
    this.memory.store(NAME, name[0]);
    this.memory.store(NAME + 1, name[1]);
    this.memory.store(MAGIC, MARK);
    return this;
  }

  get isOne(): boolean {
    return this.memory.load(MAGIC) === MARK;
  }

  /** The same in all threads: a buffer that comes by message is another object each time. */
  get name(): string {
    return `${this.memory.load(NAME)} ${this.memory.load(NAME + 1)}`;
  }

  /** How many primitives were made so far. */
  get objects(): number {
    return this.memory.load(OBJECTS);
  }

  /** A number for a new primitive. */
  nextObject(): number {
    return this.memory.add(OBJECTS, 1) + 1;
  }

  /** An id for a thread that begins. */
  enlist(): number {
    const { memory } = this;
    for (let tries = 0; tries < this.rows; tries++) {
      const id = memory.add(IDS, 1) + 1;
      const row = this.rowOf(id);
      const life = memory.load(row + LIFE);
      if (life === ALIVE || life === CLAIMED) continue;
      if (memory.compareExchange(row + LIFE, life, CLAIMED) !== life) continue;
      memory.store(row + ID, id);
      memory.store(row + LIFE, ALIVE);
      return id;
    }
    throw new RangeError(
      `more than ${this.rows} threads live at once: end some, or say of those that have ended that they died (threadDied)`,
    );
  }

  isDead(id: number): boolean {
    const row = this.rowOf(id);
    return this.memory.load(row + ID) !== id || this.memory.load(row + LIFE) !== ALIVE;
  }

  /** It is dead, and did not end of itself. Nobody knows of one whose row is another one's already. */
  hasCrashed(id: number): boolean {
    const row = this.rowOf(id);
    return this.memory.load(row + ID) === id && this.memory.load(row + LIFE) === DEAD;
  }

  /** How many have died so far. */
  get deaths(): number {
    return this.memory.load(DEATHS);
  }

  /**
   * Everybody looks again. False: it was dead already, or never lived.
   *
   * @param well it had come to its end.
   */
  died(id: number, well: boolean = false): boolean {
    const { memory } = this;
    const row = this.rowOf(id);
    if (memory.load(row + ID) !== id) return false;
    if (memory.compareExchange(row + LIFE, ALIVE, well ? LEFT : DEAD) !== ALIVE) return false;
    memory.add(DEATHS, 1);
    for (let i = 0; i < this.rows; i++) {
      const other = HEAD + i * ROW;
      // Its own too: where a runtime cannot end a thread that waits, it wakes, sees that it is dead and leaves.
      if (memory.load(other + LIFE) === ALIVE || other === row) this.sound(other);
    }
    return true;
  }

  /** Tells a thread to look again. */
  ring(id: number): void {
    const row = this.rowOf(id);
    if (this.memory.load(row + ID) === id) this.sound(row);
  }

  /** What the bell says now; to be asked before the look that decides on a wait. */
  heard(id: number): number {
    return this.memory.load(this.rowOf(id) + BELL);
  }

  /** Blocks this thread, whose id it is, until its bell says something else. */
  sleep(id: number, heard: number, ms: number): void {
    this.memory.wait(this.rowOf(id) + BELL, heard, ms);
  }

  /** The word of a bell, for those who must not block. */
  bellOf(id: number): number {
    return this.rowOf(id) + BELL;
  }

  private sound(row: number): void {
    this.memory.add(row + BELL, 1);
    this.memory.notify(row + BELL, Infinity);
  }

  private rowOf(id: number): number {
    return HEAD + (id % this.rows) * ROW;
  }
}
