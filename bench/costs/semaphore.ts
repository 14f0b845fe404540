import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as EffectSemaphore from "effect/Semaphore";
import { joinAll, run, Semaphore, spawn } from "../../src/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { PromiseSemaphore } from "../peers/promise.ts";
import { python } from "../peers/python.ts";

/** Two tasks, two semaphores, one permit: every release finds the other task waiting. An operation is one hand-off. */
const handOff: Sides = {
  async tendril(n) {
    const first = new Semaphore(0);
    const second = new Semaphore(0);
    let count = n & 1;
    function* a() {
      for (let i = 0; i < n >> 1; i++) {
        second.release();
        yield* first.acquire();
        count++;
      }
    }
    function* b() {
      for (let i = 0; i < n >> 1; i++) {
        yield* second.acquire();
        count++;
        first.release();
      }
    }
    await run(function* () {
      yield* joinAll([spawn(a), spawn(b)]);
    });
    return { count };
  },
  async promise(n) {
    const first = new PromiseSemaphore(0);
    const second = new PromiseSemaphore(0);
    let count = n & 1;
    async function a() {
      for (let i = 0; i < n >> 1; i++) {
        second.release();
        await first.acquire();
        count++;
      }
    }
    async function b() {
      for (let i = 0; i < n >> 1; i++) {
        await second.acquire();
        count++;
        first.release();
      }
    }
    await Promise.all([a(), b()]);
    return { count };
  },
  async effect(n) {
    let count = n & 1;
    await Effect.runPromise(Effect.gen(function* () {
      const first = yield* EffectSemaphore.make(0);
      const second = yield* EffectSemaphore.make(0);
      const a = Effect.gen(function* () {
        for (let i = 0; i < n >> 1; i++) {
          yield* second.release(1);
          yield* first.take(1);
          count++;
        }
      });
      const b = Effect.gen(function* () {
        for (let i = 0; i < n >> 1; i++) {
          yield* second.take(1);
          count++;
          yield* first.release(1);
        }
      });
      yield* Fiber.joinAll([yield* Effect.forkChild(a), yield* Effect.forkChild(b)]);
    }));
    return { count };
  },
  gevent: python("gevent", "semaphore"),
  asyncio: python("asyncio", "semaphore"),
};

/** `waiters` tasks want the one permit; who releases it goes to the end of the line. */
const contended = (waiters: number): Side => async (n) => {
  const semaphore = new Semaphore(1);
  let count = 0;
  function* body() {
    while (count < n) {
      yield* semaphore.acquire();
      if (count < n) count++;
      semaphore.release();
    }
  }
  await run(function* () {
    const tasks = Array.from({ length: waiters }, () => spawn(body));
    yield* joinAll(tasks);
  });
  return { count };
};

const contendedPromises = (waiters: number): Side => async (n) => {
  const semaphore = new PromiseSemaphore(1);
  let count = 0;
  async function body() {
    while (count < n) {
      await semaphore.acquire();
      if (count < n) count++;
      semaphore.release();
    }
  }
  await Promise.all(Array.from({ length: waiters }, body));
  return { count };
};

export const cost: Cost = {
  name: "semaphore",
  title: "semaphore hand-off",
  unit: "ns",
  notes: [
    "Two tasks release to and acquire from each other; every release finds a waiter. The promise semaphore is 20 lines over resolvers; Effection has none.",
  ],
  points: [{ label: "two tasks", sides: handOff }],
  sweeps: [
    {
      variable: "waiters in the line",
      sizes: [10, 100, 1_000, 10_000, 100_000],
      quickSizes: [10, 100, 1_000],
      at: (waiters) => ({ tendril: contended(waiters), promise: contendedPromises(waiters) }),
      ops: (waiters) => Math.max(200_000, waiters * 10),
      limit: 0.15,
    },
  ],
};
