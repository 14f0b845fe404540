import {
  asCompleted,
  collect,
  forEach,
  GreenletExit,
  iwait,
  joinAll,
  killAll,
  race,
  run,
  spawn,
  TimeoutError,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { cpuCount, ThreadPool, transfer } from "../../src/threads/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, failing, failure, letGo, withPool, words, type Work, workUrl } from "./pool_kit.ts";

describe("ThreadPool", () => {
  test("calls give their results to greenlets and to async functions", () =>
    withPool({ size: 2 }, function* (work) {
      assertEquals(yield* work.add(1, 2), 3);
      assertEquals(yield* work.wait(1), 1);
      assertEquals(yield* work.greenlet(1), "awake");
      const rows = {
        a: [1, { b: new Map([[1, new Set(["x"])]]) }],
        date: new Date(5),
        bytes: new Uint8Array([1]),
      };
      assertEquals(yield* work.echo(rows), rows);
      const both = yield* until((async () => [await work.square(3), await work.wait(1)])());
      assertEquals(both, [9, 1]);
    }));

  test("S-79: an error comes with class, message, own properties, cause and both stacks", () =>
    withPool({ size: 1 }, async (work) => {
      const error = await failure(work.fail("too far")) as RangeError & { code: string };
      assertInstanceOf(error, RangeError);
      assertEquals([error.message, error.code], ["too far", "E_FAIL"]);
      assertInstanceOf(error.cause, TypeError);
      assertMatch(error.stack as string, /work\.ts[^]*called in another thread, by[^]*pool\.test\.ts/);
      assertEquals((error.stack as string).includes("callee.ts"), false);
      assertInstanceOf(await failure(work.failLater("later")), RangeError);
    }));

  test("submit gives a handle with the face of a greenlet", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const at = words();
      const job = pool.submit(work.hold, at);
      assertEquals([job.started, job.ready, job.state, job.successful, job.daemon], [
        false,
        false,
        "created",
        false,
        false,
      ]);
      yield eventually(() => at[1] === 1);
      assertEquals([job.started, job.dead, job.state, job.value], [true, false, "running", undefined]);
      assertEquals(yield* job.join({ timeout: 1 }), false);
      assertInstanceOf(yield* failing(Promise.resolve(run(() => job.get({ timeout: 1 })))), TimeoutError);
      letGo(at);
      assertEquals([yield* job, yield* job.get(), yield* job.join()], ["let go", "let go", true]);
      assertEquals([job.ready, job.successful, job.value, job.exception, job.state], [
        true,
        true,
        "let go",
        undefined,
        "closed",
      ]);
      assertMatch(job.name, /^hold-\d+$/);
      const named = pool.submit({ name: "mine" }, work.fail, "x");
      assertEquals(named.name, "mine");
      yield* named.join();
      assertInstanceOf(named.exception, RangeError);
      assertStrictEquals(yield* failing(named), named.exception, "S-6");
      assertEquals([named.successful, named.value], [false, undefined]);
    }));

  test("S-36: links run in order, each once, also when added after the end", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const log: string[] = [];
      const job = pool.submit(work.add, 1, 2);
      job.link((j) => log.push(`any ${j.value}`));
      job.linkValue(() => log.push("value"));
      job.linkException(() => log.push("exception"));
      const never = () => log.push("never");
      job.link(never);
      job.unlink(never);
      yield* job;
      job.link(() => log.push("late"));
      yield Promise.resolve();
      yield eventually(() => log.length === 3);
      assertEquals(log, ["any 3", "value", "late"]);
    }));

  test("what waits for greenlets waits for jobs", () =>
    withPool({ size: 2 }, function* (work, pool) {
      const at = words();
      const slow = pool.submit(work.hold, at), quick = pool.submit(work.add, 1, 1);
      assertEquals(yield* wait([slow, quick], { count: 1 }), [quick]);
      assertEquals(yield* joinAll([slow, quick], { timeout: 5 }), [quick]);
      const first: unknown[] = [];
      yield* forEach(iwait([slow, quick], { timeout: 5 }), (job) => void first.push(job));
      assertEquals(first, [quick]);
      letGo(at);
      assertEquals(yield* joinAll([slow, quick]), [quick, slow]);
      assertEquals(yield* race([work.wait(1_000), work.add(2, 2)]), 4);
      assertEquals((yield* collect(asCompleted([work.wait(30), work.add(2, 2)]))).toSorted(), [30, 4]);
      assertEquals(yield* killAll([pool.submit(work.wait, 5_000), pool.submit(work.wait, 5_000)]), []);
    }));

  test("S-25: killing a joiner leaves the job; killing whoever awaits his own call kills it", () =>
    withPool({ size: 1, grace: 50 }, function* (work, pool) {
      const at = words(), own = words();
      const job = pool.submit(work.hold, at);
      const joiner = spawn(() => job.join());
      const getter = spawn(() => job.get());
      yield eventually(() => at[1] === 1);
      yield* joiner.kill();
      yield* getter.kill();
      assertEquals(job.dead, false);
      letGo(at);
      yield* job;
      assertInstanceOf(
        yield* failing(run(() => withTimeout(20, work.listens(own)))),
        TimeoutError,
      );
      yield eventually(() => own[2] === 1, "the call was told to end");
      assertEquals(yield* work.add(1, 1), 2);
    }));

  test("bad input is an error at the call, or of that job", () =>
    withPool({ size: 1 }, async (work, pool) => {
      for (const size of [0, -1, 1.5, NaN, Infinity]) {
        assertThrows(() => new ThreadPool({ size }), RangeError);
      }
      assertThrows(() => new ThreadPool({ size: "4" as never }), TypeError);
      assertThrows(() => new ThreadPool({ minSize: 3, size: 2 }), RangeError, "minSize");
      assertThrows(() => new ThreadPool({ idleTimeout: NaN }), RangeError);
      assertThrows(() => new ThreadPool({ initializer: (() => {}) as never }), TypeError, "cannot be sent");
      assertThrows(() => pool.module("./work.ts"), TypeError, "new URL");
      assertThrows(() => pool.submit((() => 1) as never), TypeError, "pool.module(url)");
      assertThrows(() => pool.map(((n: number) => n) as never, [1]), TypeError, "pool.module(url)");
      assertThrows(() => pool.map(work.square, 5 as never), TypeError, "iterable");
      assertThrows(() => pool.map(work.square, [1], { chunkSize: 0 }), RangeError, "chunkSize");
      const good = work.add(1, 1);
      const bad = [
        failure((work as unknown as { nope(): Promise<void> }).nope()),
        failure((work as unknown as { notAFunction(): Promise<void> }).notAFunction()),
        failure(pool.module<Work>(new URL("./no_such_file.ts", workUrl)).add(1, 1)),
        failure(pool.module<Work>(new URL("./broken_work.ts", workUrl)).add(1, 1)),
        failure(work.echo({ rows: [{ onDone: () => 1 }] })),
        failure(work.badResult()),
      ];
      const messages = (await Promise.all(bad)).map(String);
      assertStringIncludes(messages[0], 'exports no function "nope"');
      assertStringIncludes(messages[1], 'exports no function "notAFunction"');
      assertMatch(messages[2], /could not load .*no_such_file\.ts/);
      assertMatch(messages[3], /could not load .*broken_work\.ts.*thrown at top level/);
      assertStringIncludes(messages[4], "argument 1: .rows[0].onDone is a function");
      assertStringIncludes(messages[5], "the result: .rows[1].onDone is a function");
      assertEquals(await good, 2);
      assertEquals(await work.add(2, 2), 4);
      assertEquals(pool.stats().started, 1, "none of it cost a thread");
      await pool.close();
      assertThrows(() => pool.submit(work.add, 1, 1), Error, "closed");
      assertThrows(() => work.add(1, 1), Error, "closed");
      assertThrows(() => pool.map(work.square, []), Error, "closed");
    }));

  test("it has as many threads as its size, started when there is work", () =>
    withPool({ size: 3 }, async (work, pool) => {
      assertEquals([pool.size, pool.stats().threads], [3, 0]);
      const at = words();
      await work.add(1, 1);
      assertEquals(pool.stats().threads, 1);
      const jobs = Array.from({ length: 5 }, () => pool.submit(work.hold, at));
      await eventually(() => at[1] === 3);
      assertEquals([pool.stats().threads, pool.stats().busy], [3, 3]);
      letGo(at);
      await Promise.all(jobs);
      assertEquals(at[1], 5);
      assertEquals(new ThreadPool().size, cpuCount());
    }));

  test("minSize threads are there at once, idle ones above it end after idleTimeout", () =>
    withPool({ size: 3, minSize: 1, idleTimeout: 30 }, async (work, pool) => {
      assertEquals(pool.stats().threads, 1);
      const at = words();
      const held = [work.holdAsync(at), work.holdAsync(at), work.holdAsync(at)];
      await eventually(() => at[1] === 3);
      assertEquals(pool.stats().threads, 3);
      letGo(at);
      await Promise.all(held);
      await eventually(() => pool.stats().threads === 1);
      assertEquals(await work.add(1, 1), 2);
      assertEquals(pool.stats().died, 0);
    }));

  test("S-82: a pool that shrinks lets what runs end; one that grows starts more", () =>
    withPool({ size: 3 }, async (work, pool) => {
      const at = words();
      const jobs = Array.from({ length: 5 }, () => pool.submit(work.hold, at));
      await eventually(() => at[1] === 3);
      pool.resize(1);
      assertEquals([pool.size, pool.stats().threads], [1, 3]);
      letGo(at);
      await Promise.all(jobs);
      await eventually(() => pool.stats().threads === 1);
      pool.resize(2);
      const second = words();
      const more = [pool.submit(work.hold, second), pool.submit(work.hold, second)];
      await eventually(() => second[1] === 2);
      letGo(second);
      await Promise.all(more);
      assertThrows(() => pool.resize(0), RangeError);
      assertEquals(pool.stats().died, 0);
    }));

  test("maxTasksPerWorker: a thread is replaced after so many", () =>
    withPool({ size: 1, maxTasksPerWorker: 3 }, async (work, pool) => {
      const seen = [];
      for (let i = 0; i < 7; i++) seen.push(await work.callsHere());
      assertEquals(seen, [1, 2, 3, 1, 2, 3, 1]);
      const all = await Promise.all(Array.from({ length: 20 }, () => work.callsHere()));
      assert(all.every((n) => n <= 3), String(all));
      assertEquals(pool.stats().died, 0);
    }));

  test("the initializer runs first in each thread; where it fails the pool is broken", async () => {
    await withPool({ size: 2, initializer: { url: workUrl, name: "setUp", args: [5] } }, async (work) => {
      assertEquals(await Promise.all([work.wasSetUp(), work.wasSetUp()]), [5, 5]);
    });
    const other = new ThreadPool().module<Work>(workUrl);
    await withPool({ size: 1, initializer: other.setUp as never, initargs: [3] }, async (work) => {
      assertEquals(await work.wasSetUp(), 3);
    });
    await withPool({ size: 1, initializer: { url: workUrl, name: "failToSetUp" } }, async (work, pool) => {
      const [a, b] = await Promise.all([failure(work.add(1, 1)), failure(work.add(1, 1))]);
      assertEquals([a.message, b.message], ["no set-up", "no set-up"]);
      assertThrows(() => pool.submit(work.add, 1, 1), Error, "broken");
    });
    await withPool({ size: 1, initializer: { url: workUrl, name: "nope" } }, async (work) => {
      assertStringIncludes(String(await failure(work.add(1, 1))), 'exports no function "nope"');
    });
  });

  test("priorities go first, and first in first out among equals", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const at = words();
      const hold = pool.submit(work.hold, at);
      const log: string[] = [];
      const submit = (name: string, priority: number) =>
        pool.submit({ name, priority }, work.burn, 3).link((job) => log.push(job.name));
      submit("a", 0);
      submit("b", 5);
      submit("c", -1);
      submit("d", 5);
      submit("e", 0);
      letGo(at);
      await hold;
      await pool.join();
      assertEquals(log, ["b", "d", "a", "e", "c"]);
    }));

  test("queueLimit: submit throws PoolFull, everything else waits for room", () =>
    withPool({ size: 1, queueLimit: 1 }, function* (work, pool) {
      const at = words();
      pool.submit(work.hold, at);
      const second = pool.submit(work.add, 1, 1);
      assert(pool.full);
      assertThrows(() => pool.submit(work.add, 2, 2), Error, "queueLimit");
      const held = pool.applyAsync(work.add, 3, 3);
      const called = work.add(4, 4);
      const applied = spawn(() => pool.apply(work.add, 5, 5));
      assertInstanceOf(yield* failing(run(() => pool.spawn({ timeout: 1 }, work.add, 6, 6))), Error);
      const spawned = spawn(function* () {
        return yield* yield* pool.spawn(work.add, 7, 7);
      });
      assertEquals(yield* pool.waitAvailable({ timeout: 1 }), false);
      const dropped = pool.applyAsync(work.add, 8, 8);
      yield* dropped.kill();
      assertEquals([second.ready, held.ready, dropped.value instanceof GreenletExit], [false, false, true]);
      letGo(at);
      assertEquals([yield* second, yield* held, yield* called, yield* applied, yield* spawned], [
        2,
        6,
        8,
        10,
        14,
      ]);
      assertEquals(yield* pool.waitAvailable(), true);
      assertEquals(pool.full, false);
    }));

  test("S-82: close lets all end, join waits for it, terminate kills", async () => {
    const pool = new ThreadPool({ size: 2 });
    const work = pool.module<Work>(workUrl);
    const jobs = [5, 5, 5].map((ms) => pool.submit(work.wait, ms));
    assertEquals(await pool.join({ timeout: 1 }), false);
    assertEquals(await pool.join(), true);
    assert(jobs.every((job) => job.successful));
    const more = pool.submit(work.wait, 5);
    await pool.close();
    assert(more.successful);
    assertEquals(pool.stats().threads, 0);
    const second = new ThreadPool({ size: 1 });
    const at = words();
    const job = second.submit(second.module<Work>(workUrl).holdAsync, at);
    const queued = second.submit(second.module<Work>(workUrl).add, 1, 1);
    await eventually(() => at[1] === 1);
    await second.terminate();
    assertEquals([job.dead, queued.dead, queued.started], [true, true, false]);
    assertInstanceOf(job.value, GreenletExit);
    const third = new ThreadPool({ size: 1 });
    {
      await using pool = third;
      void pool.module<Work>(workUrl).wait(3);
    }
    assertEquals(third.stats().completed, 1);
    await new ThreadPool({ size: 1 }).terminate();
    await new ThreadPool({ size: 1 }).close();
  });

  test("a job that turns out long loses those behind it to a thread that is idle", () =>
    withPool({ size: 2 }, async (work) => {
      await Promise.all([work.burn(2), work.burn(2)]);
      for (let i = 0; i < 200; i++) await work.burn(0); // known as quick
      const at = performance.now();
      const slow = work.burn(1_500);
      const rest = Array.from({ length: 20 }, () => work.burn(0));
      await Promise.all(rest);
      assert(performance.now() - at < 1_400, "they did not wait for it");
      await slow;
    }));

  test("what is transferred is moved, both ways; shared memory stays shared", () =>
    withPool({ size: 1 }, async (work) => {
      const bytes = new Uint8Array(1_000);
      assertEquals(await work.length(transfer(bytes, [bytes.buffer])), 1_000);
      assertEquals(bytes.length, 0);
      assertEquals((await work.buffer(10)).length, 10);
      const shared = words();
      await Promise.all([work.increment(shared), work.increment(shared)]);
      assertEquals(shared[0], 2);
    }));

  test("a failure that nobody asks for is reported, once", async () => {
    const errors: unknown[] = [];
    await withPool({ size: 1 }, async (work, pool) => {
      await run(function* () {
        const job = pool.submit(work.fail, "unasked");
        yield* job.join();
        const asked = pool.submit(work.fail, "asked");
        yield* failing(asked);
      }, { onError: (error) => errors.push(error) });
    });
    assertEquals(errors.map((error) => (error as Error).message), ["unasked"]);
  });

  test("stats", () =>
    withPool({ size: 2 }, async (work, pool) => {
      await Promise.all([work.add(1, 1), failure(work.fail("x")), pool.map(work.square, [1, 2, 3])]);
      const job = pool.submit(work.wait, 10_000);
      await job.kill(undefined, { grace: 0 });
      const { completed, failed, killed, queued, running, waitMs, runMs, zombies } = pool.stats();
      assertEquals([completed, failed, killed, queued, running], [4, 1, 1, 0, 0]);
      assert(zombies <= 1);
      assert(waitMs.count >= 3 && waitMs.p50 <= waitMs.p99 && waitMs.max >= waitMs.p99);
      assert(runMs.count >= 3);
    }));

  test("progress can be read and listened to", () =>
    withPool({ size: 1 }, async (work, pool) => {
      const job = pool.submit(work.progress), seen: unknown[] = [];
      assertEquals(job.progress, 0);
      job.onProgress((value) => seen.push(value));
      assertEquals(await job, "done");
      assertEquals(seen, [0.25, "half way", 1]);
      assertEquals(job.progress, 1);
    }));
});

testNoneBurns();
