/**
 * One thread at a time in the state of a primitive, and no half-done changes, also when a thread dies in the middle.
 *
 * The guard is a word: the id of the thread that is inside, and a bit that says whether somebody waits (Drepper, "Futexes
 * are tricky", mutex 2). It is held for a microsecond, never across a wait or user code, so it blocks the thread in every
 * case. Who finds a dead holder takes the guard over.
 *
 * A change goes through `set`, which first writes what was there to a log. `commit` empties the log; whoever takes over
 * from the dead plays it back. So what is done between two commits has happened as a whole or not at all. A change of a
 * single word, and of words that mean nothing yet, needs no log.
 *
 * A thread that was declared dead may live on where a runtime cannot end it. It is stopped when it comes in. If it was
 * inside by then it has some time to leave, before it is taken to be dead indeed.
 */
import type { Memory } from "./shared_memory.ts";
import type { ThreadTable } from "./shared_table.ts";

/** Words, in every primitive. */
export const GUARD = 0, LOGGED = 1, LOG = 2;
/** Changes between two commits. */
const ENTRIES = 24;
export const LOG_END: number = LOG + 2 * ENTRIES;

const WAITED_FOR = 1 << 30;
/** Milliseconds after which somebody who waits for the guard looks whether its holder lives. */
const PATIENCE = 20;
/** How often somebody finds a dead holder before it takes over: see the top of the file. */
const LOOKS = 3;

/** A thread, as far as primitives need to know it: its id in a table. */
export interface Seat {
  readonly table: ThreadTable;
  readonly id: number;
  /** Guards in which this thread is. */
  inside: number;
  /** Tells a thread to look again; this one itself without the detour over the bell. */
  ring(id: number): void;
}

/** See the top of the file. */
export class Guard {
  readonly memory: Memory;
  readonly seat: Seat;
  private logged = 0;
  /** Those to ring when nobody is inside any more. */
  private readonly called: number[] = [];

  constructor(memory: Memory, seat: Seat) {
    this.memory = memory;
    this.seat = seat;
  }

  enter(): void {
    const { memory, seat } = this;
    this.called.length = this.logged = 0;
    if (memory.compareExchange(GUARD, 0, seat.id) !== 0) this.contend();
    seat.inside++;
    // Now, and not before: from here on others bury it only when it has left.
    if (!seat.table.isDead(seat.id)) return;
    this.exit();
    this.refuseDead();
  }

  /** @throws `Error` if this thread was declared dead. */
  refuseDead(): void {
    if (this.seat.table.isDead(this.seat.id)) throw ghost(this.seat.id);
  }

  /** Leaves with all that was set, then tells those who were called. */
  exit(): void {
    const { memory, seat } = this;
    this.commit();
    seat.inside--;
    if (memory.compareExchange(GUARD, seat.id, 0) !== seat.id) {
      if (memory.compareExchange(GUARD, seat.id | WAITED_FOR, 0) !== (seat.id | WAITED_FOR)) {
        throw ghost(seat.id);
      }
      memory.notify(GUARD, 1);
    }
    if (this.called.length > 0) { for (const id of this.called.splice(0)) seat.ring(id); // which may come in here again
     }
  }

  /** Leaves as if nothing had been done since the last commit. */
  cancel(): void {
    this.playBack();
    this.exit();
  }

  get(at: number): number {
    return this.memory.load(at);
  }

  /** Changes a word; it happens with all other changes up to the next commit, or not at all. */
  set(at: number, value: number): void {
    const { memory } = this;
    const entry = LOG + 2 * this.logged;
    if (entry >= LOG_END) {
      throw new RangeError("too many changes at once in a shared primitive: a defect of tendril");
    }
    memory.store(entry, at);
    memory.store(entry + 1, memory.load(at));
    memory.store(LOGGED, ++this.logged);
    memory.store(at, value);
  }

  commit(): void {
    if (this.logged > 0) this.memory.store(LOGGED, this.logged = 0);
  }

  /** `id` is told to look again once this thread has left. */
  call(id: number): void {
    if (!this.called.includes(id)) this.called.push(id);
  }

  private contend(): void {
    const { memory, seat: { table, id } } = this;
    let looks = 0;
    for (;;) {
      const held = memory.load(GUARD);
      if (held === 0) {
        // With the bit: others may wait, and this one cannot know.
        if (memory.compareExchange(GUARD, 0, id | WAITED_FOR) === 0) return;
      } else if (table.isDead(held & ~WAITED_FOR) && ++looks > LOOKS) {
        if (memory.compareExchange(GUARD, held, id | WAITED_FOR) === held) return this.playBack();
      } else if (
        (held & WAITED_FOR) !== 0 || memory.compareExchange(GUARD, held, held | WAITED_FOR) === held
      ) {
        memory.wait(GUARD, held | WAITED_FOR, PATIENCE);
      }
    }
  }

  /** Idempotent up to its last store: whoever plays back may die as well. */
  private playBack(): void {
    const { memory } = this;
    for (let n = memory.load(LOGGED) - 1; n >= 0; n--) {
      memory.store(memory.load(LOG + 2 * n), memory.load(LOG + 2 * n + 1));
    }
    memory.store(LOGGED, this.logged = 0);
  }
}

function ghost(id: number): Error {
  return new Error(
    `this thread (${id}) was declared dead, others go on without it: it must not use shared primitives any more`,
  );
}
