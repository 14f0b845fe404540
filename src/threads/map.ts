/**
 * Maps: one function over many items, a chunk of them a job.
 *
 * A chunk holds what is likely to take a millisecond, so that a message pays for itself and no thread gets more than its share;
 * the first ones, whose cost nobody knows, hold one item. Two chunks a thread are under way, and the input is read no further
 * than that, so it may be endless.
 */
import { Ring, WAIT, type Wait, WaitLine } from "../core/mod.ts";
import { asyncIterator, END, type Stream } from "../sync/mod.ts";
import {
  type ChunkResult,
  cloneError,
  cloneProblem,
  decodeError,
  EACH,
  SPREAD,
  type Target,
} from "../wire/mod.ts";
import type { AnyJob } from "./job.ts";
import type { Scheduler } from "./scheduler.ts";
import { withCallSite } from "./site.ts";

/** Milliseconds that a chunk is likely to take. */
const CHUNK_MS = 1;
const MAX_CHUNK = 4_096;
/** Chunks under way for each thread: one runs, one waits. */
const AHEAD = 2;

/** What a map is made of. */
export interface MapSetup<X> {
  readonly scheduler: Scheduler;
  readonly target: Target;
  readonly items: Iterable<X> | AsyncIterable<X>;
  /** Items are lists of arguments. */
  readonly spread: boolean;
  readonly chunkSize: number | undefined;
  /** Results that may wait for the reader. */
  readonly maxsize: number;
  readonly site: Error | null;
}

/** An item's outcome. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Some items under way. */
interface Chunk {
  readonly items: unknown[];
  outcomes: Outcome[] | null;
  job: AnyJob | null;
  /** How many of the outcomes were taken. */
  taken: number;
}

/** See the top of the file. The outcomes, in the order of the items or of the ends of their chunks. */
export class Chunks<X, T> implements Stream<T>, Disposable {
  private readonly setup: MapSetup<X>;
  private readonly ordered: boolean;
  /** Whose turn it is to be read. */
  private readonly entries: Ring<Chunk> = new Ring();
  private readonly running: Set<Chunk> = new Set();
  private readonly iterator: Iterator<X> | null;
  private readonly asyncIterator: AsyncIterator<X> | null;
  private readonly left: () => number;
  /** Items that were read and not taken as results. */
  private open = 0;
  private fed = false;
  private reading = false;
  private closed = false;
  private inputError: { error: unknown } | null = null;
  private readonly line: WaitLine<IteratorResult<T, undefined>>;

  constructor(setup: MapSetup<X>, ordered: boolean) {
    this.setup = setup;
    this.ordered = ordered;
    const { items } = setup;
    const isPlain = typeof items === "string" || Symbol.iterator in items;
    this.iterator = isPlain ? (items as Iterable<X>)[Symbol.iterator]() : null;
    this.asyncIterator = isPlain ? null : (items as AsyncIterable<X>)[Symbol.asyncIterator]();
    const { length } = items as { length?: unknown };
    let read = 0;
    this.left = typeof length === "number" ? () => Math.max(length - read++, 1) : () => Infinity;
    this.line = new WaitLine<IteratorResult<T, undefined>>({
      name: () => `the next result of a map (${this.running.size} chunks run)`,
      rule: () => this.step(),
    });
    this.line.foreign = true;
    this.feed();
  }

  next(): Wait<IteratorResult<T, undefined>> {
    return this.line.wait(undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.next(), () => this.close());
  }

  private step(): IteratorResult<T, undefined> | typeof WAIT {
    if (this.closed) return END;
    const chunk = this.entries.at(0);
    if (chunk === undefined) {
      if (!this.fed || this.running.size > 0) return WAIT;
      const broken = this.inputError;
      this.inputError = null;
      if (broken !== null) throw broken.error;
      return END;
    }
    if (chunk.outcomes === null) return WAIT;
    const outcome = chunk.outcomes[chunk.taken++];
    if (chunk.taken >= chunk.outcomes.length) this.entries.shift();
    this.open--;
    if (this.open + 1 >= this.setup.maxsize) this.feed(); // there was no room before
    if ("error" in outcome) throw outcome.error;
    return { done: false, value: outcome.value as T };
  }

