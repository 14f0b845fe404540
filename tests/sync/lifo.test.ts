import { collect, joinAll, LifoQueue, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { logging, upTo, virtual } from "../laws/kit.ts";

describe("LifoQueue", () => {
  test("last in, first out", () =>
    virtual(function* () {
      const stack = new LifoQueue<number>();
      for (const n of upTo(4)) yield* stack.put(n);
      assertEquals([stack.peekNowait(), yield* stack.get(), yield* stack.peek(), stack.getNowait()], [
        3,
        3,
        2,
        2,
      ]);
      yield* stack.put(9);
      stack.shutdown();
      assertEquals(yield* collect(stack), [9, 1, 0]);
    }));

  test("S-61: putters enter in the order in which they came, however the items come out", () =>
    virtual(function* () {
      const stack = new LifoQueue<string>({ maxsize: 2 }), log: string[] = [];
      for (const item of ["a", "b"]) yield* stack.put(item);
      const gs = ["c", "d", "e"].map((n) => logging(log, n, stack.put(n)));
      yield* settle();
      const got: string[] = [];
      for (const _ of upTo(5)) got.push(yield* stack.get());
      yield* joinAll(gs);
      assertEquals(got, ["b", "c", "d", "e", "a"]);
      assertEquals(log, ["c ok", "d ok", "e ok"]);
    }));

  test("S-59: getters are served in the order in which they came", () =>
    virtual(function* () {
      const stack = new LifoQueue<number>(), log: string[] = [];
      const gs = upTo(3).map((i) => logging(log, `${i}`, stack.get()));
      yield* settle();
      for (const n of upTo(3)) stack.putNowait(n);
      yield* joinAll(gs);
      assertEquals(log, ["0 0", "1 1", "2 2"], "each item was its getter's as it came");
    }));

  test("S-64: counts its unfinished items as any queue does", () =>
    virtual(function* () {
      const stack = new LifoQueue<number>();
      for (const n of upTo(2)) yield* stack.put(n);
      const joiner = spawn(() => stack.join());
      for (const _ of upTo(2)) {
        yield* stack.get();
        stack.taskDone();
      }
      assertEquals(yield* joiner, true);
    }));
});
