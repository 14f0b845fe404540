/**
 * The state and the rules of a shared queue: a ring of bytes behind the nodes. An item is a word with its length, and its
 * bytes up to a whole word; it may go round the end.
 *
 * Items are given to nobody: a getter that is called takes the first one itself, and it is gone only when it has been copied
 * out. So who dies before takes nothing with it, and who dies after has got it. A putter writes into free room, and the
 * item is there when the tail has moved.
 */
import type { Seat } from "./shared_guard.ts";
import type { Memory } from "./shared_memory.ts";
import { monitorBytes, STATE } from "./shared_lines.ts";
import { GO, Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";

const COUNT = STATE, HEAD = STATE + 1, TAIL = STATE + 2, FILLED = STATE + 3, DOWN = STATE + 4;
const MAXSIZE = STATE + 5, WAITERS = STATE + 6, CAPACITY = STATE + 7;
const UNFINISHED = STATE + 8, BEREFT = STATE + 9;

/** Lines; peekers wait for an item that they do not take, joiners until all tasks are done. */
export const GETTERS = 0, PUTTERS = 1, PEEKERS = 2, JOINERS = 3;
/** The threads that use the queue as a pipe, with what they do; nobody is served there. */
const USERS = 4;
/** What they do. */
export const SENDS = 1, RECEIVES = 2;

/** It was shut down, as a result. */
export const SHUT_DOWN: number = -2;
export const DONE: number = 1;

/** What a getter or peeker gets or a putter brings. The payload is 1, LOOKS, or the room that it needs. */
export interface RingWish extends Wish {
  bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);
/** A peeker that wants to see the item; others only ask whether there is one. */
const LOOKS = 2;
/** Tasks are counted up to here; nobody waits for so many. */
const MOST_TASKS = 0x7fff_ffff;

/** What a getter wants. */
export function getWish(task: number): RingWish {
  return { payload: 1, task, bytes: NOTHING };
}

/** What somebody wants who is to see the next item. */
export function peekWish(task: number): RingWish {
  return { payload: LOOKS, task, bytes: NOTHING };
}

/** Bytes in the ring that an item of so many needs. */
export function roomFor(length: number): number {
  return 4 + Math.ceil(length / 4) * 4;
}

/** What a ring is made for. */
export interface RingSize {
  readonly maxsize: number;
  readonly capacity: number;
  readonly waiters: number;
}

/** See the top of the file. */
export class RingMonitor extends Monitor<RingWish> {
  protected override readonly lines = 4;
  readonly capacity: number;
  readonly maxsize: number;
  private readonly start: number;

  private constructor(memory: Memory, seat: Seat, waiters: number) {
    super(memory, seat, waiters);
    this.capacity = memory.load(CAPACITY);
    this.maxsize = memory.load(MAXSIZE);
    this.start = monitorBytes(waiters);
  }

  static bytes({ capacity, waiters }: RingSize): number {
    return monitorBytes(waiters) + capacity;
  }

  /** @param size of a new one. */
  static at(memory: Memory, seat: Seat, size?: RingSize): RingMonitor {
    if (size !== undefined) {
      memory.store(CAPACITY, size.capacity);
      memory.store(MAXSIZE, size.maxsize);
      memory.store(WAITERS, size.waiters);
    }
    return new RingMonitor(memory, seat, memory.load(WAITERS));
  }

  get count(): number {
    return this.memory.load(COUNT);
  }

  /** Items that were put and not yet reported as done. */
  get unfinished(): number {
    return this.memory.load(UNFINISHED);
  }

  /** A thread has ended while there were tasks that somebody worked on: perhaps they were its own. */
  get isBereft(): boolean {
    return this.memory.load(BEREFT) !== 0;
  }

  get isDown(): boolean {
    return this.memory.load(DOWN) !== 0;
  }

  get isFull(): boolean {
    return this.count >= this.maxsize || this.memory.load(FILLED) >= this.capacity;
  }

  shutDown(immediate: boolean): void {
    this.inside(() => {
      const { guard } = this;
      guard.set(DOWN, 1);
      if (!immediate) return;
      this.finish(Math.min(this.count, this.unfinished));
      guard.set(HEAD, guard.get(TAIL));
      guard.set(FILLED, 0);
      guard.set(COUNT, 0);
    });
  }

  /** One task is done; false if there is none. */
  taskDone(): boolean {
    return this.inside(() => {
      if (this.unfinished === 0) return false;
      this.finish(1);
      return true;
    });
  }

  /** This thread sends, or receives: when the last one has died that did, the queue is shut down. */
  use(side: number): void {
    this.inside(() => this.hold(USERS, this.held(USERS) | side));
  }

  protected attempt(line: number, wish: RingWish): number {
    if (line === JOINERS) return this.unfinished === 0 ? DONE : NOT_YET;
    if (line === PUTTERS) return this.put(wish);
    if (this.count === 0) return this.isDown ? SHUT_DOWN : NOT_YET;
    if (line === GETTERS) this.take(wish);
    else if (wish.payload === LOOKS) this.look(wish);
    return DONE;
  }

  protected override overtakes(line: number): boolean {
    return line === PEEKERS || line === JOINERS; // they take nothing from those who stand there
  }

  protected offer(line: number, payload: number, ahead: number): number {
    const { count } = this;
    if (line === JOINERS) return this.unfinished === 0 ? DONE : NOT_YET;
    if (line === PEEKERS) return count > 0 ? GO : this.isDown ? SHUT_DOWN : NOT_YET;
    if (line === GETTERS) return count > ahead ? GO : this.isDown && count === 0 ? SHUT_DOWN : NOT_YET;
    if (this.isDown) return SHUT_DOWN;
    return ahead === 0 && this.fits(payload) ? GO : NOT_YET;
  }

  protected override mourn(): void {
    if (this.unfinished > this.count) this.guard.set(BEREFT, 1);
  }

  protected override bereaved(list: number, _thread: number, did: number): void {
    if (list !== USERS) return;
    let left = 0;
    this.each(USERS, (thread, does) => left |= this.seat.table.isDead(thread) ? 0 : does);
    if ((did & ~left) !== 0) this.guard.set(DOWN, 1);
  }

  private fits(room: number): boolean {
    return this.count < this.maxsize && this.memory.load(FILLED) + room <= this.capacity;
  }

  private put({ payload, bytes }: RingWish): number {
    if (this.isDown) return SHUT_DOWN;
    if (!this.fits(payload)) return NOT_YET;
    const { guard, memory, capacity } = this;
    const tail = guard.get(TAIL);
    memory.store((this.start + tail) / 4, bytes.length);
    const at = (tail + 4) % capacity;
    const first = Math.min(bytes.length, capacity - at);
    memory.write(this.start + at, bytes.subarray(0, first));
    if (first < bytes.length) memory.write(this.start, bytes.subarray(first));
    guard.set(TAIL, (tail + payload) % capacity);
    guard.set(FILLED, guard.get(FILLED) + payload);
    guard.set(COUNT, guard.get(COUNT) + 1);
    guard.set(UNFINISHED, Math.min(guard.get(UNFINISHED) + 1, MOST_TASKS));
    return DONE;
  }

  private take(wish: RingWish): void {
    const { guard, capacity } = this;
    const room = roomFor(this.look(wish));
    guard.set(HEAD, (guard.get(HEAD) + room) % capacity);
    guard.set(FILLED, guard.get(FILLED) - room);
    guard.set(COUNT, guard.get(COUNT) - 1);
  }

  /** Copies the first item out, and gives its length. */
  private look(wish: RingWish): number {
    const { guard, memory, capacity } = this;
    const head = guard.get(HEAD);
    const length = memory.load((this.start + head) / 4);
    const bytes = wish.bytes = new Uint8Array(length);
    const at = (head + 4) % capacity;
    const first = Math.min(length, capacity - at);
    memory.read(this.start + at, bytes.subarray(0, first));
    if (first < length) memory.read(this.start, bytes.subarray(first));
    return length;
  }

  private finish(tasks: number): void {
    const left = this.unfinished - tasks;
    this.guard.set(UNFINISHED, left);
    if (left === 0) this.guard.set(BEREFT, 0);
  }
}
