import { GreenletExit, run } from "../../src/mod.ts";
import { ThreadPool, WorkerDiedError } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertStrictEquals } from "../assert.ts";
import { describe, runtime, test, testOn } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, failure, letGo, withPool, words, type Work, workUrl } from "./pool_kit.ts";

/** Ways to die, and what the reason says. */
const deaths: [
  string,
  (work: Parameters<Parameters<typeof withPool>[1]>[0]) => PromiseLike<unknown>,
  RegExp,
][] = [
  ["process.exit", (work) => work.exit(7), /exit code 7/],
  ["process.exit(0)", (work) => work.exit(0), /exit code 0/],
  ["an uncaught error", (work) => work.throwUncaught("boom"), /nobody caught: .*boom/],
  ["an unhandled rejection", (work) => work.rejectUnhandled("boom"), /nobody caught: .*boom/],
];

describe("threads that die", () => {
  for (const [how, die, says] of deaths) {
    test(`S-81: ${how}: what ran fails with the reason at once, what waited goes on in a new thread`, () =>
      withPool({ size: 1 }, async (work, pool) => {
        const dying = failure(die(work));
        const behind = [work.add(1, 1), work.add(2, 2)];
        const error = await dying;
        assertInstanceOf(error, WorkerDiedError);
        assertMatch(error.message, says);
        assertEquals(await Promise.all(behind), [2, 4]);
        assertEquals([pool.stats().died, pool.stats().threads], [1, 1]);
      }));
  }

  testOn(
    ["node", "deno"], // Bun does not keep to the limit
    "out of memory: the thread dies, the program lives",
    () =>
      withPool({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } }, async (work) => {
        const error = await failure(work.eatMemory());
        assertMatch(error.message, /ran out of memory/);
        assertEquals(await work.add(1, 1), 2);
      }),
    { timeout: 30_000 },
  );

  test("an endless loop is noticed where the pool has a hangTimeout", () =>
    withPool({ size: 1, hangTimeout: 200 }, async (work, pool) => {
      const at = words();
      const error = await failure(work.endless(at));
      assertInstanceOf(error, WorkerDiedError);
      assertMatch(error.message, /hangs/);
      assertEquals(await work.wait(400), 400, "one that waits does not hang");
      assertEquals(pool.stats().died, 1);
    }));

  test("a stream ends with the reason, after the values that had come", () =>
    withPool({ size: 1 }, async (work) => {
      const seen: unknown[] = [];
      const error = await failure((async () => {
        for await (const n of work.countAndExit(3)) seen.push(n);
      })());
      assertEquals(seen, [0, 1, 2]);
      assertMatch(String(error), /exit code 6/);
      assertInstanceOf(await failure(work.countAndExit(200)), WorkerDiedError);
    }));

  test("terminate ends whatever is waited for", () =>
    withPool({ size: 2 }, async (work, pool) => {
      const stream = work.count(1_000_000);
      const iterator = stream[Symbol.asyncIterator]();
      assertEquals((await iterator.next()).value, 0);
      const at = words();
      const holds = pool.submit(work.holdAsync, at);
      const mapped = failure(pool.map(work.holdAsync, [at, at, at]));
      await eventually(() => at[1] >= 1);
      await pool.terminate();
      assertInstanceOf((await mapped).cause, GreenletExit);
      assert(holds.dead && stream.dead);
      for (let step = await iterator.next(); step.done !== true;) step = await iterator.next();
    }));

  test("what asks whether it is cancelled ends by itself when its pool is terminated", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const at = words();
      const job = pool.submit(work.listens, at);
      await eventually(() => at[1] === 1);
      await pool.terminate();
      assert(job.dead);
      await eventually(() => pool.stats().zombies === 0);
    }));

  test("a module that never ends loading: its job can be killed, and the others go on", () =>
    withPool({ size: 1, grace: 50 }, async (work, pool) => {
      const hanging = pool.module<typeof import("./hanging_work.ts")>(
        new URL("./hanging_work.ts", import.meta.url),
      );
      const job = pool.submit(hanging.f), behind = pool.submit(work.add, 1, 1);
      await eventually(() => job.started);
      await job.kill();
      assertEquals(await behind, 2);
    }));

  test("a map whose item ends the thread fails with the reason", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const error = await failure(
        pool.starmap(work.exitAt, [[1, 3], [2, 3], [3, 3], [4, 3]] as [number, number][]),
      );
      assertInstanceOf(error, WorkerDiedError);
      assertEquals(await pool.map(work.square, [1, 2, 3]), [1, 4, 9]);
    }));

  test("quick jobs that had ended before their thread did keep their results", () =>
    withPool({ size: 1 }, async (work, pool) => {
      for (let i = 0; i < 50; i++) await work.exitAt(1, 2);
      const jobs = Array.from({ length: 20 }, (_, i) => pool.submit(work.exitAt, i, 10).own());
      await pool.join();
      assertEquals(jobs.slice(0, 10).map((job) => job.value), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assertInstanceOf(jobs[10].exception, WorkerDiedError);
      assertEquals(jobs.slice(11).map((job) => job.value), [11, 12, 13, 14, 15, 16, 17, 18, 19]);
    }));

  test("while one thread dies the others see nothing", () =>
    withPool({ size: 2 }, async (work) => {
      const at = words();
      const hold = work.hold(at);
      await eventually(() => at[1] === 1);
      assertInstanceOf(await failure(work.exit(1)), WorkerDiedError);
      assertEquals(await work.add(1, 1), 2);
      letGo(at);
      assertEquals(await hold, "let go");
    }));

  test("all who wait for a job get the same error", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const job = pool.submit(work.exit, 2);
      const [a, b] = await Promise.all([failure(job), failure(run(() => job.get()))]);
      assertStrictEquals(a, b);
    }));

  test(
    "random deaths: each job ends once and the pool is whole",
    () =>
      withPool({ size: 2 }, async (work, pool) => {
        let state = 777;
        const random = (n: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % n;
        let ends = 0;
        for (let i = 0; i < 60; i++) {
          const kind = random(12);
          const job = kind === 0
            ? pool.submit(work.exit, 1)
            : kind === 1
            ? pool.submit(work.throwUncaught, "x")
            : kind < 5
            ? pool.submit(work.wait, random(4))
            : pool.submit(work.add, i, i);
          job.link(() => ends++);
          if (random(8) === 0) void job.kill(undefined, { grace: 5 });
          if (random(6) === 0) await new Promise((resolve) => setTimeout(resolve, random(5)));
        }
        await pool.join();
        await eventually(() => ends === 60);
        assertEquals(await Promise.all([work.add(1, 1), work.add(2, 2)]), [2, 4]);
      }),
    { timeout: 30_000 },
  );

  test("a thread that cannot start fails what waits for it", async () => {
    const pool = new ThreadPool({
      size: 1,
      initializer: { url: new URL("./no_such.ts", workUrl), name: "f" },
    });
    const error = await failure(pool.module<Work>(workUrl).add(1, 1));
    assertMatch(String(error), /no_such/);
    await pool.close();
    assert(runtime.length > 0);
  });
});

testNoneBurns();
