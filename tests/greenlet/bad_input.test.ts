/** Bad input: a clear error at the call, which names the value and says what to do. */
import {
  all,
  AsyncResult,
  Barrier,
  type Body,
  BoundedSemaphore,
  call,
  cancelScope,
  Channel,
  Condition,
  Event,
  failAfter,
  forEach,
  gather,
  getCurrent,
  Group,
  iwait,
  joinAll,
  killAll,
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
import { caught, type Gen, thrownBy, virtual } from "./kit.ts";

// deno-lint-ignore no-explicit-any -- what a program in plain JavaScript may pass
const wrong = (value: unknown) => value as any as never;

describe("not a body", () => {
  const takers: Record<string, (body: Body<[], unknown>) => unknown> = {
    run: (body) => run(body),
    call: (body) => call(body),
    taskGroup: (body) => taskGroup(body),
    cancelScope: (body) => cancelScope({}, body),
    moveOnAfter: (body) => moveOnAfter(1, body),
    failAfter: (body) => failAfter(1, body),
    resource: (body) => resource(body),
    withTimeout: (body) => withTimeout(1, body),
    shield: (body) => shield(body),
    "Lock.withLock": (body) => new Lock().withLock(body),
    forEach: (body) => forEach(new Queue(), body),
  };
  for (const [name, take] of Object.entries(takers)) {
    for (const [value, shown] of [[3, /\b3\b/], [undefined, /undefined/], ["text", /"text"/]] as const) {
      test(`${name} refuses ${value} with a TypeError at the call`, () => {
        const error = thrownBy(() => take(wrong(value)));
        assertInstanceOf(error, TypeError);
        assertMatch(error.message, /needs .*function/);
        assertMatch(error.message, shown);
      });
    }
  }

  for (const name of ["run", "call", "taskGroup", "cancelScope"] as const) {
    test(`${name} refuses a generator, and says to pass the function itself`, () => {
      const error = thrownBy(() =>
        takers[name](wrong((function* () {
          yield* sleep(1);
        })()))
      );
      assertInstanceOf(error, TypeError);
      assertMatch(error.message, /without calling it/);
    });
  }

  test("all, race, gather and select refuse what cannot be waited for", () =>
    virtual(function* () {
      for (const make of [all, race, gather, select]) {
        const error = yield* caught(call(() => (make as (list: unknown[]) => Op<unknown>)([sleep(1), 3])));
        assertInstanceOf(error, TypeError);
        assertMatch(error.message, /not 3/);
        const none = yield* caught(call(() => (make as (list: unknown) => Op<unknown>)(3)));
        assertInstanceOf(none, TypeError);
      }
      assertInstanceOf(thrownBy(() => race([])), RangeError);
      assertInstanceOf(thrownBy(() => select([])), RangeError);
    }));

  test("wait, joinAll, iwait, killAll and until refuse what they cannot wait for", () =>
    virtual(function* () {
      for (const make of [wait, joinAll, iwait, killAll]) {
        const error = yield* caught(call(() => (make as (list: unknown[]) => Op<unknown>)([3])));
        assertInstanceOf(error, TypeError);
        assertMatch(error.message, /\b3\b/);
      }
      assertMatch(thrownBy(() => until(wrong(3))).message, /until needs a promise.*not 3/);
    }));
});

describe("not a duration", () => {
  const takers: Record<string, (ms: number) => unknown> = {
    sleep: (ms) => sleep(ms),
    spawnLater: (ms) => spawnLater(ms, () => {}),
    withTimeout: (ms) => withTimeout(ms, sleep(1)),
    moveOnAfter: (ms) => moveOnAfter(ms, () => {}),
    failAfter: (ms) => failAfter(ms, () => {}),
    "cancelScope's timeout": (timeout) => cancelScope({ timeout }, () => {}),
    "cancelScope's deadline": (deadline) => cancelScope({ deadline }, () => {}),
    Timeout: (ms) => new Timeout(ms),
    "shield's timeout": (timeout) => shield(() => {}, { timeout }),
    "join's timeout": (timeout) => getCurrent().join({ timeout }),
    "get's timeout": (timeout) => getCurrent().get({ timeout }),
    "kill's timeout": (timeout) => getCurrent().kill(undefined, { timeout }),
    "killAll's timeout": (timeout) => killAll([getCurrent()], undefined, { timeout }),
    "wait's timeout": (timeout) => wait([], { timeout }),
    "joinAll's timeout": (timeout) => joinAll([], { timeout }),
    "iwait's timeout": (timeout) => iwait([], { timeout }),
    "Event.wait's timeout": (timeout) => new Event().wait({ timeout }),
    "Queue.get's timeout": (timeout) => new Queue().get({ timeout }),
    "Queue.put's timeout": (timeout) => new Queue().put(1, { timeout }),
    "Lock.acquire's timeout": (timeout) => new Lock().acquire({ timeout }),
    "Group.join's timeout": (timeout) => new Group().join({ timeout }),
    "run's grace": (grace) => run(() => {}, { grace }),
    "run's sliceMs": (sliceMs) => run(() => {}, { sliceMs }),
  };
  for (const [name, take] of Object.entries(takers)) {
    test(`${name} refuses NaN with a RangeError and text with a TypeError, at the call, and does nothing`, () =>
      virtual(function* () {
        const error = thrownBy(() => take(NaN));
        assertInstanceOf(error, RangeError);
        assertMatch(error.message, /NaN/);
        assertMatch(error.message, /milliseconds/);
        const text = thrownBy(() => take(wrong("5")));
        assertMatch(`${text}`, /^(Type|Range)Error.*"5"/);
        yield* sleep(0); // a kill by the bad call would be thrown here
      }));
  }
});

describe("generators", () => {
  const log: unknown[] = [];
  function* once(): Gen<number> {
    log.push("ran");
    yield* sleep(1);
    return 1;
  }
  const users: Record<string, (generator: Gen<number>) => Op<unknown>> = {
    spawn: (generator) => spawn(generator),
    "Group.spawn": (generator) => new Group().spawn(generator),
    "TaskGroup.spawn": (generator) => taskGroup((tg) => void tg.spawn(generator)),
    "Pool.spawn": (generator) => new Pool(1).apply(() => generator),
    all: (generator) => all([generator]),
    race: (generator) => race([generator]),
    gather: (generator) => gather([generator]),
    withTimeout: (generator) => withTimeout(100, generator),
    shield: (generator) => shield(generator),
    "a bare yield": (generator) =>
      call(function* () {
        return yield generator;
      }),
    "a body's result": (generator) => call(() => generator),
  };
  for (const [first, use] of Object.entries(users)) {
    for (const [second, again] of Object.entries(users)) {
      test(`S-2: a generator that ${first} has run, or still runs, is refused by ${second}: it runs once`, () =>
        virtual(function* () {
          for (const ended of [true, false]) {
            log.length = 0;
            const generator = once();
            const running = spawn(() => use(generator));
            if (ended) yield* running;
            else { while (log.length === 0) yield* sleep(0); }
            const error = yield* caught(call(() => again(generator)));
            assertInstanceOf(error, TypeError);
            assertMatch(error.message, /a generator runs once.*pass the generator function/);
            yield* running;
            assertEquals(log, ["ran"]);
          }
        }));
    }
  }
});

describe("a bare yield", () => {
  const values: [value: unknown, shown: RegExp][] = [
    [3, /not 3/],
    ["text", /not "text"/],
    [null, /not null/],
    [{ a: 1 }, /not \{"a":1\}/],
    [[sleep(1)], /not /],
    [() => {}, /not function/],
    [Symbol("s"), /not Symbol\(s\)/],
    [10n, /not 10n/],
    [new Map(), /not Map/],
  ];
  for (const [value, shown] of values) {
    test(`of ${String(shown)} throws at the yield, which may catch it and go on`, () =>
      virtual(function* () {
        let error: unknown;
        try {
          yield value;
        } catch (e) {
          error = e;
        }
        assertInstanceOf(error, TypeError);
        assertMatch(error.message, /yield needs a promise or a generator/);
        assertMatch(error.message, /yield\*/);
        assertMatch(error.message, shown);
        yield* sleep(1);
      }));
  }
});

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
    assertEquals([q.getNowait(), event.isSet, semaphore.available, semaphore.tryAcquire()], [1, true, 2, true]);
    const g = await run(() => ({ g: spawn(() => 1) }), { clock: new VirtualClock() });
    g.g.kill();
  });
});

describe("options of run", () => {
  const bad: [name: string, options: unknown, shown: RegExp][] = [
    ["an onError that is no function", { onError: 3 }, /onError.*function/],
    ["a signal that is none", { signal: 3 }, /signal.*3/],
    ["a clock that is none", { clock: 3 }, /clock.*3/],
  ];
  for (const [name, options, shown] of bad) {
    test(`run refuses ${name} at the call`, () => {
      let ran = false;
      const error = thrownBy(() => run(() => void (ran = true), wrong(options)));
      assertInstanceOf(error, TypeError);
      assertMatch(error.message, shown);
      assertEquals(ran, false);
    });
  }
});
