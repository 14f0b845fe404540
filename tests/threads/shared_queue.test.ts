import fc from "fast-check";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { joinAll, QueueEmpty, QueueFull, QueueShutDown, run, sleep, spawn } from "tendril";
import { dump } from "tendril/inspect";
import { explore } from "tendril/testing";
import { ThreadPool } from "tendril/threads";
import type { Seat } from "../../src/threads/shared_guard.ts";
import { monitorBytes } from "../../src/threads/shared_lines.ts";
import { SharedLock } from "../../src/threads/shared_lock.ts";
import type { Memory } from "../../src/threads/shared_memory.ts";
import { SharedQueue } from "../../src/threads/shared_queue.ts";
import {
  DONE,
  GETTERS,
  getWish,
  JOINERS,
  PUTTERS,
  RingMonitor,
  roomFor,
} from "../../src/threads/shared_ring.ts";
import { thread } from "./shared_thread.ts";
import { SimulatedProgram } from "./simulated_memory.ts";

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

const TASKS = new URL(
  "data:text/javascript;base64," + btoa(`
    export function work(queue, done) {
      for (let n = queue.getSync(); n >= 0; n = queue.getSync()) {
        Atomics.add(done, 0, n);
        queue.taskDone();
      }
      queue.taskDone();
    }
    export const takeAndEnd = (queue) => void queue.getSync();
    export const join = (queue, done) => (queue.joinSync(), Atomics.load(done, 0));
  `),
);
interface Tasks {
  work(queue: SharedQueue<number>, done: Int32Array): void;
  takeAndEnd(queue: SharedQueue<number>): void;
  join(queue: SharedQueue<number>, done: Int32Array): number;
}

describe("SharedQueue.peek", () => {
  test("gives a copy of the next item and takes nothing", () => {
    const queue = new SharedQueue<{ n: number }>();
    assertThrows(() => queue.peekNowait(), QueueEmpty, "use peek() or peekSync()");
    assertThrows(
      () => queue.peekSync({ timeout: 1 }),
      QueueEmpty,
      "SharedQueue.peekSync: it is empty, no item",
    );
    queue.putSync({ n: 1 });
    queue.putSync({ n: 2 });
    const seen = queue.peekSync();
    seen.n = 7;
    assertEquals([queue.peekNowait(), queue.qsize], [{ n: 1 }, 2]);
    assertEquals([queue.getSync(), queue.peekSync()], [{ n: 1 }, { n: 2 }]);
    queue.shutdown();
    assertEquals(queue.peekNowait(), { n: 2 }); // what is left
    queue.getSync();
    assertThrows(() => queue.peekNowait(), QueueShutDown, "SharedQueue.peekNowait");
  });

  test("greenlets wait for an item, or for the end, and it goes to a getter as before", async () => {
    const queue = new SharedQueue<string>();
    await run(function* () {
      const peekers = [1, 2].map(() => spawn(() => queue.peek()));
      yield* sleep(0);
      yield* queue.put("a");
      yield* joinAll(peekers);
      assertEquals(peekers.map((peeker) => peeker.value), ["a", "a"]);
      assertEquals(yield* queue.get(), "a");
      const late = spawn(function* () {
        try {
          return yield* queue.peek();
        } catch (error) {
          return error instanceof QueueShutDown;
        }
      });
      yield* sleep(0);
      queue.shutdown();
      assertEquals(yield* late, true);
    });
  });

  test("a peeker that comes too late waits for the next item", async () => {
    const queue = new SharedQueue<number>();
    await run(function* () {
      const getter = spawn(() => queue.get());
      const peeker = spawn(() => queue.peek());
      yield* sleep(0);
      yield* queue.put(1);
      assertEquals(yield* getter, 1);
      yield* queue.put(2);
      const seen = yield* peeker;
      assert(seen === 1 || seen === 2, `${seen}`);
      assertEquals(queue.getNowait(), 2);
    });
  });
});

