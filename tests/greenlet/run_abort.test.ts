/** Runs and the world around: promises, abort signals. */
import { getCurrent, GreenletExit, run, sleep, spawn, suspend, until } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, virtual } from "./kit.ts";

describe("async functions", () => {
  test("a greenlet is a promise as well, outside of its run too", async () => {
    const g = await run(() => ({ good: spawn(() => 1), bad: spawn(() => sleep(1)) }), {
      clock: new VirtualClock(),
    });
    assertEquals([await g.good, await g.bad], [1, undefined]);
    await virtual(function* () {
      const child = spawn(function* () {
        yield* sleep(5);
        return 3;
      });
      const e = new Error("e");
      const bad = spawn(() => Promise.reject(e)).then(null, (x) => x);
      assertEquals(
        yield* spawn(async () => [await child, await Promise.all([child, child]), await bad]),
        [3, [3, 3], e],
      );
    });
  });

  test("a killed greenlet resolves with its GreenletExit, or rejects with the reason", () =>
    virtual(function* () {
      const [a, b] = [spawn(suspend), spawn(suspend)];
      const both = Promise.allSettled([a, b]);
      yield* settle();
      const reason = new Error("why");
      a.kill();
      b.kill(reason);
      const [x, y] = yield* until(both);
      assertInstanceOf((x as PromiseFulfilledResult<unknown>).value, GreenletExit);
      assertStrictEquals((y as PromiseRejectedResult).reason, reason);
    }));
});

describe("AbortSignal", () => {
  test("aborted before: the body never runs, run rejects with the reason", async () => {
    const reason = new Error("never mind");
    let ran = false;
    const body = () => {
      ran = true;
    };
    const clock = new VirtualClock();
    const error = await run(body, { clock, signal: AbortSignal.abort(reason) }).catch((e) => e);
    assertStrictEquals(error, reason);
    const plain = await run(body, { clock, signal: AbortSignal.abort() }).catch((e) => e);
    assertEquals([(plain as Error).name, ran], ["AbortError", false]);
  });

  test("aborted while it waits: main is killed, cleanup and all greenlets end, run rejects with the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const log: unknown[] = [];
    const clock = new VirtualClock();
    const error = await run(function* () {
      spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(20);
          log.push("child");
        }
      });
      spawn(function* () {
        yield* sleep(5);
        controller.abort(reason);
        controller.abort(new Error("again"));
      });
      try {
        yield* suspend();
      } finally {
        yield* sleep(10);
        log.push("main", getCurrent().signal.aborted);
      }
    }, { clock, signal: controller.signal }).catch((e) => e);
    assertStrictEquals(error, reason);
    assertEquals(log.toSorted(), ["child", "main", true]);
  });

  test("a reason that is no Error is wrapped, a GreenletExit is a quiet end", async () => {
    const wrapped = await run(suspend, { signal: AbortSignal.abort("text") }).catch((e) => e);
    assertInstanceOf(wrapped, Error);
    assertEquals(wrapped.cause, "text");
    const exit = new GreenletExit("quiet");
    assertStrictEquals(await run(suspend as () => Gen<unknown>, { signal: AbortSignal.abort(exit) }), exit);
  });

  test("aborted after the end it does nothing, and nobody listens any more", async () => {
    let listeners = 0;
    const controller = new AbortController();
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    assertEquals(await run(() => 1, { signal }), 1);
    await assertRejects(() => run(() => Promise.reject(new Error("e")), { signal }), Error, "e");
    controller.abort();
    assertEquals(listeners, 0);
  });
});
