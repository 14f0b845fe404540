/**
 * Time is one more waiter: whatever has a deadline is a {@linkcode Timer} in the loop's heap. All timers of one
 * instant fire before any greenlet runs (S-43), those with the same deadline in the order in which they began.
 */
import { Heap, type Slotted } from "./heap.ts";
import { moment } from "./moment.ts";
import { probe } from "./probe.ts";

/** Something that happens at a deadline. `fire` must not throw and must not run user code. */
export abstract class Timer implements Slotted {
  deadline = 0;
  /** Breaks ties: what began earlier fires first. */
  seq = 0;
  slot = -1;

  abstract fire(): void;

  /** It does no more than wake the task that set it. */
  get alone(): boolean {
    return false;
  }

  /** False: this timer keeps nothing alive (S-76). */
  get ref(): boolean {
    return true;
  }
}

/** A timer that calls back. */
export class Alarm extends Timer {
  private readonly ring: () => void;

  constructor(ring: () => void) {
    super();
    this.ring = ring;
  }

  override fire(): void {
    this.ring();
  }
}

function isEarlier(a: Timer, b: Timer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.seq < b.seq);
}

/** The timers of one loop. */
export class Timers {
  private readonly heap = new Heap<Timer>(isEarlier);
  /** How many of them keep the program alive. */
  refs = 0;

  get size(): number {
    return this.heap.size;
  }

  /** The next deadline, `Infinity` for none. */
  get next(): number {
    const first = this.heap.peek();
    return first === undefined ? Infinity : first.deadline;
  }

  /**
   * `Infinity` sets nothing: it never comes. Of one instant, what began `since` earlier fires first: so a block's deadline
   * comes before those of the waits in it, also where it was moved (S-39).
   */
  add(timer: Timer, deadline: number, since: number = moment()): void {
    if (deadline === Infinity) return;
    timer.deadline = deadline;
    timer.seq = since;
    if (probe !== null) probe.timed(deadline, timer.alone);
    if (timer.ref) this.refs++;
    this.heap.push(timer);
  }

  /** Nothing happens where it is not set. */
  remove(timer: Timer): void {
    if (timer.slot < 0) return;
    if (timer.ref) this.refs--;
    this.heap.remove(timer);
  }

  fire(now: number): void {
    for (;;) {
      const first = this.heap.peek();
      if (first === undefined || first.deadline > now) return;
      this.remove(first);
      first.fire();
    }
  }

  clear(): void {
    for (const timer of this.heap.toArray()) this.remove(timer);
  }
}
