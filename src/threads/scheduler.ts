/**
 * Who runs what, when: the inside of a pool.
 *
 *     submit ──▶ held ──room──▶ queue ──batch──▶ a worker ──▶ outcome
 *                                 ▲                 │
 *                                 └── taken back ───┘   not begun: killed, stuck behind another one, its thread has died
 *
 * Jobs are handed out in a microtask after the first of a turn, so that what is called in one turn goes together, and again whenever a
 * worker is free. An idle worker takes its share of the queue: up to a millisecond's worth (see `wire/caller.ts`), so the
 * least loaded always takes the next. Nobody is bound to a worker that has not begun him: a job that turns out long loses
 * those behind it to the first one that is idle.
 *
 * Length: the states of jobs and workers are changed here and nowhere else; when is decided elsewhere, too (`killing.ts`, `housekeeping.ts`).
 */
import { WAIT, WaitLine } from "../core/mod.ts";
import { after } from "../host/io.ts";
import {
  BATCH_MS,
  type Call,
  encodePassed,
  estimate,
  movedWith,
  proxiesIn,
  proxiesLoaded,
  type Target,
  unitsOf,
  WorkerDiedError,
} from "../wire/mod.ts";
import { type Household, Housekeeping } from "./housekeeping.ts";
import { type AnyJob, HELD, Job, type JobOwner, LOADING, QUEUED, SENT } from "./job.ts";
import { killJob, limitJob } from "./killing.ts";
import type { PoolSettings } from "./options.ts";
import { passShared } from "./passing.ts";
import { JobQueue } from "./queue.ts";
import { newTurn } from "./site.ts";
import { Histogram, type PoolStats } from "./stats.ts";
import { BUSY, CLOSING, GONE, IDLE, PoolWorker, STARTING } from "./worker.ts";

/** Jobs in a batch at most, however quick. */
const MAX_BATCH = 2_000;
/** How often a thread that cannot be made is tried again, and after how many milliseconds. */
const MAX_FAILURES = 3, RETRY_MS = 5;
/** Milliseconds between two beats where they are needed only to notice a lack of memory. */
const MEMORY_BEAT = 100;

const { performance } = globalThis;

/** See the top of the file. */
export class Scheduler implements JobOwner, Household {
  readonly settings: PoolSettings;
  /** How many threads at most. */
  size: number;
  /** Nothing new is taken. */
  closed = false;
  /** Why nothing can run. */
  private broken: { error: unknown } | null = null;
  private readonly queue: JobQueue = new JobQueue((job) => job.place === QUEUED);
  /** Jobs in front of a queue that is full. */
  private readonly held: JobQueue = new JobQueue((job) => job.place === HELD);
  readonly workers: Set<PoolWorker> = new Set();
  /** The one that was busy last goes first: the others may end. */
  readonly idle: PoolWorker[] = [];
  private dispatching = false;
  /** Jobs that wait for what their arguments need. */
  private loading = 0;
  /** Jobs that were taken and have not ended, without those that are held. */
  private outstanding = 0;
  private now = 0;
  /** Threads in a row that could not be made. */
  private failures = 0;
  private readonly housekeeping: Housekeeping = new Housekeeping(this);
  private readonly waitMs: Histogram = new Histogram();
  private readonly runMs: Histogram = new Histogram();
  private readonly counts = { completed: 0, failed: 0, killed: 0, started: 0, died: 0, zombies: 0 };
  /** Those who wait for room. */
  readonly room: WaitLine<boolean, boolean> = foreign(
    "room in the queue of a ThreadPool",
    () => !this.full || this.closed,
  );
  /** Those who wait until nothing runs, and if it is closed no thread lives. */
  readonly quiet: WaitLine<boolean, boolean> = foreign("the end of a ThreadPool's jobs", () => this.isQuiet);

  constructor(settings: PoolSettings) {
    this.settings = settings;
    this.size = settings.size;
    passShared();
    this.keepLeast();
  }

