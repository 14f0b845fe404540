/** What the host brings by itself, connections and datagrams: it waits, up to a limit, for whoever takes it. */
import { Ring, WAIT, type Wait } from "../core/mod.ts";
import { asyncIterator, END } from "../sync/mod.ts";
import { closedError, netError } from "./errors.ts";
import { HostLine } from "./waits.ts";

/** See the top of the file. */
export class Arrivals<T> {
  /** How many did not come in because too many waited. */
  dropped = 0;
  private isClosed = false;
  private error: unknown = null;
  private readonly waiting: Ring<T> = new Ring();
  private readonly max: number;
  private readonly what: () => string;
  private readonly taken: (item: T) => void;
  /** The payload: whether a step of an iterator is wanted. */
  private readonly line: HostLine<unknown, boolean>;

  /** @param what the call that takes one, for errors and dumps; `taken` is called with each that somebody takes. */
  constructor(subject: object, max: number, what: () => string, taken: (item: T) => void = () => {}) {
    this.max = max;
    this.what = what;
    this.taken = taken;
    this.line = new HostLine<unknown, boolean>({ subject, name: what, rule: (w) => this.serve(w.payload) });
  }

  get size(): number {
    return this.waiting.size;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  take(timeout: number): Wait<T> {
    return this.line.wait(false, timeout) as Wait<unknown> as Wait<T>;
  }

  /** The next one as an iterator's step; the end is the close. */
  next(): Wait<IteratorResult<T, undefined>> {
    return this.line.wait(true) as Wait<unknown> as Wait<IteratorResult<T, undefined>>;
  }

  iterator(): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.next(), () => {});
  }

  /** Whether there is room; one that has none is counted as dropped. */
  hasRoom(): boolean {
    if (this.isClosed) return false;
    if (this.waiting.size < this.max || this.line.size > 0) return true;
    this.dropped++;
    return false;
  }

  push(item: T): void {
    this.waiting.push(item);
    this.line.serve();
  }

  /** Nothing comes any more: whoever takes gets what is left, and then this. */
  fail(error: unknown): void {
    this.error = error;
    this.line.serve();
  }

  /** Hands to `discard` what nobody has taken. */
  close(discard: (item: T) => void = () => {}): void {
    this.isClosed = true;
    for (let item = this.waiting.shift(); item !== undefined; item = this.waiting.shift()) discard(item);
    this.line.serve();
  }

  private serve(step: boolean): unknown {
    const item = this.waiting.shift();
    if (item !== undefined) {
      this.taken(item);
      return step ? { done: false, value: item } : item;
    }
    if (this.isClosed && step) return END;
    if (this.isClosed) throw closedError(this.what());
    if (this.error !== null) throw netError(this.what(), this.error);
    return WAIT;
  }
}
