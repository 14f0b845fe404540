/** How long jobs wait and run, as histograms. */

/** Buckets of doubling width: the n-th holds what took less than 2^n microseconds. */
const BUCKETS = 40;

/** Milliseconds, of as many as were counted. Percentiles are exact to a factor of two. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** Upper bounds in milliseconds, with how many were below this one and not below the one before. */
  readonly buckets: readonly (readonly [below: number, count: number])[];
}

/** See the top of the file. */
export class Histogram {
  private readonly counts: Float64Array = new Float64Array(BUCKETS);
  private count = 0;
  private sum = 0;
  private max = 0;

  /** Counts `n` times `ms`. */
  add(ms: number, n = 1): void {
    const us = ms * 1_000;
    const at = us < 1 ? 0 : us < 0x7fff_ffff ? 32 - Math.clz32(us) : Math.min(32, BUCKETS - 1);
    this.counts[at] += n;
    this.count += n;
    this.sum += ms * n;
    if (ms > this.max) this.max = ms;
  }

  summary(): Summary {
    const { count, sum, max } = this;
    const buckets: [number, number][] = [];
    for (let i = 0; i < BUCKETS; i++) {
      if (this.counts[i] > 0) buckets.push([2 ** i / 1_000, this.counts[i]]);
    }
    const at = (part: number) => {
      let left = count * part;
      for (const [below, n] of buckets) {
        left -= n;
        if (left <= 0) return Math.min(below, max);
      }
      return max;
    };
    return {
      count,
      mean: count === 0 ? 0 : sum / count,
      max,
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
      buckets,
    };
  }
}

/** What a pool has done and has to do. */
export interface PoolStats {
  /** Threads that live, and how many of them run something. */
  readonly threads: number;
  readonly busy: number;
  /** Jobs that wait for a thread, those in front of a full queue among them. */
  readonly queued: number;
  /** Jobs that were given to a thread and have not ended. */
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly killed: number;
  /** Threads that were started so far. */
  readonly started: number;
  /** Threads that died, or were ended for a job that did not end. */
  readonly died: number;
  /** Threads that should be dead and compute on: this runtime cannot end them. */
  readonly zombies: number;
  /** Milliseconds from the call to the start. */
  readonly waitMs: Summary;
  /** Milliseconds that jobs ran. */
  readonly runMs: Summary;
}
