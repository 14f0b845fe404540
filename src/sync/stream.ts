/** Values that come one after the other. */
import { type Op, type Task, WAIT, type Wait } from "../core/mod.ts";
import { type Body, call, needBody, op } from "./body.ts";

/**
 * Values that come one after the other. In a greenlet: `yield* stream.next()`, `forEach`, `collect`. In an async function:
 * `for await`.
 */
export interface Stream<T> extends AsyncIterable<T> {
  next(): Op<IteratorResult<T, undefined>>;
  /** Nobody wants the rest: what makes it stops, and what is in flight is killed. */
  close?(): void;
}

/** What `next` gives at the end. */
export const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One wait, driven by a promise instead of a greenlet. For waits that ask for no timeout and no owner. */
function promised<T>(wait: Wait<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const nobody = null as unknown as Task;
    const got = wait.attempt(nobody);
    if (got !== WAIT) return resolve(got);
    wait.choice = {
      chosen: (_arm, value, failed) => failed ? reject(value) : resolve(value as T),
    };
    wait.enter(nobody);
  });
}

/** The async iterator of a stream whose `next` is a plain wait. */
export function asyncIterator<T>(
  next: () => Wait<IteratorResult<T, undefined>>,
  close: () => void,
): AsyncIterator<T, undefined> {
  const pending = new Set<Wait<IteratorResult<T, undefined>>>();
  return {
    // Async: what `attempt` throws becomes a rejection.
    next: async () => {
      const wait = next().copy();
      pending.add(wait);
      try {
        return await promised(wait);
      } finally {
        pending.delete(wait);
      }
    },
    // A step that is still waited for must not take an item that nobody would see.
    return: () => {
      for (const wait of [...pending]) wait.wake(END);
      close();
      return Promise.resolve(END);
    },
  };
}

/**
 * Calls `body` with each value of `stream`, one after the other, and waits for it. Where the
 * body throws, is killed, or returns `false`, the iteration ends and the stream is closed; no item is lost (S-66).
 *
 * @example
 * ```ts
 * import { forEach, Queue, run } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const queue = new Queue<number>();
 *   queue.putNowait(1);
 *   queue.putNowait(2);
 *   queue.shutdown();
 *   const seen: number[] = [];
 *   yield* forEach(queue, (n) => { seen.push(n); });
 *   assertEquals(seen, [1, 2]);
 * });
 * ```
 */
export function forEach<T>(stream: Stream<T>, body: Body<[T], unknown>): Op<void> {
  needBody(body, "forEach");
  return op(() => each(stream, body));
}

function* each<T>(stream: Stream<T>, body: Body<[T], unknown>): Generator<unknown, void, unknown> {
  let ended = false;
  try {
    for (;;) {
      const step = yield* stream.next();
      if (step.done === true) break;
      if ((yield* call(body, step.value)) === false) {
        stream.close?.();
        break;
      }
    }
    ended = true;
  } finally {
    if (!ended) stream.close?.();
  }
}

/** All values of `stream`, to its end. */
export function collect<T>(stream: Stream<T>): Op<T[]> {
  return op(() => collectAll(stream));
}

function* collectAll<T>(stream: Stream<T>): Generator<unknown, T[], unknown> {
  const all: T[] = [];
  yield* each(stream, (value) => {
    all.push(value);
  });
  return all;
}
