/** The door into greenlets: several runs at once, async functions, abort signals. */
import {
  call,
  Channel,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  isKill,
  Local,
  Lock,
  Queue,
  run,
  sleep,
  spawn,
  suspend,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, victimOf, virtual } from "./kit.ts";

describe("bodies", () => {
  const bodies: Record<string, () => unknown> = {
    "a generator function": function* () {
      yield* sleep(1);
      return 7;
    },
    "an async function": async () => {
      await null;
      return 7;
    },
    "a plain function": () => 7,
    "a function that returns an operation": () => call(() => 7),
    "a function that returns a generator": () => (function* () {
      return 7;
    })(),
    "a function that returns a greenlet": () => spawn(() => 7),
    "a function that returns a promise": () => Promise.resolve(7),
    "a generator that returns an operation": function* () {
      return call(() => 7);
    },
    "a generator that returns a promise": function* () {
      return Promise.resolve(7);
    },
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(`run, spawn and call take ${name}`, async () => {
      assertEquals(await run(body, { clock: new VirtualClock() }), 7);
      await virtual(function* () {
        assertEquals(yield* spawn(body), 7);
        assertEquals(yield* call(body), 7);
      });
    });
  }

  const e = new RangeError("e");
  const failing: Record<string, () => unknown> = {
    "a generator function": function* () {
      throw e;
    },
    "an async function": async () => {
      await null;
      throw e;
    },
    "a plain function": () => {
      throw e;
    },
    "a promise": () => Promise.reject(e),
  };
  for (const [name, body] of Object.entries(failing)) {
    test(`run rejects with what ${name} throws, call and get throw it`, async () => {
      assertStrictEquals((await outcomeOf(body as () => Gen)).error, e);
      await virtual(function* () {
        assertStrictEquals(yield* caught(spawn(body)), e);
        assertStrictEquals(yield* caught(call(body)), e);
      });
    });
  }

  test("arrays, strings and iterables that a body returns are results, not operations", () =>
    virtual(function* () {
      for (const value of [[1, 2], "text", new Map([[1, 2]]), new Set([1])]) {
        assertStrictEquals(yield* spawn(() => value), value);
        assertStrictEquals(yield* call(() => value), value);
      }
    }));

  test("a bare yield takes a promise or a generator, untyped", () =>
    virtual(function* () {
      const log: unknown[] = [];
      log.push(yield Promise.resolve(1));
      log.push(
        yield (function* () {
          yield* sleep(1);
          return 2;
        })(),
      );
      try {
        yield Promise.reject(new Error("no"));
      } catch (error) {
        log.push((error as Error).message);
      }
      assertEquals(log, [1, 2, "no"]);
    }));
});

describe("several runs", () => {
  test("several at once do not mix: order, locals, names, clocks and errors are their own", async () => {
    const local = new Local(() => "nobody");
    const one = async (name: string, ms: number) => {
      const log: string[] = [];
      const clock = new VirtualClock();
      const error = await run(function* () {
        local.set(name);
        const me = getCurrent();
        spawn({ name: `child of ${name}` }, function* () {
          for (let i = 0; i < 3; i++) {
            yield* sleep(ms);
            log.push(`${local.get()} ${getCurrent().name} ${i}`);
          }
        });
        yield* sleep(10 * ms);
        assertStrictEquals(getCurrent(), me);
        assertEquals(local.get(), name);
        throw new Error(name);
      }, { clock }).catch((e) => e);
      assertEquals(error.message, name);
      assertEquals(log, [0, 1, 2].map((i) => `nobody child of ${name} ${i}`));
      assertEquals(clock.now(), 10 * ms);
    };
    await Promise.all([one("a", 1), one("b", 7), one("c", 1_000)]);
  });

  test("several on one clock share its time", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const ticking = (name: string, ms: number) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          yield* sleep(ms);
          log.push(`${name} ${clock.now()}`);
        }
      }, { clock });
    await Promise.all([ticking("a", 10), ticking("b", 15)]);
    assertEquals(log, ["a 10", "b 15", "a 20", "a 30", "b 30", "b 45"].toSorted((x, y) => log.indexOf(x) - log.indexOf(y)));
    assertEquals(log.map((entry) => Number(entry.slice(2))), [10, 15, 20, 30, 30, 45]);
  });

  test("a run inside an async function inside a greenlet inside a run", () =>
    virtual(function* () {
      const outer = getCurrent();
      const inner = yield* spawn(async () => {
        const before = getCurrent();
        const result = await run(function* () {
          assert(getCurrent() !== before);
          const child = spawn(() => getCurrent().name);
          yield* sleep(5);
          return yield* child;
        }, { clock: new VirtualClock() });
        return `${result}`;
      });
      assert(inner.length > 0);
      assertStrictEquals(getCurrent(), outer);
    }));

  test("run called in the middle of a greenlet begins later and does not disturb it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const me = getCurrent();
      const done = run(() => void log.push(getCurrent() === me ? "mixed" : "inner"), { clock: new VirtualClock() });
      log.push(getCurrent() === me);
      spawn(() => log.push("spawned here"));
      yield* until(done);
      log.push(getCurrent() === me);
      assertEquals(log.toSorted(), ["inner", "spawned here", true, true]);
    }));

  test("a greenlet may be joined, killed and linked from another run; queues and events reach across", () =>
    virtual(function* () {
      const q = new Queue<number>(), go = new Event(), gate = new Channel<string>();
      const shared = Promise.withResolvers<{ victim: Greenlet<unknown> }>();
      const log: unknown[] = [];
      const other = run(function* () {
        const victim = victimOf(log, suspend);
        shared.resolve({ victim }); // a greenlet is a promise: resolved with it alone, this one would wait for its end
        yield* settle();
        go.set();
        log.push(yield* q.get());
        log.push(yield* gate.get());
        yield* victim.join();
        return "other";
      });
      const { victim } = yield* until(shared.promise);
      yield* go.wait();
      q.putNowait(1);
      yield* gate.put("met");
      assertEquals(yield* victim.kill(), true);
      assert(isKill(yield* victim));
      assertEquals(yield* until(other), "other");
      assertEquals(log, ["in", 1, "met", "finally", "cleaned"]);
    }));

  test("a lock is one lock for all runs", async () => {
    const lock = new Lock();
    let inside = 0, most = 0;
    const worker = () =>
      run(function* () {
        for (let i = 0; i < 5; i++) {
          yield* lock.withLock(function* () {
            most = Math.max(most, ++inside);
            yield* sleep(0);
            inside--;
          });
        }
      });
    await Promise.all([worker(), worker(), worker()]);
    assertEquals([most, lock.locked], [1, false]);
  });

  test("one run that fails or is aborted leaves the others alone", async () => {
    const controller = new AbortController();
    const clock = () => new VirtualClock();
    const [a, b, c] = await Promise.allSettled([
      run(() => Promise.reject(new Error("a")), { clock: clock() }),
      run(function* () {
        controller.abort();
        yield* sleep(1e6);
      }, { clock: clock(), signal: controller.signal }),
      run(function* () {
        yield* sleep(1e6);
        return "c";
      }, { clock: clock() }),
    ]);
    assertEquals([a.status, b.status, c], ["rejected", "rejected", { status: "fulfilled", value: "c" }]);
  });
});

