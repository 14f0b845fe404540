/** What people write over promises: a place in a queue is a `resolve`, and what comes after the `await` runs later. */
import { Event, select, sleep, spawn } from "../../src/mod.ts";
import type { Gen, Permits } from "./world.ts";

/** Counts whoever is resumed after he is resumed, and frees the place before. */
export class Limiter implements Permits<unknown> {
  private active = 0;
  private readonly queue: Event[] = [];

  tryAcquire(): boolean {
    if (this.active >= 1) return false;
    this.active++;
    return true;
  }

  *acquire(): Gen {
    if (this.active >= 1) {
      const resolved = new Event();
      this.queue.push(resolved);
      yield* resolved.wait();
    }
    this.active++;
  }

  release(): void {
    this.active--;
    this.queue.shift()?.set();
  }
}

/** A mutex with a timeout around it: whoever gives up stays in the line, and gives the lock back when it comes to him. */
export class TimedMutex {
  private locked = false;
  private readonly queue: Event[] = [];

  get isLocked(): boolean {
    return this.locked;
  }

  *acquire(): Gen {
    if (this.locked) {
      const dispatched = new Event();
      this.queue.push(dispatched);
      yield* dispatched.wait();
    }
    this.locked = true;
  }

  release(): void {
    const next = this.queue.shift();
    if (next === undefined) this.locked = false;
    else next.set();
  }

  /** False: the timeout came first. */
  *acquireWithin(ms: number): Gen<boolean> {
    const got = new Event();
    let late = false;
    spawn(
      { name: "ticket" },
      function* (this: TimedMutex) {
        yield* this.acquire();
        if (late) this.release();
        else got.set();
      }.bind(this),
    );
    const { key } = yield* select({ got: got.wait(), late: sleep(ms) });
    late = key === "late";
    return !late;
  }
}
