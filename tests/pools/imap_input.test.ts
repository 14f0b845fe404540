/** What Pool.imap and imapUnordered read from: iterators that fail, async ones, streams. */
import { drain } from "./drain.ts";
import { collect, forEach, Pool, Queue, sleep, until } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { virtual, virtualReporting } from "../regressions/helpers.ts";

function* work(n: number): Generator<unknown, number> {
  yield* sleep(n);
  return n;
}

/** An iterator by hand, which counts what is asked of it. */
function byHand(count: number, faults: { next?: Error; return?: Error } = {}) {
  const input = {
    asked: 0,
    returned: 0,
    [Symbol.iterator](): Iterator<number> {
      return {
        next() {
          if (input.asked++ < count) return { done: false, value: input.asked };
          if (faults.next !== undefined) throw faults.next;
          return { done: true, value: undefined };
        },
        return() {
          input.returned++;
          if (faults.return !== undefined) throw faults.return;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return input;
}

for (const kind of ["imap", "imapUnordered"] as const) {
  describe(`the input of ${kind}`, () => {
    test("S-69: an error of the input comes once, after what was begun before it, and ends the iteration", () =>
      virtual(function* () {
        const pool = new Pool(3);
        const input = byHand(2, { next: new Error("input") });
        assertEquals(yield* drain(pool[kind](work, input)), ["1", "2", "input", "end"]);
        assertEquals([input.asked, pool.freeCount], [3, 3]);
      }));

    test("S-69: an input that fails at once gives that error and the end", () =>
      virtual(function* () {
        assertEquals(yield* drain(new Pool(1)[kind](work, byHand(0, { next: new Error("input") }))), [
          "input",
          "end",
        ]);
      }));

    test("S-69: an input whose iterator cannot be made gives that error and the end", () =>
      virtual(function* () {
        const items: Iterable<number> = {
          [Symbol.iterator]() {
            throw new Error("no iterator");
          },
        };
        assertEquals(yield* drain(new Pool(1)[kind](work, items)), ["no iterator", "end"]);
        const stream: AsyncIterable<number> = {
          [Symbol.asyncIterator]() {
            throw new Error("no async iterator");
          },
        };
        assertEquals(yield* drain(new Pool(1)[kind](work, stream)), ["no async iterator", "end"]);
      }));

    test("an input is closed when the iteration is left early, and only then, as by for…of", () =>
      virtual(function* () {
        const whole = byHand(3);
        yield* collect(new Pool(1)[kind](work, whole));
        assertEquals(whole.returned, 0);
        const failing = byHand(1, { next: new Error("input") });
        yield* drain(new Pool(1)[kind](work, failing));
        assertEquals(failing.returned, 0);
        const left = byHand(9);
        yield* forEach(new Pool(1)[kind](work, left), () => false);
        yield* settle();
        assertEquals(left.returned, 1);
      }));

    test("an input whose return() throws does not hang the stream; the error is told", async () => {
      const failure = new Error("return");
      const { value, reports } = await virtualReporting(function* () {
        const lines = yield* drain(new Pool(1)[kind](work, byHand(2, { return: failure })));
        const left = new Pool(1)[kind](work, byHand(9, { return: failure }));
        yield* forEach(left, () => false);
        yield* sleep(1);
        return [...lines, ...yield* drain(left)];
      }).catch((e) => ({ value: e, reports: [e] }));
      if (value === failure) return; // told by the end of the run
      assertEquals([value, reports], [["1", "2", "end", "end"], [failure]]);
    });

    test("S-69: takes an async generator", () =>
      virtual(function* () {
        async function* input() {
          for (const n of [2, 1]) {
            await Promise.resolve();
            yield n;
          }
        }
        const values = yield* collect(new Pool(2)[kind](work, input()));
        assertEquals(values.toSorted(), [1, 2]);
      }));

    test("S-69: an async input's error comes once and ends the iteration", () =>
      virtual(function* () {
        async function* input() {
          yield 1;
          await Promise.resolve();
          throw new Error("async input");
        }
        assertEquals(yield* drain(new Pool(2)[kind](work, input())), ["1", "async input", "end"]);
        const rejecting: AsyncIterable<number> = {
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("rejected")) }),
        };
        assertEquals(yield* drain(new Pool(2)[kind](work, rejecting)), ["rejected", "end"]);
      }));

    test("S-69: an abandoned async input is told to return, also while it is asked for its next item", () =>
      virtual(function* () {
        const log: string[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        async function* input() {
          try {
            yield 1;
            await promise;
            yield 2;
          } finally {
            log.push("closed");
          }
        }
        const stream = new Pool(2)[kind](work, input());
        yield* stream.next();
        yield* settle();
        stream.close?.();
        resolve();
        yield* until(Promise.resolve());
        yield* settle();
        yield* until(new Promise<void>((done) => setTimeout(done, 0)));
        assertEquals(log, ["closed"]);
        assertEquals(yield* drain(stream), ["end"]);
      }));

    test("an async input whose return() rejects is no unhandled rejection; the error is told", async () => {
      const failure = new Error("return");
      const { value, reports } = await virtualReporting(function* () {
        const input: AsyncIterable<number> = {
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve({ done: false, value: 1 }),
            return: () => Promise.reject(failure),
          }),
        };
        const stream = new Pool(1)[kind](work, input);
        yield* stream.next();
        stream.close?.();
        yield* until(new Promise<void>((done) => setTimeout(done, 0)));
        return yield* drain(stream);
      }).catch((e) => ({ value: e, reports: [e] }));
      if (value === failure) return; // told by the end of the run
      assertEquals([value, reports], [["end"], [failure]]);
    });

    test("takes a queue, and any other stream, up to its end", () =>
      virtual(function* () {
        const queue = new Queue<number>();
        for (const n of [1, 2]) queue.putNowait(n);
        const stream = new Pool(1)[kind](work, queue);
        assertEquals((yield* stream.next()).value, 1);
        queue.putNowait(3);
        queue.shutdown();
        assertEquals(yield* drain(stream), ["2", "3", "end"]);
        const pool = new Pool(2);
        const chained = pool[kind]((n: number) => n * 10, pool[kind](work, [1, 2]));
        assertEquals(yield* drain(chained), ["10", "20", "end"]);
      }));

    test("for await in an async function reads it to its end, and leaving it closes it", () =>
      virtual(function* () {
        const pool = new Pool(1);
        const seen: number[] = [];
        const stream = pool[kind](work, [1, 2, 3]);
        yield* until(async () => {
          for await (const n of stream) {
            seen.push(n);
            if (n === 2) break;
          }
        });
        assertEquals(seen, [1, 2]);
        assertEquals((yield* stream.next()).done, true);
        yield* settle();
        assertEquals(pool.freeCount, 1);
      }));
  });
}
