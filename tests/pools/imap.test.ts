/** Pool.imap and Pool.imapUnordered: results as a stream. */
import { drain } from "./drain.ts";
import {
  all,
  cancelScope,
  collect,
  forEach,
  Pool,
  sleep,
  spawn,
  type Stream,
  suspend,
  taskGroup,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual } from "../regressions/helpers.ts";

/** Sleeps as many milliseconds as the item says; fails for a negative one. */
function* work(n: number): Generator<unknown, number> {
  yield* sleep(Math.abs(n));
  if (n < 0) throw new Error(`failed ${n}`);
  return n;
}

const both = ["imap", "imapUnordered"] as const;

describe("imap: order and errors", () => {
  test("S-69: imap keeps the order of the input, imapUnordered that of the ends", () =>
    virtual(function* () {
      const pool = new Pool(3);
      assertEquals(yield* collect(pool.imap(work, [3, 1, 2])), [3, 1, 2]);
      assertEquals(yield* collect(pool.imapUnordered(work, [3, 1, 2])), [1, 2, 3]);
      assertEquals(pool.freeCount, 3);
    }));

  test("S-69: imap throws an item's error at its position and goes on after it", () =>
    virtual(function* () {
      const pool = new Pool(2);
      assertEquals(yield* drain(pool.imap(work, [9, -1, 5, -4])), [
        "9",
        "failed -1",
        "5",
        "failed -4",
        "end",
      ]);
      assertEquals(yield* drain(pool.imapUnordered(work, [9, -1, 5, -4])), [
        "failed -1",
        "5",
        "9",
        "failed -4",
        "end",
      ]);
    }));

  for (const kind of both) {
    test(`S-69: ${kind}: inside a task group an item's error is the stream's alone`, () =>
      virtual(function* () {
        const lines = yield* taskGroup(() => drain(new Pool(1)[kind](work, [1, -2, 3])));
        assertEquals(lines, ["1", "failed -2", "3", "end"]);
      }));

    test(`${kind} gives the end again and again, and that of an empty input at once`, () =>
      virtual(function* () {
        const stream = new Pool(1)[kind](work, []);
        for (const _ of upTo(3)) assertEquals((yield* stream.next()).done, true);
        assertEquals(yield* collect(new Pool(1)[kind]((c: string) => c, "ab")), ["a", "b"]);
      }));

    test(`${kind} begins at the call, but calls nothing before the caller parks`, () =>
      virtual(function* () {
        const log: number[] = [];
        const stream = new Pool(2)[kind]((n: number) => void log.push(n), [1, 2, 3]);
        assertEquals(log, []);
        yield* settle();
        assertEquals(log, [1, 2, 3], "nobody has asked yet");
        assertEquals((yield* collect(stream)).length, 3);
      }));

    test(`${kind}: several consumers share the stream, each result goes to one`, () =>
      virtual(function* () {
        const stream = new Pool(2)[kind](work, [1, 2, 3, 4, 5]);
        const parts = yield* all([collect(stream), collect(stream)]);
        assertEquals(parts.flat().toSorted(), [1, 2, 3, 4, 5]);
      }));

    test(`${kind}: a consumer that is killed while it waits takes nothing with it`, () =>
      virtual(function* () {
        const stream = new Pool(1)[kind](work, [5, 6]);
        const impatient = spawn(() => stream.next());
        yield* settle();
        yield* impatient.kill();
        assertEquals(yield* drain(stream), ["5", "6", "end"]);
      }));

    test(`${kind}: a call that is killed with a reason gives it as its error; its slot is free`, () =>
      virtual(function* () {
        const pool = new Pool(1);
        const stream = pool[kind](function* (n: number) {
          if (n === 0) yield* suspend();
          return n;
        }, [0, 1]);
        yield* settle();
        for (const g of pool) g.kill(new Error("shot"));
        assertEquals(yield* drain(stream), ["shot", "1", "end"]);
        assertEquals(pool.freeCount, 1);
      }));

    test(`${kind} refuses what is no body, no iterable or no size, at the call`, () =>
      virtual(function* () {
        const pool = new Pool(1);
        assertThrows(() => pool[kind](1 as never, []), TypeError);
        assertThrows(() => pool[kind](work, 1 as never), TypeError);
        assertThrows(() => pool[kind](work, null as never), TypeError);
        for (const maxsize of [0, -1, 1.5, NaN]) {
          assertThrows(() => pool[kind](work, [], { maxsize }), RangeError);
        }
        yield* sleep(1);
        assertEquals(pool.size, 0);
      }));
  }
});

