/** Pools: one call at a time, and pools that are used from inside. */
import {
  AsyncResult,
  type Greenlet,
  GreenletExit,
  isKill,
  Pool,
  sleep,
  spawn,
  suspend,
  taskGroup,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual, virtualReporting } from "../regressions/helpers.ts";

describe("Pool: apply", () => {
  test("waits for a slot and for the result, which it gives or throws", () =>
    virtual(function* () {
      const pool = new Pool(1);
      yield* pool.spawn(() => sleep(10));
      assertEquals(yield* pool.apply((a: number, b: number) => a * b, 6, 7), 42);
      const wrong = new Error("wrong");
      assertStrictEquals(
        yield* caught(pool.apply(function* () {
          yield* sleep(1);
          throw wrong;
        })),
        wrong,
      );
      assertEquals(pool.freeCount, 1);
      assertThrows(() => pool.apply(5 as never), TypeError);
    }));

  test("S-68: apply from inside a full pool's own worker does not deadlock, however deep", () =>
    virtual(function* () {
      const pool = new Pool(2);
      function* sum(n: number): Generator<unknown, number> {
        yield* sleep(1);
        return n === 0 ? 0 : n + (yield* pool.apply(sum, n - 1));
      }
      const workers = [yield* pool.spawn(sum, 10), yield* pool.spawn(sum, 20)];
      assertEquals(pool.full, true);
      assertEquals([yield* workers[0] as Greenlet<number>, yield* workers[1] as Greenlet<number>], [55, 210]);
    }));

  test("S-68: an error of the nested apply reaches the worker that made it", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const worker = yield* pool.spawn(function* () {
        return (yield* caught(pool.apply(() => {
          throw new Error("nested");
        }))) as Error;
      });
      assertEquals((yield* worker).message, "nested");
    }));

  test("S-68: map from inside a full pool's own worker does not deadlock, and keeps its order", () =>
    virtual(function* () {
      for (const size of [1, 2, 3]) {
        const pool = new Pool(size);
        const square = function* (n: number) {
          yield* sleep(5 - n);
          return n * n;
        };
        const workers = [];
        for (const _ of upTo(size)) workers.push(yield* pool.spawn(() => pool.map(square, [1, 2, 3, 4])));
        for (const worker of workers) assertEquals(yield* worker, [1, 4, 9, 16]);
        assertEquals(pool.freeCount, size);
      }
    }));

  test("killing who waits in apply kills the call; one that waits for a slot starts nothing", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const log: string[] = [];
      const body = function* (name: string) {
        log.push(name);
        try {
          yield* suspend();
        } catch (e) {
          assert(isKill(e));
          log.push(`${name} killed`);
          throw e;
        }
      };
      const [runs, waits] = [spawn(() => pool.apply(body, "a")), spawn(() => pool.apply(body, "b"))];
      yield* settle();
      yield* waits.kill();
      yield* runs.kill();
      yield* pool.join();
      assertEquals(log, ["a", "a killed"]);
      assertEquals(pool.freeCount, 1);
    }));

  test("an error of apply that is caught does not fail the task group around it", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* () {
        const error = yield* caught(
          new Pool(2).apply(() => {
            throw new Error("caught");
          }),
        );
        log.push((error as Error).message);
        yield* sleep(1);
        log.push("goes on");
      });
      assertEquals(log, ["caught", "goes on"]);
    }));
});

describe("Pool: applyAsync", () => {
  test("starts at the call while there is a slot, and never parks", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const greenlets = upTo(4).map((i) =>
        pool.applyAsync(function* (n: number) {
          yield* sleep(10);
          return n;
        }, i)
      );
      yield* settle();
      assertEquals(pool.size, 2);
      const values: number[] = [];
      for (const g of greenlets) values.push(yield* g);
      assertEquals(values, upTo(4));
      assertEquals(pool.freeCount, 2);
    }));

  test("does not overtake those who wait for a slot", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const log: string[] = [];
      const first = yield* pool.spawn(() => suspend());
      spawn(() => pool.spawn(() => void log.push("waited")));
      yield* settle();
      pool.discard(first);
      const late = pool.applyAsync(() => void log.push("late"));
      yield* late;
      assertEquals(log, ["waited", "late"]);
      yield* first.kill();
    }));

  test("S-68: from inside a full pool's own worker it does not block the worker", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const inner = new AsyncResult<Greenlet<string>>();
      const worker = yield* pool.spawn(function* () {
        inner.set(pool.applyAsync(() => "after the worker"));
        yield* sleep(5);
        return "worker";
      });
      assertEquals(yield* worker, "worker");
      assertEquals(yield* yield* inner.get(), "after the worker");
    }));

  test("its failure is kept for whoever asks, and its greenlet can be killed while it waits for a slot", async () => {
    const { value, reports } = await virtualReporting(function* () {
      const pool = new Pool(1);
      const bad = pool.applyAsync(() => {
        throw new Error("bad");
      });
      const error = yield* caught(bad);
      yield* pool.spawn(() => sleep(10));
      let ran = false;
      const waiting = pool.applyAsync(() => {
        ran = true;
      });
      yield* settle();
      yield* waiting.kill();
      yield* pool.join();
      yield* settle();
      assertEquals([ran, pool.freeCount], [false, 1]);
      assertInstanceOf(waiting.value, GreenletExit);
      return error as Error;
    });
    assertStringIncludes(value.message, "bad");
    assertEquals(reports, []);
  });
});
