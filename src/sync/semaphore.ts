/** Semaphores: a number and a rule. */
import {
  count,
  current,
  currentTask,
  type Op,
  probe,
  reads,
  show,
  type Task,
  type TaskWatcher,
  WAIT,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { Lockable } from "./lockable.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/** Options of {@linkcode Semaphore.acquire}. */
export interface AcquireOptions extends WaitOptions {
  /** How many permits, all or none. Default 1. */
  permits?: number;
}

/**
 * Permits that greenlets take and give back, in the order in which they came: nobody overtakes (S-50).
 *
 * @example
 * ```ts
 * import { run, Semaphore, sleep, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const two = new Semaphore(2);
 *   const order: number[] = [];
 *   for (const n of [1, 2, 3]) {
 *     spawn(() => two.withLock(function* () {
 *       order.push(n);
 *       yield* sleep(1);
 *     }));
 *   }
 *   yield* sleep(0);
 *   assertEquals(order, [1, 2]);
 * });
 * ```
 */
export class Semaphore extends Lockable {
  #permits: number;
  readonly #line: WaitLine<boolean, number> = new WaitLine<boolean, number>({
    name: () => `${this.constructor.name}.acquire (${this.#permits} free)`,
    subject: this,
    rule: (waiter) => {
      if (this.#permits < waiter.payload) return WAIT;
      this.#permits -= waiter.payload;
      return true;
    },
    lapse: () => false,
  });

  readonly #one: Op<boolean> = this.#line.wait(1);

  /** @param permits how many are free at first, at least 0. */
  constructor(permits: number = 1) {
    super();
    this.#permits = count(permits, "the number of permits", 0);
    if (probe !== null) probe.made(() => this.left(permits));
  }

  /** How many permits are free. */
  get available(): number {
    reads(this);
    return this.#permits;
  }

  /** Whether an acquire would wait. */
  get locked(): boolean {
    reads(this);
    return this.#permits < 1 || this.#line.size > 0;
  }

  acquire(options?: AcquireOptions): Op<boolean> {
    if (options === undefined) return this.#one;
    const permits = options?.permits === undefined ? 1 : this.check(options.permits);
    return this.#line.wait(permits, waitTime(options, "acquire"));
  }

  tryAcquire(permits: number = 1): boolean {
    writes(this);
    if (this.#line.size > 0 || this.#permits < this.check(permits)) return false;
    this.#permits -= permits;
    return true;
  }

  release(permits: number = 1): void {
    this.#permits += count(permits, "the number of permits", 1);
    this.#line.serve();
  }

  /** What was taken and not given back, for whoever looks for leaks. */
  protected left(permits: number): string | undefined {
    const missing = permits - this.#permits;
    return missing > 0 ? `${missing} of ${permits} permits of a ${this.constructor.name}` : undefined;
  }

  /** A number of permits that somebody wants. */
  protected check(permits: number): number {
    return count(permits, "the number of permits", 1);
  }
}

/** A semaphore that may not be released more often than it was acquired: the excess throws and changes nothing (S-53). */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  constructor(permits: number = 1) {
    super(permits);
    this.#bound = permits;
  }

  override release(permits: number = 1): void {
    if (this.available + permits > this.#bound) {
      throw new RangeError(
        `BoundedSemaphore.release(${permits}) exceeds its bound: ${this.available} of ${this.#bound} permits are free` +
          ` already, release only what was acquired`,
      );
    }
    super.release(permits);
  }

  protected override check(permits: number): number {
    if (permits > this.#bound) {
      throw new RangeError(
        `${permits} permits were asked for, there are only ${this.#bound}: it would wait for ever`,
      );
    }
    return super.check(permits);
  }
}

/**
 * So many greenlets at once: a semaphore that knows who holds its tokens, so that one greenlet cannot hold two, nobody
 * gives back what he does not hold, and a greenlet that dies gives back its own. `total` may be changed at any time.
 * (Model: trio's `CapacityLimiter`.)
 */
export class CapacityLimiter extends Lockable implements TaskWatcher {
  #total: number;
  readonly #borrowers: Set<Task> = new Set();
  readonly #line: WaitLine<boolean> = new WaitLine({
    subject: this,
    name: () => `CapacityLimiter.acquire (${this.#borrowers.size} of ${this.#total} taken)`,
    rule: (waiter) => {
      const task = waiter.task as Task;
      if (this.#borrowers.has(task)) {
        throw new Error(
          `greenlet ${task.name} holds a token of this CapacityLimiter already: release it first`,
        );
      }
      if (this.#borrowers.size >= this.#total) return WAIT;
      this.#borrowers.add(task);
      task.watch(this);
      return true;
    },
    lapse: () => false,
    overtakes: (task) => this.#borrowers.has(task), // to be told so
  });

  /** @param total how many may hold a token at once; 0 lets nobody in until it is raised. */
  constructor(total: number) {
    super();
    this.#total = count(total, "the total of a CapacityLimiter", 0);
    if (probe !== null) probe.made(() => this.#left());
  }

  get total(): number {
    reads(this);
    return this.#total;
  }

  set total(total: number) {
    this.#total = count(total, "the total of a CapacityLimiter", 0);
    this.#line.serve();
  }

  /** How many tokens are held. */
  get borrowed(): number {
    reads(this);
    return this.#borrowers.size;
  }

  get available(): number {
    reads(this);
    return Math.max(0, this.#total - this.#borrowers.size);
  }

  get locked(): boolean {
    return this.available === 0 || this.#line.size > 0;
  }

  acquire(options?: WaitOptions): Op<boolean> {
    return this.#line.wait(undefined, waitTime(options, "acquire"));
  }

  override holds(): boolean {
    return current !== null && this.#borrowers.has(current);
  }

  tryAcquire(): boolean {
    const task = currentTask("CapacityLimiter.tryAcquire");
    writes(this);
    if (this.locked || this.#borrowers.has(task)) return false;
    this.#borrowers.add(task);
    task.watch(this);
    return true;
  }

  release(): void {
    const task = currentTask("CapacityLimiter.release");
    if (!this.#borrowers.delete(task)) {
      throw new Error(
        `greenlet ${show(task.name)} holds no token of this CapacityLimiter: only the holder releases`,
      );
    }
    task.unwatch(this);
    this.#line.serve();
  }

  #left(): string | undefined {
    const holders = [...this.#borrowers].map((task) => task.name).join(", ");
    return holders === "" ? undefined : `tokens of a CapacityLimiter, held by ${holders}`;
  }

  /** Part of the scheduler's contract: gives back what a dead greenlet held. */
  taskEnded(task: Task): void {
    if (this.#borrowers.delete(task)) this.#line.serve();
  }
}
