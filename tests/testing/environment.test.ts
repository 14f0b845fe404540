/** What a simulated body finds in place of the runtime's own. */
import {
  Lock,
  moveOnAfter,
  run,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import {
  cell,
  explore,
  replay,
  simulate,
  SimulatedPromise,
  SimulationError,
  sweep,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** What `body` gives in each of some schedules. */
function values<T>(body: () => Generator<unknown, T> | T, runs = 20): readonly T[] {
  return simulate(body as () => Generator<unknown, T>, { runs }).values;
}

/** How a simulation fails. */
function failureOf(body: () => unknown, options = {}): SimulationError {
  return assertThrows(() => simulate(body as () => void, options), SimulationError);
}

const GLOBALS = [
  ...["Promise", "Date", "fetch", "Request", "Response", "Blob", "queueMicrotask"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
];

/** Everything that is replaced, with how it is defined. */
function realWorld(): unknown[] {
  const temporal = (globalThis as { Temporal?: { Now: object } }).Temporal;
  const all: [object, string][] = [
    ...GLOBALS.map((name): [object, string] => [globalThis, name]),
    [Math, "random"],
    [performance, "now"],
    [performance, "timeOrigin"],
    [crypto, "randomUUID"],
    [crypto, "getRandomValues"],
    [AbortSignal, "timeout"],
    ...temporal === undefined ? [] : [[temporal.Now, "instant"] as [object, string]],
  ];
  return all.flatMap(([object, name]) => {
    const { value, get, configurable, enumerable, writable } =
      Object.getOwnPropertyDescriptor(object, name) ?? {};
    return [value, get, configurable, enumerable, writable, Reflect.get(object, name, object)];
  });
}

function assertSameWorld(before: readonly unknown[]): void {
  const after = realWorld();
  before.forEach((value, i) => {
    if (typeof value !== "number") assert(Object.is(value, after[i]), `the ${i}th is not what it was`);
  });
}

describe("environment: globals", () => {
  test("are put back, the very same, after an end, a failure and a bad option", () => {
    const before = realWorld();
    simulate(() => {}, { runs: 3 });
    assertSameWorld(before);
    assertThrows(() =>
      simulate(() => {
        throw new Error("on purpose");
      }), SimulationError);
    assertSameWorld(before);
    explore(() => {});
    sweep(() => {});
    assertThrows(() => simulate(() => {}, { runs: -1 }), RangeError);
    assertSameWorld(before);
  });

  test("are simulated inside", () => {
    const real = GLOBALS.map((name) => (globalThis as Record<string, unknown>)[name]);
    values(() => {
      GLOBALS.forEach((name, i) => {
        assertNotEquals((globalThis as Record<string, unknown>)[name], real[i], name);
      });
    });
  });

  test("a simulation inside of another one is refused", () => {
    const { cause } = failureOf(() => simulate(() => {}));
    assertStringIncludes(String(cause), "a simulation inside of another's body");
    assertEquals(values(() => 1, 1), [1]);
  });
});

describe("environment: random numbers", () => {
  const draw =
    () => [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint16Array(2))].join()];

  test("come from the seed, the same on every runtime", () => {
    const all = simulate(draw, { runs: 2, seed: 7 }).values;
    assertEquals(all, [
      RANDOM_7,
      RANDOM_8,
    ]);
    assertEquals(simulate(draw, { runs: 1, seed: 7 }).values[0], all[0]);
  });

  test("a UUID has version 4 and its variant", () => {
    for (const uuid of values(() => crypto.randomUUID(), 50)) {
      assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), uuid);
    }
  });

  test("a failure that depends on them is repeated by its token", () => {
    const body = () => {
      if (Math.random() < 0.05) throw new Error("unlucky");
    };
    const { token } = failureOf(body);
    assertThrows(() => replay(token, body), SimulationError, "unlucky");
  });

  test("who draws first gets the first: a reduced exploration sees both orders", () => {
    const { values, reduced } = explore(function* () {
      const numbers = cell<string[]>([]);
      const pair = ["a", "b"].map((name) => spawn(() => `${name}${Math.random().toFixed(6)}`));
      const drawn: string[] = [];
      for (const one of pair) drawn.push(yield* one);
      numbers.value = drawn;
      return drawn.join();
    });
    assertEquals(reduced, true);
    assertEquals(new Set(values).size, 2);
  });
});

