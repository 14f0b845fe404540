/** The public contract: every waiting call takes `{ timeout }` as its last parameter. */
import {
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  Broadcast,
  cancelScope,
  CapacityLimiter,
  Channel,
  collect,
  Condition,
  Event,
  iwait,
  joinAll,
  killAll,
  LifoQueue,
  Lock,
  type Op,
  Pool,
  PoolFull,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  RLock,
  Semaphore,
  shield,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  wait,
} from "../src/mod.ts";
import { settle, VirtualClock } from "../src/testing/mod.ts";
import { assertEquals, assertThrows } from "./assert.ts";
import { describe, test } from "./harness.ts";
import { virtual } from "./regressions/helpers.ts";

describe("api: every waiting call takes { timeout } as its last parameter", () => {
  const dead = () => spawn(() => suspend());
  const taken = new Semaphore(0);
  const full = () => {
    const queue = new Queue<number>({ maxsize: 1 });
    queue.putNowait(1);
    return queue;
  };
  const busy = () => {
    const pool = new Pool(1);
    pool.add(spawn({ daemon: true }, () => suspend()));
    return pool;
  };
  const slow = () => {
    const broadcast = new Broadcast<number>();
    broadcast.subscribe({ maxsize: 1 });
    broadcast.putNowait(1);
    return broadcast;
  };
  const stubborn = () => {
    const g = spawn({ daemon: true }, () => shield(() => sleep(50)));
    return g;
  };
  /** The call, and what comes of it when its time is over: a value, or the class of the error. */
  const calls: [name: string, (o: { timeout: number }) => Op<unknown>, expected: unknown][] = [
    ["Greenlet.join", (o) => dead().join(o), false],
    ["Greenlet.get", (o) => dead().get(o), TimeoutError],
    ["Event.wait", (o) => new Event().wait(o), false],
    ["AsyncResult.get", (o) => new AsyncResult<number>().get(o), TimeoutError],
    ["Semaphore.acquire", (o) => taken.acquire(o), false],
    ["BoundedSemaphore.acquire", (o) => {
      const semaphore = new BoundedSemaphore(1);
      semaphore.tryAcquire();
      return semaphore.acquire(o);
    }, false],
    ["Barrier.wait", (o) => new Barrier(2).wait(o), TimeoutError],
    ["Queue.get", (o) => new Queue<number>().get(o), QueueEmpty],
    ["Queue.peek", (o) => new Queue<number>().peek(o), QueueEmpty],
    ["Queue.put", (o) => full().put(2, o), QueueFull],
    ["Queue.join", (o) => full().join(o), false],
    ["LifoQueue.get", (o) => new LifoQueue<number>().get(o), QueueEmpty],
    ["PriorityQueue.get", (o) => new PriorityQueue<number>().get(o), QueueEmpty],
    ["Channel.get", (o) => new Channel<number>().get(o), QueueEmpty],
    ["Channel.put", (o) => new Channel<number>().put(1, o), QueueFull],
    ["Broadcast.put", (o) => slow().put(2, o), QueueFull],
    ["Subscription.get", (o) => new Broadcast<number>().subscribe().get(o), QueueEmpty],
    ["Group.join", (o) => busy().join(o), false],
    ["Pool.spawn", (o) => busy().spawn(o, () => 1), PoolFull],
    ["Pool.waitAvailable", (o) => busy().waitAvailable(o), false],
    ["joinAll", (o) => joinAll([dead()], o), []],
    ["wait", (o) => wait([new Event()], o), []],
    ["iwait", (o) => collect(iwait([new Event()], o)), []],
  ];

  for (const [name, make, expected] of calls) {
    test(`${name}: its own timeout ends it, at its time; NaN is refused at the call`, async () => {
      const clock = new VirtualClock();
      await virtual(function* () {
        const outcome = yield* cancelScope({}, function* (scope) {
          let came: unknown;
          const start = clock.now();
          const op = make({ timeout: 7 });
          yield* settle();
          try {
            came = yield* op;
          } catch (e) {
            came = (e as Error).constructor;
          }
          const took = clock.now() - start;
          assertThrows(() => make({ timeout: NaN }), RangeError);
          scope.cancel();
          return [came, took];
        });
        assertEquals(outcome, [expected, 7]);
      }, clock);
    });
  }

  test("kill and killAll give back who survived their timeout", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const [a, b] = [stubborn(), stubborn()];
      yield* settle();
      assertEquals(yield* a.kill(undefined, { timeout: 7 }), false);
      assertEquals(clock.now(), 7);
      assertEquals((yield* killAll([a, b], undefined, { timeout: 7 })).length, 2);
      assertEquals(clock.now(), 14);
    }, clock);
  });

  test("locks: a timeout gives false, for the one who does not hold it", () =>
    virtual(function* () {
      for (const lock of [new Lock(), new RLock(), new Condition(), new CapacityLimiter(1)]) {
        yield* lock.acquire();
        const other = yield* spawn(() => lock.acquire({ timeout: 5 }));
        assertEquals(other, false);
        lock.release();
      }
      const condition = new Condition();
      yield* condition.acquire();
      assertEquals(yield* condition.wait({ timeout: 5 }), false);
      assertEquals(yield* condition.waitFor(() => false, { timeout: 5 }), false);
      condition.release();
    }));
});
