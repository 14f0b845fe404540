import fc from "fast-check";
import process from "node:process";
import { type Job, ThreadPool } from "../../src/threads/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, words, type Work, workUrl } from "./pool_kit.ts";

const kinds = ["add", "wait", "fail", "greenlet", "exit", "throwUncaught", "count", "listens"] as const;

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      kind: fc.constantFrom(...kinds, "add" as const, "add" as const, "wait" as const),
      n: fc.integer({ min: 1, max: 5 }),
      priority: fc.integer({ min: -1, max: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("kill" as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("pause" as const), ms: fc.integer({ min: 0, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("resize" as const), size: fc.integer({ min: 1, max: 3 }) }),
  },
);

const plan = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  maxTasksPerWorker: fc.constantFrom(undefined, 1, 3),
  queueLimit: fc.constantFrom(undefined, 2),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  end: fc.constantFrom("close", "terminate"),
});

function start(
  pool: ThreadPool,
  kind: typeof kinds[number],
  n: number,
  priority: number,
): Job<unknown, unknown> {
  const work = pool.module<Work>(workUrl);
  const options = { priority };
  switch (kind) {
    case "add":
      return pool.applyAsync(options, work.add, n, n);
    case "wait":
      return pool.applyAsync(options, work.wait, n);
    case "fail":
      return pool.applyAsync(options, work.fail, "x");
    case "greenlet":
      return pool.applyAsync(options, work.greenlet, n);
    case "exit":
      return pool.applyAsync(options, work.exit, n);
    case "throwUncaught":
      return pool.applyAsync(options, work.throwUncaught, "y");
    case "count":
      return pool.applyAsync(options, work.count, 100 * n);
    case "listens":
      return pool.applyAsync({ ...options, timeout: 20 }, work.listens, words());
  }
}

describe("pools, at random", () => {
  test("any mix of submit, kill, death, resize and the end settles each job once", async () => {
    const given = process.env.TENDRIL_SEED;
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, end, ...options }) => {
        const pool = new ThreadPool({ grace: 30, ...options });
        const jobs: Job<unknown, unknown>[] = [], ends: number[] = [];
        for (const each of steps) {
          if (each.do === "submit") {
            const job = start(pool, each.kind, each.n, each.priority), at = jobs.length;
            ends.push(0);
            job.link(() => ends[at]++);
            void job.join(); // nobody reads the values of a generator
            jobs.push(job);
          } else if (each.do === "kill" && jobs.length > 0) void jobs[each.which % jobs.length].kill();
          else if (each.do === "pause") await new Promise((resolve) => setTimeout(resolve, each.ms));
          else if (each.do === "resize") pool.resize(each.size);
        }
        if (end === "terminate") await pool.terminate();
        else await pool.close();
        await eventually(() => ends.every((n) => n > 0), "all have ended");
        assertEquals(ends, jobs.map(() => 1), "each once");
        assert(jobs.every((job) => job.dead && job.waits.size === 0));
        const { threads, queued, running, completed, failed, killed } = pool.stats();
        assertEquals([threads, queued, running, completed + failed + killed], [0, 0, 0, jobs.length]);
        for (const job of jobs) {
          if (job.target.name === "add" && job.successful && typeof job.value === "number") {
            assert(job.value % 2 === 0);
          }
        }
      }),
      { numRuns: 15, ...(given === undefined ? {} : { seed: Number(given) }) },
    );
  }, { timeout: 120_000 });
});

testNoneBurns();
