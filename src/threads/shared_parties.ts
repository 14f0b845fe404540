/**
 * The state and the rules of a shared barrier. Each thread notes the number of the last round to which it came. If one
 * dies that waits, nobody can count on the others any more. If one crashes that was in the last round, those of that
 * round who live would wait for it; one that ended well had nothing more to do here, and others may come in its place.
 */
import type { Seat } from "./shared_guard.ts";
import type { Memory } from "./shared_memory.ts";
import { STATE } from "./shared_lines.ts";
import { BROKEN, Monitor, NOT_YET } from "./shared_monitor.ts";

const PARTIES = STATE, LEAVING = STATE + 1, ROUND = STATE + 2, BREAKER = STATE + 3, PLACE = STATE + 4;
const QUEUE = 0, MEMBERS = 1;

/** See the top of the file. */
export class PartyMonitor extends Monitor {
  constructor(memory: Memory, seat: Seat, waiters: number) {
    super(memory, seat, waiters);
  }

  found(parties: number): void {
    this.memory.store(PARTIES, parties);
  }

  get parties(): number {
    return this.memory.load(PARTIES);
  }

  get waiting(): number {
    return this.size(QUEUE);
  }

  /** The thread that is missing; 0: none. */
  get breaker(): number {
    return this.memory.load(BREAKER);
  }

  mend(): void {
    this.inside(() => {
      this.guard.set(ROUND, this.guard.get(ROUND) + 2); // who came so far is forgotten
      this.guard.set(BREAKER, 0);
    });
  }

  protected override overtakes(): boolean {
    return true; // the last one does not wait
  }

  protected attempt(): number {
    const { guard } = this;
    if (this.breaker !== 0) return BROKEN;
    const round = guard.get(ROUND) + 1;
    if (this.held(MEMBERS) !== round) this.hold(MEMBERS, round);
    if (this.waiting + 1 < this.parties) return NOT_YET;
    this.open(this.waiting);
    return this.parties - 1;
  }

  protected offer(): number {
    if (this.breaker !== 0) return BROKEN;
    const { guard } = this;
    // Two may have come to the last place at once: then all of them wait.
    if (guard.get(LEAVING) === 0 && this.waiting >= this.parties) this.open(this.parties);
    const leaving = guard.get(LEAVING), place = guard.get(PLACE);
    if (leaving === 0) return NOT_YET;
    guard.set(LEAVING, leaving - 1);
    guard.set(PLACE, place + 1);
    return place; // granted: it came
  }

  private open(leaving: number): void {
    const { guard } = this;
    guard.set(LEAVING, leaving);
    guard.set(PLACE, 0);
    guard.set(ROUND, guard.get(ROUND) + 1);
  }

  protected override bereaved(list: number, thread: number, round: number): void {
    const { guard, seat: { table } } = this;
    if (list === MEMBERS) {
      if (round < guard.get(ROUND) || round === 0 || !table.hasCrashed(thread)) return;
      let isMissed = false;
      this.each(MEMBERS, (other, last) => isMissed ||= last >= guard.get(ROUND) && !table.isDead(other));
      if (!isMissed) return;
    }
    guard.set(BREAKER, thread);
  }
}
