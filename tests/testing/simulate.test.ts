import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Event, getCurrent, Lock, Queue, run, sleep, spawn, Timeout, until } from "../../src/mod.ts";
import { always, eventually, simulate, SimulationError } from "../../src/testing/mod.ts";
import type { Strategy } from "../../src/testing/mod.ts";
import { inversion, leakyPermit, lostUpdate, sound } from "./scenes.ts";

const STRATEGIES: readonly Strategy[] = ["fifo", "random", "pct", "pos", "urw"];

describe("simulate", () => {
  test("finds a lost update that FIFO does not show", () => {
    assertEquals(simulate(lostUpdate, { strategy: "fifo", runs: 5 }).runs, 5);
    const error = assertThrows(() => simulate(lostUpdate), SimulationError, "a deposit was lost: 10");
    assertEquals(error.kind, "error");
    assertInstanceOf(error.cause, Error);
  });

  for (const strategy of STRATEGIES.filter((name) => name !== "fifo")) {
    test(`finds it and a deadlock by ${strategy} alone`, () => {
      assertThrows(() => simulate(lostUpdate, { strategy }), SimulationError, strategy);
      const { kind } = assertThrows(() => simulate(inversion, { strategy }), SimulationError, "cycle: ");
      assertEquals(kind, "deadlock");
    });
  }

  test("gives what the body gave in each run", () => {
    const { runs, values } = simulate(sound, { runs: 7 });
    assertEquals(runs, 7);
    assertEquals(values, Array(7).fill([0, 1, 2]));
  });

  test("is the same for the same seeds on every runtime, and not for others", () => {
    const fingerprint = (seed: number) => simulate(shuffled, { seed, runs: 20 }).fingerprint;
    assertEquals(fingerprint(0), fingerprint(0));
    assert(fingerprint(0) !== fingerprint(1));
    assertEquals([fingerprint(0), fingerprint(100)], FINGERPRINTS);
  });

  test("one seed alone does what it does in a row of seeds", () => {
    const orders = (seed: number, runs: number) => simulate(shuffled, { seed, runs }).values.map(String);
    const row = orders(0, 10);
    row.forEach((order, seed) => assertEquals(orders(seed, 1), [order]));
  });

  test("works inside of a greenlet, which goes on as before", async () => {
    assertEquals(
      await run(function* () {
        const before = getCurrent();
        simulate(sound, { runs: 3 });
        assertEquals(getCurrent(), before);
        yield* sleep(0);
        return before.name;
      }),
      "main",
    );
  });

  test("time is virtual, and all timers of one instant fire before anybody runs (S-43)", () => {
    const { values } = simulate(function* () {
      const woken: string[] = [];
      for (const name of ["a", "b", "c"]) {
        spawn({ name }, function* () {
          yield* sleep(3_600_000);
          woken.push(name);
        });
      }
      yield* sleep(3_600_001);
      return woken.join("");
    });
    assertEquals(new Set(values), new Set(["abc", "acb", "bac", "bca", "cab", "cba"]));
  });

  test("an error that nobody handles is a failure", () => {
    const { kind } = assertThrows(
      () =>
        simulate(function* () {
          spawn({ name: "broken" }, () => {
            throw new RangeError("unasked");
          });
          yield* sleep(1);
        }),
      SimulationError,
      "unasked",
    );
    assertEquals(kind, "unhandled");
  });

  test("always and eventually", () => {
    simulate(function* () {
      const done = new Event();
      always(() => true);
      eventually(() => done.isSet);
      spawn(() => done.set());
      yield* done.wait();
    });
    const late = assertThrows(() => simulate(() => eventually(() => false, "a miracle")), SimulationError);
    assertEquals(late.kind, "eventually");
    assertStringIncludes(late.message, "eventually(a miracle) never came to hold");
    const broken = assertThrows(
      () =>
        simulate(function* () {
          let n = 0;
          always(() => n < 2);
          for (;;) {
            n++;
            yield* sleep(0);
          }
        }),
      SimulationError,
    );
    assertEquals(broken.kind, "always");
    assertStringIncludes(broken.message, "always(() => n < 2) does not hold");
    const throwing = assertThrows(
      () =>
        simulate(() =>
          always(() => {
            throw new RangeError("in the condition");
          })
        ),
      SimulationError,
      "in the condition",
    );
    assertEquals(throwing.kind, "always");
  });

  test("what is left over at the end is a leak", () => {
    const leaks: [string, () => unknown][] = [
      ["a Lock held by main", () => new Lock().acquire()],
      ["2 items in a Queue", () => {
        const queue = new Queue<number>();
        queue.putNowait(1);
        queue.putNowait(2);
      }],
      ["Timeout of 500 ms", () => void Timeout.start(500)],
    ];
    for (const [text, body] of leaks) {
      const holding = function* () {
        spawn({ name: "holder", daemon: true }, () => sleep(1)); // so that there is a choice
        yield* sleep(0);
        const op = body();
        if (typeof op === "object" && op !== null) yield* op as Generator<unknown, unknown, unknown>;
        always(() => true);
      };
      const error = assertThrows(() => simulate(holding, { runs: 2 }), SimulationError);
      assert(error.message.includes("left over") || error.message.includes("broke"), error.message);
      assertEquals(simulate(holding, { leaks: false, runs: 2 }).runs, 2, text);
    }
  });

  test("a queue that was shut down leaves nothing that anybody wants", () => {
    const { runs } = simulate(function* () {
      const queue = new Queue<number>();
      yield* queue.put(1);
      queue.shutdown();
    });
    assertEquals(runs, 200);
  });

  test("kills come at random moments, and the token repeats them", () => {
    assertEquals(simulate(leakyPermit, { runs: 50 }).runs, 50);
    const error = assertThrows(() => simulate(leakyPermit, { kills: 1 }), SimulationError);
    assertEquals(error.kind, "leak");
    assertStringIncludes(error.message, "worker is killed when nobody can go on");
  });

  test("timeouts come although somebody could still run", () => {
    const body = function* () {
      const lock = new Lock();
      spawn({ name: "holder" }, function* () {
        yield* lock.acquire();
        for (let i = 0; i < 5; i++) yield* sleep(0);
        lock.release();
      });
      yield* sleep(0);
      assert(yield* lock.acquire({ timeout: 10 }), "gave up");
      lock.release();
    };
    assertEquals(simulate(body).runs, 200);
    assertThrows(() => simulate(body, { timeouts: 1 }), SimulationError, "time passes before");
  });

  test("a run without an end is a failure", () => {
    const { kind } = assertThrows(
      () =>
        simulate(function* () {
          for (;;) yield* sleep(0);
        }, { maxSteps: 500 }),
      SimulationError,
      "no end after 500 steps",
    );
    assertEquals(kind, "endless");
  });

  test("a loop of turns that waits for somebody starves nobody", () => {
    const { runs } = simulate(function* () {
      let ready = false;
      spawn({ name: "spinner" }, function* () {
        while (!ready) yield* sleep(0);
      });
      yield* sleep(5);
      ready = true;
    }, { maxSteps: 100_000, runs: 50 });
    assertEquals(runs, 50);
  });

  test("a promise of the host is refused", () => {
    const { kind } = assertThrows(
      () => simulate(() => until(new Promise(() => {}))),
      SimulationError,
      "one of the host's",
    );
    assertEquals(kind, "host");
  });

  test("one simulation inside of another is refused", () => {
    assertThrows(() => simulate(() => void simulate(() => {})), Error, "inside of another's body");
  });

  test("bad input fails at the call", () => {
    assertThrows(() => simulate(3 as never), TypeError, "simulate needs a function");
    assertThrows(
      () => simulate(sound, { runs: 0 }),
      RangeError,
      "simulate's runs must be a whole number of at least 1",
    );
    assertThrows(() => simulate(sound, { seed: -1 }), RangeError, "simulate's seed");
    assertThrows(() => simulate(sound, { seed: 0.5 }), RangeError, "not 0.5");
    assertThrows(() => simulate(sound, { kills: NaN }), RangeError, "not NaN");
    assertThrows(() => simulate(sound, { kills: Infinity }), RangeError, "not Infinity");
    assertThrows(() => simulate(sound, { seed: Infinity }), RangeError, "not Infinity");
    assertThrows(
      () => simulate(sound, { run: 3 } as never),
      TypeError,
      `simulate has no option "run": it has seed`,
    );
    assertThrows(() => simulate(sound, 3 as never), TypeError, "simulate's options must be an object, not 3");
    assertThrows(() => simulate(async () => {}), TypeError, "use await simulateAsync(body)");
    assertThrows(() => simulate(sound, { maxSteps: 0 }), RangeError, "maxSteps");
    assertThrows(() => simulate(sound, { strategy: "dfs" as never }), TypeError, `not "dfs"`);
    assertThrows(() => always(() => true), Error, "inside the body of simulate");
    assertThrows(() => simulate(() => always(3 as never)), SimulationError, "always needs a function");
  });
});

/** Who runs in which order. */
function* shuffled() {
  const order: string[] = [];
  const all = ["a", "b", "c"].map((name) =>
    spawn({ name }, function* () {
      for (let i = 0; i < 3; i++) {
        order.push(name);
        yield* sleep(i % 2);
      }
    })
  );
  for (const one of all) yield* one;
  return order.join("");
}

const FINGERPRINTS = ["9ae45eaa", "e0cb0baf"];
