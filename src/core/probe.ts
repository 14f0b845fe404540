/**
 * What a step touches, for whoever explores schedules: two steps of different tasks that touch nothing in common can
 * change places. Everything that greenlets share says here how it is used; in production nobody listens, and that costs
 * one look at `probe`.
 *
 * A subject is the thing whose state is read or changed: a lock, a queue, a scope; a task as a subject stands for its
 * outcome. What a task does next is no subject: `stirred` says that somebody else has changed it.
 */
/** How a subject is used. Uses that commute do not order each other, but do so with reads and writes: an end in a scope. */
export const READS = 0, COMMUTES = 1, WRITES = 2;

/** A subject that is no part of a run, and stands for the same thing in all of them. */
export class Lasting {}

/** See the top of the file. */
export interface Probe {
  touched(subject: object, how: number): void;
  /** A subject comes to be, in the step that runs. */
  born(subject: object): void;
  /** Somebody changes what `task` (a `Task`) does next, other than by waking it. */
  stirred(task: object): void;
  /** A timer was set: those of one instant fire in that order. `alone`: it does no more than wake its own task. */
  timed(deadline: number, alone: boolean): void;
  /** Nobody can go on: what happens next happens because of that. It may kill somebody, who then goes on. */
  idle(): void;
  /** The body of a scope has thrown, and its greenlets may take their time before anybody hears of it. */
  threw?(error: unknown): void;
  /** Something came to be that somebody has to give back; `left` says what of it is still out. */
  made(left: () => string | undefined): void;
}

/** Null in production. */
export let probe: Probe | null = null;

/** Gives the one before, to be put back. */
export function setProbe(next: Probe | null): Probe | null {
  const before = probe;
  probe = next;
  return before;
}

export function reads(subject: object): void {
  if (probe !== null) probe.touched(subject, READS);
}

export function writes(subject: object): void {
  if (probe !== null) probe.touched(subject, WRITES);
}
