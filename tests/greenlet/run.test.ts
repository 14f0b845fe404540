/** The door into greenlets: bodies, the main greenlet, several runs at once. */
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
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
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
    "a function that returns a generator": () =>
      (function* () {
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

describe("main", () => {
  test("S-21: a child may kill the main greenlet: all cleanup runs, and the run ends with the reason", async () => {
    const reason = new Error("mutiny");
    for (const why of [undefined, reason]) {
      const log: unknown[] = [];
      const outcome = await outcomeOf<unknown>(function* () {
        const main = getCurrent();
        assertEquals([main.name, main.parent], ["main", undefined]);
        spawn(function* () {
          try {
            yield* sleep(5);
            assertStrictEquals(getCurrent().parent, main);
            yield* main.kill(why);
            log.push("behind");
          } finally {
            yield* sleep(1);
            log.push("child");
          }
        });
        try {
          yield* suspend();
        } finally {
          yield* sleep(10);
          log.push("main");
        }
      });
      assertEquals(log.toSorted(), ["child", "main"]);
      if (why === undefined) assertInstanceOf(outcome.value, GreenletExit);
      else assertStrictEquals(outcome.error, reason);
      assertEquals(outcome.reports, []);
    }
  });
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
    assertEquals(
      log,
      ["a 10", "b 15", "a 20", "a 30", "b 30", "b 45"].toSorted((x, y) => log.indexOf(x) - log.indexOf(y)),
    );
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
      const done = run(() => void log.push(getCurrent() === me ? "mixed" : "inner"), {
        clock: new VirtualClock(),
      });
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
