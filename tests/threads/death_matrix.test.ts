/**
 * Each way in which a thread can die with each thing that may wait for it: nobody hangs, each gets the reason, and the
 * pool is whole again.
 *
 * Length: it is one table.
 */
import { BrokenLockError, EOFError, run, TimeoutError } from "../../src/mod.ts";
import {
  pipe,
  proxy,
  SharedArray,
  SharedBarrier,
  SharedCondition,
  SharedEvent,
  SharedLock,
  SharedQueue,
  SharedRLock,
  SharedSemaphore,
  SharedValue,
  Thread,
  ThreadPool,
  WorkerDiedError,
} from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { testNoneBurns } from "./burning.ts";
import {
  blocked,
  cell,
  type Death,
  deaths,
  eachDeath,
  endAllPools,
  others,
  outcome,
  type Stage,
  type Work,
  workUrl,
} from "./death_matrix_kit.ts";
import { type acts, DYING, OVER, READY, type waits } from "./death_matrix_work.ts";
import { eventually, failure, letGo, words } from "./pool_kit.ts";

describe("deaths x the pool", () => {
  eachDeath("the call, its joins and links, the pool's join", async (stage) => {
    const { death, pool } = stage;
    await stage.begin("nothing");
    const { job } = stage;
    const linked = Promise.withResolvers<boolean>();
    job.link((ended) => linked.resolve(ended === job));
    const waiters = [job.join(), run(() => job.join()), run(() => pool.join()), linked.promise];
    const got = [
      Promise.resolve(job),
      run(function* () {
        return yield* job;
      }),
    ];
    const asked = Promise.allSettled(got);
    await stage.die();
    for (const result of await asked) {
      assertEquals(result.status, death.isGentle ? "fulfilled" : "rejected");
      death.reason(result.status === "fulfilled" ? result.value : result.reason);
    }
    assertEquals(await Promise.all(waiters), [true, true, true, true]);
  });

  eachDeath("a call behind it", async (stage) => {
    const { work, pool } = stage;
    const first = await work.threadId();
    await stage.begin("nothing");
    const behind = pool.submit(work.threadId);
    const map = pool.map(work.plus, [1, 2, 3]).then((results) => results, (error) => error.cause ?? error);
    await stage.die();
    if (pool.closed) {
      stage.death.reason(await outcome(behind));
      assertEquals(behind.started, false);
      stage.death.reason(await map);
    } else {
      assert(await behind !== first, "it ran in a new thread");
      assertEquals(await map, [2, 3, 4]);
    }
  });

  eachDeath("a stream that for await has half read", async (stage) => {
    const stream = stage.pool.submit(stage.work.streamAndDie, stage.at, stage.death.how);
    const seen: unknown[] = [];
    const reader = (async () => {
      for await (const n of stream) seen.push(n);
      return stream.value;
    })().catch((error) => error);
    await stage.started(stream);
    await eventually(() => seen.length === 3); // before anybody waits for its end alone, who drops what is not read
    await stage.die();
    stage.death.reason(await reader);
    assertEquals(seen, [0, 1, 2]);
  });

  eachDeath("a stream that a greenlet has half read", async (stage) => {
    const stream = stage.pool.submit(stage.work.streamAndDie, stage.at, stage.death.how);
    const seen: unknown[] = [];
    const reader = run(function* () {
      for (let step = yield* stream.next(); step.done !== true; step = yield* stream.next()) {
        seen.push(step.value);
      }
      return stream.value;
    }).catch((error) => error);
    await stage.started(stream);
    await eventually(() => seen.length === 3); // before anybody waits for its end alone, who drops what is not read
    await stage.die();
    stage.death.reason(await reader);
    assertEquals(seen, [0, 1, 2]);
  });

  for (const ends of ["returns", "throws"] as const) {
    eachDeath(`a callback of ours that is pending, and ${ends} later`, async (stage) => {
      const called = Promise.withResolvers<number>(), late = Promise.withResolvers<number>();
      const ended = Promise.withResolvers<void>();
      await stage.begin(
        "caller",
        proxy(async (n: number) => {
          called.resolve(n);
          try {
            return await late.promise;
          } finally {
            ended.resolve();
          }
        }),
      );
      assertEquals(await called.promise, 1);
      await stage.die();
      if (ends === "returns") late.resolve(1);
      else late.reject(new RangeError("nobody hears this"));
      await ended.promise;
    });
  }

  eachDeath("an object of the thread's", async (stage) => {
    const object = await stage.work.object();
    assertEquals(await object.ping(), 1);
    const pending = failure(object.hang());
    await stage.begin("nothing");
    let during: Promise<Error> | undefined;
    await stage.die(() => during = failure(object.hang()));
    stage.assertProxyFailed(await pending);
    stage.assertProxyFailed(await during);
    stage.assertProxyFailed(await failure(object.hang()));
  });
});

