import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as EffectQueue from "effect/Queue";
import { createQueue, run as runEffection, spawn as spawnEffection } from "effection";
import { joinAll, Queue, run, spawn } from "../../src/mod.ts";
import type { Cost, Goal, Side, Sides } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { PromiseQueue } from "../peers/promise.ts";
import { python } from "../peers/python.ts";

/** `maxsize` 0 is unbounded, as in the library. */

/** One ball between two tasks, through a queue each way. An operation is one message: a put, and the get that takes it. */
function pingPong(maxsize: number): Sides {
  const sides: Sides = {
    async tendril(n) {
      const there = new Queue<number>({ maxsize });
      const back = new Queue<number>({ maxsize });
      let count = n & 1;
      function* a() {
        for (let i = 0; i < n >> 1; i++) {
          yield* there.put(i);
          if ((yield* back.get()) === i) count++;
        }
      }
      function* b() {
        for (let i = 0; i < n >> 1; i++) {
          const item = yield* there.get();
          if (item === i) count++;
          yield* back.put(item);
        }
      }
      await run(function* () {
        yield* joinAll([spawn(a), spawn(b)]);
      });
      return { count };
    },
    async promise(n) {
      const there = new PromiseQueue<number>(maxsize);
      const back = new PromiseQueue<number>(maxsize);
      let count = n & 1;
      async function a() {
        for (let i = 0; i < n >> 1; i++) {
          await there.put(i);
          if ((await back.get()) === i) count++;
        }
      }
      async function b() {
        for (let i = 0; i < n >> 1; i++) {
          const item = await there.get();
          if (item === i) count++;
          await back.put(item);
        }
      }
      await Promise.all([a(), b()]);
      return { count };
    },
    async effect(n) {
      let count = n & 1;
      const make = maxsize === 0 ? EffectQueue.unbounded<number>() : EffectQueue.bounded<number>(maxsize);
      await Effect.runPromise(Effect.gen(function* () {
        const there = yield* make;
        const back = yield* make;
        const a = Effect.gen(function* () {
          for (let i = 0; i < n >> 1; i++) {
            yield* EffectQueue.offer(there, i);
            if ((yield* EffectQueue.take(back)) === i) count++;
          }
        });
        const b = Effect.gen(function* () {
          for (let i = 0; i < n >> 1; i++) {
            const item = yield* EffectQueue.take(there);
            if (item === i) count++;
            yield* EffectQueue.offer(back, item);
          }
        });
        yield* Fiber.joinAll([yield* Effect.forkChild(a), yield* Effect.forkChild(b)]);
      }));
      return { count };
    },
    gevent: python("gevent", "ping_pong", maxsize),
    asyncio: python("asyncio", "ping_pong", maxsize),
  };
  // Effection's queues have no bound.
  if (maxsize === 0) {
    sides.effection = async (n) => {
      const there = createQueue<number, never>();
      const back = createQueue<number, never>();
      let count = n & 1;
      await runEffection(function* () {
        const a = yield* spawnEffection(function* () {
          for (let i = 0; i < n >> 1; i++) {
            there.add(i);
            if ((yield* back.next()).value === i) count++;
          }
        });
        const b = yield* spawnEffection(function* () {
          for (let i = 0; i < n >> 1; i++) {
            const { value } = yield* there.next();
            if (value === i) count++;
            back.add(value);
          }
        });
        yield* a;
        yield* b;
      });
      return { count };
    };
  }
  return sides;
}

/** A producer and a consumer at the ends of one queue. An operation is one item. */
function stream(maxsize: number): Sides {
  const sides: Sides = {
    async tendril(n) {
      const queue = new Queue<number>({ maxsize });
      let count = 0;
      function* producer() {
        for (let i = 0; i < n; i++) yield* queue.put(i);
      }
      function* consumer() {
        for (let i = 0; i < n; i++) if ((yield* queue.get()) === i) count++;
      }
      await run(function* () {
        yield* joinAll([spawn(producer), spawn(consumer)]);
      });
      return { count };
    },
    async promise(n) {
      const queue = new PromiseQueue<number>(maxsize);
      let count = 0;
      async function producer() {
        for (let i = 0; i < n; i++) await queue.put(i);
      }
      async function consumer() {
        for (let i = 0; i < n; i++) if ((await queue.get()) === i) count++;
      }
      await Promise.all([producer(), consumer()]);
      return { count };
    },
    async effect(n) {
      let count = 0;
      await Effect.runPromise(Effect.gen(function* () {
        const queue =
          yield* (maxsize === 0 ? EffectQueue.unbounded<number>() : EffectQueue.bounded<number>(maxsize));
        const producer = Effect.gen(function* () {
          for (let i = 0; i < n; i++) yield* EffectQueue.offer(queue, i);
        });
        const consumer = Effect.gen(function* () {
          for (let i = 0; i < n; i++) if ((yield* EffectQueue.take(queue)) === i) count++;
        });
        yield* Fiber.joinAll([yield* Effect.forkChild(producer), yield* Effect.forkChild(consumer)]);
      }));
      return { count };
    },
    gevent: python("gevent", "stream", maxsize),
    asyncio: python("asyncio", "stream", maxsize),
  };
  if (maxsize === 0) {
    sides.effection = async (n) => {
      const queue = createQueue<number, never>();
      let count = 0;
      await runEffection(function* () {
        const producer = yield* spawnEffection(function* () {
          for (let i = 0; i < n; i++) queue.add(i);
        });
        const consumer = yield* spawnEffection(function* () {
          for (let i = 0; i < n; i++) if ((yield* queue.next()).value === i) count++;
        });
        yield* producer;
        yield* consumer;
      });
      return { count };
    };
  }
  return sides;
}

/** Puts at the tail and gets from the head of a queue that holds `length` items all the while. */
const through = (length: number): Side => async (n) => {
  const queue = new Queue<number>();
  let count = 0;
  let total = 0;
  await run(function* () {
    for (let i = 0; i < length; i++) yield* queue.put(i);
    const start = now();
    for (let i = 0; i < n; i++) {
      yield* queue.put(i + length);
      if ((yield* queue.get()) === i) count++;
    }
    total = now() - start;
  });
  return { count, total };
};

const fasterThanEffect: Goal = { kind: "fasterThan", peer: "effect", times: 5 };

export const cost: Cost = {
  name: "queue",
  title: "queue",
  unit: "ns",
  notes: [
    "Ping-pong: one ball, two tasks, a queue each way; an operation is one message. Stream: a producer and a consumer at one queue; an operation is one item. Each item's value is checked.",
    "Promises have no queue: theirs is 40 lines over resolvers. Effection's has no bound.",
  ],
  points: [
    {
      label: "ping-pong, maxsize 1",
      sides: pingPong(1),
      goals: [{ kind: "atMost", value: 120 }, fasterThanEffect],
    },
    { label: "ping-pong, maxsize 100", sides: pingPong(100), goals: [fasterThanEffect] },
    { label: "ping-pong, unbounded", sides: pingPong(0), goals: [fasterThanEffect] },
    { label: "stream, maxsize 1", sides: stream(1) },
    { label: "stream, maxsize 100", sides: stream(100) },
    { label: "stream, unbounded", sides: stream(0), size: 10_000, quickSize: 1_000 },
  ],
  sweeps: [
    {
      variable: "items in the queue",
      sizes: [1, 100, 10_000, 1_000_000],
      quickSizes: [1, 100, 10_000],
      at: (length) => ({ tendril: through(length) }),
      ops: () => 200_000,
      limit: 0.1,
    },
  ],
};