  /** Stops reading the input and kills what runs. Acts at the call. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const { job } of this.running) void job?.kill();
    if (!this.fed) {
      this.fed = true;
      if (this.iterator !== null) this.iterator.return?.();
      else void Promise.resolve(this.asyncIterator?.return?.()).catch(() => {});
    }
    this.line.serve();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // ---- feeding

  private get ahead(): number {
    return this.setup.scheduler.size * AHEAD;
  }

  private chunkLimit(): number {
    const { chunkSize, target, maxsize, scheduler } = this.setup;
    const room = maxsize - this.open;
    if (chunkSize !== undefined) return Math.min(chunkSize, room);
    const { cost } = target;
    const wanted = cost !== cost ? 1 : Math.min(Math.floor(CHUNK_MS / cost), MAX_CHUNK);
    return Math.max(Math.min(wanted, Math.ceil(this.left() / scheduler.size), room), 1);
  }

  private feed(): void {
    if (this.iterator === null) return void this.feedLater();
    while (!this.fed && this.running.size < this.ahead && this.open < this.setup.maxsize) {
      const items: unknown[] = [];
      try {
        for (let n = this.chunkLimit(); n > 0; n--) {
          const step = this.iterator.next();
          if (step.done === true) {
            this.fed = true;
            break;
          }
          items.push(step.value);
        }
      } catch (error) {
        this.fed = true;
        this.inputError = { error };
      }
      if (items.length > 0) this.start(items);
    }
    if (this.fed) this.line.serve();
  }

  private async feedLater(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    while (!this.fed && this.running.size < this.ahead && this.open < this.setup.maxsize) {
      try {
        const step = await (this.asyncIterator as AsyncIterator<X>).next();
        if (this.closed) return;
        if (step.done === true) this.fed = true;
        else this.start([step.value]);
      } catch (error) {
        this.fed = true;
        this.inputError = { error };
      }
    }
    this.reading = false;
    if (this.fed) this.line.serve();
  }

  private start(items: unknown[]): void {
    const chunk: Chunk = { items, outcomes: null, job: null, taken: 0 };
    this.open += items.length;
    this.running.add(chunk);
    if (this.ordered) this.entries.push(chunk);
    this.run(chunk, items, (outcomes) => {
      chunk.outcomes = outcomes;
      this.running.delete(chunk);
      if (!this.ordered) this.entries.push(chunk);
      this.line.serve();
      if (!this.closed) this.feed();
    });
  }

  private run(chunk: Chunk, items: unknown[], done: (outcomes: Outcome[]) => void): void {
    const { scheduler, target, spread, site } = this.setup;
    const job = scheduler.start(target, spread ? SPREAD : EACH, [items], null).own();
    chunk.job = job;
    job.whenDone(() => {
      const value = job.value as ChunkResult | undefined;
      if (!job.successful || job.killReason !== undefined) {
        const error = job.exception ??
          new Error(`${job.name}, a part of a map, was killed`, { cause: job.killReason });
        const split = items.length > 1 && this.apart(items);
        if (!split) return done(items.map(() => ({ error: withCallSite(error, site) })));
        return this.runApart(chunk, split, items.length, done);
      }
      const outcomes: Outcome[] = (value as ChunkResult).values.map((value) => ({ value }));
      for (const { at, error } of value?.failed ?? []) {
        outcomes[at] = { error: withCallSite(decodeError(error), site) };
      }
      done(outcomes);
    });
  }

  /** An item that cannot be cloned has failed its whole chunk: which ones can, with their places. */
  private apart(items: unknown[]): { bad: Map<number, Error>; good: number[] } | false {
    const bad = new Map<number, Error>(), good: number[] = [];
    for (const [at, item] of items.entries()) {
      const problem = cloneProblem(item);
      if (problem === undefined) good.push(at);
      else bad.set(at, cloneError(`${this.setup.target.name}(): the item`, problem));
    }
    return bad.size === 0 ? false : { bad, good };
  }

  private runApart(
    chunk: Chunk,
    { bad, good }: { bad: Map<number, Error>; good: number[] },
    n: number,
    done: (outcomes: Outcome[]) => void,
  ): void {
    const finish = (some: Outcome[]) => {
      const all: Outcome[] = new Array(n);
      for (const [at, error] of bad) all[at] = { error: withCallSite(error, this.setup.site) };
      good.forEach((at, i) => all[at] = some[i]);
      done(all);
    };
    if (good.length === 0) finish([]);
    else this.run(chunk, good.map((at) => chunk.items[at]), finish);
  }
}

/** All results, in the order of the items; the first failing item's error, when those before it have ended well (S-69). */
export function* mapAll<X, T>(setup: MapSetup<X>): Generator<unknown, T[], unknown> {
  const chunks = new Chunks<X, T>(setup, true);
  const all: T[] = [];
  try {
    for (;;) {
      const step = yield* chunks.next();
      if (step.done === true) return all;
      all.push(step.value);
    }
  } finally {
    chunks.close();
  }
}
