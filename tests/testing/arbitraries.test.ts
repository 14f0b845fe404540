/** arbitraries, killAt: what they draw, what they shrink to, and what that does. */
import fc from "fast-check";
import {
  Event,
  type Greenlet,
  isKill,
  LifoQueue,
  type Op,
  PriorityQueue,
  Queue,
  run,
  sleep,
  spawn,
  suspend,
  TimeoutError,
} from "../../src/mod.ts";
import {
  arbitraries,
  explore,
  killAt,
  type KillPoint,
  property,
  replay,
  type ScopeShape,
  simulate,
  SimulationError,
} from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";

const drawn = arbitraries(fc);

/** What is left of a value by `fails`, after all shrinking, as fast-check tells it. */
function least<T>(
  arbitrary: fc.Arbitrary<T>,
  fails: (value: T) => boolean = () => true,
  seed: number = 1,
): string {
  const { failed, counterexample } = fc.check(fc.property(arbitrary, (value) => !fails(value)), {
    seed,
    numRuns: 1_000,
  });
  assert(failed && counterexample !== null);
  return fc.stringify(counterexample[0]);
}

function samples<T>(arbitrary: fc.Arbitrary<T>, n: number = 500): T[] {
  return fc.sample(arbitrary, { numRuns: n, seed: 3 });
}

/** What `body` gives in plain order. */
function once<T>(body: () => Generator<unknown, T, unknown>): T {
  return simulate(body, { runs: 1, strategy: "fifo" }).values[0];
}

describe("arbitraries", () => {
  test("each shrinks to the plainest", () => {
    for (const seed of [1, 2, 3]) {
      const plainest = [
        least(drawn.queue, undefined, seed),
        least(drawn.lock, undefined, seed),
        least(drawn.semaphore, undefined, seed),
        least(drawn.scope, undefined, seed),
        least(drawn.killPoint, undefined, seed),
        least(drawn.delay, undefined, seed),
        least(drawn.delays, undefined, seed),
      ];
      assertEquals(plainest, [
        "new Queue()",
        "new Lock()",
        "new Semaphore(1)",
        "no scope",
        "no kill",
        "0",
        "[]",
      ]);
    }
  });

  test("and no further than the failure lets it", () => {
    for (const seed of [1, 2, 3]) {
      const less = [
        least(drawn.queue, ({ maxsize }) => maxsize < Infinity, seed),
        least(drawn.queue, ({ kind }) => kind !== "Queue", seed),
        least(drawn.lock, ({ kind }) => kind === "RLock", seed),
        least(drawn.semaphore, ({ permits }) => permits > 1, seed),
        least(drawn.scope, ({ layers }) => layers.length > 1, seed),
        least(drawn.killPoint, ({ victim }) => victim !== null, seed),
        least(drawn.killPoint, ({ parks }) => parks > 2, seed),
      ];
      assertEquals(less, [
        "new Queue({ maxsize: 1 })",
        "new LifoQueue()",
        "new RLock()",
        "new Semaphore(2)",
        "taskGroup > taskGroup",
        "kill 0 before it begins",
        "kill 0 at its park 3",
      ]);
    }
  });

  test("a queue is made anew each time, of the kind and size that it says", () => {
    const seen = new Set<string>();
    for (const make of samples(drawn.queue)) {
      const [queue, other] = [make<number>(), make<number>()];
      assert(queue !== other);
      assertInstanceOf(queue, { Queue, LifoQueue, PriorityQueue }[make.kind]);
      assertEquals(queue.maxsize, make.maxsize);
      seen.add(`${make}`);
    }
    assertEquals(seen.size, 3 * 5);
  });

  test("locks and semaphores are what they say", () => {
    const seen = new Set<string>();
    for (const make of samples(drawn.lock)) {
      assertEquals(make().constructor.name, make.kind);
      seen.add(`${make}`);
    }
    for (const make of samples(drawn.semaphore)) {
      assertEquals([make().constructor.name, make().available], [make.kind, make.permits]);
      seen.add(`${make}`);
    }
    assertEquals(seen.size, 2 + 2 * 3);
  });

  test("they go together with fast-check's own", () => {
    const pairs = fc.tuple(fc.array(drawn.delay), drawn.queue.filter(({ kind }) => kind === "Queue"));
    for (const [delays, make] of samples(pairs, 50)) {
      assert(delays.every((ms) => ms >= 0 && ms <= 20));
      assertEquals(make.kind, "Queue");
    }
    const bounded = drawn.semaphore.chain((make) =>
      fc.nat(make.permits).map((n) => [make.permits, n] as const)
    );
    assert(samples(bounded, 50).every(([permits, n]) => n <= permits));
    assertEquals(least(drawn.delay.map((ms) => ms * 2), (ms) => ms > 5), "6");
  });

  test("what is not fast-check is refused", () => {
    assertThrows(() => arbitraries({} as never), TypeError, "arbitraries needs the module fast-check first");
    const { record: _, ...old } = fc;
    assertThrows(() => arbitraries(old), TypeError, "one without record");
  });
});

