/** Locks that know who holds them. */
import {
  BrokenLockError,
  current,
  currentTask,
  type Op,
  probe,
  reads,
  type Task,
  type TaskWatcher,
  WAIT,
  type Waiter,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { Lockable } from "./lockable.ts";
import { type WaitOptions, waitTime } from "./options.ts";

/** What `Condition` needs of its lock besides `acquire` and `release`: to leave it wholly and come back. */
export interface ReentrantState {
  depth: number;
}

/** The common part of {@linkcode Lock} and {@linkcode RLock}: an owner and how often it holds. */
export abstract class OwnedLock extends Lockable implements TaskWatcher {
  #owner: Task | null = null;
  #depth = 0;
  #broken: string | null = null;
  readonly #line: WaitLine<boolean, number> = new WaitLine<boolean, number>({
    subject: this,
    name: () => `${this.constructor.name}.acquire (held by ${this.#owner?.name ?? "nobody"})`,
    rule: (waiter) => this.#take(waiter),
    lapse: () => false,
    blocker: () => this.#owner,
    overtakes: (task) => task === this.#owner, // to hold it twice, or to be told that it cannot
  });

  readonly #once: Op<boolean> = this.#line.wait(1);

  constructor() {
    super();
    if (probe !== null) probe.made(() => this.#left());
  }

  get locked(): boolean {
    reads(this);
    return this.#owner !== null;
  }

  /** The name of the greenlet that holds it. */
  get owner(): string | undefined {
    reads(this);
    return this.#owner?.name;
  }

  acquire(options?: WaitOptions): Op<boolean> {
    return options === undefined ? this.#once : this.#line.wait(1, waitTime(options, "acquire"));
  }

  override holds(): boolean {
    reads(this);
    return this.#owner !== null && this.#owner === current;
  }

  tryAcquire(): boolean {
    const task = currentTask(`${this.constructor.name}.tryAcquire`);
    writes(this);
    this.#checkWhole();
    if (this.#owner === task && this.reentrant) this.#depth++;
    else if (this.#owner !== null || this.#line.size > 0) return false;
    else this.#give(task, 1);
    return true;
  }

  release(): void {
    this.#checkOwner("release");
    if (--this.#depth === 0) this.#pass();
  }

  /** Lets go of it wholly, for `Condition.wait`. */
  leave(): ReentrantState {
    this.#checkOwner("wait on its condition");
    const depth = this.#depth;
    this.#pass();
    return { depth };
  }

  /** Comes back after `leave`; no kill interrupts it (S-55). */
  comeBack(state: ReentrantState): Op<boolean> {
    return this.#line.waitFirmly(state.depth);
  }

  checkOwned(what: string): void {
    this.#checkOwner(what);
  }

  /** A broken lock becomes usable again; say so only once what it guards is mended. */
  reset(): void {
    writes(this);
    this.#broken = null;
  }

  /** Part of the scheduler's contract: whoever waits must not hang (S-54). */
  taskEnded(task: Task): void {
    if (this.#owner !== task) return;
    this.#owner = null;
    this.#depth = 0;
    this.#broken = task.name;
    this.#line.failAll(this.#brokenError());
  }

  /** Whether the owner may acquire it again. */
  protected abstract readonly reentrant: boolean;

  #take(waiter: Waiter<boolean, number>): boolean | typeof WAIT {
    const task = waiter.task as Task;
    this.#checkWhole();
    if (this.#owner === task) {
      if (!this.reentrant) {
        throw new Error(`greenlet ${task.name} holds this Lock already: release it first, or use an RLock`);
      }
      this.#depth++;
      return true;
    }
    if (this.#owner !== null) return WAIT;
    this.#give(task, waiter.payload);
    return true;
  }

  #give(task: Task, depth: number): void {
    this.#owner = task;
    this.#depth = depth;
    task.watch(this);
  }

  #pass(): void {
    this.#owner?.unwatch(this);
    this.#owner = null;
    this.#depth = 0;
    this.#line.serve();
  }

  #checkOwner(what: string): void {
    const task = currentTask(`${this.constructor.name}.${what}`);
    reads(this);
    if (this.#owner !== task) {
      this.#checkWhole();
      throw new Error(
        `greenlet ${task.name} cannot ${what}: the ${this.constructor.name} is held by ` +
          `${this.#owner?.name ?? "nobody"}, only its holder may`,
      );
    }
  }

  #left(): string | undefined {
    if (this.#broken !== null) {
      return `a ${this.constructor.name} that broke when ${this.#broken} ended with it`;
    }
    return this.#owner === null ? undefined : `a ${this.constructor.name} held by ${this.#owner.name}`;
  }

  #checkWhole(): void {
    if (this.#broken !== null) throw this.#brokenError();
  }

  #brokenError(): BrokenLockError {
    return new BrokenLockError(
      `the lock is broken: greenlet ${this.#broken} ended while it held it, so what it guards may be half done;` +
        ` mend that, then call reset()`,
    );
  }
}

/**
 * One holder at a time. Only the holder releases it, and it may not acquire it twice.
 *
 * @example
 * ```ts
 * import { Lock, run, sleep, spawn, joinAll } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const lock = new Lock();
 *   let counter = 0;
 *   const add = function* () {
 *     using _held = yield* lock.hold();
 *     const before = counter;
 *     yield* sleep(1);
 *     counter = before + 1;
 *   };
 *   yield* joinAll([spawn(add), spawn(add)]);
 *   assertEquals(counter, 2);
 * });
 * ```
 */
export class Lock extends OwnedLock {
  protected override readonly reentrant = false;
}

/** A lock that its holder may acquire again; it is free after as many releases. */
export class RLock extends OwnedLock {
  protected override readonly reentrant = true;
}
