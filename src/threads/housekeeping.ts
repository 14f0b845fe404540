/**
 * What a pool has to look after from time to time, since nobody tells of it: calls that stand behind one that takes long while somebody
 * is idle, threads whose heart has stopped, threads that nobody needs. It looks every few milliseconds, and not at all where
 * there is nothing to be seen.
 */
import { after } from "../host/io.ts";
import { WorkerDiedError } from "../wire/mod.ts";
import type { AnyJob } from "./job.ts";
import type { PoolSettings } from "./options.ts";
import { BUSY, IDLE, type PoolWorker, STARTING } from "./worker.ts";

/** Milliseconds between two looks. */
const LOOK_MS = 5;

const { performance } = globalThis;

/** The pool, as far as this is concerned. */
export interface Household {
  readonly settings: PoolSettings;
  readonly size: number;
  readonly workers: ReadonlySet<PoolWorker>;
  readonly idle: readonly PoolWorker[];
  readonly hasJobs: boolean;
  putBack(jobs: AnyJob[]): void;
  dispatch(): void;
  retire(worker: PoolWorker): void;
  end(worker: PoolWorker, reason: unknown): void;
}

/** See the top of the file. */
export class Housekeeping {
  private readonly pool: Household;
  private stopLooking: (() => void) | null = null;
  private stopIdling: (() => void) | null = null;

  constructor(pool: Household) {
    this.pool = pool;
  }

  /** Something has changed: begins to look, if there is anything to be seen. */
  look(): void {
    if (this.stopLooking !== null || !this.isToSee()) return;
    this.stopLooking = after(LOOK_MS, () => {
      this.stopLooking = null;
      this.see();
      this.look();
    });
  }

  /** Nobody is to be ended any more for being idle. */
  stop(): void {
    this.stopIdling?.();
  }

  private isToSee(): boolean {
    for (const worker of this.pool.workers) {
      if (worker.status === IDLE ? worker.isHeld : worker.caller.pending > 1) return true;
    }
    return this.pool.settings.hangTimeout !== Infinity && this.pool.hasJobs;
  }

  private see(): void {
    const { pool } = this;
    const now = performance.now();
    const hasRoom = pool.idle.length > 0 || pool.workers.size < pool.size;
    for (const worker of [...pool.workers]) {
      const isLong = now - worker.since >= LOOK_MS;
      if (worker.status === IDLE && isLong) {
        worker.release();
        this.endIdleLater();
      }
      // An initializer can hang, too; before the first beat the thread only loads.
      if (worker.status === STARTING && worker.caller.control.beats > 0) this.listen(worker, now);
      if (worker.status !== BUSY) continue;
      if (hasRoom && isLong && worker.caller.pending > 1) pool.putBack(worker.caller.takeBack() as AnyJob[]);
      this.listen(worker, now);
    }
    pool.dispatch();
  }

  /** Whether its heart still beats. */
  private listen(worker: PoolWorker, now: number): void {
    const { hangTimeout } = this.pool.settings;
    if (hangTimeout === Infinity) return;
    const { beats } = worker.caller.control;
    if (beats !== worker.beats) {
      worker.beats = beats;
      worker.beaten = now;
    } else if (now - Math.max(worker.beaten, worker.since) > hangTimeout) {
      const what = `its event loop has not turned for ${hangTimeout} ms (hangTimeout)`;
      this.pool.end(worker, new WorkerDiedError(`thread ${worker.name} hangs: ${what}`));
    }
  }

  private endIdleLater(): void {
    const { pool } = this;
    const { idleTimeout, minSize } = pool.settings;
    if (idleTimeout === Infinity || this.stopIdling !== null || pool.workers.size <= minSize) return;
    const oldest = Math.min(...pool.idle.map((worker) => worker.since));
    if (oldest === Infinity) return;
    this.stopIdling = after(Math.max(oldest + idleTimeout - performance.now(), 1), () => {
      this.stopIdling = null;
      const now = performance.now();
      for (const worker of [...pool.idle]) {
        if (now - worker.since >= idleTimeout && pool.workers.size > minSize) pool.retire(worker);
      }
      this.endIdleLater();
    });
  }
}
