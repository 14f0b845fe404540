/** Jobs that wait for a worker: first in, first out, among those of one priority. */
import { Ring } from "../core/mod.ts";
import type { AnyJob } from "./job.ts";

/** Jobs of one priority. Those that were taken back stand before the others. */
class Lane {
  readonly priority: number;
  readonly jobs: Ring<AnyJob> = new Ring();
  /** The last one goes first. */
  readonly front: AnyJob[] = [];

  constructor(priority: number) {
    this.priority = priority;
  }
}

/**
 * As a rule there is one lane. Jobs that are killed stay where they are, and are passed over: `waiting` says of each
 * whether it still does.
 */
export class JobQueue {
  /** Those that still wait. */
  size = 0;
  /** The highest priority first. */
  private readonly lanes: Lane[] = [new Lane(0)];
  private readonly waiting: (job: AnyJob) => boolean;

  constructor(waiting: (job: AnyJob) => boolean) {
    this.waiting = waiting;
  }

  push(job: AnyJob): void {
    this.lane(job.priority).jobs.push(job);
    this.size++;
  }

  /** Puts jobs back to where they came from, in this order. */
  unshift(jobs: readonly AnyJob[]): void {
    for (let i = jobs.length - 1; i >= 0; i--) this.lane(jobs[i].priority).front.push(jobs[i]);
    this.size += jobs.length;
  }

  /** One that waited has been killed. */
  dropped(): void {
    this.size--;
  }

  /** The next one; it stays. */
  peek(): AnyJob | undefined {
    if (this.size === 0) return undefined;
    for (const lane of this.lanes) {
      const { front, jobs } = lane;
      while (front.length > 0) {
        const job = front[front.length - 1];
        if (this.waiting(job)) return job;
        front.pop();
      }
      for (let job = jobs.at(0); job !== undefined; job = jobs.at(0)) {
        if (this.waiting(job)) return job;
        jobs.shift();
      }
    }
    return undefined;
  }

  /** Takes out what `peek` has just given. */
  take(job: AnyJob): void {
    const lane = this.lane(job.priority);
    if (lane.front.length > 0) lane.front.pop();
    else lane.jobs.shift();
    this.size--;
  }

  /** Those that wait now, in order. */
  toArray(): AnyJob[] {
    return this.lanes.flatMap(({ front, jobs }) => [...front.toReversed(), ...jobs.toArray()]).filter(
      this.waiting,
    );
  }

  private lane(priority: number): Lane {
    const { lanes } = this;
    if (lanes[0].priority === priority) return lanes[0];
    const found = lanes.find((lane) => lane.priority === priority);
    if (found !== undefined) return found;
    const lane = new Lane(priority);
    const at = lanes.findIndex((other) => other.priority < priority);
    lanes.splice(at < 0 ? lanes.length : at, 0, lane);
    return lane;
  }
}
