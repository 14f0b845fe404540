/** What cannot be ended: it hangs neither its killer nor the end of the run, and is reported by name. */
import {
  BrokenLockError,
  cancelScope,
  getCurrent,
  isKill,
  Lock,
  Queue,
  run,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { dump, snapshot } from "../../src/inspect/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, virtual } from "./kit.ts";

/** Cannot be told to leave. */
const stuck = () => shield(() => new Queue<number>().get());
const stuckInCleanup = function* (): Gen {
  try {
    yield* suspend();
  } finally {
    yield* stuck();
  }
};
const message = (report: { error: unknown }) => (report.error as Error).message;

describe("the killer", () => {
  for (const [name, body] of [["body", stuck], ["cleanup", stuckInCleanup]] as const) {
    test(`S-22: a shielded ${name} that never ends hangs no kill with a timeout`, async () => {
      const outcome = await outcomeOf(function* () {
        const g = spawn({ name: "deaf", daemon: true }, body as () => Gen);
        yield* settle();
        const clock = [
          yield* g.kill(undefined, { timeout: 100 }),
          yield* g.kill(undefined, { timeout: 9_000 }),
        ];
        assertEquals([clock, g.dead], [[false, false], false]);
      });
      assertEquals(outcome.error, undefined);
      assertEquals(outcome.ms <= 9_100 + 5_000, true);
      assertEquals(outcome.reports.map((r) => r.name), ["deaf"]);
      assertMatch(message(outcome.reports[0]), /deaf .*Queue\.get/s);
    });
  }
});

describe("the end of the run", () => {
  const mains: Record<string, () => Gen> = {
    *"its daemon"() {
      spawn({ name: "deaf", daemon: true }, stuckInCleanup);
      yield* settle();
    },
    *"its shielded daemon"() {
      spawn({ name: "deaf", daemon: true }, stuck);
      yield* settle();
    },
    *"a greenlet of a main that fails"() {
      spawn({ name: "deaf" }, stuckInCleanup);
      yield* settle();
      throw new Error("main");
    },
    *"a greenlet of a main that kills itself"() {
      spawn({ name: "deaf" }, stuckInCleanup);
      yield* settle();
      yield* getCurrent().kill(new Error("main"));
    },
    *"a greenlet deep in the scopes of a daemon"() {
      spawn({ daemon: true }, () =>
        taskGroup((tg) =>
          void tg.spawn(() =>
            cancelScope({}, function* () {
              spawn({ name: "deaf" }, stuckInCleanup);
              yield* suspend();
            })
          )
        ));
      yield* settle();
    },
    *"the second of two daemons"() {
      spawn({ name: "deaf", daemon: true }, stuckInCleanup);
      spawn({ daemon: true }, suspend);
      yield* settle();
    },
  };
  for (const [name, main] of Object.entries(mains)) {
    test(`S-22: ${name} is stuck: the run ends within its grace, and names it and what it waits on`, async () => {
      const outcome = await outcomeOf(main, { grace: 300 });
      assertEquals((outcome.error as Error | undefined)?.message, name.includes("main") ? "main" : undefined);
      assertEquals(outcome.ms, 300);
      assertEquals(outcome.reports.map((r) => r.name), ["deaf"]);
      assertMatch(message(outcome.reports[0]), /deaf .*Queue\.get/s);
    });
  }

  test("S-22: several stuck daemons are each named, and together take no longer than one grace", async () => {
    const log: string[] = [];
    const outcome = await outcomeOf(function* () {
      spawn({ daemon: true }, function* () {
        try {
          yield* suspend();
        } finally {
          log.push("the first born is told to leave as well");
        }
      });
      for (const name of ["a", "b", "c"]) spawn({ name, daemon: true }, stuck);
      yield* settle();
    }, { grace: 300 });
    assertEquals(outcome.reports.map((r) => r.name).toSorted(), ["a", "b", "c"]);
    assertEquals([log.length, outcome.ms], [1, 300]);
  });

  test("S-22: one whose own grace is shorter does not wait for the run's", async () => {
    const outcome = await outcomeOf(function* () {
      yield* cancelScope({ grace: 50 }, function* () {
        spawn({ daemon: true }, function* () {
          try {
            yield* suspend();
          } finally {
            yield* suspend();
          }
        });
        yield* settle();
      });
    });
    assertEquals([outcome.ms, outcome.reports, outcome.error], [50, [], undefined]);
  });

  test("S-22: a main that is aborted and never leaves is given up, and the run rejects with the reason", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const reports: string[] = [];
    const clock = new VirtualClock();
    const done = run(function* () {
      spawn(() => controller.abort(reason));
      yield* stuck();
    }, { clock, grace: 300, signal: controller.signal, onError: (_e, g) => void reports.push(g.name) });
    assertStrictEquals(await done.catch((e) => e), reason);
    assertEquals([reports, clock.now()], [["main"], 300]);
  });

  test("S-22: a cleanup that makes progress is not given up before the grace is over", async () => {
    const log: number[] = [];
    const outcome = await outcomeOf(function* () {
      spawn({ daemon: true }, function* () {
        try {
          yield* suspend();
        } finally {
          for (let i = 0; i < 29; i++) {
            yield* sleep(10);
            log.push(i);
          }
        }
      });
      yield* settle();
    }, { grace: 300 });
    assertEquals([log.length, outcome.ms, outcome.reports], [29, 290, []]);
  });

  test("S-22: an onError that throws at the report does not stop the end", async () => {
    const outcome = await outcomeOf(function* () {
      spawn({ name: "deaf", daemon: true }, stuck);
      yield* settle();
    }, {
      grace: 300,
      onError: () => {
        throw new Error("broken hook");
      },
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 300]);
  });

  test("S-22: what the given up waits for may come after all: nothing happens, also after the run", async () => {
    const gate = Promise.withResolvers<number>();
    const log: unknown[] = [];
    const outcome = await outcomeOf(function* () {
      spawn({ name: "deaf", daemon: true }, function* () {
        log.push(yield* shield(() => until(gate.promise)));
      });
      yield* settle();
    }, { grace: 300 });
    gate.resolve(1);
    await gate.promise;
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals([log, outcome.reports.length, outcome.error], [[], 1, undefined]);
  });
});

