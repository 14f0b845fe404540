/**
 * trio's cancel scopes of 0.12: a scope absorbs a `Cancelled` at its exit by asking whether it is cancelled itself, by itself or
 * from outside, and whether the scope around still shows that through.
 *
 * Source: python-trio/trio `trio/_core/_run.py` of 0.12, `CancelStatus` and `CancelScope._close`.
 */
import { Event, select, sleep } from "../../src/mod.ts";
import type { Gen } from "./world.ts";

class Cancelled extends Error {}

/** See the top of the file. */
export class CancelScope {
  shield = false;
  cancelledCaught = false;
  /** Once it is cancelled, from wherever, it stays so. */
  private effectivelyCancelled = false;
  private readonly changed: Event = new Event();
  private readonly parent: CancelScope | null;
  private readonly children: CancelScope[] = [];

  constructor(parent: CancelScope | null) {
    this.parent = parent;
    parent?.children.push(this);
  }

  cancel(): void {
    this.effectivelyCancelled = true;
    this.changed.set();
    for (const child of this.children) if (!child.shield) child.cancel();
  }

  *run(body: Gen<unknown>): Gen {
    try {
      yield* body;
    } catch (error) {
      const visible = !this.shield && this.parent?.effectivelyCancelled === true;
      if (!(error instanceof Cancelled) || !this.effectivelyCancelled || visible) throw error;
      this.cancelledCaught = true;
    }
  }

  /** Sleeps, in this scope. */
  *sleep(ms: number): Gen {
    const { key } = yield* select({ cancelled: this.changed.wait(), slept: sleep(ms) });
    if (key === "cancelled") throw new Cancelled();
  }
}
