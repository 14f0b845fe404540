/** What every lock has besides `acquire` and `release`: blocks that cannot forget the release. */
import type { Op } from "../core/mod.ts";
import { type Body, op, perform } from "./body.ts";
import type { WaitOptions } from "./options.ts";

/** Something held; `using held = yield* lock.hold()` gives it back at the end of the block. */
export interface Held extends Disposable {
  release(): void;
}

/** See the top of the file. */
export abstract class Lockable {
  /** Waits for it; false when the timeout came first: then nothing was taken. */
  abstract acquire(options?: WaitOptions): Op<boolean>;
  /** Gives it back; acts at the call. */
  abstract release(): void;
  /** Takes it if that needs no waiting. */
  abstract tryAcquire(): boolean;

  /** Whether the running greenlet holds it, as far as is known: one that broke is held by nobody. */
  holds(): boolean {
    return true;
  }

  /** Runs `body` while it is held, and releases it however the body ends. */
  withLock<T>(body: Body<[], T>): Op<T> {
    const inner = perform(body, "withLock");
    const run = function* (this: Lockable): Generator<unknown, T, unknown> {
      yield* this.acquire();
      try {
        return yield* inner;
      } finally {
        if (this.holds()) this.release();
      }
    };
    return op(() => run.call(this));
  }

  /** Takes it until the end of the block: `using held = yield* lock.hold();`. */
  hold(): Op<Held> {
    const take = function* (this: Lockable): Generator<unknown, Held, unknown> {
      yield* this.acquire();
      let held = true;
      const release = () => {
        if (held) {
          held = false;
          this.release();
        }
      };
      const dispose = () => {
        if (this.holds()) release();
      };
      return { release, [Symbol.dispose]: dispose };
    };
    return op(() => take.call(this));
  }
}
