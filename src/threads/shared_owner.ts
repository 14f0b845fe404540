/** The state and the rules of locks that know who holds them: a thread, and in it a greenlet. */
import { STATE } from "./shared_lines.ts";
import { BROKEN, GO, Monitor, NOT_YET, type Wish } from "./shared_monitor.ts";
import type { Seat } from "./shared_guard.ts";
import type { Memory } from "./shared_memory.ts";

const OWNER = STATE, TASK = STATE + 1, DEPTH = STATE + 2, BREAKER = STATE + 3;

/** The same greenlet holds it already, as a result. */
export const HELD: number = -2;
export const TAKEN: number = 1;

/** See the top of the file. The payload is how often it is to be held. */
export class OwnerMonitor extends Monitor {
  private readonly reentrant: boolean;

  constructor(memory: Memory, seat: Seat, waiters: number, reentrant: boolean) {
    super(memory, seat, waiters);
    this.reentrant = reentrant;
  }

  /** The thread that holds it; 0: none. */
  get owner(): number {
    return this.memory.load(OWNER);
  }

  /** The thread that died with it; 0: it is whole. */
  get breaker(): number {
    return this.memory.load(BREAKER);
  }

  /** How often `task` of this thread holds it. */
  depth(task: number): number {
    return this.isOurs(task) ? this.memory.load(DEPTH) : 0;
  }

  /** Gives it back `times`; false if `task` does not hold it. */
  giveBack(task: number, times: number): boolean {
    return this.inside(() => {
      if (!this.isOurs(task)) return false;
      const left = this.memory.load(DEPTH) - times;
      this.memory.store(left === 0 ? OWNER : DEPTH, left);
      return true;
    });
  }

  /** `task` has ended with it. */
  ended(task: number): void {
    this.inside(() => {
      if (this.isOurs(task)) this.break(this.seat.id);
    });
  }

  mend(): void {
    this.inside(() => this.memory.store(BREAKER, 0));
  }

  protected override overtakes(_line: number, wish: Wish): boolean {
    return this.isOurs(wish.task) || this.breaker !== 0; // to hold it twice, or to be told
  }

  protected attempt(_line: number, wish: Wish): number {
    const { memory } = this;
    if (this.breaker !== 0) return BROKEN;
    if (this.isOurs(wish.task)) {
      if (!this.reentrant) return HELD;
      memory.store(DEPTH, memory.load(DEPTH) + wish.payload);
      return TAKEN;
    }
    if (this.owner !== 0) return NOT_YET;
    memory.store(TASK, wish.task);
    memory.store(DEPTH, wish.payload);
    memory.store(OWNER, this.seat.id); // from here on the others mean something
    return TAKEN;
  }

  protected offer(_line: number, _payload: number, ahead: number): number {
    if (this.breaker !== 0) return BROKEN;
    return this.owner === 0 && ahead === 0 ? GO : NOT_YET;
  }

  protected override mourn(): void {
    const { owner } = this;
    if (owner !== 0 && this.seat.table.isDead(owner)) this.break(owner);
  }

  private isOurs(task: number): boolean {
    return this.owner === this.seat.id && this.memory.load(TASK) === task;
  }

  private break(thread: number): void {
    this.guard.set(BREAKER, thread);
    this.guard.set(OWNER, 0);
  }
}
