/**
 * The state and the rules of a shared semaphore: a number, and who has how many.
 *
 * A thread that dies with permits would starve the others, so the semaphore breaks. But a semaphore may also be a counter
 * that some threads raise and others lower. So as soon as a thread gives back what it does not have, nobody is taken
 * for a holder any more.
 */
import type { Seat } from "./shared_guard.ts";
import type { Memory } from "./shared_memory.ts";
import { STATE } from "./shared_lines.ts";
import { BROKEN, GO, Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";

const FREE = STATE, COUNTS = STATE + 1, BREAKER = STATE + 2, LOST = STATE + 3;
const QUEUE = 0, HOLDERS = 1;

/** See the top of the file. The payload is the number of permits. */
export class PermitMonitor extends Monitor {
  constructor(memory: Memory, seat: Seat, waiters: number) {
    super(memory, seat, waiters);
  }

  found(permits: number): void {
    this.memory.store(FREE, permits);
  }

  get free(): number {
    return this.memory.load(FREE);
  }

  /** The thread that died with permits; 0: none. */
  get breaker(): number {
    return this.memory.load(BREAKER);
  }

  giveBack(permits: number): void {
    this.inside(() => {
      const { guard } = this;
      const free = guard.get(FREE) + permits;
      if (free > 0x7fff_ffff) {
        throw new RangeError(`a SharedSemaphore holds at most 2,147,483,647 permits, not ${free}`);
      }
      guard.set(FREE, free);
      if (guard.get(COUNTS) === 0 && this.held(HOLDERS) < permits) guard.set(COUNTS, 1);
      if (guard.get(COUNTS) === 0) this.hold(HOLDERS, this.held(HOLDERS) - permits);
    });
  }

  /** What the dead have taken with them is free again. */
  mend(): void {
    this.inside(() => {
      this.guard.set(FREE, this.free + this.guard.get(LOST));
      this.guard.set(LOST, 0);
      this.guard.set(BREAKER, 0);
    });
  }

  protected override overtakes(): boolean {
    return this.breaker !== 0; // to be told
  }

  protected attempt(_line: number, { payload }: Wish): number {
    if (this.breaker !== 0) return BROKEN;
    if (this.free < payload) return NOT_YET;
    this.guard.set(FREE, this.free - payload);
    if (this.guard.get(COUNTS) === 0) this.hold(HOLDERS, this.held(HOLDERS) + payload);
    return payload;
  }

  protected offer(_line: number, payload: number, ahead: number): number {
    if (this.breaker !== 0) return BROKEN;
    return this.free - ahead >= payload ? GO : NOT_YET;
  }

  protected override bereaved(list: number, thread: number, permits: number): void {
    if (list !== HOLDERS || this.guard.get(COUNTS) !== 0) return;
    this.guard.set(BREAKER, thread);
    this.guard.set(LOST, this.guard.get(LOST) + permits);
  }

  /** How many wait. */
  get waiting(): number {
    return this.size(QUEUE);
  }
}
