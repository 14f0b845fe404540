/**
 * A map as a stream. A feeder takes the items one by one, waits for room among the results that are not consumed yet and
 * for a slot of the pool, and starts the calls. Feeder and calls are daemons of the scope around: a stream that nobody
 * reads to its end holds nothing up.
 */
import {
  type Op,
  Ring,
  type Task,
  type TaskWatcher,
  WAIT,
  type Wait,
  WaitLine,
  writes,
} from "../core/mod.ts";
import { asyncIterator, END, type Operand, perform, Semaphore, type Stream, until } from "../sync/mod.ts";
import { type GreenletTask, isKill, killAll, spawn } from "../greenlet/mod.ts";

/** Room for results. What is still taken when the stream is left is nobody's loss. */
class Room extends Semaphore {
  protected override left(): undefined {}
}

/** See the top of the file. */
export class Imap<X, T> implements Stream<T>, Disposable, TaskWatcher {
  /** The calls whose turn it is: in the order of the items, or in that of their ends. */
  readonly #entries: Ring<GreenletTask<T>> = new Ring();
  readonly #running: Set<GreenletTask<T>> = new Set();
  readonly #room: Semaphore | null;
  readonly #ordered: boolean;
  readonly #feeder: GreenletTask<void>;
  #fed = false;
  /** Why the input ended too early: thrown once, after all that was started. */
  #inputError: { error: unknown } | null = null;
  #closed = false;

  readonly #line: WaitLine<IteratorResult<T, undefined>> = new WaitLine<IteratorResult<T, undefined>>({
    subject: this,
    name: () => `the next result of imap (${this.#running.size} calls run)`,
    rule: () => {
      if (this.#closed) return END;
      const first = this.#entries.at(0);
      if (first === undefined) {
        if (!this.#fed || this.#running.size > 0) return WAIT;
        const broken = this.#inputError;
        this.#inputError = null;
        if (broken !== null) throw broken.error;
        return END;
      }
      if (!first.dead) return WAIT;
      this.#entries.shift();
      this.#room?.release();
      return { done: false, value: first.outcome() };
    },
  });

  constructor(
    items: Iterable<X> | AsyncIterable<X>,
    spawnOne: (item: X) => Op<GreenletTask<T>>,
    maxsize: number,
    ordered: boolean,
  ) {
    this.#room = maxsize === Infinity ? null : new Room(maxsize);
    this.#ordered = ordered;
    const feed = this.#feed(items, spawnOne);
    this.#feeder = spawn({ name: "imap feeder", daemon: true }, () => feed) as GreenletTask<void>;
    this.#feeder.watch(this);
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.#step();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return asyncIterator(() => this.#step(), () => this.close());
  }

  /** Stops the feeder and kills the calls that run. Acts at the call. */
  close(): void {
    writes(this);
    if (this.#closed) return;
    this.#closed = true;
    this.#feeder.kill();
    for (const call of this.#running) call.owned = false; // an error of its cleanup is its own
    killAll(this.#running);
    this.#line.serve();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Part of the scheduler's contract: a call, or the feeder, has ended. */
  taskEnded(task: Task): void {
    if (task === this.#feeder) {
      if (!this.#fed) {
        this.#inputError = { error: new Error("imap's scope ended before its input was read to the end") };
      }
      this.#fed = true;
    } else {
      const call = task as GreenletTask<T>;
      this.#running.delete(call);
      if (!this.#ordered) this.#entries.push(call);
    }
    this.#line.serve();
  }

  #step(): Wait<IteratorResult<T, undefined>> {
    return this.#line.wait(undefined);
  }

  *#feed(
    items: Iterable<X> | AsyncIterable<X>,
    spawnOne: (item: X) => Op<GreenletTask<T>>,
  ): Generator<unknown, void, unknown> {
    let source: Source<X> | undefined, exhausted = false;
    try {
      source = iterate(items);
      while (!this.#closed) {
        if (this.#room !== null) yield* this.#room.acquire();
        const step = yield* source.next();
        exhausted = step.done === true;
        if (step.done === true) break;
        const call = yield* spawnOne(step.value);
        call.owned = true; // its failure stands in the stream
        writes(this);
        this.#running.add(call);
        call.watch(this);
        if (this.#ordered) this.#entries.push(call);
        if (this.#closed) call.kill();
      }
    } catch (error) {
      if (this.#closed || isKill(error)) throw error;
      exhausted = true; // what has thrown is not asked to return
      this.#inputError = { error };
    } finally {
      writes(this);
      this.#fed = true;
      if (!exhausted) yield* source?.close() ?? [];
    }
  }
}

interface Source<X> {
  next(): Generator<unknown, IteratorResult<X, unknown>, unknown>;
  /** The rest is not wanted. */
  close(): Generator<unknown, void, unknown>;
}

function iterate<X>(items: Iterable<X> | AsyncIterable<X>): Source<X> {
  if (typeof items === "string" || Symbol.iterator in items) {
    const iterator = (items as Iterable<X>)[Symbol.iterator]();
    return {
      *next() {
        return iterator.next();
      },
      *close() {
        iterator.return?.();
      },
    };
  }
  // A stream of ours gives operations, an async iterable promises.
  const stream = "next" in items && typeof items.next === "function";
  const iterator = (stream ? items : items[Symbol.asyncIterator]()) as AsyncIterator<X> & Partial<Stream<X>>;
  return {
    *next() {
      const step = iterator.next() as unknown as Operand<IteratorResult<X, unknown>>;
      return yield* perform(step, "imap's input");
    },
    *close() {
      if (iterator.close !== undefined) iterator.close();
      else if (iterator.return !== undefined) yield* until(() => iterator.return?.());
    },
  };
}
