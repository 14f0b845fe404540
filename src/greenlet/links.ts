/** Callbacks on the end of a greenlet or a job: each runs once, in the order in which they were added. */
import { show } from "../core/mod.ts";

/** Which ends a callback wants to hear of. */
export type LinkWants = "any" | "value" | "exception";

/** Whatever `H` is, its handle. */
export type LinkListener<H> = (ended: H) => void;

/** See the top of the file. When they run is their owner's business. */
export class Links<H> {
  private readonly waiting: { listener: LinkListener<H>; wants: LinkWants }[] = [];

  /** Those that have not run. */
  get length(): number {
    return this.waiting.length;
  }

  add(listener: LinkListener<H>, wants: LinkWants): void {
    this.waiting.push({ listener, wants });
  }

  remove(listener: LinkListener<H>): void {
    const at = this.waiting.findIndex((link) => link.listener === listener);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  /** Hands those that want to hear of this end to `call`, also those that are added meanwhile. */
  run(failed: boolean, call: (listener: LinkListener<H>) => void): void {
    for (let link = this.waiting.shift(); link !== undefined; link = this.waiting.shift()) {
      if (link.wants !== (failed ? "value" : "exception")) call(link.listener);
    }
  }
}

/** `TypeError` for what cannot be a callback. */
export function needListener(listener: unknown): void {
  if (typeof listener !== "function") throw new TypeError(`a link needs a function, not ${show(listener)}`);
}
