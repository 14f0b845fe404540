/**
 * What a simulated run stands on instead of the runtime: a host whose turns are a list, and a clock that jumps. So a run
 * is one synchronous call, and always the same.
 */
import type { Clock, Host } from "../../core/mod.ts";

/** A host without an event loop. */
export class SimulatedHost implements Host {
  private queue: (() => void)[] = [];

  now(): number {
    return 0;
  }

  microtask(callback: () => void): void {
    this.queue.push(callback);
  }

  macrotask(callback: () => void): void {
    this.queue.push(callback);
  }

  pending(): unknown {
    return true;
  }

  /** Whoever pumps sees it himself. */
  whenQuiet(): () => void {
    return () => {};
  }

  /** Runs what is queued until nothing is. */
  pump(): void {
    for (let i = 0; i < this.queue.length; i++) this.queue[i]();
    this.queue.length = 0;
  }

  clear(): void {
    this.queue.length = 0;
  }
}

/** Time that passes only when nobody has anything else to do. */
export class SimulatedClock implements Clock {
  private time = 0;

  now(): number {
    return this.time;
  }

  alarm(): void {}

  advance(_client: unknown, deadline: number): boolean {
    this.passTo(deadline);
    return true;
  }

  passTo(moment: number): void {
    if (moment > this.time) this.time = moment;
  }
}