  // ---- taking jobs

  get full(): boolean {
    return this.outstanding >= this.size + this.settings.queueLimit;
  }

  get daemon(): boolean {
    return this.settings.daemon === true;
  }

  get isQuiet(): boolean {
    return this.outstanding + this.loading + this.held.size === 0 &&
      (!this.closed || this.workers.size === 0);
  }

  /** @throws `Error` where nothing is taken any more. */
  needOpen(what: string): void {
    if (this.broken !== null) {
      throw new Error(`${what}: the pool is broken, its threads cannot start`, { cause: this.broken.error });
    }
    if (this.closed) throw new Error(`${what}: the pool is closed and takes no new jobs`);
  }

  /** Takes a job; where the queue is full it stands in front of it. */
  add(job: AnyJob): void {
    if (!this.dispatching) this.begin();
    job.since = this.now;
    if (this.full || this.held.size > 0) {
      job.place = HELD;
      this.held.push(job);
      return;
    }
    job.place = QUEUED;
    this.outstanding++;
    this.queue.push(job);
    if (this.queue.size === MAX_BATCH) this.dispatch();
  }

  /** The first job of a turn. */
  private begin(): void {
    this.dispatching = true;
    this.now = performance.now();
    queueMicrotask(() => {
      this.dispatching = false;
      newTurn();
      this.dispatch();
    });
  }

  get hasJobs(): boolean {
    return this.outstanding > 0;
  }

  /** Whether a newcomer would have to wait. */
  get isCrowded(): boolean {
    return this.full || this.held.size > 0 || this.room.size > 0;
  }

  private admit(): void {
    this.room.serve();
    while (this.held.size > 0 && !this.full) {
      const job = this.held.peek() as AnyJob;
      this.held.take(job);
      job.place = QUEUED;
      this.outstanding++;
      this.queue.push(job);
    }
  }

  // ---- handing them out

  dispatch(): void {
    const { idle, queue } = this;
    while (queue.size > 0) {
      const worker = idle.pop();
      if (worker === undefined) {
        this.grow();
        return this.housekeeping.look();
      }
      const batch = this.batch(worker, Math.ceil(queue.size / (idle.length + 1)));
      if (batch.length === 0) {
        idle.push(worker);
        return;
      }
      worker.status = BUSY;
      worker.since = performance.now();
      for (const job of batch) this.waitMs.add(Math.max(worker.since - job.since, 0));
      worker.send(batch);
    }
    if (this.closed) this.closeIdle();
    this.housekeeping.look();
  }

  /** What `worker` gets now. What may take long, and what nobody knows, goes alone. */
  private batch(worker: PoolWorker, share: number): AnyJob[] {
    const { queue } = this;
    const most = Math.min(share, worker.left, MAX_BATCH);
    const batch: AnyJob[] = [];
    let ms = 0;
    while (batch.length < most) {
      const job = queue.peek();
      if (job === undefined) break;
      const cost = estimate(job);
      // What is moved cannot be taken back.
      const alone = cost !== cost || job.tells || job.target.alone || movedWith(job.args) !== null;
      if (batch.length > 0 && (alone || ms + cost > BATCH_MS)) break;
      queue.take(job);
      job.place = SENT;
      batch.push(job);
      ms += cost;
      if (alone) break;
    }
    return batch;
  }

  /** Starts threads for what waits, as many as there may be. */
  private grow(): void {
    let starting = 0;
    for (const worker of this.workers) if (worker.status === STARTING) starting++;
    while (starting < this.queue.size && this.workers.size < this.size && this.startWorker()) starting++;
  }