describe("environment: dates and clocks", () => {
  test("begin at 2000 and go with virtual time", () => {
    const seen = values(function* () {
      const start = Date.now(), from = performance.now();
      yield* sleep(86_400_000);
      return [start, new Date().toISOString(), Date.now() - start, performance.now() - from];
    }, 3);
    for (const one of seen) {
      assertEquals(one, [946_684_800_000, "2000-01-02T00:00:00.000Z", 86_400_000, 86_400_000]);
    }
  });

  test("a Date is one in every way", () => {
    const real = Date;
    values(() => {
      class Birthday extends Date {
        get age(): number {
          return new Date().getUTCFullYear() - this.getUTCFullYear();
        }
      }
      const birthday = new Birthday("1990-05-05T00:00:00Z");
      assertEquals(birthday.age, 10);
      assert(birthday instanceof Birthday && birthday instanceof Date && birthday instanceof real);
      assert(new Date() instanceof Date && new Date() instanceof real && new real() instanceof Date);
      assertEquals(new Date(2020, 1, 2).getMonth(), 1);
      assertEquals(new Date(5).getTime(), 5);
      assertEquals(Date.UTC(2000, 0), Date.now());
      assertEquals(Date.parse("2000-01-01T00:00:00Z"), Date.now());
      assertEquals(typeof Date(), "string");
      assertEquals(new Date(new real(7)).getTime(), 7);
      assertEquals(Math.round(performance.timeOrigin + performance.now()), Date.now());
    });
  });

  test("Temporal says the same, where there is one", () => {
    values(function* () {
      yield* sleep(1_500);
      const now = (globalThis as { Temporal?: { Now: { instant(): { epochMilliseconds: number } } } })
        .Temporal?.Now;
      assertEquals(now?.instant().epochMilliseconds ?? Date.now(), 946_684_801_500);
    });
  });
});

