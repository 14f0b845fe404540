import process from "node:process";
import { run } from "../../src/mod.ts";
import { currentThread, Thread } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { startFile } from "../host/child.ts";
import { testNoneBurns } from "./burning.ts";
import { eventually, failing, failure, letGo, withPool, words, workUrl } from "./pool_kit.ts";
import { Adder, hold, whoAmI } from "./work.ts";

describe("Thread", () => {
  test("runs an exported function in a thread of its own", () =>
    run(function* () {
      const at = words();
      const thread = new Thread({ target: hold, url: workUrl, args: [at], name: "holder" });
      assertEquals([thread.name, thread.isAlive, thread.daemon], ["holder", false, false]);
      thread.start();
      assertEquals(thread.isAlive, true);
      assertThrows(() => thread.start(), Error, "started already");
      yield eventually(() => at[1] === 1);
      assertEquals(yield* thread.join({ timeout: 1 }), false);
      letGo(at);
      assertEquals(yield* thread.join(), true);
      assertEquals([thread.isAlive, thread.job.value], [false, "let go"]);
    }));

  test("knows its name, and has its own of what is local", async () => {
    const threads = ["a", "b"].map((name) => new Thread({ target: { url: workUrl, name: "whoAmI" }, name }));
    threads.forEach((thread) => thread.start());
    const infos = await Promise.all(threads.map((thread) => thread.job)) as ReturnType<typeof whoAmI>[];
    assertEquals(infos.map(({ name, isMain, count }) => [name, isMain, count]), [["a", false, 1], [
      "b",
      false,
      1,
    ]]);
    assert(infos[0].id !== infos[1].id && currentThread().isMain && currentThread().name === "main");
  });

  test("a subclass gives run", async () => {
    const at = words();
    const threads = [10, 20].map((n) => new Adder(at, n));
    threads.forEach((thread) => thread.start());
    assertEquals(await threads[0].job.get(), "adder of 10 adder of 10 20");
    await threads[1].join();
    assertEquals(at[0], 30);
  });

  test("what no thread could find, or do, is an error", async () => {
    assertThrows(() => new Thread({ target: () => 1 }), TypeError, "must find the function");
    assertThrows(() => new Thread({ target: 5 as never }), TypeError, "exported function");
    assertThrows(() => new Thread({ args: 5 as never }), TypeError, "list");
    assertThrows(() => new Thread().start(), Error, "nothing to do");
    class Here extends Thread {
      override run(): void {}
    }
    assertThrows(() => new Here().start(), TypeError, "export it");
    const lost = new Here({ url: workUrl });
    lost.start();
    assertStringIncludes(String(await failure(lost.job)), "exports no class Here");
    const failing = new Thread({ target: { url: workUrl, name: "fail" }, args: ["x"] });
    failing.start();
    assertInstanceOf(await failure(failing.job), RangeError);
    assertEquals(await failing.join(), true);
  });

  test("kill ends it", async () => {
    const at = words();
    const thread = new Thread({ target: { url: workUrl, name: "listens" }, args: [at] });
    thread.start();
    await eventually(() => at[1] === 1);
    assertEquals(await thread.kill(), true);
    assertEquals([thread.isAlive, at[2]], [false, 1]);
  });

  test("a program waits for its threads, but for daemons", async () => {
    const program = startFile(new URL("./thread_programs.ts", import.meta.url));
    const { code, stdout } = await program.ended;
    assertEquals([code, stdout.trim()], [0, "waited 1"]);
    assert(runtime.length > 0);
  }, { timeout: 30_000 });

  for (
    const [way, says] of [
      ["join", "has ended"],
      ["join in a greenlet", "has ended"],
      ["a join with a timeout", "goes on"],
      ["job", "has ended"],
      ["get", "has ended"],
    ]
  ) {
    test(`a program waits for a daemon while it waits for it: ${way}`, async () => {
      const program = startFile(new URL("./daemon_programs.ts", import.meta.url), way);
      const { code, stdout } = await program.ended;
      assertEquals([code, stdout.trim()], [0, says]);
    }, { timeout: 30_000 });
  }
});

describe("ThreadPool.wrap", () => {
  test("a blocking function of the runtime parks a greenlet instead", () =>
    withPool({ size: 1 }, function* (work, pool) {
      const { readFileSync } = process.getBuiltinModule("node:fs") as typeof import("node:fs");
      const read = pool.wrap(readFileSync as (path: string, encoding: string) => string);
      const text = yield* read(new URL("./pool_kit.ts", import.meta.url).pathname, "utf8");
      assertStringIncludes(text, "Pools for tests");
      assertStringIncludes(String(yield* failing(read("/no/such/file", "utf8"))), "ENOENT");
      assertEquals(yield* pool.wrap(work.square)(5), 25);
      assertThrows(() => pool.wrap(() => 1), TypeError, "export it");
    }));
});

testNoneBurns();