/** A primitive that breaks, and what waits for it. */
interface Breakable<T> {
  readonly name: string;
  make(): T;
  readonly act: keyof typeof acts;
  /** Waits here in a greenlet. */
  park(it: T): unknown;
  /** Waits in another thread. */
  readonly block: keyof typeof waits | "inCondition";
  /** They wait before the thread does what it dies of. */
  readonly first?: boolean;
  /** Comes later; without waiting, if it can. */
  late(it: T): unknown;
  broken(it: T): boolean;
  mend(it: T): void;
  /** It is as good as new: gives true. */
  use(it: T): unknown;
}

const breakable = <T>(it: Breakable<T>): Breakable<unknown> => it as Breakable<unknown>;
const lockIsBroken = (lock: SharedLock | SharedRLock): boolean => lock.broken;
const resetLock = (lock: SharedLock | SharedRLock): void => lock.reset();
const useLock = (lock: SharedLock | SharedRLock | SharedCondition): boolean =>
  lock.withLockSync(() => lock.holds());

const broken: readonly Breakable<unknown>[] = [
  breakable({
    name: "a SharedLock that it holds",
    make: () => new SharedLock(),
    act: "lock",
    park: (lock) => lock.acquire(),
    block: "lock",
    late: (lock) => lock.tryAcquire(),
    broken: lockIsBroken,
    mend: resetLock,
    use: useLock,
  }),
  breakable({
    name: "a SharedRLock that its greenlet holds twice",
    make: () => new SharedRLock(),
    act: "lockTwice",
    park: (lock) => lock.acquire(),
    block: "lock",
    late: (lock) => lock.acquireSync(),
    broken: lockIsBroken,
    mend: resetLock,
    use: useLock,
  }),
  breakable({
    name: "permits of a SharedSemaphore",
    make: () => new SharedSemaphore(3),
    act: "permits",
    park: (semaphore) => semaphore.acquire({ permits: 2 }),
    block: "permits",
    late: (semaphore) => semaphore.tryAcquire(),
    broken: (semaphore) => semaphore.broken,
    mend: (semaphore) => semaphore.reset(),
    use: (semaphore) => semaphore.tryAcquire(3),
  }),
  breakable({
    name: "the lock of a SharedCondition, whose notify others wait for",
    make: () => {
      const lock = new SharedLock();
      return { lock, condition: new SharedCondition(lock) };
    },
    act: "condition",
    park: ({ condition }) => condition.withLock(() => condition.wait()),
    block: "inCondition",
    first: true,
    late: ({ condition }) => condition.tryAcquire(),
    broken: ({ lock }) => lock.broken,
    mend: ({ lock }) => lock.reset(),
    use: ({ condition }) => useLock(condition),
  }),
  breakable({
    name: "a SharedBarrier at which it waits",
    make: () => new SharedBarrier(4),
    act: "barrierWaiter",
    park: (barrier) => barrier.wait(),
    block: "barrier",
    late: (barrier) => barrier.waitSync(),
    broken: (barrier) => barrier.broken,
    mend: (barrier) => barrier.reset(),
    use: (barrier) => barrier.waiting === 0,
  }),
  breakable({
    name: "a SharedBarrier to whose next round it does not come",
    make: () => new SharedBarrier(3),
    act: "barrierRound",
    park: function* (barrier) {
      yield* barrier.wait();
      yield* barrier.wait();
    },
    block: "barrierTwice",
    first: true,
    late: (barrier) => barrier.waitSync(),
    broken: (barrier) => barrier.broken,
    mend: (barrier) => barrier.reset(),
    use: (barrier) => barrier.waiting === 0,
  }),
  breakable({
    name: "SharedValue.withLock",
    make: () => new SharedValue("int32", 1),
    act: "value",
    park: (value) => value.withLock(() => value.get()),
    block: "value",
    late: (value) => value.withLockSync(() => value.get()),
    broken: (value) => value.lock.broken && value.get() === 5, // what it had done is there
    mend: (value) => value.lock.reset(),
    use: (value) => value.withLockSync(() => value.add(1) === 5),
  }),
  breakable({
    name: "SharedArray.withLock",
    make: () => new SharedArray("int32", 1),
    act: "array",
    park: (array) => array.withLock(() => array.view[0]),
    block: "array",
    late: (array) => array.withLockSync(() => array.view[0]),
    broken: (array) => array.lock.broken,
    mend: (array) => array.lock.reset(),
    use: (array) => array.withLockSync(() => array.length === 1),
  }),
];