describe("imap: maxsize", () => {
  for (const kind of both) {
    test(`S-69: ${kind}: maxsize bounds what is not yet consumed`, () =>
      virtual(function* () {
        let [pulled, consumed] = [0, 0];
        function* input(): Generator<number> {
          for (const i of upTo(12)) {
            pulled++;
            // The one more: a result is the consumer's from the moment that it is woken for it.
            assert(pulled - consumed <= 3 + 1, `${pulled} items read, ${consumed} results consumed`);
            yield i % 3;
          }
        }
        const stream = new Pool(2)[kind](work, input(), { maxsize: 3 });
        yield* sleep(50);
        assertEquals(pulled, 3, "as far as it may go by itself");
        yield* forEach(stream, function* () {
          consumed++;
          yield* sleep(consumed % 4);
        });
        assertEquals([pulled, consumed], [12, 12]);
      }));

    test(`S-69: ${kind}: an error of an item, and one of the input, make room like a result`, () =>
      virtual(function* () {
        function* input(): Generator<number> {
          yield -1;
          yield -1;
          throw new Error("input");
        }
        const stream = new Pool(1)[kind](work, input(), { maxsize: 1 });
        assertEquals(yield* drain(stream), ["failed -1", "failed -1", "input", "end"]);
      }));
  }
});

describe("imap: abandoning", () => {
  for (const kind of both) {
    test(`S-69: ${kind}: abandoning the iteration stops the feeder and kills what is in flight`, () =>
      virtual(function* () {
        const pool = new Pool(2);
        const log: string[] = [];
        let closed = 0;
        function* input(): Generator<number> {
          try {
            for (;;) yield 1;
          } finally {
            closed++;
          }
        }
        let calls = 0;
        const stream = pool[kind](function* () {
          const i = calls++;
          try {
            yield* sleep(i === 0 ? 1 : 1_000);
          } catch (e) {
            log.push(`${i} killed`);
            throw e;
          }
        }, input());
        yield* forEach(stream, () => false);
        yield* settle();
        assertEquals(log.toSorted(), upTo(calls).slice(1).map((i) => `${i} killed`));
        assertEquals([closed, pool.freeCount], [1, 2]);
        const before = calls;
        yield* sleep(100);
        assertEquals(calls, before, "no further call has begun");
        assertEquals((yield* stream.next()).done, true);
      }));

    test(`S-69: ${kind}: an abandoned feeder stops, though it never has to wait`, () =>
      virtual(function* () {
        let pulled = 0;
        function* input(): Generator<number> {
          while (pulled < 300_000) yield pulled++;
        }
        const stream = new Pool()[kind]((n: number) => n, input());
        yield* stream.next();
        stream.close?.();
        const before = pulled;
        yield* sleep(1);
        assert(pulled < 300_000 && pulled - before <= 1, `it read ${pulled - before} more items`);
      }));

    test(`S-69: ${kind}: abandoned in the turn in which a slot comes free, no call begins`, () =>
      virtual(function* () {
        const pool = new Pool(1);
        const log: number[] = [];
        const other = yield* pool.spawn(() => suspend());
        const stream = pool[kind]((n: number) => void log.push(n), [1, 2]);
        yield* settle();
        pool.discard(other);
        stream.close?.();
        yield* sleep(1);
        assertEquals([log, pool.freeCount], [[], 1]);
        yield* other.kill();
      }));

    test(`${kind}: a call that is in flight cleans up in its own time after the stream was disposed of`, () =>
      virtual(function* () {
        const log: string[] = [];
        {
          using _stream = new Pool(1)[kind](function* () {
            try {
              yield* suspend();
            } finally {
              yield* sleep(2);
              log.push("cleaned up");
            }
          }, [1]);
          yield* settle();
        }
        assertEquals(log, []);
        yield* sleep(3);
        assertEquals(log, ["cleaned up"]);
      }));

    test(`${kind}: a stream that nobody reads holds no scope up, and dies with it`, () =>
      virtual(function* () {
        const pool = new Pool(1);
        let [begun, killed] = [0, 0];
        function* input(): Generator<number> {
          for (;;) yield 1;
        }
        yield* cancelScope({}, function* () {
          pool[kind](function* () {
            begun++;
            try {
              yield* suspend();
            } finally {
              killed++;
            }
          }, input());
          yield* settle();
        });
        assertEquals([killed, pool.freeCount], [begun, 1]);
        yield* sleep(1);
        assertEquals(killed, begun);
      }));

    test(`${kind}: a stream that is read after its scope has ended comes to an end`, () =>
      virtual(function* () {
        for (const wait of [0, 1]) {
          const stream = yield* cancelScope({}, function* () {
            const made = new Pool(1)[kind](work, [5, 6]);
            if (wait > 0) yield* settle();
            return made;
          });
          const lines = yield* drain(stream as Stream<number>);
          assertEquals(lines.at(-1), "end");
        }
      }));
  }
});
