/** Bad input: a clear error at the call, which names the value and says what to do. */
import {
  all,
  type Body,
  call,
  cancelScope,
  Event,
  failAfter,
  forEach,
  gather,
  getCurrent,
  Group,
  iwait,
  joinAll,
  killAll,
  Lock,
  moveOnAfter,
  type Op,
  Pool,
  Queue,
  race,
  resource,
  run,
  select,
  shield,
  sleep,
  spawn,
  spawnLater,
  taskGroup,
  Timeout,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
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
      call(function* (): Gen<unknown> {
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
            else while (log.length === 0) yield* sleep(0);
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
