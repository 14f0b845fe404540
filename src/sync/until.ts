/** Where promises come in: an operation that waits for one. It is outstanding at the host, and so never a deadlock. */
import { type NotYet, probe, reads, show, type Task, WAIT, Wait, writes } from "../core/mod.ts";

/** Makes the promise; the signal is aborted when the wait is withdrawn. */
export type PromiseMaker<T> = (signal: AbortSignal) => PromiseLike<T> | T;

/** The promises of other runs: whoever waits for one of these may be stuck with it. */
const runs = new WeakSet<object>();

/** Notes that `promise` is that of a run. */
export function noteRun(promise: object): void {
  runs.add(promise);
}

/** Whoever can stop what a promise stands for; see {@linkcode ownPromise}. */
export interface PromiseOwner {
  /** Greenlets that wait for it. */
  waiters: number;
  /** Nobody waits for it any more: the last one was killed or timed out. */
  abandoned(): void;
}

/** On the promise itself: a weak map makes the collector's work, and so each request, half as expensive again. */
const OWNER: unique symbol = Symbol("tendril.owner");
type Owned = Promise<unknown> & { [OWNER]?: PromiseOwner };
let areSomeOwned = false;

/** From now on the last wait for `promise` that is withdrawn tells its owner, who may stop what it stands for. */
export function ownPromise(promise: Promise<unknown>, owner: PromiseOwner): void {
  areSomeOwned = true;
  Object.defineProperty(promise, OWNER, { value: owner });
}

function ownerOf(promise: unknown): PromiseOwner | null {
  return areSomeOwned && promise instanceof Promise ? (promise as Owned)[OWNER] ?? null : null;
}

/** The wait behind {@linkcode until}. */
export class Until<T> extends Wait<T> {
  private readonly source: PromiseLike<T> | PromiseMaker<T>;
  private promise: PromiseLike<T> | null = null;
  private controller: AbortController | null = null;
  private owner: PromiseOwner | null = null;
  /** Grows with each wait: what an earlier one delivers late is not for this one (S-14). */
  private round = 0;

  constructor(source: PromiseLike<T> | PromiseMaker<T>) {
    super();
    this.source = source;
  }

  attempt(): T | NotYet {
    const { source } = this;
    if (typeof source === "function") {
      this.controller = new AbortController();
      const made = source(this.controller.signal);
      if (!isThenable(made)) return made;
      this.promise = made;
    } else {
      this.promise = source;
    }
    return WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    if (runs.has(this.promise as object)) task.loop.awaitedRuns++;
    else task.loop.outstanding++;
    if (probe !== null) probe.born(this);
    this.owner = ownerOf(this.promise);
    if (this.owner !== null) this.owner.waiters++;
    const round = ++this.round;
    const isOurs = () => {
      reads(this);
      return this.round === round;
    };
    (this.promise as PromiseLike<T>).then(
      (value) => {
        if (isOurs()) this.wake(value);
      },
      (error) => {
        if (isOurs()) this.fail(error);
      },
    );
  }

  leave(): void {
    writes(this);
    this.round++;
    const { loop } = this.task as Task;
    if (runs.has(this.promise as object)) loop.awaitedRuns--;
    else loop.outstanding--;
    this.promise = null;
    if (this.owner !== null) this.owner.waiters--;
  }

  override abandon(): void {
    const { controller, owner } = this;
    super.abandon();
    this.controller = this.owner = null;
    controller?.abort();
    // Of several that were waited for at once, the others go on: only a kill or a timeout ends them.
    if (owner?.waiters === 0 && this.task?.interrupts?.some((i) => i.inFlight)) owner.abandoned();
  }

  override forget(): void {
    this.promise?.then(undefined, () => {}); // nobody waits for it any more, also when it fails
    this.promise = null;
    this.controller?.abort();
    this.controller = null;
  }

  copy(): Until<T> {
    return new Until(this.source);
  }

  describe(): string {
    return typeof this.source === "function" ? `until(${this.source.name || "promise"})` : "a promise";
  }
}

function isThenable<T>(value: PromiseLike<T> | T): value is PromiseLike<T> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/**
 * Waits for a promise. Given a function, calls it with an `AbortSignal` that a kill or a timeout of this wait aborts:
 * use this form for whatever can be aborted, as in `until((signal) => fetch(url, { signal }))`.
 *
 * @param source a promise, or a function that makes one (a plain value that it returns is given at once).
 * @throws what the promise rejects with; `TypeError` if `source` is neither.
 * @example
 * ```ts
 * import { run, until } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(function* () {
 *   return yield* until(Promise.resolve(42));
 * }), 42);
 * ```
 */
export function until<T>(source: PromiseLike<T> | PromiseMaker<T>): Wait<T> {
  if (typeof source !== "function" && !isThenable(source)) {
    throw new TypeError(`until needs a promise or a function that makes one, not ${show(source)}`);
  }
  return new Until(source);
}
