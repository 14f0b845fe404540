/** Greenlets that are looked at together. */
import {
  currentNursery,
  type Op,
  reads,
  type Task,
  type TaskWatcher,
  WAIT,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { type Body, type WaitOptions, waitTime } from "../sync/mod.ts";
import {
  type Greenlet,
  type GreenletTask,
  killAll,
  type KillOptions,
  spawnInto,
  type SpawnOptions,
} from "../greenlet/mod.ts";

/**
 * A set of greenlets that forgets those that end. It is a view, not a scope: they live where they were spawned.
 *
 * @example
 * ```ts
 * import { Group, run, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const group = new Group();
 *   group.spawn(() => sleep(1));
 *   group.spawn(() => sleep(2));
 *   assertEquals(group.size, 2);
 *   yield* group.join();
 *   assertEquals(group.size, 0);
 * });
 * ```
 */
export class Group implements TaskWatcher {
  readonly #members: Set<Greenlet<unknown>> = new Set();
  readonly #line: WaitLine<boolean> = new WaitLine({
    subject: this,
    name: () => `${this.constructor.name}.join (${this.#members.size} left)`,
    rule: () => this.#members.size === 0 ? true : WAIT,
    lapse: () => false,
  });

  /** How many are in it. */
  get size(): number {
    reads(this);
    return this.#members.size;
  }

  [Symbol.iterator](): IterableIterator<Greenlet<unknown>> {
    reads(this);
    return this.#members.values();
  }

  has(greenlet: Greenlet<unknown>): boolean {
    reads(this);
    return this.#members.has(greenlet);
  }

  /** Starts `body` in the innermost scope and adds the greenlet. */
  spawn<T>(generator: Generator<unknown, T, unknown>): Greenlet<T>;
  spawn<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Greenlet<T>;
  spawn<A extends readonly unknown[], T>(options: SpawnOptions, body: Body<A, T>, ...args: A): Greenlet<T>;
  spawn(...args: readonly unknown[]): Greenlet<unknown> {
    return this.start(args);
  }

  /** Adds a greenlet that runs already; one that has ended is not added. */
  add(greenlet: Greenlet<unknown>): void {
    writes(this);
    if (greenlet.dead || this.#members.has(greenlet)) return;
    this.#members.add(greenlet);
    (greenlet as GreenletTask<unknown>).watch(this);
  }

  /** Takes a greenlet out without touching it. */
  discard(greenlet: Greenlet<unknown>): void {
    writes(this);
    if (!this.#members.delete(greenlet)) return;
    reads(greenlet); // its end would have been heard
    (greenlet as GreenletTask<unknown>).unwatch(this);
    this.removed();
  }

  /** Waits until the group is empty; false when the timeout came first. */
  join(options?: WaitOptions): Op<boolean> {
    return this.#line.wait(undefined, waitTime(options, "join"));
  }

  /** Kills all; acts at the call. The operation waits for the ends and gives back what survived the timeout. */
  kill(reason?: unknown, options?: KillOptions): Op<Greenlet<unknown>[]> {
    reads(this);
    return killAll(this.#members, reason, options);
  }

  /** Part of the scheduler's contract: called before the joiners of `task` run (S-67). */
  taskEnded(task: Task): void {
    writes(this);
    if (this.#members.delete(task as GreenletTask<unknown>)) this.removed();
  }

  /** One is out. */
  protected removed(): void {
    if (this.#members.size === 0) this.#line.serve();
  }

  protected start(args: readonly unknown[]): GreenletTask<unknown> {
    const greenlet = spawnInto<unknown>(
      currentNursery(`${this.constructor.name}.spawn`),
      `${this.constructor.name}.spawn`,
      args,
    );
    this.add(greenlet);
    return greenlet;
  }
}
