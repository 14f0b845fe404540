import { GreenletExit, TimeoutError } from "../../src/mod.ts";
import { capabilities } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, failing, letGo, withPool, words } from "./pool_kit.ts";

describe("killing jobs", () => {
  test("S-80: one that waits in the queue never starts, also in a batch that was sent", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const at = words(), count = words();
      yield* work.increment(count);
      const hold = pool.submit(work.hold, at);
      const jobs = Array.from({ length: 5 }, () => pool.submit(work.increment, count));
      yield eventually(() => at[1] === 1);
      const done = jobs[2].kill();
      assertEquals([jobs[2].dead, jobs[2].started], [true, false], "at the call");
      assertEquals(yield* done, true);
      assertEquals([jobs[2].successful, jobs[2].exception], [true, undefined]);
      assertInstanceOf(jobs[2].value, GreenletExit);
      assertEquals(yield* jobs[2].kill(), true, "S-10");
      letGo(at);
      yield* hold;
      yield* pool.join();
      assertEquals(count[0], 5);
    }));

  test("quick jobs of one batch: what was killed before it began never runs", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const count = words();
      for (let i = 0; i < 50; i++) await work.increment(count);
      for (let round = 0; round < 20; round++) {
        count[0] = 0;
        const jobs = Array.from({ length: 100 }, () => pool.submit(work.increment, count));
        await Promise.resolve();
        for (const job of jobs.filter((_, i) => i % 3 === 0)) void job.kill();
        await pool.join();
        const ran = jobs.filter((job) => typeof job.value === "number").length;
        const begun = jobs.filter((job) => job.started).length;
        assert(jobs.every((job) => job.dead));
        assertEquals([count[0], begun >= ran], [begun, true], "each ran once, or never began");
      }
      assertEquals(pool.stats().died, 0);
    }));

  test("S-4: with a reason it has failed with it; one that is no Error is wrapped", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const reason = new RangeError("enough");
      const job = pool.submit(work.wait, 10_000);
      yield* job.kill(reason);
      assertEquals([job.successful, job.exception], [false, reason]);
      assertStrictEquals(yield* failing(job), reason);
      const wrapped = pool.submit(work.wait, 10_000);
      yield* wrapped.kill("stop");
      assertEquals((wrapped.exception as Error).cause, "stop");
      assertEquals(job.signal.aborted, true);
    }));

  test("one that asks whether it is cancelled ends by itself, in its own thread", () =>
    withPool({ size: 1 }, function* (work, pool) {
      for (const kind of ["listens", "listensToSignal", "killable"] as const) {
        const at = words();
        const job = pool.submit(work[kind] as typeof work.listens, at);
        yield eventually(() => at[1] === 1);
        assertEquals(yield* job.kill(), true);
        assertInstanceOf(job.value, GreenletExit);
        if (kind !== "listensToSignal") assertEquals(at[2], 1, kind);
      }
      assertEquals([pool.stats().died, pool.stats().started], [0, 1]);
    }));

  test("one that does not is ended with its thread after the grace, and the thread is replaced", () =>
    withPool({ size: 1 }, function* (work, pool) {
      for (const kind of ["endless", "ignores"] as const) {
        const at = words();
        const job = pool.submit(work[kind], at);
        const behind = pool.submit(work.add, 1, 2);
        yield eventually(() => at[1] === 1);
        assertEquals(yield* job.kill(undefined, { grace: 150, timeout: 20 }), false, "not yet");
        assertEquals(yield* job.join(), true);
        assertInstanceOf(job.value, GreenletExit);
        assertEquals(yield* behind, 3, "the others see nothing");
      }
      const { died, zombies } = pool.stats();
      assertEquals(died, 2);
      assertEquals(zombies, capabilities.hardKill ? 0 : 2);
    }));

  test("a deaf one is ended soon, whatever the grace", () =>
    withPool({ size: 1, grace: 60_000 }, function* (work, pool) {
      const at = words();
      const job = pool.submit(work.endless, at);
      yield eventually(() => at[1] === 1);
      assertEquals(yield* job.kill(undefined, { timeout: 5_000 }), true);
    }));

  test("where a thread cannot be ended it is counted until it comes to itself", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const at = words();
      const job = pool.submit(work.hold, at);
      yield eventually(() => at[1] === 1);
      yield* job.kill(undefined, { grace: 0 });
      assertEquals(yield* work.add(1, 1), 2);
      assertEquals(pool.stats().zombies, capabilities.hardKill ? 0 : 1);
      letGo(at);
      yield eventually(() => pool.stats().zombies === 0);
    }));

  test("a timeout counts from the start of the job, not from the call", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const at = words();
      const hold = pool.submit(work.hold, at);
      const limited = pool.submit({ timeout: 100 }, work.wait, 1);
      const late = pool.submit({ timeout: 50, grace: 10 }, work.wait, 60_000);
      yield new Promise((resolve) => setTimeout(resolve, 150));
      letGo(at);
      yield* hold;
      assertEquals(yield* limited, 1);
      const error = yield* failing(late);
      assertInstanceOf(error, TimeoutError);
      assert(String(error).includes("50 ms of its start"));
      assertEquals(yield* work.add(1, 1), 2);
    }));

  test("a timeout does not count the loading of the module, in which a job can be killed", () =>
    withPool({ size: 1, grace: 20 }, async (work, pool) => {
      const slow = pool.module<typeof import("./slow_work.ts")>(new URL("./slow_work.ts", import.meta.url));
      assertEquals(await pool.submit({ timeout: 100 }, slow.f), "loaded");
      const hanging = pool.module<typeof import("./hanging_work.ts")>(
        new URL("./hanging_work.ts", import.meta.url),
      );
      const job = pool.submit({ timeout: 100 }, hanging.f);
      await eventually(() => job.started);
      await job.kill();
      assertEquals(await work.add(1, 1), 2);
    }));

  test("a generator that nobody reads any more is killed", () =>
    withPool({ size: 1 }, async (work) => {
      const at = words();
      for await (const n of work.noted(at)) if (n === 200) break;
      await eventually(() => at[1] === 1, "its finally ran");
      assert(at[0] < 400, "it was not far ahead");
      assertEquals(await work.add(1, 1), 2);
    }));

  test("random kills: each job ends once, and the pool is whole", () =>
    withPool({ size: 2, grace: 10 }, async (work, pool) => {
      let state = 12345;
      const random = (n: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % n;
      const jobs: { dead: boolean; kill(): unknown }[] = [];
      let ends = 0;
      for (let i = 0; i < 150; i++) {
        const job = random(3) === 0 ? pool.submit(work.wait, random(5)) : pool.submit(work.add, i, 1);
        job.link(() => ends++);
        jobs.push(job);
        if (random(4) === 0) void jobs[random(jobs.length)].kill();
        if (random(10) === 0) await new Promise((resolve) => setTimeout(resolve, random(3)));
      }
      await pool.join();
      await eventually(() => ends === 150);
      assert(jobs.every((job) => job.dead));
      assertEquals(await Promise.all([work.add(1, 1), work.add(2, 2)]), [2, 4]);
      const { completed, killed, failed } = pool.stats();
      assertEquals([completed + killed, failed], [152, 0]);
    }));
});

testNoneBurns();