describe("arbitraries > scope", () => {
  /** The drawn one with these blocks. */
  function scopeOf(text: string): ScopeShape {
    const found = fc.sample(drawn.scope, { numRuns: 5_000, seed: 1 }).find((scope) => `${scope}` === text);
    assert(found !== undefined, text);
    return found;
  }

  test("every one gives what its body gives, or undefined after its deadline", () => {
    property(fc, [drawn.scope, drawn.delay], function* (scope, ms) {
      const deadline = Math.min(...scope.layers.map((layer) => "ms" in layer ? layer.ms : Infinity));
      const got = yield* scope(function* () {
        yield* sleep(ms + 0.5);
        return "done";
      });
      const innermost = scope.layers.findLastIndex(({ kind }) => kind === "shield");
      // Inside of a shield only the deadlines in there count; what it held back comes behind it.
      const inner = scope.layers.slice(innermost + 1).map((layer) => "ms" in layer ? layer.ms : Infinity);
      if (ms + 0.5 < deadline) assertEquals(got, "done");
      else if (Math.min(...inner) < ms) assertEquals(got, undefined);
    }, { seed: 2, numRuns: 200, simulate: { runs: 2 } });
  });

  for (const kind of ["moveOnAfter", "withTimeout", "Timeout"]) {
    test(`${kind} ends the body at its deadline`, () => {
      const scope = scopeOf(`${kind}(5)`);
      const value = once(function* () {
        const log: string[] = [];
        const got = yield* scope(function* () {
          try {
            yield* sleep(100);
          } finally {
            log.push("cleaned up");
          }
        });
        return [got, ...log];
      });
      assertEquals(value, [undefined, "cleaned up"]);
    });
  }

  test("a task group waits for its children, and fails with them", () => {
    const scope = scopeOf("taskGroup");
    const log = once(function* () {
      const log: string[] = [];
      yield* scope(function* () {
        spawn(function* () {
          yield* sleep(10);
          log.push("child");
        });
      });
      return [...log, "after"];
    });
    assertEquals(log, ["child", "after"]);
  });

  test("errors of the body's own go through, timeouts too", () => {
    property(fc, [drawn.scope], function* (scope) {
      for (const error of [new RangeError("mine"), new TimeoutError("mine")]) {
        if (scope.layers.some((layer) => "ms" in layer && layer.ms === 0)) continue;
        let got: unknown;
        try {
          yield* scope(() => {
            throw error;
          });
        } catch (e) {
          got = e;
        }
        assert(got === error);
      }
    }, { seed: 1, simulate: { runs: 1 } });
  });

  test("a body is a function", () => {
    assertThrows(() => scopeOf("no scope")(5 as never), TypeError, "a scope needs a function");
    const seven = scopeOf("no scope");
    assertEquals(
      once(function* () {
        return yield* seven(() => 7);
      }),
      7,
    );
  });
});

