import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { BrokenLockError, joinAll, run, sleep, spawn, withTimeout } from "tendril";
import { SharedArray } from "../../src/threads/shared_array.ts";
import { SharedLock, SharedRLock } from "../../src/threads/shared_lock.ts";
import { testNoneBurns } from "./burning.ts";
import type { End } from "./shared_jobs.ts";
import { thread } from "./shared_thread.ts";

describe("SharedLock", () => {
  test("in plain code: held, released, tried", () => {
    const lock = new SharedLock();
    assertEquals(lock.acquireSync(), true);
    assertEquals([lock.locked, lock.holds(), typeof lock.owner], [true, true, "number"]);
    assertThrows(() => lock.acquireSync(), Error, "holds this SharedLock already");
    assertThrows(() => lock.tryAcquire(), Error, "holds this SharedLock already");
    lock.release();
    assertEquals([lock.locked, lock.holds(), lock.owner], [false, false, undefined]);
    assertThrows(() => lock.release(), Error, "cannot release: the SharedLock is held by nobody");
    assertEquals(lock.withLockSync(() => lock.locked), true);
    assertEquals(lock.locked, false);
  });

  test("greenlets of one thread exclude each other, in their order", async () => {
    const lock = new SharedLock();
    const order: string[] = [];
    await run(function* () {
      yield* joinAll([1, 2, 3].map((n) =>
        spawn(function* () {
          yield* lock.withLock(function* () {
            order.push(`+${n}`);
            yield* sleep(1);
            order.push(`-${n}`);
          });
        })
      ));
    });
    assertEquals(order, ["+1", "-1", "+2", "-2", "+3", "-3"]);
    assertEquals(lock.locked, false);
  });

  test("one greenlet may not release what another one holds", async () => {
    const lock = new SharedLock();
    await run(function* () {
      yield* lock.acquire();
      const other = spawn(() => lock.release());
      yield* other.join();
      assertEquals((other.exception as Error).message.includes("only its holder may"), true);
      lock.release();
    }, { onError: () => {} });
  });

  test("a timeout and a kill leave no trace", async () => {
    const lock = new SharedLock();
    await run(function* () {
      yield* lock.acquire();
      const late = spawn(() => lock.acquire({ timeout: 1 }));
      const killed = spawn(() => lock.acquire());
      const third = spawn(function* () {
        yield* lock.acquire();
        lock.release();
        return "third";
      });
      assertEquals(yield* late, false);
      killed.kill();
      yield* killed.join();
      lock.release();
      assertEquals(yield* third, "third");
    });
    assertEquals(lock.locked, false);
    assertEquals(lock.tryAcquire(), true);
    lock.release();
  });

  test("a greenlet that ends with it breaks it, until reset", async () => {
    const lock = new SharedLock();
    await run(function* () {
      spawn(() => lock.acquire());
      const waiter = spawn(() => lock.acquire());
      yield* waiter.join();
      assertEquals(waiter.exception instanceof BrokenLockError, true);
      assertEquals(lock.broken, true);
      assertThrows(() => lock.tryAcquire(), BrokenLockError);
      lock.reset();
      yield* lock.acquire();
      lock.release();
    }, { onError: () => {} });
  });

  test("a block that would stop greenlets is refused, one that needs no waiting is not", async () => {
    const lock = new SharedLock();
    await run(function* () {
      lock.acquireSync();
      const other = spawn(function* () {
        yield* sleep(0);
        assertEquals(lock.acquireSync({ timeout: 0 }), false);
        assertThrows(
          () => lock.acquireSync(),
          Error,
          "SharedLock.acquireSync would have to block this thread, and all its greenlets with it: use SharedLock.acquire",
        );
      });
      yield* other;
      lock.release();
    });
  });

  test("what came back is the same instance; a handle of something else is none", () => {
    const lock = new SharedLock();
    assertStrictEquals(SharedLock.from(structuredCloneOf(lock)), lock);
    assertThrows(() => SharedRLock.from(lock.handle), TypeError, "not the handle of a SharedLock");
    assertThrows(() => SharedLock.from({} as never), TypeError, "SharedLock.from needs");
    assertThrows(() => new SharedLock({ maxWaiters: 0 }), RangeError, "maxWaiters");
  });

  test("more waits than it was made for are refused, and harm nobody", async () => {
    const lock = new SharedLock({ maxWaiters: 2 });
    await run(function* () {
      yield* lock.acquire();
      const all = [1, 2, 3].map((n) => spawn(() => lock.withLock(() => n)));
      yield* all[2].join();
      assertEquals((all[2].exception as Error).message.includes("more than 2 waits at once"), true);
      lock.release();
      assertEquals([yield* all[0], yield* all[1]], [1, 2]);
    }, { onError: () => {} });
    assertEquals(lock.locked, false);
  });

  test("threads and greenlets count together and lose nothing", async () => {
    const lock = new SharedLock(), total = new SharedArray("int32", 1);
    const others = [thread("count", lock, total, 2_000), thread("countParked", lock, total, 1_000)];
    await run(function* () {
      for (let i = 0; i < 1_000; i++) {
        yield* lock.withLock(function* () {
          const before = total.view[0];
          if (i % 10 === 0) yield* sleep(0);
          total.view[0] = before + 1;
        });
      }
    });
    await Promise.all(others.map((other) => other.result));
    assertEquals(total.view[0], 4_000);
  }, { timeout: 30_000 });

  for (const how of ["returns", "throws", "exits", "waits", "spins"] as End[]) {
    test(`a thread that ${how} while it holds it breaks it, for whoever waits wherever`, async () => {
      const lock = new SharedLock();
      const holder = thread("holdLock", lock, how);
      await holder.says("holds");
      const blocked = thread("waitForLock", lock), parked = thread("lockInGreenlet", lock);
      const here = run(() => lock.acquire()).then(() => "got it", (error) => error);
      if (how === "waits" || how === "spins") {
        await Promise.all([blocked.says("waits"), parked.says("waits")]);
        await holder.end();
      }
      assertEquals((await here) instanceof BrokenLockError, true);
      await assertRejects(() => blocked.result, Error, "BrokenLockError: the SharedLock is broken: thread");
      await assertRejects(() => parked.result, Error, "BrokenLockError");
      assertThrows(
        () => lock.acquireSync(),
        BrokenLockError,
        `thread ${holder.id}, or a greenlet of it, ended`,
      );
      lock.reset();
      assertEquals(lock.withLockSync(() => "whole"), "whole");
      await Promise.all([blocked.ended, parked.ended]);
    }, { timeout: 30_000 });
  }

  test("a thread that dies while it waits is passed over", async () => {
    const lock = new SharedLock();
    lock.acquireSync();
    const dying = thread("waitForLock", lock);
    await dying.says("waits");
    const next = thread("waitForLock", lock);
    await next.says("waits");
    await new Promise((resolve) => setTimeout(resolve, 20)); // until both stand in the line, most likely
    await dying.end();
    lock.release();
    assertEquals(await next.result, true);
    assertEquals(lock.locked, false);
  }, { timeout: 30_000 });

  test("a greenlet waits for another thread, also with a timeout around it", async () => {
    const lock = new SharedLock();
    const holder = thread("holdLock", lock, "waits");
    await holder.says("holds");
    await run(function* () {
      assertEquals(yield* lock.acquire({ timeout: 5 }), false);
      try {
        yield* withTimeout(5, lock.acquire());
        throw new Error("it was free");
      } catch (error) {
        assertEquals((error as Error).name, "TimeoutError");
      }
    });
    await holder.end();
    assertThrows(() => lock.tryAcquire(), BrokenLockError);
  }, { timeout: 30_000 });
});

describe("SharedRLock", () => {
  test("its holder acquires it again", async () => {
    const lock = new SharedRLock();
    lock.acquireSync();
    assertEquals(lock.tryAcquire(), true);
    lock.release();
    assertEquals(lock.locked, true);
    const other = thread("waitForLock", lock, 1);
    assertEquals(await other.result, false);
    lock.release();
    assertEquals(lock.locked, false);
    await run(() => lock.withLock(() => lock.withLock(() => assertEquals(lock.holds(), true))));
    assertEquals(lock.locked, false);
  });
});

function structuredCloneOf(lock: SharedLock): typeof lock.handle {
  return structuredClone(lock.handle);
}

testNoneBurns();