describe("environment: timers", () => {
  test("call back in virtual time, with their arguments", () => {
    const seen = values(function* () {
      const log: unknown[] = [];
      setTimeout((...args: unknown[]) => log.push([performance.now(), ...args]), 3_600_000, "an", "hour");
      const ticks = setInterval(() => log.push(performance.now()), 1_500_000);
      yield* sleep(4_000_000);
      clearInterval(ticks);
      return log;
    });
    for (const log of seen) assertEquals(log, [1_500_000, 3_000_000, [3_600_000, "an", "hour"]]);
  });

  test("those of one moment call back in the order in which they were set, each with its reactions", () => {
    const seen = values(function* () {
      const log: string[] = [];
      for (const name of ["a", "b", "c"]) {
        setTimeout(() => {
          log.push(name);
          Promise.resolve().then(() => log.push(`${name} then`)).then(() => log.push(`${name} then then`));
          queueMicrotask(() => log.push(`${name} microtask`));
        }, 10);
      }
      spawn(function* () {
        for (let i = 0; i < 5; i++) yield* sleep(0);
      });
      yield* sleep(11);
      return log.join();
    }, 100);
    const turn = (name: string) => `${name},${name} then,${name} microtask,${name} then then`;
    assertEquals(new Set(seen), new Set([["a", "b", "c"].map(turn).join()]));
  });

  test("callbacks come between any two steps of greenlets", () => {
    const seen = values(function* () {
      let at = 0, found = -1;
      setTimeout(() => found = at, 5);
      yield* sleep(5);
      for (at = 1; at < 4; at++) yield* sleep(0);
      yield* sleep(1);
      return found;
    }, 200);
    assertEquals([...new Set(seen)].sort(), [0, 1, 2, 3, 4]);
  });

  test("a naive read and write across a callback is found", () => {
    const { message } = failureOf(function* () {
      let balance = 0;
      setTimeout(() => balance += 10, 5);
      yield* sleep(5);
      const read = balance;
      yield* sleep(0);
      balance = read + 1;
      yield* sleep(1);
      if (balance !== 11) throw new Error(`a lost update: ${balance}`);
    });
    assertStringIncludes(message, "a lost update: 1");
    assertStringIncludes(message, "event loop");
  });

  test("a cleared one never calls back, whatever it is cleared by", () => {
    values(function* () {
      const log: string[] = [];
      const handles = [1, 2, 3].map((ms) => setTimeout(() => log.push(`${ms}`), ms));
      clearTimeout(handles[0]);
      clearInterval(handles[1]);
      clearTimeout(Number(handles[2]));
      clearTimeout(undefined);
      clearTimeout(12_345);
      setTimeout(() => clearTimeout(late), 7);
      const late = setTimeout(() => log.push("late"), 7);
      yield* sleep(20);
      assertEquals(log, []);
    });
  });

  test("one that is left over at the end is a leak, unless it is unref'd", () => {
    const leak = failureOf(function* () {
      setTimeout(() => {}, 500);
      yield* sleep(10);
    });
    assertEquals(leak.kind, "leak");
    assertStringIncludes(leak.message, "a setTimeout of 500 ms");
    assertStringIncludes(failureOf(() => void setInterval(() => {}, 7)).message, "a setInterval of 7 ms");
    values(function* () {
      const handle = setTimeout(() => {}, 500) as unknown as { unref(): void; hasRef(): boolean };
      handle.unref();
      assertEquals(handle.hasRef(), false);
      yield* sleep(10);
    });
  });

  test("a handle has refresh, close and a number", () => {
    values(function* () {
      const log: number[] = [];
      const handle = setTimeout(() => log.push(performance.now()), 10) as unknown as {
        refresh(): void;
        close(): void;
      };
      yield* sleep(6);
      handle.refresh();
      yield* sleep(20);
      assertEquals(log, [16]);
      handle.close();
      assertEquals(Number(handle), 1);
    });
  });

  test("what a callback throws fails the run", () => {
    for (
      const set of [
        setTimeoutOf,
        (f: () => void) => void setImmediate(f),
        (f: () => void) => queueMicrotask(f),
      ]
    ) {
      const failure = failureOf(function* () {
        set(() => {
          throw new Error("in a callback");
        });
        yield* sleep(10);
      });
      assertEquals(failure.kind, "unhandled");
      assertStringIncludes(failure.message, "in a callback");
    }
  });

  test("what a callback throws is told also where somebody waits for it for ever", () => {
    const failure = failureOf(function* () {
      yield* until(
        new Promise<void>((resolve) =>
          setTimeout(() => {
            throw new Error(`before ${resolve.name}`);
          }, 5)
        ),
      );
    });
    assertEquals(failure.kind, "unhandled");
  });

  test("a callback is no greenlet's: it cannot spawn, as in production", () => {
    const failure = failureOf(function* () {
      setTimeout(() => spawn(() => {}), 5);
      yield* sleep(10);
    });
    assertEquals(failure.kind, "unhandled");
    assertStringIncludes(failure.message, "spawn needs a running greenlet");
  });

  test("setImmediate takes no time and keeps its order", () => {
    const seen = values(function* () {
      const log: unknown[] = [];
      const never = setImmediate(() => log.push("never"));
      setImmediate((x: string) => log.push(x), "a");
      setImmediate(() => log.push("b"));
      clearImmediate(never);
      yield* sleep(1);
      return [...log, performance.now()].join();
    });
    assertEquals(new Set(seen), new Set(["a,b,1"]));
  });

  test("AbortSignal.timeout aborts in virtual time", () => {
    values(function* () {
      const signal = AbortSignal.timeout(1_000);
      yield* sleep(999);
      assertEquals(signal.aborted, false);
      yield* sleep(2);
      assertEquals(signal.reason.name, "TimeoutError");
    });
  });

  test("bad callbacks fail at the call", () => {
    values(() => {
      assertThrows(() => setTimeout("code" as never, 1), TypeError, "setTimeout needs a function");
      assertThrows(() => queueMicrotask(3 as never), TypeError, "queueMicrotask needs a function");
    });
  });

  test("delays that are none count as a millisecond", () => {
    values(function* () {
      const log: number[] = [];
      for (const ms of [undefined, -5, NaN, 0, 0.5, 2 ** 31]) {
        setTimeout(() => log.push(performance.now()), ms);
      }
      yield* sleep(10);
      assertEquals(log, [1, 1, 1, 1, 1, 1]);
    });
  });
});

