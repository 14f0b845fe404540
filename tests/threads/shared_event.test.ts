import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { run, sleep, spawn } from "tendril";
import { SharedEvent } from "../../src/threads/shared_event.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("SharedEvent", () => {
  test("is set, cleared, waited for", async () => {
    const event = new SharedEvent();
    assertEquals([event.isSet, event.waitSync({ timeout: 1 })], [false, false]);
    event.set();
    assertEquals([event.isSet, event.waitSync()], [true, true]);
    event.clear();
    await run(function* () {
      assertEquals(yield* event.wait({ timeout: 1 }), false);
      const waiter = spawn(() => event.wait());
      yield* sleep(0);
      event.set();
      event.clear(); // it is woken for good
      assertEquals(yield* waiter, true);
      assertEquals(event.isSet, false);
    });
  });

  test("wakes all threads and greenlets", async () => {
    const event = new SharedEvent();
    const threads = [1, 2, 3].map(() => thread("waitForEvent", event));
    for (const one of threads) await one.says("waits");
    const here = run(function* () {
      const all = [1, 2, 3].map(() => spawn(() => event.wait()));
      let n = 0;
      for (const one of all) if (yield* one) n++;
      return n;
    });
    event.set();
    assertEquals(await here, 3);
    assertEquals(await Promise.all(threads.map((one) => one.result)), [true, true, true]);
  });

  test("goes to and fro without losing anything", async () => {
    const ping = new SharedEvent(), pong = new SharedEvent();
    const other = thread("answer", ping, pong, 500);
    await run(function* () {
      for (let i = 0; i < 500; i++) {
        ping.set();
        yield* pong.wait();
        pong.clear();
      }
    });
    assertEquals(await other.result, 500);
  }, { timeout: 30_000 });

  test("a thread that dies while it waits leaves the others their event", async () => {
    const event = new SharedEvent();
    const dying = thread("waitForEvent", event), staying = thread("waitForEvent", event);
    await Promise.all([dying.says("waits"), staying.says("waits")]);
    await dying.end();
    event.set();
    assertEquals(await staying.result, true);
  });

  test("a waiting greenlet keeps the program from being taken for stuck", async () => {
    const event = new SharedEvent();
    const other = thread("waitForEvent", event, 30);
    assertEquals(await run(() => event.wait({ timeout: 60 })), false);
    assertEquals(await other.result, false);
  });
});

testNoneBurns();
