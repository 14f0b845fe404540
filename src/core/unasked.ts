/** The failures of a scope's greenlets that nobody has asked for. */
import type { Task } from "./task.ts";

/** How many a scope keeps; all of them were reported when they happened, and a server may run for years. */
const KEPT = 100;

/** A task with what a scope needs to know of it. */
export interface Child extends Task {
  readonly daemon: boolean;
  /** Somebody has asked for the outcome. */
  readonly asked: boolean;
  /** Started by a helper that looks at its outcome itself: no business of the scope's. */
  readonly owned: boolean;
}

/** See the top of the file. */
export class Unasked {
  private readonly failed: Child[] = [];
  private dropped = 0;

  add(child: Child): void {
    if (this.failed.length < KEPT) this.failed.push(child);
    else this.dropped++;
  }

  /** What the scope still has to throw. */
  errors(): unknown[] {
    const errors = this.failed.filter((child) => !child.asked).map((child) => child.inbox);
    if (this.dropped > 0) {
      errors.push(new Error(`${this.dropped} more failures, reported when they happened`));
    }
    return errors;
  }
}