  /** False: it could not, and is tried again. */
  private startWorker(): boolean {
    const { name, initializer, limits, maxTasks, hangTimeout, isSingle, daemon = false } = this.settings;
    const setup = {
      name: isSingle === true ? name : `${name}-${this.counts.started + 1}`,
      daemon,
      initializer,
      limits,
      maxTasks,
      beat: hangTimeout !== Infinity ? Math.max(hangTimeout / 4, 1) : limits === undefined ? 0 : MEMORY_BEAT,
    };
    try {
      const worker: PoolWorker = new PoolWorker(setup, {
        ready: () => this.isFree(worker),
        free: (unstarted) => {
          this.putBack(unstarted as AnyJob[]);
          this.isFree(worker);
        },
        ran: (n, ms) => this.runMs.add(ms / Math.max(n, 1), n),
        closed: (reason, unstarted) => this.gone(worker, reason, unstarted),
      }, (isZombie) => this.counts.zombies += isZombie ? 1 : -1);
      this.counts.started++;
      this.workers.add(worker);
      return true;
    } catch (error) {
      this.notStarted(error);
      return false;
    }
  }

  /** Tries again, a few times: the system is short of something, or (Deno) the module of threads is not quite there yet. */
  private notStarted(error: unknown): void {
    if (++this.failures > MAX_FAILURES) return this.break(error);
    after(RETRY_MS, () => {
      this.keepLeast();
      this.dispatch();
    }, true);
  }

  private isFree(worker: PoolWorker): void {
    this.failures = 0;
    if (worker.status >= CLOSING) return;
    worker.status = IDLE;
    worker.since = performance.now();
    if (worker.left <= 0 || this.workers.size > this.size) this.retire(worker);
    else this.idle.push(worker);
    this.dispatch();
  }

  /** Lets a thread end: it gets nothing more. Another one is started when there is work for it. */
  retire(worker: PoolWorker): void {
    worker.status = CLOSING;
    const at = this.idle.indexOf(worker);
    if (at >= 0) this.idle.splice(at, 1);
    if (!this.closed) this.workers.delete(worker);
    if (this.closed) worker.hold();
    worker.caller.close();
    this.keepLeast();
  }

  private keepLeast(): void {
    if (this.closed || this.broken !== null) return;
    while (this.workers.size < Math.min(this.settings.minSize, this.size) && this.startWorker());
  }

  /** Fewer or more threads from now on. What runs ends first (S-82). */
  resize(size: number): void {
    this.size = size;
    for (const worker of [...this.idle]) {
      if (this.workers.size > size) this.retire(worker);
    }
    this.admit();
    this.dispatch();
  }

  private gone(worker: PoolWorker, reason: unknown, unstarted: Call[]): void {
    const before = worker.status;
    worker.status = GONE;
    this.workers.delete(worker);
    const at = this.idle.indexOf(worker);
    if (at >= 0) this.idle.splice(at, 1);
    if (before !== CLOSING) this.counts.died++;
    this.putBack(unstarted as AnyJob[]);
    if (before === STARTING) this.break(reason);
    if (!this.closed || this.queue.size > 0) this.keepLeast();
    this.dispatch();
    this.quiet.serve();
  }

  /** A thread could not start: neither could the next one. */
  private break(error: unknown): void {
    if (this.closed && this.queue.size + this.held.size === 0) return;
    this.broken ??= { error };
    for (const job of this.allWaiting()) job.threw(error);
  }

  // ---- taking them back

  putBack(jobs: AnyJob[]): void {
    for (const job of jobs) {
      job.place = QUEUED;
      job.worker = null;
    }
    this.queue.unshift(jobs);
    for (const job of jobs) {
      if (job.killReason !== undefined) job.killed();
      else if (job.moved) {
        job.threw(
          new WorkerDiedError(
            `job ${job.name} was lost with what it was given: its thread ended before it began`,
          ),
        );
      }
    }
  }

  // ---- what jobs ask for

  hasBegun(job: AnyJob): boolean {
    return job.worker !== null && (job.worker as PoolWorker).caller.hasBegun(job);
  }

  progressOf(job: AnyJob): number {
    const { caller } = job.worker as PoolWorker;
    return caller.control.current === job.seq ? caller.control.progress : 0;
  }

