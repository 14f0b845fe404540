import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { run as runEffection, sleep as sleepEffection, spawn as spawnEffection, type Task } from "effection";
import { type Greenlet, joinAll, run, sleep, spawn, Timeout } from "../../src/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { now, processorTime } from "../harness/host.ts";
import { python } from "../peers/python.ts";

/** Ten different durations, as programs have: all equal would be the best case of a list per duration. */
const duration = (i: number) => 1 + (i % 10);

/** Tasks that sleep some milliseconds and are joined. Processor time, since the waiting itself costs nothing. */
const fire: Sides = {
  async tendril(n) {
    let count = 0;
    function* body(ms: number) {
      yield* sleep(ms);
      count++;
    }
    const start = processorTime();
    await run(function* () {
      const tasks: Greenlet<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(spawn(body, duration(i)));
      yield* joinAll(tasks);
    });
    return { count, total: processorTime() - start };
  },
  async promise(n) {
    let count = 0;
    async function body(ms: number) {
      await new Promise((wake) => setTimeout(wake, ms));
      count++;
    }
    const start = processorTime();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(body(duration(i)));
    await Promise.all(tasks);
    return { count, total: processorTime() - start };
  },
  async effection(n) {
    let count = 0;
    const start = processorTime();
    await runEffection(function* () {
      const tasks: Task<void>[] = [];
      for (let i = 0; i < n; i++) {
        tasks.push(
          yield* spawnEffection(function* () {
            yield* sleepEffection(duration(i));
            count++;
          }),
        );
      }
      for (const task of tasks) yield* task;
    });
    return { count, total: processorTime() - start };
  },
  async effect(n) {
    let count = 0;
    const start = processorTime();
    await Effect.runPromise(Effect.gen(function* () {
      const tasks: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < n; i++) {
        tasks.push(
          yield* Effect.forkChild(Effect.gen(function* () {
            yield* Effect.sleep(duration(i));
            count++;
          })),
        );
      }
      yield* Fiber.joinAll(tasks);
    }));
    return { count, total: processorTime() - start };
  },
  gevent: python("gevent", "timers_fire"),
  asyncio: python("asyncio", "timers_fire"),
};

/** All timers are started, then all are cancelled. */
const cancel: Sides = {
  async tendril(n) {
    let count = 0;
    let total = 0;
    await run(function* () {
      const timers: Timeout[] = [];
      const start = now();
      for (let i = 0; i < n; i++) timers.push(Timeout.start(60_000 + i % 100));
      for (const timer of timers) timer.cancel();
      total = now() - start;
      for (const timer of timers) if (!timer.pending) count++;
    });
    return { count, total };
  },
  async promise(n) {
    const timers: ReturnType<typeof setTimeout>[] = [];
    const start = now();
    for (let i = 0; i < n; i++) timers.push(setTimeout(() => {}, 60_000 + i % 100));
    for (const timer of timers) clearTimeout(timer);
    return { count: timers.length, total: now() - start };
  },
  gevent: python("gevent", "timers_cancel"),
  asyncio: python("asyncio", "timers_cancel"),
};

export const cost: Cost = {
  name: "timers",
  title: "timer",
  unit: "ns",
  notes: [
    "Fired: 100,000 tasks sleep 1 to 10 ms and are joined, spawn and join included; the figure is processor time, since waiting costs nothing.",
    "Cancelled: 100,000 timers of a minute are started, then cancelled; ours are `Timeout`s, the promise side is `setTimeout` and `clearTimeout`.",
  ],
  points: [
    {
      label: "100,000 created and fired",
      sides: fire,
      size: 100_000,
      quickSize: 2_000,
      caps: { effection: 10_000, gevent: 20_000, asyncio: 20_000 },
    },
    { label: "100,000 created and cancelled", sides: cancel, size: 100_000, quickSize: 10_000 },
  ],
  sweeps: [
    {
      variable: "timers fired",
      sizes: [1_000, 10_000, 100_000, 1_000_000],
      quickSizes: [1_000, 10_000],
      at: () => ({ tendril: fire.tendril as Side, promise: fire.promise as Side }),
      ops: (size) => size,
      limit: 0.15,
    },
    {
      variable: "timers cancelled",
      sizes: [1_000, 10_000, 100_000, 1_000_000],
      quickSizes: [1_000, 10_000],
      at: () => ({ tendril: cancel.tendril as Side, promise: cancel.promise as Side }),
      ops: (size) => size,
      limit: 0.15,
    },
  ],
};
