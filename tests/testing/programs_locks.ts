// Statements: locks, semaphores, limiters, conditions and results, as far as programs.ts has them not.

import {
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  CapacityLimiter,
  Condition,
  Event,
  Lock,
  RLock,
  select,
  Semaphore,
  sleep,
} from "../../src/mod.ts";
import type { Family } from "./programs_kit.ts";

export interface Locks {
  readonly again: RLock;
  readonly bounded: BoundedSemaphore;
  readonly limiter: CapacityLimiter;
  readonly two: Semaphore;
  readonly plain: Lock;
  readonly changed: Condition;
  readonly result: AsyncResult<string>;
  readonly barrier: Barrier;
  readonly event: Event;
}

export const locks: Family<Locks> = {
  make: () => ({
    again: new RLock(),
    bounded: new BoundedSemaphore(1),
    limiter: new CapacityLimiter(1),
    two: new Semaphore(2),
    plain: new Lock(),
    changed: new Condition(new RLock()),
    result: new AsyncResult(),
    barrier: new Barrier(3),
    event: new Event(),
  }),
  blocks: ["againBlock", "limiterBlock", "boundedBlock"],
  acts: {
    *againTwice({ cells }, { again }) {
      yield* again.acquire();
      yield* again.acquire();
      cells[0].value++;
      again.release();
      yield* sleep(0);
      again.release();
    },
    *againFor1(_, { again }) {
      return yield* again.acquire({ timeout: 1 });
    },
    againTry: (_, { again }) => again.tryAcquire(),
    againOwner: (_, { again }) => again.owner ?? "nobody",
    againRelease: (_, { again }) => again.release(),
    againReset: (_, { again }) => again.reset(),
    *againBlock(context, { again }) {
      yield* again.withLock(() => context.run());
    },
    *plainAcquire(_, { plain }) {
      return yield* plain.acquire();
    },
    plainTry: (_, { plain }) => plain.tryAcquire(),
    plainRelease: (_, { plain }) => plain.release(),
    plainLocked: (_, { plain }) => plain.locked,
    plainReset: (_, { plain }) => plain.reset(),
    *boundedAcquire(_, { bounded }) {
      return yield* bounded.acquire({ timeout: 2 });
    },
    boundedRelease: (_, { bounded }) => bounded.release(),
    boundedLocked: (_, { bounded }) => bounded.locked,
    *boundedBlock(context, { bounded }) {
      yield* bounded.withLock(() => context.run());
    },
    *twoAcquire({ n }, { two }) {
      return yield* two.acquire({ permits: 1 + n % 2, timeout: 2 });
    },
    twoTry: ({ n }, { two }) => two.tryAcquire(1 + n % 2),
    twoRelease: (_, { two }) => two.release(),
    *limiterAcquire(_, { limiter }) {
      return yield* limiter.acquire({ timeout: 2 });
    },
    limiterTry: (_, { limiter }) => limiter.tryAcquire(),
    limiterRelease: (_, { limiter }) => limiter.release(),
    limiterTotal: ({ n }, { limiter }) => void (limiter.total = n),
    limiterSeen: (_, { limiter }) => `${limiter.available} of ${limiter.total}`,
    limiterBorrowed: (_, { limiter }) => limiter.borrowed,
    limiterLocked: (_, { limiter }) => limiter.locked,
    *limiterBlock(context, { limiter }) {
      yield* limiter.withLock(() => context.run());
    },
    *changedWaitFor({ cells }, { changed }) {
      return yield* changed.withLock(() => changed.waitFor(() => cells[0].value > 0, { timeout: 2 }));
    },
    *changedNotify({ cells }, { changed }) {
      yield* changed.withLock(() => {
        cells[0].value = 1;
        changed.notifyAll();
      });
    },
    resultFails: (_, { result }) => result.setException(new RangeError("result")),
    resultSet: ({ me }, { result }) => result.set(`result ${me}`),
    resultNow: (_, { result }) => result.getNowait(),
    resultValue: (_, { result }) => result.value ?? "none",
    *resultWait(_, { result }) {
      return yield* result.wait({ timeout: 1 });
    },
    *resultGet(_, { result }) {
      return yield* result.get({ timeout: 1 });
    },
    resultLink: ({ listen }, { result }) => {
      const log = listen("result");
      result.link(() => void log.push("linked"));
    },
    *meetThree(_, { barrier }) {
      return yield* barrier.wait({ timeout: 1 });
    },
    waiting: (_, { barrier }) => barrier.waiting,
    *selectLocks(_, { plain, two, event }) {
      return (yield* select({ plain: plain.acquire(), two: two.acquire({ permits: 2 }), event })).key;
    },
    eventSet: (_, { event }) => event.set(),
  },
};