  more(job: AnyJob, n: number): void {
    if (job.worker !== null) (job.worker as PoolWorker).caller.more(job, n);
  }

  /** It runs, and its time with it. */
  began(job: AnyJob): void {
    limitJob(this, job);
  }

  kill(job: AnyJob, grace: number | undefined): void {
    killJob(this, job, grace);
  }

  /** Ends a thread hard. What it has not begun goes to the others. */
  end(worker: PoolWorker, reason: unknown): void {
    if (worker.status >= CLOSING) return;
    if (worker.status === STARTING) this.break(reason);
    worker.status = CLOSING; // what it still sends does not make it free
    this.counts.died++;
    if (!this.closed) this.workers.delete(worker); // another one may take its place
    this.putBack(worker.caller.takeBack() as AnyJob[]);
    worker.end(reason);
    this.keepLeast();
    this.dispatch();
  }

  ended(job: AnyJob, failing: boolean): void {
    if (job.place === HELD) this.held.dropped();
    else if (job.place === LOADING) this.loading--;
    else this.outstanding--;
    if (job.place === QUEUED) this.queue.dropped();
    const n = unitsOf(job);
    if (job.killReason !== undefined) this.counts.killed += n;
    else if (failing) this.counts.failed += n;
    else this.counts.completed += n;
    if (this.held.size > 0 || this.room.size > 0) this.admit();
    if (this.outstanding + this.loading > 0) return;
    if (this.closed) this.closeIdle();
    this.quiet.serve();
  }

  // ---- the end

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.housekeeping.stop();
    this.room.serve();
    for (const worker of this.workers) worker.hold(); // until it has ended
    this.dispatch();
  }

  private closeIdle(): void {
    if (this.outstanding + this.loading + this.held.size > 0) return;
    for (const worker of [...this.workers]) if (worker.status === IDLE) this.retire(worker);
  }

  /** Kills everything. */
  terminate(reason: unknown): void {
    this.close();
    for (const job of this.allWaiting()) {
      job.condemn(reason, false);
      job.killed();
    }
    for (const worker of [...this.workers]) {
      for (const job of worker.caller.calls as AnyJob[]) job.condemn(reason, false);
      this.putBack(worker.caller.takeBack() as AnyJob[]);
      worker.end(reason);
      worker.status = worker.status === GONE ? GONE : CLOSING;
    }
    this.quiet.serve();
  }

  private allWaiting(): AnyJob[] {
    return [...this.queue.toArray(), ...this.held.toArray()];
  }

  stats(): PoolStats {
    const busy = [...this.workers].filter((worker) => worker.status === BUSY).length;
    const queued = this.queue.size + this.held.size;
    return {
      threads: this.workers.size,
      busy,
      queued,
      running: this.outstanding - this.queue.size,
      ...this.counts,
      waitMs: this.waitMs.summary(),
      runMs: this.runMs.summary(),
    };
  }

  /** Makes a job and takes it. */
  start(
    target: Target,
    mode: Call["mode"],
    args: readonly unknown[],
    options: ConstructorParameters<typeof Job>[4],
  ): AnyJob {
    const passed = encodePassed(args);
    const job = new Job<unknown, unknown>(this, target, mode, passed, options);
    job.shares = passed !== args;
    const wait = proxiesIn(args) === null ? null : proxiesLoaded();
    if (wait === null) this.add(job);
    else {
      job.place = LOADING;
      this.loading++;
      wait.then(() => {
        if (job.ready) return;
        this.loading--;
        this.add(job);
      }, (error) => job.threw(error));
    }
    return job;
  }
}

/** A line that the host serves: whoever stands in it is in no deadlock. */
function foreign(name: string, isOpen: () => boolean): WaitLine<boolean, boolean> {
  const line = new WaitLine<boolean, boolean>({
    name,
    rule: () => isOpen() ? true : WAIT,
    lapse: () => false,
  });
  line.foreign = true;
  return line;
}
