/** A store in memory: what the interface means, and the quickest one for tests. */
import { breath, count, currentTask, duration, type Op, probe, show, writes } from "../../core/mod.ts";
import { op } from "../../sync/mod.ts";
import type { DeadLetter, Lease, Store, StorePutOptions } from "./store.ts";

/** Options of {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  /** A job that was leased so often and comes back is given up. Default: no limit. */
  maxAttempts?: number;
  /** For so many milliseconds after a job was done its id is still known. Default 300,000. */
  remember?: number;
}

interface Job<T> {
  readonly id: string;
  readonly item: T;
  readonly lane: number;
  /** Its place in the lane. */
  place: number;
  /** Cannot be leased before. */
  due: number;
  attempt: number;
  /** Who has it; undefined: nobody. */
  token: string | undefined;
  /** When the lease is over. */
  until: number;
}

/** Five minutes, as long as the queues of the big clouds remember. */
const REMEMBER = 300_000;

/**
 * A {@linkcode Store} in memory. Time is that of the run that uses it.
 *
 * @example
 * ```ts
 * import { run, sleep } from "tendril";
 * import { MemoryStore, VirtualClock } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const store = new MemoryStore<string>();
 *   yield* store.put("hello", { id: "greeting" });
 *   const first = yield* store.lease({ ms: 1_000 });
 *   yield* sleep(1_000); // the worker is too slow
 *   const second = yield* store.lease({ ms: 1_000 });
 *   assertEquals([first?.attempt, second?.attempt], [1, 2]);
 *   assertEquals(first && (yield* store.ack(first)), false);
 *   assertEquals(second && (yield* store.ack(second)), true);
 * }, { clock: new VirtualClock() });
 * ```
 */
export class MemoryStore<T> implements Store<T> {
  readonly #maxAttempts: number;
  readonly #remember: number;
  readonly #jobs: Map<string, Job<T>> = new Map();
  readonly #dead: Map<string, DeadLetter<T>> = new Map();
  /** The ids of jobs that are done, and until when they are known. */
  readonly #done: Map<string, number> = new Map();
  #places = 0;
  #names = 0;

  constructor(options: MemoryStoreOptions = {}) {
    if (probe !== null) probe.born(this);
    this.#maxAttempts = count(options.maxAttempts ?? Infinity, "maxAttempts", 1);
    this.#remember = duration(options.remember ?? REMEMBER, "remember");
  }

  put(item: T, options: StorePutOptions = {}): Op<string> {
    const { id, priority = 0 } = options;
    const delay = duration(options.delay ?? 0, "put's delay");
    if (typeof priority !== "number" || Number.isNaN(priority)) {
      throw new TypeError(`put's priority must be a number, the lowest first, not ${show(priority)}`);
    }
    if (id !== undefined && typeof id !== "string") {
      throw new TypeError(`put's id must be a string, not ${show(id)}`);
    }
    const copy = structuredClone(item);
    return this.#act((now) => {
      const name = id ?? this.#newId();
      if (this.#jobs.has(name) || this.#dead.has(name) || this.#done.has(name)) return name;
      this.#jobs.set(name, {
        id: name,
        item: structuredClone(copy),
        lane: priority,
        place: this.#places++,
        due: now + delay,
        attempt: 0,
        token: undefined,
        until: 0,
      });
      return name;
    });
  }

  lease(options: { ms: number }): Op<Lease<T> | undefined> {
    const ms = leaseTime(options?.ms, "lease");
    return this.#act((now) => {
      let next: Job<T> | undefined;
      for (const job of this.#jobs.values()) {
        if (job.token !== undefined || job.due > now) continue;
        if (
          next === undefined || job.lane < next.lane || (job.lane === next.lane && job.place < next.place)
        ) {
          next = job;
        }
      }
      if (next === undefined) return undefined;
      const attempt = ++next.attempt;
      next.until = now + ms;
      next.token = `${next.id}#${attempt}`;
      return { id: next.id, item: structuredClone(next.item), attempt, token: next.token };
    });
  }

  ack(lease: Lease<T>): Op<boolean> {
    return this.#act((now) => {
      const job = this.#held(lease);
      if (job === undefined) return false;
      this.#jobs.delete(job.id);
      this.#done.set(job.id, now + this.#remember);
      return true;
    });
  }

  nack(lease: Lease<T>, options: { delay?: number } = {}): Op<boolean> {
    const delay = duration(options.delay ?? 0, "nack's delay");
    return this.#act((now) => {
      const job = this.#held(lease);
      if (job !== undefined) this.#comeBack(job, now + delay);
      return job !== undefined;
    });
  }

  extend(lease: Lease<T>, ms: number): Op<boolean> {
    const more = leaseTime(ms, "extend");
    return this.#act((now) => {
      const job = this.#held(lease);
      if (job !== undefined) job.until = now + more;
      return job !== undefined;
    });
  }

  size(): Op<number> {
    return this.#act(() => this.#jobs.size);
  }

  deadLetters(): Op<readonly DeadLetter<T>[]> {
    return this.#act(() => [...this.#dead.values()].map((letter) => structuredClone(letter)));
  }

  /** Each operation is one step, at one moment. */
  #act<R>(f: (now: number) => R): Op<R> {
    const act = function* (this: MemoryStore<T>): Generator<unknown, R, unknown> {
      yield* breath;
      const now = currentTask("an operation of a MemoryStore").loop.now();
      writes(this);
      this.#lapse(now);
      return f(now);
    };
    return op(() => act.call(this));
  }

  /** What has come about by time alone. */
  #lapse(now: number): void {
    const late = [...this.#jobs.values()].filter(({ token, until }) => token !== undefined && until <= now);
    for (const job of late.sort((a, b) => a.until - b.until)) this.#comeBack(job, job.until);
    for (const [id, until] of this.#done) if (until <= now) this.#done.delete(id);
  }

  #comeBack(job: Job<T>, due: number): void {
    job.token = undefined;
    job.due = due;
    job.place = this.#places++;
    if (job.attempt < this.#maxAttempts) return;
    this.#jobs.delete(job.id);
    this.#dead.set(job.id, { id: job.id, item: job.item, attempts: job.attempt });
  }

  /** The job, if the lease still counts. */
  #held({ id, token }: Lease<T>): Job<T> | undefined {
    const job = this.#jobs.get(id);
    return job?.token === token ? job : undefined;
  }

  #newId(): string {
    let id: string;
    do id = `job-${++this.#names}`; while (this.#jobs.has(id) || this.#dead.has(id) || this.#done.has(id));
    return id;
  }
}

function leaseTime(ms: unknown, what: string): number {
  const time = duration(ms as number | undefined, `${what}'s ms`);
  if (time > 0 && time < Infinity) return time;
  throw new RangeError(`${what}'s ms must be a number of milliseconds above 0, not ${show(ms)}`);
}
