import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { run as runEffection, spawn as spawnEffection, type Task } from "effection";
import { type Greenlet, joinAll, run, sleep, spawn } from "../../src/mod.ts";
import type { Cost, Goal, Side, Sides } from "../harness/cost.ts";
import { turn } from "../peers/effection.ts";
import { python } from "../peers/python.ts";

/** All tasks are spawned, then all are joined; each body counts itself. */

const together: Sides = {
  async tendril(n) {
    let count = 0;
    function* body() {
      count++;
    }
    await run(function* () {
      const tasks: Greenlet<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(spawn(body));
      yield* joinAll(tasks);
    });
    return { count };
  },
  async promise(n) {
    let count = 0;
    async function body() {
      count++;
    }
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(body());
    await Promise.all(tasks);
    return { count };
  },
  async effection(n) {
    let count = 0;
    function* body() {
      count++;
    }
    await runEffection(function* () {
      const tasks: Task<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* spawnEffection(body));
      for (const task of tasks) yield* task;
    });
    return { count };
  },
  async effect(n) {
    let count = 0;
    const body = Effect.sync(() => {
      count++;
    });
    await Effect.runPromise(Effect.gen(function* () {
      const tasks: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* Effect.forkChild(body));
      yield* Fiber.joinAll(tasks);
    }));
    return { count };
  },
  gevent: python("gevent", "spawn"),
  asyncio: python("asyncio", "spawn"),
};

const turning: Sides = {
  async tendril(n) {
    let count = 0;
    function* body() {
      yield* sleep(0);
      count++;
    }
    await run(function* () {
      const tasks: Greenlet<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(spawn(body));
      yield* joinAll(tasks);
    });
    return { count };
  },
  async promise(n) {
    let count = 0;
    async function body() {
      await null;
      count++;
    }
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(body());
    await Promise.all(tasks);
    return { count };
  },
  async effection(n) {
    let count = 0;
    function* body() {
      yield* turn;
      count++;
    }
    await runEffection(function* () {
      const tasks: Task<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* spawnEffection(body));
      for (const task of tasks) yield* task;
    });
    return { count };
  },
  async effect(n) {
    let count = 0;
    const body = Effect.gen(function* () {
      yield* Effect.yieldNow;
      count++;
    });
    await Effect.runPromise(Effect.gen(function* () {
      const tasks: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(yield* Effect.forkChild(body));
      yield* Fiber.joinAll(tasks);
    }));
    return { count };
  },
  gevent: python("gevent", "spawn_turn"),
  asyncio: python("asyncio", "spawn_turn"),
};

const oneByOne: Sides = {
  async tendril(n) {
    let count = 0;
    function* body() {
      count++;
    }
    await run(function* () {
      for (let i = 0; i < n; i++) yield* spawn(body).join();
    });
    return { count };
  },
  async promise(n) {
    let count = 0;
    async function body() {
      count++;
    }
    for (let i = 0; i < n; i++) await body();
    return { count };
  },
  async effection(n) {
    let count = 0;
    function* body() {
      count++;
    }
    await runEffection(function* () {
      for (let i = 0; i < n; i++) yield* (yield* spawnEffection(body));
    });
    return { count };
  },
  async effect(n) {
    let count = 0;
    const body = Effect.sync(() => {
      count++;
    });
    await Effect.runPromise(Effect.gen(function* () {
      for (let i = 0; i < n; i++) yield* Fiber.join(yield* Effect.forkChild(body));
    }));
    return { count };
  },
  gevent: python("gevent", "one_by_one"),
  asyncio: python("asyncio", "one_by_one"),
};

const goals: Goal[] = [
  { kind: "timesPeer", peer: "promise", times: 3 },
  { kind: "fasterThan", peer: "effect", times: 5 },
  { kind: "fasterThan", peer: "effection", times: 100 },
];

export const cost: Cost = {
  name: "spawn",
  title: "spawn + join",
  unit: "ns",
  notes: [
    "All are spawned, then all are joined (`joinAll`, `Promise.all`, each Effection task, `Fiber.joinAll`); a promise side is an async function and its await.",
    "One by one: the next is spawned when the last has been joined.",
  ],
  points: [
    { label: "10,000", sides: together, size: 10_000, quickSize: 300, goals },
    {
      label: "1,000,000",
      sides: together,
      size: 1_000_000,
      quickSize: 3_000,
      caps: { effection: 10_000, gevent: 100_000, asyncio: 100_000 },
      goals,
    },
    { label: "10,000 that give one turn", sides: turning, size: 10_000, quickSize: 300 },
    { label: "one by one", sides: oneByOne, size: 10_000, quickSize: 300, goals: goals.slice(0, 1) },
  ],
  sweeps: [
    {
      variable: "tasks",
      sizes: [1_000, 10_000, 100_000, 1_000_000],
      quickSizes: [100, 1_000, 10_000],
      at: () => ({ tendril: together.tendril as Side, promise: together.promise as Side }),
      ops: (size) => size,
      limit: 0.15,
    },
  ],
};
