/** Fairness (S-45). The only tests here that look at the real clock, and they assert counts and orders, no times. */
import {
  AsyncResult,
  Barrier,
  Broadcast,
  call,
  cancelScope,
  CapacityLimiter,
  collect,
  Condition,
  Event,
  forEach,
  joinAll,
  Lock,
  moveOnAfter,
  type Op,
  Queue,
  RLock,
  run,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  taskGroup,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { assert, assertEquals, assertLess } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, upTo } from "../laws/kit.ts";

describe("fairness", () => {
  const event = new Event(), result = new AsyncResult<number>(), ended = new Queue<number>();
  event.set();
  result.set(1);
  ended.shutdown();
  const queue = new Queue<number>(), broadcast = new Broadcast<number>(), semaphore = new Semaphore(1);
  const lock = new Lock(), rlock = new RLock(), limiter = new CapacityLimiter(1), condition = new Condition();
  const steps = (body: () => Gen<unknown>) => () => call(body);
  const ready: { [name: string]: () => Op<unknown> } = {
    "sleep(0)": () => sleep(0),
    "Event.wait": () => event.wait(),
    "Event.wait with a timeout": () => event.wait({ timeout: 1000 }),
    "AsyncResult.get": () => result.get(),
    "Queue.put and get": steps(function* () {
      yield* queue.put(1);
      yield* queue.get();
    }),
    "Queue.put and getNowait": steps(function* () {
      yield* queue.put(1);
      queue.getNowait();
    }),
    "Queue.join": () => ended.join(),
    "Queue.next": () => ended.next(),
    "Broadcast.put": () => broadcast.put(1),
    "Semaphore.acquire": steps(function* () {
      yield* semaphore.acquire();
      semaphore.release();
    }),
    "Lock.withLock": () => lock.withLock(() => 1),
    "RLock.hold": steps(function* () {
      using _held = yield* rlock.hold();
    }),
    "CapacityLimiter.acquire": steps(function* () {
      yield* limiter.acquire();
      limiter.release();
    }),
    "Condition.waitFor": () => condition.withLock(() => condition.waitFor(() => true)),
    "Barrier(1).wait": () => new Barrier(1).wait(),
    "select": () => select([event]),
    "until of a value": () => until(() => 1),
    "forEach of nothing": () => forEach(ended, () => {}),
    "collect of nothing": () => collect(ended),
    "withTimeout": () => withTimeout(1000, () => 1),
    "moveOnAfter": () => moveOnAfter(1000, () => 1),
    "cancelScope": () => cancelScope({}, () => 1),
    "taskGroup": () => taskGroup(() => 1),
    "shield": () => shield(() => 1),
  };

  for (const [name, make] of Object.entries(ready)) {
    test(`S-45: starves no timer and no promise: ${name}`, async () => {
      const seen: string[] = [];
      // The limit is only for the case that it fails: then the loop below would never let anybody run.
      const giveUp = performance.now() + 3_000;
      const spinning = () => seen.length < 3 && performance.now() < giveUp;
      setTimeout(() => void seen.push("timer"), 1);
      await run(function* () {
        spawn(function* () {
          yield* sleep(1);
          seen.push("greenlet's timer");
        });
        spawn(function* () {
          yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
          seen.push("promise");
        });
        const gs = upTo(2).map(() =>
          spawn(function* () {
            while (spinning()) yield* make();
            return [...seen];
          })
        );
        for (const g of gs) assertEquals((yield* g).toSorted(), ["greenlet's timer", "promise", "timer"]);
      });
    });
  }

  /** Turns of 2 ms each that four greenlets take until a host timer of 1 ms fires. */
  const turnsUntilTimer = (before: () => Gen<void>): Promise<number> =>
    run(function* () {
      let turns = 0, fired = false;
      yield* before();
      setTimeout(() => {
        fired = true;
      }, 1);
      const gs = upTo(4).map(() =>
        spawn(function* () {
          while (!fired && turns < 500) {
            turns++;
            const end = performance.now() + 2;
            while (performance.now() < end);
            yield* sleep(0);
          }
        })
      );
      yield* joinAll(gs);
      return turns;
    });

  // Five turns are a slice. The rest is room for a busy machine, and for the switches between two looks at the clock.
  test("S-45: a 1 ms timer fires within a slice, counted in slow turns", async () => {
    assertLess(await turnsUntilTimer(function* () {}), 12);
  });

  test("S-45: the same where all turns have been quick before", async () => {
    const turns = await turnsUntilTimer(function* () {
      yield* sleep(5);
      for (const _ of upTo(2000)) yield* sleep(0);
    });
    assertLess(turns, 25);
  });

  test("S-45: the host's turns come again and again, not once", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    try {
      await run(function* () {
        const giveUp = performance.now() + 3_000;
        const gs = upTo(3).map(() =>
          spawn(function* () {
            while (ticks < 5 && performance.now() < giveUp) yield* semaphoreTurn();
          })
        );
        yield* joinAll(gs);
      });
      assert(ticks >= 5, `${ticks} ticks`);
    } finally {
      clearInterval(timer);
    }
  });

  function semaphoreTurn(): Op<void> {
    return semaphore.withLock(() => {});
  }
});
