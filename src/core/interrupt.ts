/**
 * One reason to leave: a kill, a scope's cancel, a `Timeout`. It goes through three phases (soft, grace, hard):
 *
 *     pending ──delivered at a park──▶ thrown ──grace over, still inside──▶ hard: again at every park
 *
 * It is pending while its task runs, is woken already, or stands under a shield. While one is thrown and not yet
 * through, its task is cleaning up, and no other is thrown on top (S-12), but for those of blocks that the cleanup
 * itself has opened.
 */
import type { Timer } from "./timers.ts";

export const PENDING = 0, THROWN = 1, HARD = 2;

/** The depth of a kill: it concerns the whole task, so it is outside of all scopes in it. */
export const WHOLE_TASK = -1;

/** See the top of the file. */
export class Interrupt {
  readonly error: unknown;
  /** How far in the block is that this interrupt ends; the outermost one is thrown first (S-39). */
  readonly depth: number;
  /** When its block began. Among those of one depth, the earlier one is the outer. */
  readonly since: number;
  /** Milliseconds from the throw to the hard phase. */
  grace: number;
  /** A `Timeout` is thrown once and then forgotten: its block may be over before anybody says so. */
  readonly once: boolean;
  phase: number = PENDING;
  /** When it was thrown. Blocks that begin later are part of the cleanup, and end in their own right. */
  thrownAt: number = Infinity;
  /** Ends the grace. */
  timer: Timer | null = null;
  /** Queued to be thrown, and not thrown yet: an outer one may still overrule it (S-39). */
  inFlight = false;
  /** How often it was thrown in the hard phase. */
  repeats = 0;

  constructor(error: unknown, depth: number, grace: number, since: number, once = false) {
    this.error = error;
    this.since = since;
    this.depth = depth;
    this.grace = grace;
    this.once = once;
  }

  isOutside(other: Interrupt): boolean {
    return this.depth < other.depth || (this.depth === other.depth && this.since < other.since);
  }
}
