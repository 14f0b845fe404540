import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  run as runEffection,
  sleep as sleepEffection,
  spawn as spawnEffection,
  suspend as suspendEffection,
  type Task,
} from "effection";
import { type Greenlet, joinAll, run, Semaphore, sleep, spawn, suspend } from "../../src/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { python } from "../peers/python.ts";

/** The tasks are parked first, untimed; then each is killed, and the end of all is awaited. A `finally` counts. */
const withCleanup: Sides = {
  async tendril(n) {
    let count = 0;
    let total = 0;
    function* body() {
      try {
        yield* suspend();
      } finally {
        count++;
      }
    }
    await run(function* () {
      const tasks: Greenlet<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(spawn(body));
      yield* sleep(0);
      const start = now();
      for (const task of tasks) task.kill();
      yield* joinAll(tasks);
      total = now() - start;
    });
    return { count, total };
  },
  async promise(n) {
    let count = 0;
    async function body(signal: AbortSignal) {
      try {
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as unknown), { once: true })
        );
      } finally {
        count++;
      }
    }
    const controllers = Array.from({ length: n }, () => new AbortController());
    const tasks = controllers.map((controller) => body(controller.signal));
    await null;
    const start = now();
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(tasks);
    return { count, total: now() - start };
  },
  async effection(n) {
    let count = 0;
    let total = 0;
    function* body() {
      try {
        yield* suspendEffection();
      } finally {
        count++;
      }
    }
    await runEffection(function* () {
      const tasks: Task<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* spawnEffection(body));
      yield* sleepEffection(0);
      const start = now();
      for (const task of tasks) yield* task.halt();
      total = now() - start;
    });
    return { count, total };
  },
  async effect(n) {
    let count = 0;
    let total = 0;
    const body = Effect.ensuring(
      Effect.never,
      Effect.sync(() => {
        count++;
      }),
    );
    await Effect.runPromise(Effect.gen(function* () {
      const tasks: Fiber.Fiber<never>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* Effect.forkChild(body));
      yield* Effect.yieldNow;
      const start = now();
      yield* Fiber.interruptAll(tasks);
      total = now() - start;
    }));
    return { count, total };
  },
  gevent: python("gevent", "kill"),
  asyncio: python("asyncio", "kill"),
};

/** No `finally`: what the kill alone costs. The dead are counted afterwards. */
const bare: Sides = {
  async tendril(n) {
    let count = 0;
    let total = 0;
    function* body() {
      yield* suspend();
    }
    await run(function* () {
      const tasks: Greenlet<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(spawn(body));
      yield* sleep(0);
      const start = now();
      for (const task of tasks) task.kill();
      yield* joinAll(tasks);
      total = now() - start;
      for (const task of tasks) if (task.dead) count++;
    });
    return { count, total };
  },
  async effect(n) {
    let count = 0;
    let total = 0;
    await Effect.runPromise(Effect.gen(function* () {
      const tasks: Fiber.Fiber<never>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* Effect.forkChild(Effect.never));
      yield* Effect.yieldNow;
      const start = now();
      yield* Fiber.interruptAll(tasks);
      total = now() - start;
      for (const task of tasks) if (task.pollUnsafe()) count++;
    }));
    return { count, total };
  },
};

/** All wait in one semaphore's line and are killed from its middle outwards: leaving a line must not search it. */
const inLine: Side = async (n) => {
  let count = 0;
  let total = 0;
  const semaphore = new Semaphore(0);
  function* body() {
    try {
      yield* semaphore.acquire();
    } finally {
      count++;
    }
  }
  await run(function* () {
    const tasks: Greenlet<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(spawn(body));
    yield* sleep(0);
    const middle = n >> 1;
    const start = now();
    for (let i = middle; i < n; i++) tasks[i]?.kill();
    for (let i = middle - 1; i >= 0; i--) tasks[i]?.kill();
    yield* joinAll(tasks);
    total = now() - start;
  });
  return { count, total };
};

export const cost: Cost = {
  name: "kill",
  title: "kill of a parked task",
  unit: "ns",
  notes: [
    "10,000 tasks are parked, untimed; then each is killed and the end of all is awaited. The promise side waits on an AbortSignal of its own.",
  ],
  points: [
    {
      label: "no cleanup",
      sides: bare,
      size: 10_000,
      quickSize: 1_000,
      goals: [{ kind: "atMost", value: 500 }],
    },
    {
      label: "with a finally",
      sides: withCleanup,
      size: 10_000,
      quickSize: 500,
      goals: [{ kind: "atMost", value: 500 }],
    },
  ],
  sweeps: [
    {
      variable: "waiters in the line",
      sizes: [100, 1_000, 10_000, 100_000],
      quickSizes: [100, 1_000, 10_000],
      at: () => ({ tendril: inLine }),
      ops: (size) => size,
      limit: 0.15,
    },
  ],
};
