/**
 * Ending a job, step by step:
 *
 *     not sent            it never starts
 *     sent, not begun     it is taken back, with those behind it, and never starts
 *     running             the cancel word, and a message for what has an event loop; then the grace; then its thread is ended
 *
 * The grace is for those who listen: greenlets, and whoever has asked `cancelled()` or for the signal. A function that has not done
 * so soon after the kill never will.
 */
import { TimeoutError } from "../core/mod.ts";
import { after } from "../host/io.ts";
import { WorkerDiedError } from "../wire/mod.ts";
import { type AnyJob, SENT } from "./job.ts";
import type { Household } from "./housekeeping.ts";
import type { PoolWorker } from "./worker.ts";

/** Milliseconds that a job which has never asked whether it is cancelled gets to do so. */
const DEAF_GRACE = 100;

/** Ends a job that is condemned: that has its reason. */
export function killJob(pool: Household, job: AnyJob, grace: number | undefined): void {
  if (job.place !== SENT) return job.killed();
  const worker = job.worker as PoolWorker;
  const { caller } = worker;
  if (!caller.hasBegun(job)) {
    pool.putBack(caller.takeBack() as AnyJob[]); // it is among them, and ends there
    if (job.ready) return pool.dispatch();
  }
  caller.cancel(job);
  const patience = grace ?? job.ownGrace ?? pool.settings.grace;
  const deaf = Math.min(patience, DEAF_GRACE);
  const { seq } = job;
  const isOver = () => job.ready || job.worker !== worker;
  const end = () => {
    if (isOver()) return;
    job.target.alone = true;
    const why = `was ended for job ${job.name}, which did not end when it was killed`;
    pool.end(worker, new WorkerDiedError(`thread ${worker.name} ${why}`));
  };
  after(deaf, () => {
    if (isOver()) return;
    if (caller.control.listener === seq && patience > deaf) after(patience - deaf, end, true);
    else end();
  }, true);
}

/** Its time runs from now on. */
export function limitJob(pool: Household, job: AnyJob): void {
  const limit = job.timeLimit;
  const stop = after(limit, () => {
    const error = new TimeoutError(`job ${job.name} did not end within ${limit} ms of its start`);
    if (!job.ready && job.condemn(error, false)) killJob(pool, job, undefined);
  });
  job.whenDone(stop);
}
