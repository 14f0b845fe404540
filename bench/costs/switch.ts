import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { type Operation, run as runEffection, spawn as spawnEffection } from "effection";
import { call, Event, joinAll, run, sleep, spawn } from "../../src/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { Turns } from "../harness/turns.ts";
import { turn } from "../peers/effection.ts";
import { python } from "../peers/python.ts";

/** Two tasks give each other turns, each from `depth` frames down. */

type Body = Generator<unknown, void, unknown>;
type Nest = (turns: Turns, me: number, depth: number, k: number) => Body;

function* delegated(turns: Turns, me: number, depth: number, k: number): Body {
  if (depth > 1) yield* delegated(turns, me, depth - 1, k);
  else {
    for (let i = 0; i < k; i++) {
      turns.take(me);
      yield* sleep(0);
    }
  }
}

function* called(turns: Turns, me: number, depth: number, k: number): Body {
  if (depth > 1) yield* call(called, turns, me, depth - 1, k);
  else {
    for (let i = 0; i < k; i++) {
      turns.take(me);
      yield* sleep(0);
    }
  }
}

const tendril = (nest: Nest, depth: number): Side => async (n) => {
  const turns = new Turns();
  await run(function* () {
    yield* joinAll([spawn(nest, turns, 1, depth, (n + 1) >> 1), spawn(nest, turns, 2, depth, n >> 1)]);
  });
  // On the way down to a great depth a slice may end: who is first at the bottom then runs alone once, and once at the end.
  const missing = n - turns.count;
  return { count: missing >= 0 && missing <= 2 ? n : turns.count };
};

const promise = (depth: number): Side => {
  async function nest(turns: Turns, me: number, left: number, k: number): Promise<void> {
    if (left > 1) await nest(turns, me, left - 1, k);
    else {
      for (let i = 0; i < k; i++) {
        turns.take(me);
        await null;
      }
    }
  }
  return async (n) => {
    const turns = new Turns();
    await Promise.all([nest(turns, 1, depth, (n + 1) >> 1), nest(turns, 2, depth, n >> 1)]);
    return { count: turns.count };
  };
};

const effection = (depth: number): Side => {
  function* nest(turns: Turns, me: number, left: number, k: number): Operation<void> {
    if (left > 1) yield* nest(turns, me, left - 1, k);
    else {
      for (let i = 0; i < k; i++) {
        turns.take(me);
        yield* turn;
      }
    }
  }
  return async (n) => {
    const turns = new Turns();
    await runEffection(function* () {
      const a = yield* spawnEffection(() => nest(turns, 1, depth, (n + 1) >> 1));
      const b = yield* spawnEffection(() => nest(turns, 2, depth, n >> 1));
      yield* a;
      yield* b;
    });
    return { count: turns.count };
  };
};

const effect = (depth: number): Side => {
  const nest = (turns: Turns, me: number, left: number, k: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (left > 1) yield* nest(turns, me, left - 1, k);
      else {
        for (let i = 0; i < k; i++) {
          turns.take(me);
          yield* Effect.yieldNow;
        }
      }
    });
  return async (n) => {
    const turns = new Turns();
    await Effect.runPromise(Effect.gen(function* () {
      const a = yield* Effect.forkChild(nest(turns, 1, depth, (n + 1) >> 1));
      const b = yield* Effect.forkChild(nest(turns, 2, depth, n >> 1));
      yield* Fiber.joinAll([a, b]);
    }));
    return { count: turns.count };
  };
};

const at = (nest: Nest, depth: number): Sides => ({
  tendril: tendril(nest, depth),
  promise: promise(depth),
  effection: effection(depth),
  effect: effect(depth),
  gevent: python("gevent", "switch", depth),
  asyncio: python("asyncio", "switch", depth),
});

/** One for all the parked: V8 makes a hidden class for each new `function*` that is called. */
function* waitFor(end: Event): Body {
  yield* end.wait();
}

/** Turns that are taken, untimed, after so many were spawned: until the collector has made them old. */
const SETTLING = 100_000;

/** Two tasks switch while `parked` others stand in a line. */
const amongParked = (parked: number): Side => async (n) => {
  const turns = new Turns();
  let total = 0;
  await run(function* () {
    const end = new Event();
    for (let i = 0; i < parked; i++) spawn(waitFor, end);
    const scratch = new Turns();
    yield* joinAll([spawn(delegated, scratch, 1, 1, SETTLING), spawn(delegated, scratch, 2, 1, SETTLING)]);
    const start = now();
    yield* joinAll([spawn(delegated, turns, 1, 1, (n + 1) >> 1), spawn(delegated, turns, 2, 1, n >> 1)]);
    total = now() - start;
    end.set();
  });
  return { count: turns.count, total };
};

const amongParkedPromises = (parked: number): Side => async (n) => {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  async function waitForEnd() {
    await end;
  }
  for (let i = 0; i < parked; i++) void waitForEnd();
  await promise(1)(2 * SETTLING);
  const start = now();
  const { count } = await promise(1)(n);
  const total = now() - start;
  resolve();
  return { count, total };
};

export const cost: Cost = {
  name: "switch",
  title: "switch",
  unit: "ns",
  notes: [
    "Two tasks give each other turns from `depth` frames down: ours by `sleep(0)`, promises by `await null`, Effection by an action that resolves at once, Effect by `yieldNow`, Python by `sleep(0)`.",
    "`call` is ours alone; peers beside it nest as in the row above.",
  ],
  points: [
    {
      label: "depth 1",
      sides: at(delegated, 1),
      goals: [{ kind: "timesPeer", peer: "promise", times: 1.5 }],
    },
    { label: "depth 10, yield*", sides: at(delegated, 10) },
    { label: "depth 100, yield*", sides: at(delegated, 100) },
    { label: "depth 1,000, yield*", sides: at(delegated, 1_000) },
    { label: "depth 10, call", sides: at(called, 10) },
    { label: "depth 100, call", sides: at(called, 100) },
    {
      label: "depth 1,000, call",
      sides: at(called, 1_000),
      goals: [
        { kind: "timesPoint", point: "depth 1", times: 1.2 },
        { kind: "timesPeer", peer: "promise", times: 1.8 }, // 1.5 × 1.2: what both goals together allow
      ],
    },
  ],
  sweeps: [
    {
      variable: "depth of calls",
      sizes: [1, 10, 100, 1_000, 10_000],
      quickSizes: [1, 30, 1_000],
      at: (depth) => ({ tendril: tendril(called, depth) }),
      limit: 0.05,
    },
    {
      variable: "greenlets parked",
      sizes: [1, 100, 10_000, 1_000_000],
      quickSizes: [1, 100, 10_000],
      at: (parked) => ({ tendril: amongParked(parked), promise: amongParkedPromises(parked) }),
      ops: () => 200_000,
      limit: 0.05,
    },
  ],
};
