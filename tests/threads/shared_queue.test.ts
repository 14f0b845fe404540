import fc from "fast-check";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { QueueEmpty, QueueFull, QueueShutDown, run, sleep, spawn } from "tendril";
import { SharedLock } from "../../src/threads/shared_lock.ts";
import { SharedQueue } from "../../src/threads/shared_queue.ts";
import { thread } from "./shared_thread.ts";

describe("SharedQueue", () => {
  test("gives what was put, in its order, up to maxsize", () => {
    const queue = new SharedQueue<number>({ maxsize: 2 });
    assertEquals([queue.empty, queue.full, queue.qsize, queue.maxsize], [true, false, 0, 2]);
    queue.putNowait(1);
    queue.putSync(2);
    assertEquals([queue.empty, queue.full, queue.qsize], [false, true, 2]);
    assertThrows(() => queue.putNowait(3), QueueFull, "use put() or putSync()");
    assertThrows(() => queue.putSync(3, { timeout: 1 }), QueueFull, "no room came within the timeout");
    assertEquals([queue.getSync(), queue.getNowait()], [1, 2]);
    assertThrows(() => queue.getNowait(), QueueEmpty, "use get() or getSync()");
    assertThrows(() => queue.getSync({ timeout: 1 }), QueueEmpty, "no item came");
    assertEquals(new SharedQueue().maxsize, Infinity);
    assertThrows(() => new SharedQueue({ maxsize: -1 }), RangeError);
    assertThrows(() => new SharedQueue({ bytes: 1 }), RangeError);
  });

  test("copies values of all kinds", () => {
    const queue = new SharedQueue<unknown>();
    const cyclic: Record<string, unknown> = { a: 1n };
    cyclic.self = cyclic;
    const same = {};
    const values: unknown[] = [
      undefined,
      null,
      true,
      -0,
      NaN,
      "grüße 🌍",
      "\ud800",
      [1, [2, { a: "b" }]],
      { a: undefined, b: [, 1], __proto__: null },
      new Map<unknown, unknown>([["k", new Set([1])]]),
      new Date(5),
      /x/gi,
      new Float64Array([1.5]),
      { bytes: new Uint8Array([1]), n: 2n, deep: new Date(7) },
      new TypeError("boom"),
      [same, same],
    ];
    for (const value of values) {
      queue.putSync(value);
      assertEquals(queue.getSync(), structuredClone(value));
    }
    queue.putSync(cyclic);
    const back = queue.getSync() as typeof cyclic;
    assert(back.self === back && back.a === 1n);
    queue.putSync([same, same]);
    const two = queue.getSync() as object[];
    assert(two[0] === two[1]);
    const bytes = new Uint8Array([9, 1, 2]).subarray(1);
    queue.putSync(bytes);
    bytes[0] = 7; // a copy was made
    assertEquals(queue.getSync(), new Uint8Array([1, 2]));
  });

  test("names what it cannot copy by its path", () => {
    const queue = new SharedQueue<unknown>();
    for (
      const [value, text] of [
        [() => 1, "the item is a function"],
        [Symbol("x"), "the item is a symbol"],
        [{ rows: [1, { onDone() {} }] }, "the item.rows[1].onDone is a function"],
        [new Map([["k", { f: () => {} }]]), 'the item.get("k").f is a function'],
        [{ "a b": Promise.resolve() }, 'the item["a b"] is a Promise'],
        [[new SharedArrayBuffer(4)], "the item[0] is a SharedArrayBuffer"],
        [{ view: new Uint8Array(new SharedArrayBuffer(4)) }, "the item.view is a view of shared memory"],
        [{ lock: new SharedLock() }, "the item.lock is a SharedLock, post its handle"],
      ] as const
    ) {
      assertThrows(() => queue.putSync(value), TypeError, text);
      assertThrows(() => queue.put(value), TypeError, text);
    }
    assertEquals(queue.qsize, 0);
  });

  test("an item larger than the queue is an error at the call", () => {
    const queue = new SharedQueue<Uint8Array>({ bytes: 64 });
    assertThrows(() => queue.put(new Uint8Array(64)), RangeError, "the queue has room for 64 in all");
    queue.putSync(new Uint8Array(59));
    assertEquals(queue.full, true);
    assertEquals(queue.getSync().length, 59);
  });

  test("is a stream, whose end is the shutdown", async () => {
    const queue = new SharedQueue<number>();
    for (const n of [1, 2, 3]) queue.putSync(n);
    queue.shutdown();
    assertThrows(() => queue.putSync(4), QueueShutDown);
    const seen: number[] = [];
    for await (const n of queue) seen.push(n);
    assertEquals(seen, [1, 2, 3]);
    assertThrows(() => queue.getSync(), QueueShutDown);
    const dropped = new SharedQueue<number>();
    dropped.putSync(1);
    dropped.shutdown({ immediate: true });
    assertEquals([dropped.qsize, dropped.isShutDown], [0, true]);
    await run(function* () {
      assertEquals((yield* dropped.next()).done, true);
    });
  });

  test("a loop in plain async code waits for items", async () => {
    const queue = new SharedQueue<number>();
    const seen: number[] = [];
    const reader = (async () => {
      for await (const n of queue) seen.push(n);
    })();
    queue.putSync(1);
    await Promise.resolve();
    queue.putSync(2);
    queue.shutdown();
    await reader;
    assertEquals(seen, [1, 2]);
  });

  test("greenlets wait at both ends; a kill takes nothing", async () => {
    const queue = new SharedQueue<number>({ maxsize: 1 });
    await run(function* () {
      const killed = spawn(() => queue.get());
      const getter = spawn(() => queue.get());
      yield* sleep(0);
      killed.kill();
      yield* queue.put(1);
      assertEquals(yield* getter, 1);
      yield* queue.put(2);
      const late = spawn(() => queue.put(3));
      const gone = spawn(() => queue.put(4));
      yield* sleep(0);
      gone.kill();
      assertEquals([yield* queue.get(), yield* queue.get()], [2, 3]);
      yield* late;
      assertEquals(queue.qsize, 0);
    });
  });

  test("several producers and consumers: nothing is lost, doubled or out of its order", async () => {
    const queue = new SharedQueue<{ from: number; n: number }>({ maxsize: 5, bytes: 512 });
    const consumers = [thread("consume", queue), thread("consume", queue)];
    const producers = [1, 2].map((from) => thread("produce", queue, from, 500));
    const own: { from: number; n: number }[] = [];
    await run(function* () {
      const reader = spawn(function* () {
        for (let step = yield* queue.next(); !step.done; step = yield* queue.next()) own.push(step.value);
      });
      for (let n = 0; n < 500; n++) yield* queue.put({ from: 3, n });
      yield* spawn(async () => void await Promise.all(producers.map((one) => one.result)));
      queue.shutdown();
      yield* reader;
    });
    const all = [own, ...await Promise.all(consumers.map((one) => one.result as Promise<typeof own>))];
    for (const from of [1, 2, 3]) {
      for (const seen of all) {
        const order = seen.filter((item) => item.from === from).map((item) => item.n);
        assertEquals(order, order.toSorted((a, b) => a - b));
      }
      const numbers = all.flat().filter((item) => item.from === from).map((item) => item.n);
      assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i));
    }
  }, { timeout: 40_000 });

  test("threads that die in the middle of it lose nothing but what they had taken", async () => {
    const input = new SharedQueue<number>({ maxsize: 4 }), output = new SharedQueue<number>({ maxsize: 4 });
    const seen: number[] = [];
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const passer = thread("pass", input, output);
      await passer.says("waits");
      await run(function* () {
        const reader = spawn(function* () {
          for (;;) seen.push(yield* output.get());
        });
        for (let i = 0; i < 200; i++) yield* input.put(next++);
        reader.kill();
      });
      await passer.end();
    }
    const rest = [...seen];
    while (!output.empty) rest.push(output.getSync());
    while (!input.empty) rest.push(input.getSync());
    assertEquals(rest, rest.toSorted((a, b) => a - b)); // one passes at a time
    assertEquals(new Set(rest).size, rest.length);
    const lost = next - rest.length;
    assert(lost <= 4, `${lost} of ${next} are gone, with 4 threads that could have one`);
  }, { timeout: 40_000 });

  test("a thread that dies while it waits is passed over", async () => {
    const queue = new SharedQueue<string>();
    const dying = thread("takeOne", queue);
    await dying.says("waits");
    const staying = thread("takeOne", queue);
    await staying.says("waits");
    await dying.end();
    queue.putSync("for the other");
    assertEquals(await staying.result, "for the other");
  }, { timeout: 30_000 });

  test("any plain value comes back as it was, at any place of the ring", () => {
    const queue = new SharedQueue<unknown>({ bytes: 600 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.uint8Array({ maxLength: 40 }), fc.string())),
        (values) => {
          const waiting: unknown[] = [];
          for (const value of values) {
            try {
              queue.putNowait(value);
              waiting.push(value);
            } catch (error) {
              if (error instanceof RangeError) continue; // too large for this queue
              if (!(error instanceof QueueFull)) throw error;
              assertEquals(queue.getNowait(), waiting.shift());
            }
          }
          for (const value of waiting) assertEquals(queue.getNowait(), value);
          return queue.empty;
        },
      ),
    );
  });

  test("says who it is where it is full", () => {
    const queue = new SharedQueue({ maxsize: 1 });
    queue.putSync(1);
    try {
      queue.putNowait(2);
    } catch (error) {
      assertStringIncludes((error as Error).message, "SharedQueue.putNowait: it is full (1 items)");
    }
  });
});