describe("async functions", () => {
  test("a greenlet is a promise as well, outside of its run too", async () => {
    const g = await run(() => ({ good: spawn(() => 1), bad: spawn(() => sleep(1)) }), { clock: new VirtualClock() });
    assertEquals([await g.good, await g.bad], [1, undefined]);
    await virtual(function* () {
      const child = spawn(function* () {
        yield* sleep(5);
        return 3;
      });
      const e = new Error("e");
      const bad = spawn(() => Promise.reject(e)).then(null, (x) => x);
      assertEquals(
        yield* spawn(async () => [await child, await Promise.all([child, child]), await bad]),
        [3, [3, 3], e],
      );
    });
  });

  test("a killed greenlet resolves with its GreenletExit, or rejects with the reason", () =>
    virtual(function* () {
      const [a, b] = [spawn(suspend), spawn(suspend)];
      const both = Promise.allSettled([a, b]);
      yield* settle();
      const reason = new Error("why");
      a.kill();
      b.kill(reason);
      const [x, y] = yield* until(both);
      assertInstanceOf((x as PromiseFulfilledResult<unknown>).value, GreenletExit);
      assertStrictEquals((y as PromiseRejectedResult).reason, reason);
    }));
});

describe("AbortSignal", () => {
  test("aborted before: the body never runs, run rejects with the reason", async () => {
    const reason = new Error("never mind");
    let ran = false;
    const body = () => {
      ran = true;
    };
    const clock = new VirtualClock();
    const error = await run(body, { clock, signal: AbortSignal.abort(reason) }).catch((e) => e);
    assertStrictEquals(error, reason);
    const plain = await run(body, { clock, signal: AbortSignal.abort() }).catch((e) => e);
    assertEquals([(plain as Error).name, ran], ["AbortError", false]);
  });

  test("aborted while it waits: main is killed, cleanup and all greenlets end, run rejects with the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const log: unknown[] = [];
    const clock = new VirtualClock();
    const error = await run(function* () {
      spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(20);
          log.push("child");
        }
      });
      spawn(function* () {
        yield* sleep(5);
        controller.abort(reason);
        controller.abort(new Error("again"));
      });
      try {
        yield* suspend();
      } finally {
        yield* sleep(10);
        log.push("main", getCurrent().signal.aborted);
      }
    }, { clock, signal: controller.signal }).catch((e) => e);
    assertStrictEquals(error, reason);
    assertEquals(log.toSorted(), ["child", "main", true]);
  });

  test("a reason that is no Error is wrapped, a GreenletExit is a quiet end", async () => {
    const wrapped = await run(suspend, { signal: AbortSignal.abort("text") }).catch((e) => e);
    assertInstanceOf(wrapped, Error);
    assertEquals(wrapped.cause, "text");
    const exit = new GreenletExit("quiet");
    assertStrictEquals(await run(suspend as () => Gen<unknown>, { signal: AbortSignal.abort(exit) }), exit);
  });

  test("aborted after the end it does nothing, and nobody listens any more", async () => {
    let listeners = 0;
    const controller = new AbortController();
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    assertEquals(await run(() => 1, { signal }), 1);
    await assertRejects(() => run(() => Promise.reject(new Error("e")), { signal }), Error, "e");
    controller.abort();
    assertEquals(listeners, 0);
  });
});