describe("deaths x what breaks", () => {
  for (const { name, make, act, park, block, first, late, broken: isBroken, mend, use } of broken) {
    eachDeath(name, async (stage) => {
      const it = make();
      const shared = it !== null && typeof it === "object" && "condition" in it ? it.condition : it;
      if (first !== true) await stage.begin(act, shared);
      const parked = failure(run(() => park(it)));
      const another = await blocked((at): PromiseLike<unknown> =>
        block === "inCondition"
          ? others().blockInCondition(at, shared as SharedCondition)
          : others().block(at, block, shared)
      );
      const stopped = failure(another.result);
      if (first === true) await stage.begin(act, shared);
      await stage.die();
      assertInstanceOf(await parked, BrokenLockError);
      assertInstanceOf(await stopped, BrokenLockError);
      assertEquals(isBroken(it), true);
      assertThrows(() => late(it), BrokenLockError);
      mend(it);
      assertEquals([isBroken(it), use(it)], [false, true]);
    });
  }
});

describe("deaths x what does not break", () => {
  eachDeath("a SharedLock for which it waits", async (stage) => {
    const lock = new SharedLock();
    lock.acquireSync();
    await stage.begin("lockWaiter", lock);
    const next = run(() => lock.withLock(() => "its turn"));
    const other = await blocked((at) => others().block(at, "lock", lock));
    await stage.die();
    lock.release();
    assertEquals(await next, "its turn");
    assertEquals(await other.result, true);
  });

  eachDeath("a SharedSemaphore for which it waits", async (stage) => {
    const semaphore = new SharedSemaphore(0);
    await stage.begin("permitsWaiter", semaphore);
    const next = run(() => semaphore.acquire());
    const other = await blocked((at) => others().block(at, "permits", semaphore));
    await stage.die();
    semaphore.release(2);
    assertEquals([await next, await other.result], [true, true]);
    assertEquals([semaphore.available, semaphore.broken], [0, false]);
  });

  eachDeath("a SharedCondition at which it waits: a notify is another one's", async (stage) => {
    const condition = new SharedCondition();
    await stage.begin("conditionWaiter", condition);
    const next = run(() => condition.withLock(() => condition.wait()));
    await stage.die();
    condition.withLockSync(() => condition.notify(1));
    assertEquals(await next, true);
    assertEquals(condition.locked, false);
  });

  eachDeath("a SharedEvent that it was to set", async (stage) => {
    const event = new SharedEvent();
    await stage.begin("nothing", event);
    const waiting = run(() => event.wait());
    const other = await blocked((at) => others().block(at, "event", event));
    await stage.die();
    assertEquals(await run(() => event.wait({ timeout: 5 })), false);
    event.set();
    assertEquals([await waiting, await other.result], [true, true]);
    event.clear();
    assertEquals(event.waitSync({ timeout: 5 }), false);
  });

  eachDeath("a SharedEvent for which it waits", async (stage) => {
    const event = new SharedEvent();
    await stage.begin("eventWaiter", event);
    const next = run(() => event.wait());
    const other = await blocked((at) => others().block(at, "event", event));
    await stage.die();
    event.set();
    assertEquals([await next, await other.result], [true, true]);
  });

  eachDeath("a SharedBarrier to which it has never come", async (stage) => {
    const barrier = new SharedBarrier(2);
    await stage.begin("nothing", barrier);
    const waiting = failure(run(() => barrier.wait({ timeout: 5 })));
    await stage.die();
    assertInstanceOf(await waiting, TimeoutError);
    const [here, other] = [run(() => barrier.wait()), others().block(words(), "barrier", barrier)];
    assertEquals([await here, await other].toSorted(), [0, 1], "another one may come for it");
  });

  eachDeath("a SharedQueue of which it has taken one: the rest is there", async (stage) => {
    const queue = new SharedQueue<number>();
    for (const n of [1, 2, 3]) queue.putSync(n);
    await stage.begin("taker", queue);
    await stage.die();
    assertEquals([queue.getSync(), await run(() => queue.get()), queue.empty], [2, 3, true]);
    queue.taskDone();
    queue.taskDone();
    assertEquals(await run(() => queue.join({ timeout: 5 })), false, "nobody reports the task of the dead");
    assertEquals(queue.joinSync({ timeout: 5 }), false);
    queue.taskDone();
    assertEquals(queue.joinSync(), true);
  });

  eachDeath("a SharedQueue from which it waits to get", async (stage) => {
    const queue = new SharedQueue<number>();
    await stage.begin("getter", queue);
    const next = run(() => queue.get());
    const other = await blocked((at) => others().block(at, "get", queue));
    await stage.die();
    queue.putSync(1);
    queue.putSync(2);
    assertEquals([await next, await other.result].toSorted(), [1, 2]);
    assertEquals(queue.empty, true);
  });

  eachDeath("a SharedQueue whose item comes while it dies", async (stage) => {
    const queue = new SharedQueue<number>();
    await stage.begin("getter", queue);
    const next = run(() => queue.get());
    await stage.die(() => queue.putSync(1));
    assertEquals(await next, 1, "it was the turn of the dead, which never fetched it");
    assertEquals(queue.empty, true);
  }, ({ how }) => how === "computes"); // the others may still fetch it, and then have got it

  eachDeath("a full SharedQueue into which it waits to put", async (stage) => {
    const queue = new SharedQueue<number>({ maxsize: 1 });
    queue.putSync(1);
    await stage.begin("putter", queue);
    const next = run(() => queue.put(2));
    await stage.die();
    assertEquals([await run(() => queue.get()), await next, queue.getSync()], [1, undefined, 2]);
    assertEquals([queue.empty, queue.full], [true, false]);
  });

  eachDeath("the other end of a pipe", async (stage) => {
    const [here, there] = pipe<string>();
    const [mine, its] = pipe<string>();
    await stage.begin("sender", there);
    const got = run(() => here.recv()), end = failure(run(() => here.recv()));
    await stage.die();
    assertEquals(await got, "last words");
    assertInstanceOf(await end, EOFError);
    assertThrows(() => here.sendSync("too late"), EOFError);
    assertEquals(here.closed, true);
    assertEquals([mine.closed, its.closed], [false, false]);
  });

  eachDeath("the other end of a pipe, in a thread that is blocked", async (stage) => {
    const [here, there] = pipe<string>();
    const reader = await blocked((at) => others().block(at, "receive", here));
    const end = failure(reader.result);
    await stage.begin("sender", there);
    await stage.die();
    assertInstanceOf(await end, EOFError);
  });
});