describe("given up", () => {
  /** Kills one that swallows everything: it is given up when its grace is over. */
  const swallowing = (before: () => Gen) =>
    function* (): Gen {
      yield* before();
      for (;;) {
        try {
          yield* suspend();
        } catch {
          // swallows everything
        }
      }
    };

  test("S-22: its joiners and links hear of it, and a lock that it held is broken", async () => {
    const outcome = await outcomeOf(function* () {
      const lock = new Lock(), log: unknown[] = [];
      const g = spawn(
        { name: "stubborn" },
        swallowing(function* () {
          yield* lock.acquire();
        }),
      );
      g.link(() => log.push("link"));
      const joiner = spawn(() => g.join());
      const waiter = spawn(() => caught(lock.acquire()));
      yield* settle();
      assertEquals(yield* g.kill(), true);
      assertInstanceOf(yield* waiter, BrokenLockError);
      assertEquals([yield* joiner, log, g.dead], [true, ["link"], true]);
    });
    assertEquals([outcome.error, outcome.ms, outcome.reports.length], [undefined, 5_000, 1]);
  });

  test("S-22: the greenlets in its scopes do not live on without it", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const g = spawn({ name: "stubborn" }, () =>
        cancelScope({}, function* () {
          spawn({ name: "child" }, function* () {
            for (;;) {
              yield* sleep(100);
              log.push("works on");
            }
          });
          yield* swallowing(function* () {})();
        }));
      yield* sleep(1);
      yield* g.kill();
      const soFar = log.length;
      yield* sleep(1_000);
      assertEquals(log.length, soFar);
    });
    assertEquals(outcome.error, undefined);
  });
});

describe("swallowed", () => {
  test("S-17: one that swallows a kill and returns normally keeps its result, and is counted in the dump", () =>
    virtual(function* () {
      const bodies = [
        function* () {
          try {
            yield* suspend();
          } catch {
            return 1;
          }
          return 0;
        },
        function* () {
          try {
            yield* suspend();
          } finally {
            // deno-lint-ignore no-unsafe-finally
            return 1;
          }
        },
      ];
      for (const body of bodies) {
        const g = spawn(body);
        yield* settle();
        yield* g.kill(new Error("why"));
        assertEquals([g.value, g.successful, g.exception], [1, true, undefined]);
      }
      const killed = spawn(suspend), unborn = spawn(suspend);
      unborn.kill();
      yield* settle();
      yield* killed.kill();
      assertEquals(snapshot()[0].swallowedKills, 2);
      assertMatch(dump(), /2 kills were swallowed/);
    }));

  test("S-22: the dump shows who was told to leave and what he waits on", () =>
    virtual(function* () {
      const g = spawn({ name: "slow" }, function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(77);
        }
      });
      yield* settle();
      const end = g.kill();
      yield* settle();
      assertMatch(dump(), /slow .*killed.*sleep\(77\)/);
      yield* end;
      assert(isKill(g.value));
      assertEquals(dump().includes("slow"), false);
    }));
});
