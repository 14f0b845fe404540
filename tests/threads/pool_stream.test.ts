import { collect, forEach, run, sleep, spawn } from "../../src/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { failing, withPool } from "./pool_kit.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("generators in threads", () => {
  test("their values stream back, in greenlets and to for await; the result comes at the end", () =>
    withPool({ size: 2 }, function* (work) {
      const stream = work.count(300);
      assertEquals(yield* collect(stream), upTo(300));
      assertEquals(yield* stream, "end");
      const seen: number[] = [];
      const reader = (async () => {
        for await (const n of work.countAsync(200)) seen.push(n);
      })();
      yield reader;
      assertEquals(seen, upTo(200));
      const slow: number[] = [];
      yield* forEach(work.count(150), function* (n) {
        if (n % 50 === 0) yield* sleep(1);
        slow.push(n);
      });
      assertEquals(slow, upTo(150));
    }));

  test("an error comes after the values", () =>
    withPool({ size: 1 }, function* (work) {
      const stream = work.failingStream(), seen: number[] = [];
      const error = yield* failing(run(() => forEach(stream, (n) => void seen.push(n))));
      assertInstanceOf(error, RangeError);
      assertEquals(seen, [1, 2]);
    }));

  test("whoever waits for the end alone gets it, and the values are gone", () =>
    withPool({ size: 1 }, async (work) => {
      const stream = work.count(10_000);
      assertEquals(await stream, "end");
      assertThrows(() => stream.next(), Error, "nobody read them");
    }));

  test("several readers share the values", () =>
    withPool({ size: 1 }, function* (work) {
      const stream = work.count(100), seen: number[] = [];
      const readers = [1, 2].map(() => spawn(() => forEach(stream, (n) => void seen.push(n))));
      for (const reader of readers) yield* reader;
      assertEquals(seen.toSorted((a, b) => a - b), upTo(100));
    }));
});

testNoneBurns();
