import { BrokenLockError, joinAll, run } from "../../src/mod.ts";
import { SharedEvent, SharedLock, SharedQueue } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { noneBurns, testNoneBurns } from "./burning.ts";
import { failing, failure, letGo, withPool, words } from "./pool_kit.ts";

describe("what runs in a pool's threads", () => {
  test("greenlets of its own", () =>
    withPool({ size: 2 }, async (work) => {
      assertEquals(await Promise.all([work.crowd(10), work.crowd(100)]), [45, 4950]);
    }));

  test("pools of its own, to any end", () =>
    withPool({ size: 2 }, function* (work) {
      assertEquals(yield* work.nested(5), [0, 1, 4, 9, 16]);
      assertEquals(yield* work.nestedApply(7), 49);
      assertMatch(yield* work.nestedDies(), /exit code 3/);
    }), { timeout: 30_000 });

  for (const job of ["exitWhenLetGo", "listens"] as const) {
    test(
      `when the thread that made them has gone they compute no more: ${job}`,
      () =>
        withPool({ size: 1 }, async (work) => {
          const at = words();
          assertMatch((await failure(work.nestedOutlives(at, job))).message, /exit code 0/);
          letGo(at);
          await noneBurns();
        }),
      { timeout: 30_000 },
    );
  }

  test("shared primitives stand among arguments and results as they are", () =>
    withPool({ size: 2 }, function* (work, pool) {
      const lock = new SharedLock(), queue = new SharedQueue<number>();
      const jobs = [1, 2].map(() => pool.submit(work.withShared, { lock, queue }, 10));
      yield* joinAll(jobs, { raiseError: true });
      assertEquals(queue.qsize, 20);
      const event = yield* jobs[0];
      assertInstanceOf(event, SharedEvent);
      assert(event.isSet);
    }));

  test("S-54: a thread that dies with a lock breaks it, and those who wait hear of it", () =>
    withPool({ size: 1 }, function* (work) {
      const lock = new SharedLock();
      yield* failing(work.dieHolding(lock));
      assertInstanceOf(
        yield* failing(Promise.resolve().then(() => run(() => lock.acquire()))),
        BrokenLockError,
      );
    }));
});

testNoneBurns();
