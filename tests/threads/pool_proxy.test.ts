import { QueueFull } from "../../src/mod.ts";
import { proxy, WorkerDiedError } from "../../src/threads/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { failure, withPool } from "./pool_kit.ts";

describe("proxies", () => {
  test("a callback stays on its side and is called from the thread", () =>
    withPool({ size: 2 }, function* (work, pool) {
      const seen: number[] = [];
      const report = () => proxy((n: number) => (seen.push(n), n * 2));
      const [answers, single] = [work.tell(report(), 3), work.add(1, 1)];
      assertEquals([yield* answers, yield* single, seen], [[0, 2, 4], 2, [0, 1, 2]]);
      assertEquals(yield* work.tellInside({ list: [{ report: report() }] }), 14);
      const jobs = Array.from({ length: 10 }, () => pool.submit(work.tell, report(), 1));
      for (const job of jobs) assertEquals(yield* job, [0]);
      assertThrows(() => proxy(5 as never), TypeError, "proxy needs");
    }));

  test("an object of the thread's stays there; its calls fail with the reason when the thread dies", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const counter = await work.counter(10);
      assertEquals([await counter.add(5), await counter.add(1)], [15, 16]);
      const error = await failure(Promise.resolve().then(() => counter.fail())) as Error & { code: number };
      assertInstanceOf(error, QueueFull);
      assertEquals([error.message, error.code], ["from the other side", 5]);
      assertInstanceOf(error.cause, TypeError);
      const pending = failure(counter.hang());
      const exit = failure(Promise.resolve().then(() => counter.exit()));
      assertInstanceOf(await pending, WorkerDiedError);
      assertInstanceOf(await exit, WorkerDiedError);
      assertInstanceOf(await failure(Promise.resolve().then(() => counter.add(1))), WorkerDiedError);
      assertEquals(await work.add(1, 1), 2);
      const second = await work.counter(0);
      const late = failure(second.hang());
      await pool.terminate();
      await late;
    }));

  test("what a callback throws arrives with class, own properties and cause", () =>
    withPool({ size: 1 }, async (work) => {
      const report = (thrown: unknown) =>
        proxy(() => {
          throw thrown;
        });
      const error = Object.assign(new QueueFull("no room", { cause: new TypeError("why") }), { code: 7 });
      const [isFull, code, hasCause] = await work.catchFrom(report(error)) as unknown[];
      assertEquals([isFull, code, hasCause], [true, 7, true]);
      assertEquals((await work.catchFrom(report("a word")) as unknown[])[3], "a word");
    }));

  test("a killed job's callback is let go", () =>
    withPool({ size: 1, grace: 50 }, function* (work, pool) {
      const job = pool.submit(work.tell, proxy(() => new Promise(() => {})), 1);
      yield* job.join({ timeout: 50 });
      yield* job.kill();
      assertEquals(yield* work.add(1, 1), 2);
    }));
});

testNoneBurns();
