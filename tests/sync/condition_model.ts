/** A condition beside its model: who waits, who is on the way back to the lock, and in which order they tell. */
import fc from "fast-check";
import { Condition, type Greenlet, isKill, joinAll, Lock, type RLock, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { type Gen, outcome } from "../laws/kit.ts";

/** A greenlet that waits on `condition` and writes how that ended and whether it had the lock then. */
export function waiter(
  condition: Condition,
  lock: Lock | RLock,
  log: string[],
  name: string,
  timeout = Infinity,
) {
  return spawn({ name }, function* () {
    yield* condition.acquire();
    try {
      const how = yield* outcome(condition.wait({ timeout }));
      log.push(`${name} ${how}${lock.owner === name ? "" : ", without the lock"}`);
    } finally {
      condition.release();
    }
    try {
      yield* sleep(0);
    } catch (e) {
      log.push(`${name} killed ${isKill(e)}`);
      throw e;
    }
  });
}

type Step =
  | { do: "start"; timeout: number }
  | { do: "notify"; n: number }
  | { do: "kill"; who: number }
  | { do: "pass"; ms: number }
  | { do: "lock" | "unlock" | "settle" };

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("start" as const),
        timeout: fc.constantFrom(Infinity, Infinity, 1, 2, 3),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("notify" as const), n: fc.nat({ max: 3 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("kill" as const), who: fc.nat({ max: 9 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2 }) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom("lock" as const, "unlock" as const, "settle" as const) }),
    },
  ),
  { maxLength: 40 },
);

/**
 * The model: who waits; who is on the way back to the lock, in the order of the wakes; and the log. A waiter that is on its
 * way back tells its outcome, with the lock, before any that was woken later.
 */
export function* play(program: readonly Step[]): Gen<void> {
  const lock = new Lock(), condition = new Condition(lock);
  const log: string[] = [], expected: string[] = [];
  const actors: Greenlet<void>[] = [];
  const waiting: { id: number; deadline: number }[] = [];
  /** Woken, not yet in the line of the lock; and those in that line. */
  let woken: string[] = [], back: string[] = [];
  let time = 0, mine = false, taken = false;
  const wake = (at: number, how: string) => {
    const [{ id }] = waiting.splice(at, 1);
    woken.push(`${id} ${how}`);
  };
  const rest = function* (): Gen<void> {
    yield* settle();
    back.push(...woken);
    woken = [];
    if (mine) return;
    expected.push(...back);
    back = [];
    taken = false;
    assertEquals(log.filter((line) => !line.includes("killed")), expected);
    assertEquals(lock.locked, false);
  };
  for (const step of program) {
    if (step.do === "settle") yield* rest();
    else if (step.do === "kill") {
      actors[step.who]?.kill();
      const at = waiting.findIndex((w) => w.id === step.who);
      if (at >= 0) wake(at, "!GreenletExit");
    } else if (step.do === "pass") {
      yield* rest();
      const until = time + step.ms;
      for (let at = 0; at >= 0;) {
        const next = Math.min(...waiting.map((w) => w.deadline), until);
        at = waiting.findIndex((w) => w.deadline <= next);
        if (at >= 0) wake(at, "false");
      }
      time = until;
      yield* sleep(step.ms);
      yield* rest();
    } else if (step.do === "start") {
      if (mine) continue;
      yield* rest();
      waiting.push({ id: actors.length, deadline: time + step.timeout });
      actors.push(waiter(condition, lock, log, `${actors.length}`, step.timeout));
      yield* rest();
    } else if (step.do === "lock") {
      if (mine) continue;
      mine = lock.tryAcquire();
      assertEquals(mine, !taken, "tryAcquire");
    } else if (mine && step.do === "notify") {
      condition.notify(step.n);
      for (let i = 0; i < step.n && waiting.length > 0; i++) wake(0, "true");
    } else if (mine && step.do === "unlock") {
      mine = false;
      taken = back.length > 0;
      lock.release();
    }
  }
  if (mine) lock.release();
  mine = false;
  yield* rest();
  const left = waiting.map((w) => w.id);
  assertEquals(actors.flatMap((a, id) => a.dead ? [] : [id]), left, "who still waits");
  yield* condition.withLock(() => condition.notifyAll());
  yield* joinAll(actors);
  assert(log.every((line) => !line.includes("without the lock")), log.join());
}
