import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { BrokenLockError, run, sleep, spawn } from "tendril";
import { SharedCondition } from "../../src/threads/shared_condition.ts";
import { SharedRLock } from "../../src/threads/shared_lock.ts";
import { SharedValue } from "../../src/threads/shared_value.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("SharedCondition", () => {
  test("notify wakes so many, in their order, with the lock held", async () => {
    const condition = new SharedCondition();
    const order: number[] = [];
    await run(function* () {
      for (const n of [1, 2, 3]) {
        spawn(() =>
          condition.withLock(function* () {
            assertEquals(yield* condition.wait(), true);
            assertEquals(condition.holds(), true);
            order.push(n);
          })
        );
      }
      yield* sleep(0);
      yield* condition.withLock(() => condition.notify(2));
      yield* sleep(5);
      assertEquals(order, [1, 2]);
      yield* condition.withLock(() => condition.notifyAll());
    });
    assertEquals(order, [1, 2, 3]);
  });

  test("a notify that nobody waits for is gone", async () => {
    const condition = new SharedCondition();
    condition.withLockSync(() => condition.notify());
    assertEquals(condition.withLockSync(() => condition.waitSync({ timeout: 2 })), false);
    await run(() =>
      condition.withLock(function* () {
        assertEquals(yield* condition.wait({ timeout: 2 }), false);
      })
    );
  });

  test("the lock is needed, and is back after a kill", async () => {
    const condition = new SharedCondition();
    assertThrows(() => condition.notify(), Error, "cannot notify");
    assertThrows(() => condition.waitSync(), Error, "cannot wait on its condition");
    await run(function* () {
      let held: boolean | undefined;
      const waiter = spawn(() =>
        condition.withLock(function* () {
          try {
            yield* condition.wait();
          } finally {
            held = condition.holds();
          }
        })
      );
      yield* sleep(0);
      waiter.kill();
      yield* waiter.join();
      assertEquals([held, condition.locked], [true, false]);
    });
  });

  test("one that is killed when it has been notified, and has not heard of it, hands it on", async () => {
    const condition = new SharedCondition();
    const word = new Int32Array(new SharedArrayBuffer(4));
    const notifier = thread("notifyOnce", condition, word);
    await run(function* () {
      const wait = () => condition.withLock(() => condition.wait());
      const first = spawn(wait), second = spawn(wait);
      yield* sleep(0);
      Atomics.store(word, 0, 1);
      Atomics.notify(word, 0);
      Atomics.wait(word, 0, 1, 5_000); // this thread hears of nothing meanwhile
      first.kill();
      assertEquals(yield* second, true);
      assertEquals(first.dead, true);
    });
    await notifier.ended;
  }, { timeout: 30_000 });

  test("threads and greenlets take from one stock", async () => {
    const condition = new SharedCondition(new SharedRLock());
    const stock = new SharedValue("int32", 0);
    const threads = [1, 2].map(() => thread("waitForChange", condition, stock));
    for (const one of threads) await one.says("waits");
    const here = run(() =>
      condition.withLock(function* () {
        yield* condition.waitFor(() => stock.value > 0);
        return stock.add(-1);
      })
    );
    await run(function* () {
      for (let i = 0; i < 3; i++) {
        yield* condition.withLock(() => {
          stock.add(1);
          condition.notifyAll();
        });
        yield* sleep(1);
      }
    });
    await Promise.all([here, ...threads.map((one) => one.result)]);
    assertEquals(stock.value, 0);
  });

  test("who waits for a thread that died with the lock hears of it", async () => {
    const condition = new SharedCondition();
    const here = run(() => condition.withLock(() => condition.wait())).then(() => "told", (error) => error);
    const blocked = thread("waitUnheard", condition);
    await blocked.says("waits");
    const holder = thread("holdCondition", condition, "waits");
    await holder.says("holds");
    await holder.end();
    assertEquals((await here) instanceof BrokenLockError, true);
    await assertRejects(() => blocked.result, Error, "BrokenLockError: the SharedLock is broken");
  }, { timeout: 30_000 });
});

testNoneBurns();
