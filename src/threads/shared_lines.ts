/**
 * The lines of a shared primitive: lists of nodes in its memory, which are changed under its guard only.
 *
 * A node is a place in a line or a note that somebody holds something. It belongs to a thread, which keeps a few for next
 * time; those of the dead become everybody's again.
 */
import { Guard, LOG_END, type Seat } from "./shared_guard.ts";
import type { Memory } from "./shared_memory.ts";

/** Words: how many deaths were looked at, the nodes that are free and those that ever were not, the lines. */
export const BURIED: number = LOG_END;
const FREE = LOG_END + 1, USED = LOG_END + 2, LINES = LOG_END + 3;
/** Words of a line. */
const HEAD = 0, TAIL = 1, SIZE = 2, LINE = 3;
const MAX_LINES = 5;
/** Where a primitive has its own words, 16 of them. */
export const STATE: number = LINES + MAX_LINES * LINE;
const NODES = STATE + 16;
/** Words of a node: `node + STAGE`. */
export const STAGE = 0, THREAD = 1, NEXT = 2, PAYLOAD = 4, RESULT = 5, WHERE = 6;
const BEFORE = 3, NODE = 8;
/** Stages. In a line are those that wait, are called, or (in a list that nobody serves) hold something. */
export const IDLE = 0, WAITING = 1, CALLED = 2, GRANTED = 3, HOLDS = 4;

/** Nodes that a thread keeps. */
const KEPT = 16;

/** Waits at the same time. */
export const MAX_WAITERS = 1_024;

/** Bytes of a primitive, without what it has behind its nodes. */
export function monitorBytes(waiters: number): number {
  return (NODES + (waiters + 1) * NODE) * 4;
}

/** See the top of the file. All but `size` is for who is inside the guard. */
export class Lines {
  readonly guard: Guard;
  readonly memory: Memory;
  readonly seat: Seat;
  private readonly waiters: number;
  private readonly kept: number[] = [];

  constructor(memory: Memory, seat: Seat, waiters: number) {
    this.memory = memory;
    this.seat = seat;
    this.waiters = waiters;
    this.guard = new Guard(memory, seat);
  }

  /** How many wait, from outside: no more than a glance. */
  size(line: number): number {
    return this.memory.load(LINES + line * LINE + SIZE);
  }

  /** Puts a new node at the end of a line. */
  protected join(line: number, payload: number, stage: number = WAITING): number {
    const { memory, guard } = this;
    const node = this.claim();
    const at = LINES + line * LINE;
    const tail = memory.load(at + TAIL);
    memory.store(node + NEXT, 0);
    memory.store(node + BEFORE, tail);
    memory.store(node + PAYLOAD, payload);
    memory.store(node + WHERE, line);
    guard.set(tail === 0 ? at + HEAD : tail + NEXT, node);
    guard.set(at + TAIL, node);
    guard.set(at + SIZE, memory.load(at + SIZE) + 1);
    guard.set(node + STAGE, stage);
    return node;
  }

  protected unlink(line: number, node: number, stage: number = IDLE): void {
    const { memory, guard } = this;
    const at = LINES + line * LINE;
    const next = memory.load(node + NEXT), before = memory.load(node + BEFORE);
    guard.set(before === 0 ? at + HEAD : before + NEXT, next);
    guard.set(next === 0 ? at + TAIL : next + BEFORE, before);
    guard.set(at + SIZE, memory.load(at + SIZE) - 1);
    guard.set(node + STAGE, stage);
  }

  // ---- inside: a list of who holds what, a node a thread

  /** What this thread holds in the list. */
  protected held(list: number): number {
    const node = this.ownIn(list);
    return node === 0 ? 0 : this.memory.load(node + PAYLOAD);
  }

  /** From now on it holds so much, or nothing. */
  protected hold(list: number, payload: number): void {
    const node = this.ownIn(list);
    if (node === 0 && payload !== 0) this.join(list, payload, HOLDS);
    else if (node !== 0 && payload !== 0) this.guard.set(node + PAYLOAD, payload);
    else if (node !== 0) {
      this.unlink(list, node);
      this.release(node);
    }
  }

  private ownIn(list: number): number {
    const { memory, seat } = this;
    let node = this.head(list);
    while (node !== 0 && memory.load(node + THREAD) !== seat.id) node = memory.load(node + NEXT);
    return node;
  }

  /** Each thread in a line, with its payload. */
  protected each(line: number, look: (thread: number, payload: number) => void): void {
    const { memory } = this;
    for (let node = this.head(line); node !== 0; node = memory.load(node + NEXT)) {
      look(memory.load(node + THREAD), memory.load(node + PAYLOAD));
    }
  }

  // ---- nodes

  protected claim(): number {
    const { memory, guard } = this;
    const kept = this.kept.pop();
    if (kept !== undefined) return kept;
    let node = memory.load(FREE);
    if (node !== 0) guard.set(FREE, memory.load(node + NEXT));
    else {
      const used = memory.load(USED) + 1;
      if (used > this.waiters) {
        throw new RangeError(
          `more than ${this.waiters} waits at once for one shared primitive: give it a larger maxWaiters`,
        );
      }
      guard.set(USED, used);
      node = NODES + used * NODE;
    }
    guard.set(node + THREAD, this.seat.id);
    return node;
  }

  /** Inside. The node is this thread's and in no line. */
  protected release(node: number): void {
    if (this.kept.length < KEPT) this.keep(node);
    else this.discard(node);
  }

  /** Also from outside: the node is this thread's and in no line. */
  protected keep(node: number): void {
    this.memory.store(node + STAGE, IDLE);
    this.kept.push(node);
  }

  /** This thread has more nodes than it needs. */
  protected get keepsMany(): boolean {
    return this.kept.length > 2 * KEPT;
  }

  /** They are everybody's. */
  protected giveBackNodes(): void {
    while (this.kept.length > KEPT) {
      this.discard(this.kept.pop() as number);
      this.guard.commit();
    }
  }

  /** The first in a line; 0 for none. */
  protected head(line: number): number {
    return this.memory.load(LINES + line * LINE + HEAD);
  }

  /** The nodes of the dead, those in use first being unlinked by `bury`, become everybody's. */
  protected buryNodes(bury: (node: number, thread: number) => void): void {
    const { memory, guard, seat: { table, id } } = this;
    for (let n = memory.load(USED); n > 0; n--) {
      const node = NODES + n * NODE;
      const thread = memory.load(node + THREAD);
      if (thread === 0 || thread === id || !table.isDead(thread)) continue;
      bury(node, thread);
      this.discard(node);
      guard.commit();
    }
  }

  protected discard(node: number): void {
    const { memory, guard } = this;
    guard.set(node + STAGE, IDLE);
    guard.set(node + NEXT, memory.load(FREE));
    guard.set(node + THREAD, 0);
    guard.set(FREE, node);
  }
}
