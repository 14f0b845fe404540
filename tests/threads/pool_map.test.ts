import { collect, forEach, run, spawn } from "../../src/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, failing, failure, letGo, withPool, words } from "./pool_kit.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("ThreadPool maps", () => {
  test("S-69: map keeps the order, whatever the chunks", () =>
    withPool({ size: 2 }, function* (work, pool) {
      const squares = upTo(500).map((n) => n * n);
      for (const chunkSize of [undefined, 1, 7, 1_000]) {
        assertEquals(yield* pool.map(work.square, upTo(500), { chunkSize }), squares);
      }
      assertEquals(yield* pool.map(work.square, []), []);
      assertEquals(yield* pool.map(work.square, new Set([3, 4])), [9, 16]);
      assertEquals(yield* pool.starmap(work.add, [[1, 2], [3, 4]] as [number, number][]), [3, 7]);
      assertEquals(yield* pool.map(work.wait, [3, 2, 1]), [3, 2, 1]);
      assertEquals(yield* pool.map(work.greenlet, [1, 1]), ["awake", "awake"]);
      const later = async function* () {
        yield 5;
        await Promise.resolve();
        yield 6;
      };
      assertEquals(yield* pool.map(work.square, later()), [25, 36]);
    }));

  test("a million small items, with a chunk size of its own", () =>
    withPool({ size: 2 }, async (work, pool) => {
      const all = await pool.map(work.square, upTo(1_000_000));
      assertEquals([all.length, all[999_999]], [1_000_000, 999_999 ** 2]);
    }));

  test("map throws the first failing item's error", () =>
    withPool({ size: 2 }, async (work, pool) => {
      const error = await failure(pool.map(work.failOdd, upTo(100), { chunkSize: 3 }));
      assertInstanceOf(error, RangeError);
      assertEquals(error.message, "odd: 1");
      assertStringIncludes(error.stack as string, "pool_map.test.ts");
      assertEquals(await work.add(1, 1), 2);
    }));

  test("imap throws an item's error at its position, and goes on", () =>
    withPool({ size: 2 }, function* (work, pool) {
      for (const chunkSize of [undefined, 1, 4]) {
        const stream = pool.imap(work.failOdd, upTo(6), { chunkSize }), seen: unknown[] = [];
        for (;;) {
          try {
            const step = yield* stream.next();
            if (step.done === true) break;
            seen.push(step.value);
          } catch (error) {
            seen.push((error as Error).message);
          }
        }
        assertEquals(seen, [0, "odd: 1", 2, "odd: 3", 4, "odd: 5"]);
      }
    }));

  test("imapUnordered gives what ends first; for await works as well", () =>
    withPool({ size: 2 }, async (work, pool) => {
      const [slow, free] = [words(), words()];
      letGo(free);
      let seen = 0;
      for await (const _ of pool.imapUnordered(work.holdAsync, [slow, free, free, free], { chunkSize: 1 })) {
        if (++seen === 3) letGo(slow);
      }
      assertEquals(seen, 4);
    }));

  test("leaving early kills what runs and closes the input; maxsize bounds what is read ahead", () =>
    withPool({ size: 1 }, async (work, pool) => {
      let read = 0, closed = false;
      const endless = function* () {
        try {
          for (;;) yield read++;
        } finally {
          closed = true;
        }
      };
      const seen: number[] = [];
      for await (const n of pool.imap(work.square, endless(), { maxsize: 5 })) {
        assert(read <= n + 6 + seen.length, `${read}`);
        seen.push(n);
        if (seen.length === 20) break;
      }
      assertEquals([seen.length, closed], [20, true]);
      assertEquals(await work.add(1, 1), 2);
    }));

  test("an error of the input comes once, after what was started, and ends the iteration", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const broken = function* () {
        yield 1;
        yield 2;
        throw new RangeError("broken input");
      };
      const stream = pool.imap(work.square, broken()), seen: unknown[] = [];
      const error = yield* failing(run(() => forEach(stream, (n) => void seen.push(n))));
      assertEquals([String(error), seen], ["RangeError: broken input", [1, 4]]);
      assertEquals(yield* collect(pool.imap(work.square, [3])), [9]);
      assertEquals(String(yield* failing(pool.map(work.square, broken()))), "RangeError: broken input");
    }));

  test("an item that cannot be cloned fails alone, as does a result", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const items = [1, () => 1, 3] as number[];
      const stream = pool.imap(work.echo, items, { chunkSize: 3 });
      assertEquals((yield* stream.next()).value, 1);
      const error = yield* failing(run(() => stream.next()));
      assertStringIncludes(String(error), "the item is a function");
      assertEquals((yield* stream.next()).value, 3);
      assertEquals((yield* stream.next()).done, true);
      const bad = yield* failing(pool.map(work.badResult as never, [1, 2], { chunkSize: 2 }));
      assertStringIncludes(String(bad), "the result: .rows[1].onDone is a function");
    }));

  test("killing the mapper ends the map", () =>
    withPool({ size: 1, grace: 20 }, function* (work, pool) {
      const at = words();
      const mapper = spawn(() => pool.map(work.holdAsync, [at, at, at]));
      yield eventually(() => at[1] === 1);
      yield* mapper.kill();
      letGo(at);
      assertEquals(yield* work.add(1, 1), 2);
      yield* pool.join();
      assertEquals(at[1], 1, "the others never started");
    }));
});

testNoneBurns();
