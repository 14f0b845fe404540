import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { BrokenLockError, run, spawn, TimeoutError } from "tendril";
import { SharedBarrier } from "../../src/threads/shared_barrier.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("SharedBarrier", () => {
  test("lets all pass together, round after round", async () => {
    const barrier = new SharedBarrier(3);
    const others = [thread("meet", barrier, 50), thread("meet", barrier, 50)];
    const own = await run(function* () {
      const places: number[] = [];
      for (let i = 0; i < 50; i++) places.push(yield* barrier.wait());
      return places;
    });
    const all = [own, ...await Promise.all(others.map((other) => other.result as Promise<number[]>))];
    for (let i = 0; i < 50; i++) assertEquals(all.map((places) => places[i]).sort(), [0, 1, 2]);
    assertEquals(barrier.waiting, 0);
  }, { timeout: 30_000 });

  test("one that gives up is not counted", async () => {
    const barrier = new SharedBarrier(2);
    assertThrows(() => barrier.waitSync({ timeout: 1 }), TimeoutError);
    await run(function* () {
      const killed = spawn(() => barrier.wait());
      yield* spawn(() => {}).join();
      assertEquals(barrier.waiting, 1);
      killed.kill();
      yield* killed.join();
      const two = [spawn(() => barrier.wait()), spawn(() => barrier.wait())];
      assertEquals([yield* two[0], yield* two[1]], [0, 1]);
    });
    assertThrows(() => new SharedBarrier(0), RangeError);
    assertEquals(new SharedBarrier(1).waitSync(), 0);
  });

  test("a thread that dies while it waits breaks it", async () => {
    const barrier = new SharedBarrier(3);
    const here = run(() => barrier.wait()).then(() => "passed", (error) => error);
    const dying = thread("meetAndStay", barrier);
    await dying.says("waits");
    while (barrier.waiting < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await dying.end();
    assertEquals((await here) instanceof BrokenLockError, true);
    assertThrows(() => barrier.waitSync(), BrokenLockError, `thread ${dying.id} ended`);
    barrier.reset();
    assertEquals(barrier.broken, false);
    const both = [thread("meet", barrier, 1), thread("meet", barrier, 1)];
    await run(() => barrier.wait());
    await Promise.all(both.map((one) => one.result));
  }, { timeout: 30_000 });

  for (const how of ["exits", "waits"] as const) {
    test(`a thread that ${how} between two rounds breaks the next`, async () => {
      const barrier = new SharedBarrier(3);
      const staying = thread("meet", barrier, 2), dying = thread("meet", barrier, 1, how);
      await run(() => barrier.wait());
      if (how === "waits") {
        await dying.says("met");
        await dying.end();
      }
      await assertRejects(() => run(() => barrier.wait()), BrokenLockError);
      await assertRejects(() => staying.result, Error, "BrokenLockError");
    }, { timeout: 30_000 });
  }

  test("a thread that has done its part may be replaced", async () => {
    const barrier = new SharedBarrier(2);
    for (let i = 0; i < 3; i++) {
      const other = thread("meet", barrier, 1);
      assertEquals(typeof await run(() => barrier.wait()), "number");
      await other.ended;
    }
  }, { timeout: 30_000 });
});

testNoneBurns();
