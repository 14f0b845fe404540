/**
 * Waiting for a job. It ends at the host's will, so it is outstanding there and never a deadlock. Outside of greenlets it is
 * a promise, since jobs are used there as well.
 */
import {
  current,
  type Linked,
  type List,
  type NotYet,
  type Scheduler,
  type Task,
  TimeoutError,
  WAIT,
  Wait,
} from "../core/mod.ts";
import { after, keepAlive } from "../host/io.ts";

/** A job, as far as those know it who wait for it. */
export interface Awaited<T> {
  readonly name: string;
  readonly ready: boolean;
  /** Nothing else keeps the program alive for it. */
  readonly daemon: boolean;
  readonly waits: List<JobWait<unknown>>;
  outcome(): T;
  /** The last one who waited for the outcome is gone. */
  abandoned(): void;
}

/** For the end of a job, or for its outcome. */
export class JobWait<T> extends Wait<T | boolean>
  implements Linked<JobWait<unknown>>, PromiseLike<T | boolean> {
  before: JobWait<unknown> | null = null;
  after: JobWait<unknown> | null = null;
  readonly job: Awaited<T>;
  readonly wantsOutcome: boolean;
  private readonly timeout: number;
  private loop: Scheduler | null = null;
  private stopClock: (() => void) | null = null;
  private release: (() => void) | null = null;
  private promise: Promise<T | boolean> | null = null;

  constructor(job: Awaited<T>, wantsOutcome: boolean, timeout: number) {
    super();
    this.job = job;
    this.wantsOutcome = wantsOutcome;
    this.timeout = timeout;
  }

  attempt(): T | boolean | NotYet {
    if (this.job.ready) return this.wantsOutcome ? this.job.outcome() : true;
    return this.timeout <= 0 ? this.lapse() : WAIT;
  }

  /** As an arm of a choice it is entered for nobody: then it is whoever runs. */
  enter(task: Task | null): void {
    this.task = task;
    this.job.waits.push(this);
    if (this.job.daemon) this.release = keepAlive();
    this.loop = (task ?? current)?.loop ?? null;
    if (this.loop === null) {
      if (this.timeout !== Infinity) this.stopClock = after(this.timeout, () => this.fire(), true);
      return;
    }
    this.loop.outstanding++;
    if (this.timeout !== Infinity) this.loop.timers.add(this, this.loop.now() + this.timeout);
  }

  leave(): void {
    this.job.waits.remove(this);
    this.stopClock?.();
    this.stopClock = null;
    this.release?.();
    this.release = null;
    if (this.loop === null) return;
    this.loop.outstanding--;
    if (this.slot >= 0) this.loop.timers.remove(this);
    this.loop = null;
  }

  override abandon(): void {
    super.abandon();
    if (this.wantsOutcome && this.job.waits.size === 0) this.job.abandoned();
  }

  override fire(): void {
    try {
      this.wake(this.lapse());
    } catch (error) {
      this.fail(error);
    }
  }

  then<A = T | boolean, B = never>(
    onValue?: ((value: T | boolean) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.promise ??= new Promise((resolve, reject) => {
      const wait = this.copy();
      const got = wait.attempt();
      if (got !== WAIT) return resolve(got);
      wait.choice = { chosen: (_, value, failed) => failed ? reject(value) : resolve(value as T) };
      wait.enter(null);
    });
    return this.promise.then(onValue, onError);
  }

  private lapse(): boolean {
    if (!this.wantsOutcome) return false;
    throw new TimeoutError(`job ${this.job.name} did not end within ${this.timeout} ms`);
  }

  copy(): JobWait<T> {
    return new JobWait(this.job, this.wantsOutcome, this.timeout);
  }

  describe(): string {
    return `the end of job ${this.job.name}`;
  }
}
