import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { BrokenLockError, run, sleep, spawn } from "tendril";
import { SharedSemaphore } from "../../src/threads/shared_semaphore.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("SharedSemaphore", () => {
  test("permits, in plain code", () => {
    const three = new SharedSemaphore(3);
    assertEquals(three.acquireSync({ permits: 2 }), true);
    assertEquals([three.available, three.locked], [1, false]);
    assertEquals(three.tryAcquire(2), false);
    assertEquals(three.acquireSync({ permits: 2, timeout: 1 }), false);
    assertEquals(three.tryAcquire(), true);
    assertEquals(three.locked, true);
    three.release(3);
    assertEquals(three.available, 3);
    assertThrows(() => new SharedSemaphore(-1), RangeError);
    assertThrows(() => three.release(0), RangeError);
    assertThrows(() => three.acquireSync({ permits: 0.5 }), RangeError);
  });

  test("greenlets come in their order, and who wants much is not overtaken", async () => {
    const two = new SharedSemaphore(2);
    const order: string[] = [];
    await run(function* () {
      yield* two.acquire();
      spawn(function* () {
        yield* two.acquire({ permits: 2 });
        order.push("two");
        two.release(2);
      });
      spawn(function* () {
        yield* two.acquire();
        order.push("one");
        two.release();
      });
      yield* sleep(0);
      assertEquals([two.tryAcquire(), order.length], [false, 0]);
      two.release();
    });
    assertEquals(order, ["two", "one"]);
    assertEquals(two.available, 2);
  });

  test("who wants much and gives up lets the others on", async () => {
    const two = new SharedSemaphore(2);
    await run(function* () {
      yield* two.acquire();
      const much = spawn(() => two.acquire({ permits: 2, timeout: 2 }));
      const little = spawn(() => two.acquire());
      assertEquals(yield* much, false);
      assertEquals(yield* little, true);
      two.release(2);
    });
  });

  test("a thread gets what another one gives back", async () => {
    const none = new SharedSemaphore(0);
    const waiters = [thread("waitForPermits", none, 1), thread("waitForPermits", none, 2)];
    for (const waiter of waiters) await waiter.says("waits");
    none.release(3);
    assertEquals(await Promise.all(waiters.map((waiter) => waiter.result)), [true, true]);
    await Promise.all(waiters.map((waiter) => waiter.ended));
    none.release(); // they ended with permits; but it is a counter, so it is whole
    assertEquals(none.acquireSync(), true);
  });

  for (const how of ["returns", "waits"] as const) {
    test(`a thread that ${how} with permits breaks it, until reset gives them back`, async () => {
      const two = new SharedSemaphore(2);
      const holder = thread("takePermits", two, 2, how);
      await holder.says("holds");
      const blocked = thread("waitForPermits", two, 1);
      const here = run(() => two.acquire()).then(() => "got it", (error) => error);
      if (how === "waits") {
        await blocked.says("waits");
        await holder.end();
      }
      assertEquals((await here) instanceof BrokenLockError, true);
      await assertRejects(() => blocked.result, Error, "BrokenLockError: the SharedSemaphore is broken");
      assertThrows(() => two.tryAcquire(), BrokenLockError);
      assertEquals(two.broken, true);
      two.reset();
      assertEquals([two.broken, two.available], [false, 2]);
    }, { timeout: 30_000 });
  }

  test("a thread that dies while it waits is passed over", async () => {
    const none = new SharedSemaphore(0);
    const dying = thread("waitForPermits", none, 1);
    await dying.says("waits");
    await dying.end();
    none.release();
    assertEquals(none.tryAcquire(), true);
  });
});

testNoneBurns();
