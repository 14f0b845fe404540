/** Primitives outside of any greenlet: a clear error at the call, which says where they work. */
import {
  all,
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  call,
  cancelScope,
  Channel,
  Condition,
  Event,
  failAfter,
  gather,
  getCurrent,
  Group,
  joinAll,
  Local,
  Lock,
  moveOnAfter,
  type Op,
  Pool,
  Queue,
  race,
  resource,
  RLock,
  run,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
  taskGroup,
  Timeout,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertMatch } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { thrownBy, virtual } from "./kit.ts";

describe("outside of a greenlet", () => {
  const operations: Record<string, () => Op<unknown>> = {
    sleep: () => sleep(1),
    "sleep()": () => sleep(),
    suspend: () => suspend(),
    until: () => until(Promise.resolve()),
    "Queue.get": () => new Queue().get(),
    "Queue.put": () => new Queue().put(1),
    "Channel.get": () => new Channel().get(),
    "Event.wait": () => new Event().wait(),
    "AsyncResult.get": () => new AsyncResult().get(),
    "Lock.acquire": () => new Lock().acquire(),
    "Lock.withLock": () => new Lock().withLock(() => {}),
    "RLock.acquire": () => new RLock().acquire(),
    "Semaphore.acquire": () => new Semaphore(1).acquire(),
    "BoundedSemaphore.acquire": () => new BoundedSemaphore(1).acquire(),
    "Condition.wait": () => new Condition().wait(),
    "Barrier.wait": () => new Barrier(2).wait(),
    select: () => select([sleep(1)]),
    call: () => call(() => 1),
    taskGroup: () => taskGroup(() => {}),
    cancelScope: () => cancelScope({}, () => {}),
    moveOnAfter: () => moveOnAfter(1, () => {}),
    failAfter: () => failAfter(1, () => {}),
    withTimeout: () => withTimeout(1, sleep(1)),
    shield: () => shield(() => {}),
    "shield of an operation": () => shield(sleep(1)),
    resource: () => resource(() => {}),
    all: () => all([sleep(1)]),
    race: () => race([sleep(1)]),
    gather: () => gather([sleep(1)]),
    wait: () => wait([]),
    joinAll: () => joinAll([]),
    "Pool.spawn": () => new Pool(1).spawn(() => {}),
    "Pool.map": () => new Pool(1).map(() => {}, [1]),
  };
  for (const [name, make] of Object.entries(operations)) {
    test(`${name} throws at the call or at its first step, and says where it works`, () => {
      const error = thrownBy(() => make()[Symbol.iterator]().next());
      assertMatch(error.message, /needs a running greenlet: call it inside run\(/);
    });
  }

  const calls: Record<string, () => unknown> = {
    spawn: () => spawn(() => {}),
    spawnLater: () => spawnLater(1, () => {}),
    getCurrent: () => getCurrent(),
    "Timeout.start": () => Timeout.start(1),
    "Local.get": () => new Local(() => 1).get(),
    "Local.set": () => new Local().set(1),
    "Group.spawn": () => new Group().spawn(() => {}),
    "Lock.tryAcquire": () => new Lock().tryAcquire(),
    "Lock.release": () => new Lock().release(),
    "Condition.notify": () => new Condition().notify(),
    "Pool.applyAsync": () => new Pool(1).applyAsync(() => {}),
  };
  for (const [name, make] of Object.entries(calls)) {
    test(`${name} throws at the call`, () => {
      const error = thrownBy(make);
      assertInstanceOf(error, Error);
      assertMatch(error.message, /needs a running greenlet|held by nobody|not held|does not hold/);
    });
  }

  test("after the first await of an async function too, and the error says so", () =>
    virtual(function* () {
      const error = yield* spawn(async () => {
        getCurrent();
        await null;
        return thrownBy(() => spawn(() => {}));
      });
      assertMatch(error.message, /async function: before its first await/);
    }));

  test("a host's callback is outside, also while a run waits", () =>
    virtual(function* () {
      const error = yield* until(Promise.resolve().then(() => thrownBy(() => spawn(() => {}))));
      assertMatch(error.message, /needs a running greenlet/);
    }));

  test("what needs no greenlet works outside: put and get at once, set, release, kill", async () => {
    const q = new Queue<number>(), event = new Event(), semaphore = new Semaphore(1);
    q.putNowait(1);
    event.set();
    semaphore.release();
    assertEquals([q.getNowait(), event.isSet, semaphore.available, semaphore.tryAcquire()], [
      1,
      true,
      2,
      true,
    ]);
    const g = await run(() => ({ g: spawn(() => 1) }), { clock: new VirtualClock() });
    g.g.kill();
  });
});
