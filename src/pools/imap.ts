/**
 * A map as a stream. A feeder takes the items one by one, waits for room among the results that are not consumed yet and
 * for a slot of the pool, and starts the calls. Feeder and calls are daemons of the scope around: a stream that nobody
 * reads to its end holds nothing up.
 */
import { type Op, Ring, show, type Task, type TaskWatcher, WAIT, type Wait, WaitLine } from "../core/mod.ts";
import { asyncIterator, END, Semaphore, type Stream, until } from "../sync/mod.ts";
import { type Greenlet, type GreenletTask, killAll, spawn } from "../greenlet/mod.ts";

/** What stands at one position of the stream. */
type Entry<T> = { greenlet: GreenletTask<T> } | { error: unknown };

/** See the top of the file. */
export class Imap<X, T> implements Stream<T>, Disposable, TaskWatcher {
  readonly #entries: Ring<Entry<T>> = new Ring();
  readonly #running: Set<GreenletTask<T>> = new Set();
  readonly #room: Semaphore | null;
  readonly #ordered: boolean;
  readonly #feeder: Greenlet<void>;
  #fed = false;
  #closed = false;

  readonly #line: WaitLine<IteratorResult<T, undefined>> = new WaitLine<IteratorResult<T, undefined>>({
    name: () => `the next result of imap (${this.#running.size} calls run)`,
    rule: () => {
      if (this.#closed) return END;
      const entry = this.#entries.at(0);
      if (entry === undefined) return this.#fed && this.#running.size === 0 ? END : WAIT;
      if ("greenlet" in entry && !entry.greenlet.dead) return WAIT;
      this.#entries.shift();
      this.#room?.release();
      if ("error" in entry) throw entry.error;
      return { done: false, value: entry.greenlet.outcome() };
    },
  });

  constructor(
    items: Iterable<X> | AsyncIterable<X>,
    spawnOne: (item: X) => Op<GreenletTask<T>>,
    maxsize: number,
    ordered: boolean,
  ) {
    this.#room = maxsize === Infinity ? null : new Semaphore(maxsize);
    this.#ordered = ordered;
    const feed = this.#feed(items, spawnOne);
    this.#feeder = spawn({ name: "imap feeder", daemon: true }, () => feed);
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.#step();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step(), () => this.close());
  }

  /** Stops the feeder and kills the calls that run. Acts at the call. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#feeder.kill();
    killAll(this.#running);
    this.#line.serve();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the scheduler's contract: a call has ended. */
  taskEnded(task: Task): void {
    const greenlet = task as GreenletTask<T>;
    this.#running.delete(greenlet);
    if (!this.#ordered) this.#entries.push({ greenlet });
    this.#line.serve();
  }

  #step(): Wait<IteratorResult<T, undefined>> {
    return this.#line.wait(undefined);
  }

  *#feed(
    items: Iterable<X> | AsyncIterable<X>,
    spawnOne: (item: X) => Op<GreenletTask<T>>,
  ): Generator<unknown, void, unknown> {
    const source = iterate(items);
    try {
      for (;;) {
        if (this.#room !== null) yield* this.#room.acquire();
        const step = yield* source.next();
        if (step.done === true) break;
        const greenlet = yield* spawnOne(step.value);
        greenlet.asked = true; // its failure stands in the stream
        this.#running.add(greenlet);
        greenlet.watch(this);
        if (this.#ordered) this.#entries.push({ greenlet });
      }
    } catch (error) {
      if (this.#closed) throw error;
      this.#entries.push({ error }); // an error of the input comes once, and ends the iteration
    } finally {
      source.close();
      this.#fed = true;
      this.#line.serve();
    }
  }
}

interface Source<X> {
  next(): Op<IteratorResult<X, unknown>> | Generator<unknown, IteratorResult<X, unknown>, unknown>;
  close(): void;
}

function iterate<X>(items: Iterable<X> | AsyncIterable<X>): Source<X> {
  if (Symbol.iterator in items) {
    const iterator = items[Symbol.iterator]();
    return {
      next: function* () {
        return iterator.next();
      },
      close: () => void iterator.return?.(),
    };
  }
  if ("next" in items && typeof items.next === "function") {
    const stream = items as Stream<X>;
    return { next: () => stream.next(), close: () => stream.close?.() };
  }
  if (!(Symbol.asyncIterator in items)) throw new TypeError(`imap needs an iterable of items, not ${show(items)}`);
  const iterator = items[Symbol.asyncIterator]();
  return {
    next: () => until(() => iterator.next()),
    close: () => void iterator.return?.(),
  };
}
