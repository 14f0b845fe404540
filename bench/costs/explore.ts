import { Queue, sleep, spawn } from "../../src/mod.ts";
import { cell, explore, simulate, type Strategy } from "../../src/testing/mod.ts";
import type { Cost, Point, Sides } from "../harness/cost.ts";

/** 100,000 schedules a second. */
const GOAL: Point["goals"] = [{ kind: "atMost", value: 10 }];

/** A producer and a consumer: ten steps, give or take one by the schedule. */
function* tenSteps() {
  const queue = new Queue<number>();
  spawn(function* () {
    for (let i = 0; i < 3; i++) {
      yield* queue.put(i);
      yield* sleep(0);
    }
  });
  for (let i = 0; i < 4; i++) {
    if (i < 3) yield* queue.get();
    else yield* sleep(0);
  }
}

function simulated(strategy: Strategy): Point {
  const sides: Sides = {
    tendril: (n) => Promise.resolve({ count: simulate(tenSteps, { runs: n, strategy }).runs }),
  };
  return { label: `simulate, ${strategy}`, sides, goals: GOAL };
}

/** Three greenlets of two turns each: 1,680 interleavings of ten steps, again and again. */
function* turns() {
  for (let i = 0; i < 3; i++) {
    spawn(function* () {
      yield* sleep(0);
      yield* sleep(0);
    });
  }
  yield* sleep(1);
}

/** The same, where each step is told apart by what it touches; all touch the same, so that nothing is left out. */
function* conflicting() {
  const x = cell(0);
  for (let i = 0; i < 3; i++) {
    spawn(function* () {
      x.value++;
      yield* sleep(0);
      x.value++;
      yield* sleep(0);
      x.value++;
    });
  }
  yield* sleep(1);
}

function explored(
  label: string,
  body: () => Generator<unknown, void, unknown>,
  goals: Point["goals"],
): Point {
  const sides: Sides = {
    tendril(n) {
      let count = 0;
      while (count < n) count += explore(body, { maxSchedules: n - count }).schedules;
      return Promise.resolve({ count });
    },
  };
  return { label, sides, goals };
}

export const cost: Cost = {
  name: "explore",
  title: "a schedule of ten steps",
  unit: "µs",
  notes: [
    "A schedule is a whole run: its own loop, clock and greenlets, ten resumes, checks at each step and at the end." +
    " 10 µs are 100,000 schedules a second.",
    "`explore, reduced` notes in each step what is touched and looks for races; where the greenlets have little in common" +
    " it runs far fewer schedules.",
  ],
  points: [
    ...(["fifo", "random", "pct", "pos", "urw"] as const).map(simulated),
    explored("explore, every interleaving", turns, GOAL),
    explored("explore, reduced", conflicting, []),
  ],
};