describe("SharedQueue.join", () => {
  test("counts what was put and not reported as done", async () => {
    const queue = new SharedQueue<number>();
    assertEquals([queue.joinSync(), queue.unfinished], [true, 0]);
    assertThrows(() => queue.taskDone(), RangeError, "more often than items were put");
    queue.putSync(1);
    queue.putNowait(2);
    assertEquals([queue.unfinished, queue.joinSync({ timeout: 1 })], [2, false]);
    await run(function* () {
      const joiner = spawn(() => queue.join());
      assertEquals(yield* queue.join({ timeout: 1 }), false);
      yield* queue.get();
      queue.taskDone();
      assertEquals([queue.unfinished, joiner.ready], [1, false]);
      assertStringIncludes(dump(), "SharedQueue.join (1 unfinished, 1 in the queue)");
      yield* queue.get();
      queue.taskDone();
      assertEquals(yield* joiner, true);
    });
    assertThrows(() => queue.taskDone(), RangeError);
  });

  test("what a shutdown drops needs no report, what was taken does", () => {
    const queue = new SharedQueue<number>();
    for (const n of [1, 2, 3]) queue.putSync(n);
    queue.getSync();
    queue.shutdown({ immediate: true });
    assertEquals([queue.unfinished, queue.joinSync({ timeout: 1 })], [1, false]);
    queue.taskDone();
    assertEquals(queue.joinSync(), true);
    const early = new SharedQueue<number>();
    early.putSync(1);
    early.taskDone();
    early.shutdown({ immediate: true });
    assertEquals([early.unfinished, early.joinSync()], [0, true]);
  });

  test("waits for the tasks of threads, parked and blocking", async () => {
    await run(function* () {
      const pool = new ThreadPool({ size: 3 });
      const work = pool.module<Tasks>(TASKS);
      const queue = new SharedQueue<number>({ maxsize: 8 });
      const done = new Int32Array(new SharedArrayBuffer(4));
      const workers = [1, 2].map(() => pool.submit(work.work, queue, done));
      for (let n = 1; n <= 300; n++) yield* queue.put(n);
      const blocked = pool.submit(work.join, queue, done);
      assertEquals(yield* queue.join(), true);
      assertEquals([Atomics.load(done, 0), yield* blocked], [45_150, 45_150]);
      for (const _ of workers) yield* queue.put(-1);
      yield* joinAll(workers, { raiseError: true });
      assertEquals([yield* queue.join(), queue.unfinished], [true, 0]);
      yield* pool.close();
    });
  }, { timeout: 40_000 });

  test("the tasks of a thread that has ended are not done, and the dump says so", async () => {
    await run(function* () {
      const queue = new SharedQueue<number>();
      const joiner = spawn(function* () {
        yield* queue.put(1);
        return yield* queue.join();
      });
      const pool = new ThreadPool({ size: 1 });
      yield* pool.module<Tasks>(TASKS).takeAndEnd(queue);
      yield* pool.terminate();
      while (!dump().includes("a thread has ended meanwhile")) yield* sleep(1);
      assertStringIncludes(dump(), "join (1 unfinished, 0 in the queue, a thread has ended meanwhile)");
      assertEquals(joiner.ready, false);
      queue.taskDone(); // whoever knows better may say so
      assertEquals(yield* joiner, true);
    });
  }, { timeout: 30_000 });

  const NODES = 8;

  function program(threads: number): SimulatedProgram {
    const made = new SimulatedProgram(monitorBytes(NODES) / 2, threads, monitorBytes(NODES));
    const size = { maxsize: 2, capacity: 32, waiters: NODES };
    RingMonitor.at(made.object.direct, made.seatOf(1), size);
    return made;
  }

  const put = (memory: Memory, seat: Seat) =>
    RingMonitor.at(memory, seat).waitSync(
      PUTTERS,
      { payload: roomFor(1), task: 0, bytes: Uint8Array.of(1) },
      Infinity,
    );
  const get = (memory: Memory, seat: Seat) =>
    RingMonitor.at(memory, seat).waitSync(GETTERS, getWish(0), Infinity);
  const done = (memory: Memory, seat: Seat) => RingMonitor.at(memory, seat).taskDone();
  const join = (memory: Memory, seat: Seat) =>
    RingMonitor.at(memory, seat).waitSync(JOINERS, getWish(0), Infinity);

  test("in all orders: whoever joins after a put goes on when it is reported, and not before", () => {
    const { values, exhausted } = explore(function* () {
      const simulated = program(3);
      const { signals } = simulated;
      let reported = false;
      yield* simulated.thread(1, put, () => false);
      const worker = spawn(function* () {
        yield* simulated.thread(2, get, signals);
        reported = true;
        return yield* simulated.thread(2, done, signals);
      });
      const joiner = spawn(function* () {
        const got = yield* simulated.thread(3, join, signals);
        return got === DONE && reported; // a lost call would be a deadlock, which fails too
      });
      return [yield* worker, yield* joiner].join();
    }, { preemptions: 2, maxSchedules: 60_000 });
    assertEquals([exhausted, new Set(values)], [true, new Set(["true,true"])]);
  }, { timeout: 60_000 });

  test("with a thread that dies at each access: a task is counted exactly when its item is there", () => {
    let accesses = 0;
    for (let died = true; died; accesses++) {
      assert(accesses < 1_000);
      const explored = explore(function* () {
        const simulated = program(2);
        const victim = spawn(() => simulated.mortal(accesses, [put, get, done]));
        const isDead = yield* victim;
        const ring = RingMonitor.at(simulated.object.direct, simulated.seatOf(2));
        ring.tend();
        assert(ring.unfinished === ring.count || (ring.unfinished === 1 && ring.count === 0));
        assertEquals(ring.isBereft, ring.unfinished > ring.count);
        return isDead;
      }, { preemptions: 0, maxSchedules: 60_000 });
      assert(explored.exhausted);
      died = explored.values.includes(true);
    }
    assert(accesses > 30, `only ${accesses} accesses`);
  }, { timeout: 60_000 });
});
