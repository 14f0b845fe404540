/**
 * This thread's place in the table of threads, and the greenlets here that wait for shared primitives.
 *
 * `Atomics.waitAsync` cannot be taken back, and one a wait would leave its trace wherever a greenlet is killed. So there is
 * one for all, on the thread's bell. When it rings, each line of waiting greenlets is looked at from its head, up to the
 * first that has to wait on: shared lines are served in their order, so the others need no look.
 */
import { atThreadEnd, keepAlive, whenNotified } from "../host/io.ts";
import type { Seat } from "./shared_guard.ts";
import { SharedMemory } from "./shared_memory.ts";
import { TABLE_BYTES, ThreadTable } from "./shared_table.ts";

/** The greenlets of this thread that wait in one line of one primitive. */
export interface LocalLine {
  /** Looks at them from the first on: those whose turn has come are woken. */
  look(): void;
}

/** See the top of the file. */
export class LocalSeat implements Seat {
  readonly buffer: SharedArrayBuffer;
  readonly table: ThreadTable;
  readonly id: number;
  inside = 0;
  private readonly words: Int32Array;
  private readonly lines: Set<LocalLine> = new Set();
  private release: (() => void) | null = null;
  private armed = false;
  private looking = false;
  private again = false;

  constructor(buffer: SharedArrayBuffer, table: ThreadTable, id: number) {
    this.buffer = buffer;
    this.table = table;
    this.id = id;
    this.words = new Int32Array(buffer);
  }

  ring(id: number): void {
    if (id === this.id) this.inside > 0 ? this.lookSoon() : this.look();
    else this.table.ring(id);
  }

  /** To be called before somebody begins to wait: a ring from now on is heard. */
  listen(): void {
    if (this.armed) return;
    this.armed = true;
    whenNotified(this.words, this.table.bellOf(this.id), this.table.heard(this.id), () => {
      this.armed = false;
      if (this.lines.size === 0) return;
      this.listen(); // first: a ring during the look asks for another one
      this.look();
    });
  }

  add(line: LocalLine): void {
    this.lines.add(line);
    this.release ??= keepAlive();
  }

  remove(line: LocalLine): void {
    this.lines.delete(line);
    if (this.lines.size > 0) return;
    this.release?.();
    this.release = null;
  }

  /** Wakes those whose turn has come; they run later. */
  look(): void {
    this.again = true;
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.again) {
        this.again = false;
        for (const line of this.lines) line.look();
      }
    } finally {
      this.looking = false;
    }
  }

  /** A look in a moment, for whoever cannot be woken yet. */
  lookSoon(): void {
    queueMicrotask(() => this.look());
  }
}

/** What a thread needs to be one of those that its maker knows; it can be posted. */
export interface ThreadPass {
  readonly table: SharedArrayBuffer;
  readonly id: number;
}

/** By the name of their table: one as a rule, more where somebody mixes what was made apart. */
const seats = new Map<string, LocalSeat>();
let own: LocalSeat | undefined;

/** This thread's own seat; of a table that it makes if it has not been given any. */
export function ownSeat(): LocalSeat {
  if (own !== undefined) return own;
  const buffer = new SharedArrayBuffer(TABLE_BYTES);
  const table = new ThreadTable(new SharedMemory(buffer));
  const [high, low] = crypto.getRandomValues(new Int32Array(2));
  return sit(buffer, table.found([high, low]), table.enlist(), () => true);
}

/** This thread's seat at a table that came with a message. */
export function seatAt(buffer: SharedArrayBuffer): LocalSeat {
  const table = new ThreadTable(new SharedMemory(buffer));
  if (buffer.byteLength !== TABLE_BYTES || !table.isOne) {
    throw new TypeError("the table of a shared handle is none: pass on what `handle` gave, as it is");
  }
  return seats.get(table.name) ?? sit(buffer, table, table.enlist(), () => true);
}

function sit(
  buffer: SharedArrayBuffer,
  table: ThreadTable,
  id: number,
  isDone: () => boolean,
): LocalSeat {
  const seat = new LocalSeat(buffer, table, id);
  seats.set(table.name, seat);
  own ??= seat;
  atThreadEnd((well) => table.died(id, well && isDone()));
  return seat;
}

/**
 * An id for a thread that is about to be started; to be posted to it, which calls {@linkcode takePass} first of all. The
 * maker calls {@linkcode threadDied} when it has ended, in whatever way, and where it cannot be started.
 */
export function threadPass(): ThreadPass {
  const { buffer, table } = ownSeat();
  return { table: buffer, id: table.enlist() };
}

/** In the thread that was started: from now on it is the one that its maker knows. @throws `Error` if it sits already. */
export function takePass(pass: ThreadPass): void {
  takeSeat(pass, () => true);
}

/**
 * The same for a thread that knows when it has nothing more to do: if it ends before, it has crashed, whatever the exit code
 * says. Bun gives 0 for an unhandled rejection.
 */
export function takeSeat({ table: buffer, id }: ThreadPass, isDone: () => boolean): void {
  if (own !== undefined) {
    throw new Error("takePass must come before anything else that uses shared primitives in this thread");
  }
  sit(buffer, new ThreadTable(new SharedMemory(buffer)), id, isDone);
}

/** The id of this thread, by which it owns locks. It is never used again. */
export function currentThreadId(): number {
  return ownSeat().id;
}

/**
 * Says that a thread has ended: locks that it held break, its places in lines are given up, and everybody who waits for
 * anything looks again. Whoever starts threads says so of each. False: it had been said before.
 */
export function threadDied(id: number): boolean {
  return ownSeat().table.died(id);
}
