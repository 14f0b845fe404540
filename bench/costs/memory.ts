import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  run as runEffection,
  sleep as sleepEffection,
  spawn as spawnEffection,
  suspend as suspendEffection,
  type Task,
} from "effection";
import { Event, Queue, run, sleep, spawn, suspend } from "../../src/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { heapBytes, residentBytes } from "../harness/host.ts";
import { python } from "../peers/python.ts";

/** What is read while all are parked: the growth of the heap, or all that the process holds. */
type Meter = { before: () => number; parked: (before: number) => number };
const heap: Meter = { before: heapBytes, parked: (before) => heapBytes() - before };
const resident: Meter = { before: () => 0, parked: residentBytes };

const tendrilSuspended: Side = async (n) => {
  let count = 0;
  let total = 0;
  function* body() {
    count++;
    yield* suspend();
  }
  const before = heapBytes();
  await run(function* () {
    for (let i = 0; i < n; i++) spawn({ daemon: true }, body);
    yield* sleep(0);
    total = heapBytes() - before;
  });
  return { count, total };
};

const tendrilOnQueue: Side = async (n) => {
  let count = 0;
  let total = 0;
  const queue = new Queue<number>();
  function* body() {
    count++;
    yield* queue.get();
  }
  const before = heapBytes();
  await run(function* () {
    for (let i = 0; i < n; i++) spawn(body);
    yield* sleep(0);
    total = heapBytes() - before;
    for (let i = 0; i < n; i++) yield* queue.put(i);
  });
  return { count, total };
};

const tendrilOnEvent = (meter: Meter): Side => async (n) => {
  let count = 0;
  let total = 0;
  const event = new Event();
  function* body() {
    count++;
    yield* event.wait();
  }
  const before = meter.before();
  await run(function* () {
    for (let i = 0; i < n; i++) spawn(body);
    yield* sleep(0);
    total = meter.parked(before);
    event.set();
  });
  return { count, total };
};

const promise = (meter: Meter): Side => async (n) => {
  let count = 0;
  const { promise: gate, resolve } = Promise.withResolvers<void>();
  async function body() {
    count++;
    await gate;
  }
  const before = meter.before();
  for (let i = 0; i < n; i++) void body();
  const total = meter.parked(before);
  resolve(); // what is still reachable here cannot have been collected above
  await null;
  return { count, total };
};

const effection: Side = async (n) => {
  let count = 0;
  let total = 0;
  const before = heapBytes();
  await runEffection(function* () {
    const tasks: Task<void>[] = [];
    for (let i = 0; i < n; i++) {
      tasks.push(
        yield* spawnEffection(function* () {
          count++;
          yield* suspendEffection();
        }),
      );
    }
    while (count < n) yield* sleepEffection(0);
    total = heapBytes() - before;
    for (const task of tasks) yield* task.halt();
  });
  return { count, total };
};

const effect = (meter: Meter): Side => async (n) => {
  let count = 0;
  let total = 0;
  const body = Effect.gen(function* () {
    count++;
    yield* Effect.never;
  });
  const before = meter.before();
  await Effect.runPromise(Effect.gen(function* () {
    const tasks: Fiber.Fiber<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(yield* Effect.forkChild(body));
    while (count < n) yield* Effect.yieldNow;
    total = meter.parked(before);
    yield* Fiber.interruptAll(tasks);
  }));
  return { count, total };
};

const suspended: Sides = {
  tendril: tendrilSuspended,
  promise: promise(heap),
  effection,
  effect: effect(heap),
  gevent: python("gevent", "memory"),
  asyncio: python("asyncio", "memory"),
};

const caps = { effection: 10_000, gevent: 50_000 };

export const cost: Cost = {
  name: "memory",
  title: "memory of a parked task",
  unit: "B",
  notes: [
    "Growth of the collected heap while 100,000 tasks are parked, in a new process; for Python, growth of the resident memory.",
    "The last row is all that a process holds with a million parked, divided by a million: 2 GiB are 2,147 B each.",
  ],
  points: [
    {
      label: "suspended",
      sides: suspended,
      size: 100_000,
      quickSize: 10_000,
      fresh: true,
      caps,
      goals: [{ kind: "atMost", value: 400 }],
    },
    {
      label: "in a queue's line",
      sides: { tendril: tendrilOnQueue },
      size: 100_000,
      quickSize: 10_000,
      fresh: true,
      goals: [{ kind: "atMost", value: 400 }],
    },
    {
      label: "in an event's line",
      sides: { tendril: tendrilOnEvent(heap) },
      size: 100_000,
      quickSize: 10_000,
      fresh: true,
      goals: [{ kind: "atMost", value: 400 }],
    },
    {
      label: "resident, 1,000,000 parked",
      sides: { tendril: tendrilOnEvent(resident), promise: promise(resident), effect: effect(resident) },
      size: 1_000_000,
      quickSize: 100_000,
      fresh: true,
      goals: [{ kind: "atMost", value: Math.floor(2 ** 31 / 1e6) }],
    },
  ],
  sweeps: [
    {
      variable: "greenlets parked",
      sizes: [1_000, 10_000, 100_000, 1_000_000],
      quickSizes: [10_000, 30_000],
      at: () => ({ tendril: tendrilOnEvent(heap), promise: promise(heap) }),
      ops: (size) => size,
      limit: 0.1,
    },
  ],
};