/** `setTimeout` as it is when it is called. */
function setTimeoutOf(callback: () => void): void {
  setTimeout(callback, 5);
}

describe("environment: promises", () => {
  test("those that are made inside settle inside", () => {
    const seen = values(function* () {
      const { promise, resolve } = Promise.withResolvers<number>();
      spawn(function* () {
        yield* sleep(5);
        resolve(2);
      });
      const one = yield* until(Promise.resolve(1).then((n) => n * 10));
      const two = yield* until(promise);
      const bare = (yield new Promise((done) => setTimeout(done, 3, 5))) as number;
      return one + two + bare;
    });
    assertEquals(new Set(seen), new Set([17]));
  });

  test("all, race, any, allSettled, finally and try work", () => {
    values(function* () {
      const late = <T>(value: T, ms: number) => new Promise<T>((done) => setTimeout(done, ms, value));
      assertEquals(yield* until(Promise.all([1, late(2, 5), Promise.resolve(3)])), [1, 2, 3]);
      assertEquals(yield* until(Promise.race([late("slow", 9), late("quick", 4)])), "quick");
      yield* sleep(9);
      assertEquals(yield* until(Promise.any([Promise.reject(new Error("no")), late("yes", 4)])), "yes");
      const settled = yield* until(Promise.allSettled([late(1, 1), Promise.reject(new Error("no"))]));
      assertEquals(settled.map(({ status }) => status), ["fulfilled", "rejected"]);
      const log: string[] = [];
      assertEquals(yield* until(late(7, 1).finally(() => log.push("finally"))), 7);
      assertEquals(log, ["finally"]);
      assertEquals((yield* until(Promise.reject(new Error("caught")).catch((e) => e))).message, "caught");
    });
  });

  test("it is a promise in every way", () => {
    const real = Promise;
    values(() => {
      const promise = new Promise<void>(() => {});
      assert(promise instanceof Promise && promise instanceof real && promise instanceof SimulatedPromise);
      assert((async () => {})() instanceof Promise);
      assertEquals(Object.prototype.toString.call(promise), "[object Promise]");
      assertEquals(Promise.resolve(promise), promise);
      assertThrows(() => new Promise(3 as never), TypeError, "a promise needs a function");
    });
  });

  test("resolving takes the first word, follows others, and not itself", () => {
    values(function* () {
      const first = new Promise<number>((resolve, reject) => {
        resolve(1);
        resolve(2);
        reject(new Error("too late"));
        throw new Error("much too late");
      });
      assertEquals(yield* until(first), 1);
      const chained = new Promise<number>((resolve) =>
        resolve(new Promise((inner) => setTimeout(inner, 5, 3)))
      );
      assertEquals(yield* until(chained), 3);
      const thenable = { then: (resolve: (n: number) => void) => resolve(4) } as PromiseLike<number>;
      assertEquals(yield* until(Promise.resolve(thenable)), 4);
      const handles = Promise.withResolvers<unknown>();
      handles.resolve(handles.promise);
      const error = yield* until(handles.promise.catch((e) => e));
      assert(error instanceof TypeError);
      const broken = yield* until(
        new Promise(() => {
          throw new Error("in the executor");
        }).catch((e) => e),
      );
      assertEquals((broken as Error).message, "in the executor");
    });
  });

  test("reactions keep their order", () => {
    const seen = values(function* () {
      const log: number[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const n of [1, 2, 3]) promise.then(() => log.push(n));
      spawn(() => resolve());
      spawn(() => void promise.then(() => log.push(4)));
      yield* sleep(1);
      return log.slice(0, 3).join();
    }, 50);
    assertEquals(seen.every((log) => log === "1,2,3" || log.startsWith("1,2")), true);
  });

  test("a rejection that nobody handles fails the run", () => {
    const failure = failureOf(function* () {
      void Promise.reject(new Error("nobody looked"));
      yield* sleep(1);
    });
    assertEquals(failure.kind, "unhandled");
    assertStringIncludes(failure.message, "nobody looked");
    values(function* () {
      const promise = Promise.reject(new Error("somebody looks"));
      const error = yield* until(promise.catch((e) => e));
      assertEquals(error.message, "somebody looks");
      yield* sleep(1);
    });
  });

  test("a rejected promise that is let go of in time is nobody's business", () => {
    values(function* () {
      const got = yield* moveOnAfter(
        5,
        () =>
          until((signal) =>
            new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
          ),
      );
      assertEquals(got, undefined);
      yield* sleep(1);
    });
  });

  test("a kill and a timeout end a wait for one", () => {
    values(function* () {
      const waiter = spawn(() => until(new Promise(() => {})));
      yield* sleep(1);
      yield* waiter.kill();
      try {
        yield* withTimeout(5, () => until(new Promise(() => {})));
        throw new Error("no timeout");
      } catch (e) {
        assert(e instanceof TimeoutError);
      }
    });
  });

  test("one that nobody settles is told from a deadlock", () => {
    const failure = failureOf(() => until(new Promise(() => {})));
    assertEquals(failure.kind, "host");
    assertStringIncludes(failure.message, "nobody settles");
    assertEquals(failureOf(() => suspend()).kind, "deadlock");
  });

  test("a promise of an async function is refused, since it never settles", () => {
    const failure = failureOf(() => until((async () => 1)()));
    assertEquals(failure.kind, "host");
    assertStringIncludes(failure.message, "async functions");
  });

  test("works outside of simulations as any promise", async () => {
    const promise = new SimulatedPromise<number>((resolve) => resolve(20));
    assertEquals(await promise, 20);
    assertEquals(await run(() => until(promise.then((n) => n + 1))), 21);
    assertEquals(await SimulatedPromise.all([promise, 1]), [20, 1]);
    assertEquals(await SimulatedPromise.reject(new Error("no")).catch((e) => e.message), "no");
  });

  test("exploration sees all orders of two that settle", () => {
    const { values, exhausted } = explore(function* () {
      const log: string[] = [];
      const pair = ["a", "b"].map((name) =>
        spawn(function* () {
          const promise = new Promise<void>((resolve) => resolve());
          yield* until(promise);
          log.push(name);
        })
      );
      for (const one of pair) yield* one;
      return log.join();
    });
    assertEquals(exhausted, true);
    assertEquals(new Set(values), new Set(["a,b", "b,a"]));
  });
});

