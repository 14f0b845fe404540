/** The reader's end of what a job's generator yields. */
import { Ring, WAIT, type Wait, WaitLine } from "../core/mod.ts";
import { END } from "../sync/mod.ts";
import { WINDOW } from "../wire/mod.ts";

/** The job, as far as its values know it. */
export interface Source {
  readonly name: string;
  readonly ready: boolean;
  /** Throws its error. */
  outcome(): unknown;
  /** Room for `n` more. */
  more(n: number): void;
}

/** Values that have come and were not taken. The worker may send as many as were taken: that is the back-pressure. */
export class Inflow<Y> {
  /** Somebody reads. */
  isOpen = false;
  private readonly values: Ring<Y> = new Ring();
  private taken = 0;
  private closed = false;
  private readonly source: Source;
  private readonly line: WaitLine<IteratorResult<Y, undefined>>;

  constructor(source: Source) {
    this.source = source;
    this.line = new WaitLine<IteratorResult<Y, undefined>>({
      name: () => `the next value of job ${source.name}`,
      rule: () => this.step(),
    });
    this.line.foreign = true; // a message serves it
  }

  next(): Wait<IteratorResult<Y, undefined>> {
    this.isOpen = true;
    return this.line.wait(undefined);
  }

  private step(): IteratorResult<Y, undefined> | typeof WAIT {
    if (this.closed) return END;
    if (this.values.size === 0) {
      if (!this.source.ready) return WAIT;
      this.closed = true; // its error is thrown once
      this.source.outcome();
      return END;
    }
    const value = this.values.shift() as Y;
    if (++this.taken >= WINDOW / 2) {
      this.source.more(this.taken);
      this.taken = 0;
    }
    return { done: false, value };
  }

  push(values: readonly unknown[]): void {
    for (const value of values) this.values.push(value as Y);
    this.line.serve();
  }

  /** The job has ended. */
  ended(): void {
    this.line.serve();
  }

  close(): void {
    this.closed = true;
    this.line.serve();
  }
}