/** These can reach one that is blocked. */
const fromOutside = deaths.filter(({ how }) => how === "computes");

describe("deaths of a blocked thread x what others wait for", () => {
  for (const death of fromOutside) {
    blockedCell(death, "lock", "in SharedLock.acquireSync", async (die) => {
      const lock = new SharedLock();
      lock.acquireSync();
      await die(lock);
      lock.release();
      assertEquals([useLock(lock), lock.broken], [true, false]);
    });
    blockedCell(death, "get", "in SharedQueue.getSync", async (die) => {
      const queue = new SharedQueue<number>();
      await die(queue);
      const next = run(() => queue.get());
      queue.putSync(1);
      assertEquals([await next, queue.empty], [1, true]);
    });
    blockedCell(death, "put", "in SharedQueue.putSync", async (die) => {
      const queue = new SharedQueue<number>({ maxsize: 1 });
      queue.putSync(1);
      await die(queue);
      assertEquals([queue.getSync(), queue.empty], [1, true]);
    });
    blockedCell(death, "event", "in SharedEvent.waitSync", async (die) => {
      const event = new SharedEvent();
      await die(event);
      event.set();
      assertEquals(event.waitSync(), true);
    });
    blockedCell(death, "barrier", "in SharedBarrier.waitSync", async (die) => {
      const barrier = new SharedBarrier(3);
      const waiting = failure(run(() => barrier.wait()));
      await die(barrier, () => barrier.waiting === 2);
      assertInstanceOf(await waiting, BrokenLockError);
    });
  }
});

/** A thread is ended where it is blocked; nothing has to be let go afterwards, on any runtime. */
function blockedCell(
  death: Death,
  wait: keyof typeof waits,
  where: string,
  body: (die: (it: unknown, isBlocked?: () => boolean) => Promise<void>) => Promise<void>,
): void {
  eachDeath(where, (stage) =>
    body(async (it, isBlocked = () => true) => {
      await stage.started(stage.pool.submit(stage.work.block, stage.at, wait, it) as Stage["job"]);
      await eventually(isBlocked);
      Atomics.store(stage.at, DYING, 1);
      await stage.die();
    }), (each) => each === death);
}

/** A `Thread` has no limits of its own, and no pool: these are its deaths. */
const ofThreads = deaths.filter(({ how, end, options }) =>
  options === undefined && (how !== "computes" || end?.length === 1)
);