describe("environment: as a whole", () => {
  function* busy(): Generator<unknown, string> {
    const log: string[] = [], lock = new Lock();
    const ticks = setInterval(() => log.push("tick"), 7);
    const all = ["a", "b", "c"].map((name) =>
      spawn({ name }, function* () {
        for (let i = 0; i < 3; i++) {
          yield* until(new Promise((done) => setTimeout(done, Math.floor(Math.random() * 10))));
          yield* lock.withLock(() => sleep(Math.random() * 3));
          log.push(name + Date.now() % 1000);
        }
      })
    );
    for (const one of all) yield* one;
    clearInterval(ticks);
    return log.join();
  }

  test("the same seeds give the same schedules and values, on every runtime", () => {
    const first = simulate(busy, { runs: 40, seed: 3 }), second = simulate(busy, { runs: 40, seed: 3 });
    assertEquals(first, second);
    assertEquals([first.fingerprint, first.steps, first.values[0]], BUSY);
    assert(new Set(first.values).size > 30);
  });
});

const RANDOM_7 = [0.18313906596676766, "eb4572aa-46a7-4971-ba35-0f3aaebcd356", "39097,45841"];
const RANDOM_8 = [0.5315689163631323, "9f07cceb-eecc-4592-a88a-58a9a248ff61", "51331,54048"];
const BUSY = ["27e28fd8", 1577, "a1,c6,tick,b7,c11,a11,tick,b16,c19,tick,a21,b21"];