describe("killAt", () => {
  /** How far a worker came that parks at 1, 2, 3. */
  function* progress(
    point: KillPoint,
    parks: () => Op<unknown> = () => sleep(1),
  ): Generator<unknown, string, unknown> {
    const log: string[] = [];
    const worker = spawn({ name: "worker" }, function* () {
      try {
        for (let i = 1; i <= 3; i++) {
          log.push(`${i}`);
          yield* parks();
        }
        log.push("end");
      } catch (e) {
        if (isKill(e)) log.push("killed");
        throw e;
      }
    });
    killAt(point, [worker]);
    yield* worker.join();
    return log.join(" ");
  }

  test("kills at that park, in every schedule", () => {
    const expected = ["", "1 killed", "1 2 killed", "1 2 3 killed", "1 2 3 end"];
    expected.forEach((log, parks) => {
      assertEquals(new Set(explore(() => progress({ victim: 0, parks })).values), new Set([log]));
    });
  });

  test("nobody, where nobody is to be killed", () => {
    assertEquals(once(() => progress({ victim: null, parks: 1 })), "1 2 3 end");
    assertEquals(
      once(function* () {
        killAt({ victim: 3, parks: 1 }, []);
        yield* sleep(1);
        return "no greenlets";
      }),
      "no greenlets",
    );
  });

  test("a turn is no park", () => {
    assertEquals(once(() => progress({ victim: 0, parks: 1 }, () => sleep(0))), "1 2 3 end");
  });

  test("victims are counted around", () => {
    const dead = once(function* () {
      const all = ["a", "b", "c"].map((name) => spawn({ name }, () => sleep(1)));
      killAt({ victim: 7, parks: 1 }, all);
      for (const one of all) yield* one.join();
      return all.filter(({ value }) => value !== undefined).map(({ name }) => name);
    });
    assertEquals(dead, ["b"]);
  });

  test("parks are counted from the call on, also of the one that calls", () => {
    const log = once(function* () {
      const log: string[] = [];
      const worker: Greenlet<void> = spawn(function* () {
        yield* sleep(1);
        killAt({ victim: 0, parks: 2 }, [worker]);
        for (let i = 0; i < 3; i++) {
          log.push(`${i}`);
          yield* sleep(1);
        }
      });
      yield* worker.join();
      return log.join();
    });
    assertEquals(log, "0,1");
  });

  test("two points at once", () => {
    const left = once(function* () {
      const log: string[] = [];
      const all = ["a", "b", "c"].map((name) =>
        spawn({ name }, function* () {
          for (let i = 0; i < 3; i++) {
            yield* sleep(1);
            log.push(`${name}${i}`);
          }
        })
      );
      killAt({ victim: 0, parks: 1 }, all);
      killAt({ victim: 1, parks: 2 }, all);
      for (const one of all) yield* one.join();
      return log.sort().join();
    });
    assertEquals(left, "b0,c0,c1,c2");
  });

  test("what waits is withdrawn, and nobody else loses by it", () => {
    const { values } = explore(function* () {
      const queue = new Queue<number>();
      const got: number[] = [];
      const all = ["a", "b"].map((name) =>
        spawn({ name }, function* () {
          got.push(yield* queue.get());
        })
      );
      killAt({ victim: 0, parks: 1 }, all);
      yield* sleep(1);
      yield* queue.put(1);
      for (const one of all) yield* one.join();
      return got.join();
    }, { preemptions: 2 });
    assertEquals(new Set(values), new Set(["1"]));
  });

  test("its failures are shown and repeated like any other", () => {
    const body = function* () {
      const event = new Event();
      const worker = spawn({ name: "worker" }, function* () {
        yield* sleep(1);
        event.set();
      });
      killAt({ victim: 0, parks: 1 }, [worker]);
      yield* event.wait();
    };
    const error = assertThrows(() => simulate(body), SimulationError);
    assertEquals(error.kind, "deadlock");
    assertStringIncludes(error.message, "worker");
    const again = assertThrows(() => replay(error.token, body), SimulationError);
    assertEquals(again.token, error.token);
  });

  test("a property finds the kill that does harm, and the least of it", () => {
    const { message } = assertThrows(
      () =>
        property(fc, [drawn.killPoint], function* (point) {
          let open = 0;
          const worker = spawn(function* () {
            yield* sleep(1);
            open++;
            yield* sleep(1); // not inside of a try
            open--;
          });
          killAt(point, [worker]);
          yield* worker.join();
          assertEquals(open, 0);
        }, { seed: 1 }),
      SimulationError,
    );
    assertMatch(message, /With point = kill 0 at its park 2\n/);
  });

  test("bad arguments", async () => {
    const body = (point: unknown, all: unknown) => () => {
      killAt(point as KillPoint, all as Greenlet<unknown>[]);
    };
    const point = { victim: 0, parks: 1 };
    for (
      const bad of [undefined, null, 5, {}, { victim: -1, parks: 1 }, { victim: 0, parks: 0.5 }, {
        victim: 0,
      }]
    ) {
      assertThrows(() => simulate(body(bad, [])), SimulationError, "killAt needs a point { victim, parks }");
    }
    for (const bad of [undefined, 5, [5]]) {
      assertThrows(() => simulate(body(point, bad)), SimulationError, "killAt needs an array of greenlets");
    }
    await assertRejects(
      () =>
        run(function* () {
          killAt(point, [spawn(() => suspend())]);
          yield* sleep(0);
        }),
      Error,
      "killAt() belongs inside the body of simulate",
    );
  });
});
