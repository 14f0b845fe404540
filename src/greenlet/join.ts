/** Waiting for several greenlets, events and results. */
import {
  Alarm,
  count,
  currentTask,
  ENDS,
  type NotYet,
  type Op,
  probe,
  reads,
  type Task,
  type TaskWatcher,
  type Timers,
  turn,
  WAIT,
  Wait,
  writes,
} from "../core/mod.ts";
import { op, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { Collector, type Waitable } from "./collector.ts";
import { GreenletTask } from "./greenlet.ts";
import { killReason } from "./reasons.ts";
import type { Greenlet, KillOptions } from "./types.ts";

/** Options of {@linkcode wait} and {@linkcode iwait}. */
export interface WaitAllOptions extends WaitOptions {
  /** Be content with so many. Default: all. */
  count?: number;
}

/** Options of {@linkcode joinAll}. */
export interface JoinAllOptions extends WaitAllOptions {
  /** Throw the failure that happens first. Default false. */
  raiseError?: boolean;
}

/**
 * Waits for all `objects` (greenlets, events, `AsyncResult`s), or for `count` of them, or until the timeout; gives those
 * that became ready, in that order (S-27).
 *
 * @example
 * ```ts
 * import { run, sleep, spawn, wait } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const [slow, quick] = [spawn(() => sleep(2)), spawn(() => sleep(1))];
 *   assertEquals(yield* wait([slow, quick], { count: 1 }), [quick]);
 * });
 * ```
 */
export function wait<O extends Waitable>(objects: Iterable<O>, options?: WaitAllOptions): Op<O[]> {
  const timeout = waitTime(options, "wait"), limit = limitOf(options);
  return op(() => takeAll(objects, timeout, limit, () => {}));
}

/** The same as a stream: each object as it becomes ready; it ends with the last one, with `count`, or with the timeout. */
export function iwait<O extends Waitable>(objects: Iterable<O>, options?: WaitAllOptions): Stream<O> {
  const timeout = waitTime(options, "iwait");
  const limit = limitOf(options);
  if (timeout === Infinity) return new Collector(objects, (object: O) => object, limit);
  const { timers, now } = timersOf(currentTask("iwait with a timeout"));
  const end = new Alarm(() => collector.finish());
  const collector: Collector<O, O> = new Collector(objects, (object: O) => object, limit, {
    whenClosed: () => timers.remove(end),
  });
  timers.add(end, now + timeout);
  return collector;
}

function timersOf(task: Task): { timers: Timers; now: number } {
  return { timers: task.loop.timers, now: task.loop.now() };
}

/**
 * Waits for all greenlets, or for `count` of them, or until the timeout; gives those that ended, in that order. With
 * `raiseError` it throws the failure that happens first in time (S-30).
 */
export function joinAll<G extends Greenlet<unknown>>(
  greenlets: Iterable<G>,
  options?: JoinAllOptions,
): Op<G[]> {
  const timeout = waitTime(options, "joinAll"), limit = limitOf(options);
  const asks = options?.raiseError ?? false;
  if (!asks && limit === Infinity) {
    const all = [...greenlets];
    if (all.every((greenlet) => (greenlet as unknown) instanceof GreenletTask)) {
      return new AllEnded(all as unknown as GreenletTask<unknown>[], timeout) as unknown as Op<G[]>;
    }
  }
  const look = (greenlet: G) => {
    if (asks && !greenlet.successful) throw greenlet.exception;
  };
  return op(() => takeAll(greenlets, timeout, limit, look, asks));
}

/** Counts the ends, as one watcher of all: no waiter, map or closure for each greenlet. */
class AllEnded extends Wait<Greenlet<unknown>[]> implements TaskWatcher {
  readonly #all: readonly GreenletTask<unknown>[];
  readonly #timeout: number;
  #ended: GreenletTask<unknown>[] = [];
  #left = 0;

  constructor(all: readonly GreenletTask<unknown>[], timeout: number) {
    super();
    this.#all = all;
    this.#timeout = timeout;
  }

  attempt(task: Task): Greenlet<unknown>[] | NotYet {
    if (this.#all.some((greenlet) => (greenlet as unknown) === task)) {
      throw new Error(`greenlet ${task.name} cannot wait for its own end: it would wait for ever`);
    }
    if (probe !== null) { for (const greenlet of this.#all) reads(greenlet); }
    const ended = this.#all.filter((greenlet) => greenlet.isDone).sort((a, b) => a.endSeq - b.endSeq);
    this.#ended = [...new Set(ended)];
    if (this.#ended.length > 1) reads(ENDS);
    const alive = this.#ended.length < this.#all.length && this.#all.some((greenlet) => !greenlet.isDone);
    return alive && this.#timeout > 0 ? WAIT : this.#ended;
  }

  enter(task: Task): void {
    this.task = task;
    if (probe !== null) probe.born(this);
    this.#left = 0;
    for (const greenlet of this.#all) {
      if (!greenlet.isDone && greenlet.watch(this)) this.#left++; // a duplicate watches once
    }
    task.loop.timers.add(this, task.loop.now() + this.#timeout);
  }

  leave(): void {
    writes(this);
    this.task?.loop.timers.remove(this);
    if (this.#left === 0) return;
    for (const greenlet of this.#all) {
      reads(greenlet); // its end would have been heard
      greenlet.unwatch(this);
    }
  }

  /** Part of the scheduler's contract. */
  taskEnded(task: Task): void {
    writes(this);
    this.#ended.push(task as GreenletTask<unknown>);
    if (--this.#left === 0) this.wake(this.#ended);
  }

  override fire(): void {
    this.wake(this.#ended);
  }

  copy(): AllEnded {
    return new AllEnded(this.#all, this.#timeout);
  }

  describe(): string {
    return `the end of ${this.#left} greenlets`;
  }
}

function* takeAll<O extends Waitable>(
  objects: Iterable<O>,
  timeout: number,
  limit: number,
  look: (object: O) => void,
  asks = false,
): Generator<unknown, O[], unknown> {
  const { loop } = currentTask("wait");
  const end = timeout === Infinity ? Infinity : loop.now() + timeout;
  const collector = new Collector(objects, (object: O) => object, limit, { asks });
  const ready: O[] = [];
  try {
    for (;;) {
      const step = yield* collector.take(end === Infinity ? Infinity : end - loop.now());
      if (step.done === true) return ready;
      look(step.value);
      ready.push(step.value);
    }
  } finally {
    collector.close();
  }
}

function limitOf(options: WaitAllOptions | undefined): number {
  return options?.count === undefined ? Infinity : count(options.count, "count", 0);
}

/**
 * Kills all of `greenlets`: first those that have not started, which never run, then the others in the given order. Acts
 * at the call; the operation waits for the ends and gives back what survived the timeout (S-19).
 */
export function killAll<G extends Greenlet<unknown>>(
  greenlets: Iterable<G>,
  reason?: unknown,
  options?: KillOptions,
): Op<G[]> {
  const timeout = waitTime(options, "killAll");
  const all = [...new Set(greenlets)];
  const shared = killReason(reason);
  for (const started of [false, true]) {
    for (const greenlet of all.filter((g) => g.started === started)) {
      greenlet.kill(shared, { grace: options?.grace });
    }
  }
  return op(() => survivors(all, timeout));
}

function* survivors<G extends Greenlet<unknown>>(
  all: readonly G[],
  timeout: number,
): Generator<unknown, G[], unknown> {
  const self: unknown = currentTask("killAll");
  const others = all.filter((greenlet) => greenlet !== self);
  if (others.length < all.length) yield* turn; // its own kill comes here
  yield* takeAll(others, timeout, Infinity, () => {});
  return all.filter((greenlet) => !greenlet.dead);
}