describe("deaths of a Thread x what waits", () => {
  for (const death of ofThreads) {
    cell(death.name, "Thread.join, and a lock that the thread holds", async () => {
      const at = words(), lock = new SharedLock();
      const thread = new Thread({
        target: { url: workUrl, name: "dieDuring" },
        args: [at, death.how, "lock", lock],
      });
      thread.start();
      thread.job.own();
      try {
        await eventually(() => Atomics.load(at, READY) === 1);
        const joins = [thread.join(), run(() => thread.join()), run(() => thread.join({ timeout: 10_000 }))];
        const waiting = failure(run(() => lock.acquire()));
        assertEquals(await thread.join({ timeout: 1 }), false);
        letGo(at);
        if (death.end !== undefined) {
          await eventually(() => Atomics.load(at, DYING) === 1);
          assertEquals(await death.end(thread.job, null as never), true);
        }
        assertEquals(await Promise.all(joins), [true, true, true]);
        death.reason(thread.job.exception);
        assertEquals([thread.isAlive, await thread.join()], [false, true]);
        assertInstanceOf(await waiting, BrokenLockError);
        lock.reset();
        assertEquals(useLock(lock), true);
      } finally {
        Atomics.store(at, OVER, 1);
        letGo(at);
      }
    });
  }

  cell("kill()", "Thread.join", async () => {
    const at = words();
    const thread = new Thread({
      target: { url: workUrl, name: "dieDuring" },
      args: [at, "computes", "nothing"],
    });
    thread.start();
    try {
      letGo(at);
      await eventually(() => Atomics.load(at, DYING) === 1);
      const joined = run(() => thread.join());
      assertEquals(await thread.kill(undefined, { grace: 20 }), true);
      assertEquals([await joined, thread.isAlive, thread.job.successful], [true, false, true]);
    } finally {
      Atomics.store(at, OVER, 1);
    }
  });
});

describe("deaths while it begins", () => {
  cell("a module that throws at its top level", "its calls, and those of others", async () => {
    const pool = new ThreadPool({ size: 1 });
    const work = pool.module<Work>(workUrl);
    const wrong = pool.module<{ f(): void }>(new URL("./broken_work.ts", import.meta.url));
    const id = await work.threadId();
    const [first, second, behind] = [failure(wrong.f()), failure(wrong.f()), work.threadId()];
    for (const error of [await first, await second, await failure(wrong.f())]) {
      assertMatch(error.message, /could not load .*broken_work\.ts.*thrown at top level/);
      assertInstanceOf(error.cause, RangeError);
    }
    assertEquals([await behind, await work.threadId()], [id, id], "the thread lives");
    assertEquals([pool.stats().died, pool.stats().threads], [0, 1]);
    await pool.terminate();
  });

  /** Initializers, and what all who wait get. */
  const initializers: [
    string,
    string,
    Death["how"] | null,
    ConstructorParameters<typeof ThreadPool>[0],
    (error: unknown) => void,
  ][] = [
    ["an initializer that throws", "failAtOnce", null, {}, (error) => {
      assertInstanceOf(error, RangeError);
      assertMatch(error.message, /no set-up/);
    }],
    ...deaths.filter(({ end }) => end === undefined).map(({ name, how, options, reason }) =>
      [`an initializer that ends by ${name}`, "dieAtOnce", how, options, reason] as never
    ),
  ];
  for (const [death, name, how, options, reason] of initializers) {
    const memory = how === "eats" ? "no memory left" : death;
    cell(memory, how === "eats" ? "the initializer" : "all calls, and the pool's own", async () => {
      const at = words();
      const pool = new ThreadPool({
        size: 1,
        ...options,
        initializer: { url: workUrl, name, args: [at, how] },
      });
      const work = pool.module<Work>(workUrl);
      const jobs = [pool.submit(work.plus, 1).own(), pool.submit(work.plus, 2).own()];
      const stream = pool.submit(work.streamAndDie, at, "exits").own();
      const reader = (async () => {
        for await (const _ of stream) assert(false, "it cannot yield");
      })();
      const read = failure(reader), mapped = failure(pool.map(work.plus, [1, 2]));
      try {
        for (const job of jobs) reason(await failure(job));
        reason(await read);
        const error = await mapped;
        reason(error.cause instanceof Error && !(error instanceof WorkerDiedError) ? error.cause : error);
        reason((await failure(Promise.resolve().then(() => pool.submit(work.plus, 3)))).cause);
        assertEquals(await pool.close(), true);
        assertEquals(pool.stats().threads, 0);
      } finally {
        Atomics.store(at, OVER, 1);
        await pool.terminate();
      }
      await eventually(() => pool.stats().zombies === 0);
    });
  }
});

test("those who waited are alive", endAllPools);
testNoneBurns();
