/** After the grace: a kill comes at every park, and what swallows it for ever is given up. */
import {
  type CancelScope,
  cancelScope,
  getCurrent,
  isKill,
  type Op,
  Queue,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, outcomeOf } from "./kit.ts";

describe("after the grace", () => {
  test("S-12: it comes at every park, at once, until the greenlet has ended; each finally still begins", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const parks: (() => Op<unknown>)[] = [
        () => sleep(50),
        () => sleep(0),
        suspend,
        () => new Queue().get(),
      ];
      const nest = function* (depth: number): Gen {
        try {
          if (depth === 0) yield* suspend();
          else yield* nest(depth - 1);
        } finally {
          log.push(`in ${depth}`);
          for (const park of depth === 0 ? [() => sleep(1e6)] : parks) {
            try {
              yield* park();
              log.push("passed");
            } catch (e) {
              assert(isKill(e));
            }
          }
          log.push(`out ${depth}`);
        }
      };
      const g = spawn(() => nest(2));
      yield* settle();
      yield* g.kill();
      assertEquals(log, ["in 0", "out 0", "in 1", "out 1", "in 2", "out 2"]);
      assert(isKill(g.value));
    });
    assertEquals(outcome.ms, 5_000);
  });

  test("S-12: one that swallows it before the grace and goes on gets it again after", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        for (let i = 0;; i++) {
          try {
            yield* sleep(2_000);
          } catch (e) {
            if (i > 0) throw e;
            log.push("swallowed");
          }
          log.push(i);
        }
      });
      yield* settle();
      yield* g.kill();
      assertEquals([log, isKill(g.value)], [["swallowed", 0, 1, 2], true]);
    });
    assertEquals(outcome.ms, 5_000);
  });

  const loops: Record<string, () => Op<unknown> | Gen> = {
    "sleeps": () => sleep(1_000),
    "suspends": suspend,
    "waits for an item": () => new Queue().get(),
    "waits for a promise": function* () {
      yield new Promise(() => {});
    },
    "opens scopes": () => cancelScope({}, () => taskGroup(() => sleep(1_000))),
    "waits in a timeout": () => withTimeout(100, suspend()),
  };
  for (const [name, wait] of Object.entries(loops)) {
    test(`S-22: one that swallows everything and ${name} for ever is given up, by name; nobody else is`, async () => {
      const outcome = await outcomeOf(function* () {
        const g = spawn({ name: "stubborn" }, function* () {
          for (;;) {
            try {
              yield* wait();
            } catch {
              // swallows everything
            }
          }
        });
        const other = spawn(function* () {
          yield* sleep(20_000);
          return "fine";
        });
        yield* sleep(1);
        assertEquals(yield* g.kill(undefined, { timeout: 100 }), false);
        yield* g.kill();
        assertEquals([g.dead, other.dead], [true, false]);
        assertEquals(yield* other, "fine");
      });
      assertEquals([outcome.error, outcome.ms], [undefined, 20_000]);
      assertEquals(outcome.reports.map((r) => r.name), ["stubborn"]);
      assertInstanceOf(outcome.reports[0].error, Error);
      assert(/stubborn .*wait/.test(outcome.reports[0].error.message), outcome.reports[0].error.message);
    });
  }

  for (const [name, turn] of [["sleep(0)", () => sleep(0)], ["a bare yield", undefined]] as const) {
    test(`S-22: one that swallows everything in a loop of ${name} is given up as well`, async () => {
      const clock = new VirtualClock();
      const outcome = await outcomeOf(function* () {
        const g = spawn({ name: "spinner" }, function* () {
          for (;;) {
            try {
              if (turn === undefined) yield;
              else yield* turn();
            } catch {
              // swallows everything
            }
          }
        });
        yield* sleep(0);
        const end = g.kill();
        spawn(function* () {
          for (let i = 0; i < 10; i++) yield* sleep(0);
          assertEquals(g.dead, false);
          clock.tick(5_000);
        });
        assertEquals(yield* end, true);
      }, { clock });
      assertEquals([outcome.error, outcome.reports.map((r) => r.name)], [undefined, ["spinner"]]);
    }, { timeout: 2_000 });
  }

  test("S-12: a body that swallows its timeout gets it again after the grace; what it gives at last is given", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const value = yield* withTimeout(10, function* () {
        for (let i = 0; i < 2; i++) {
          try {
            yield* sleep(1e6);
          } catch {
            log.push(i);
          }
        }
        return "ends";
      });
      assertEquals([log, value], [[0, 1], "ends"]);
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 5_010]);
  });
});

describe("late births", () => {
  test("S-21, S-22: what a cleanup spawns into its cancelled scope lives until the grace of the scope is over", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      yield* cancelScope({ grace: 100 }, function* (scope: CancelScope) {
        spawn(function* () {
          try {
            yield* suspend();
          } finally {
            for (const ms of [40, 1e6]) {
              spawn(function* () {
                try {
                  yield* sleep(ms);
                  log.push(ms);
                } finally {
                  log.push("ended");
                }
              });
            }
            log.push(getCurrent().signal.aborted);
          }
        });
        yield* settle();
        scope.cancel();
      });
      assertEquals(log, [true, 40, "ended", "ended"]);
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 100]);
  });

  for (const daemon of [false, true]) {
    test(
      `S-21, S-22: so does a ${
        daemon ? "daemon" : "worker"
      } that a leaving daemon spawns: the scope's end does not wait for ever`,
      async () => {
        const log: unknown[] = [];
        const outcome = await outcomeOf(function* () {
          yield* cancelScope({ grace: 100 }, function* () {
            spawn({ daemon: true }, function* () {
              try {
                yield* suspend();
              } finally {
                spawn({ daemon }, function* () {
                  try {
                    for (let i = 0; i < 1_000; i++) yield* sleep(30);
                  } finally {
                    log.push("ended");
                  }
                });
                yield* sleep(1);
              }
            });
            yield* settle();
          });
        });
        assertEquals([log, outcome.error, outcome.reports], [["ended"], undefined, []]);
        assertEquals(outcome.ms <= 101, true, `${outcome.ms} ms`);
      },
      { timeout: 3_000 },
    );
  }

  test(
    "S-22: the end of the run does not wait for ever for what its daemons spawn as they leave",
    async () => {
      const outcome = await outcomeOf(function* () {
        spawn({ daemon: true }, function* () {
          try {
            yield* suspend();
          } finally {
            spawn({ name: "late" }, function* () {
              for (let i = 0; i < 1_000; i++) yield* sleep(30);
            });
          }
        });
        yield* settle();
      }, { grace: 100 });
      assertEquals([outcome.error, outcome.ms <= 200], [undefined, true]);
    },
    { timeout: 3_000 },
  );

  test(
    "S-12: the deadline of a scope holds also while it waits for what its daemons have spawned",
    async () => {
      const outcome = await outcomeOf(function* () {
        yield* cancelScope({ timeout: 50, grace: 10_000 }, function* () {
          spawn({ daemon: true }, function* () {
            yield* shield(() => sleep(5));
            spawn(suspend);
          });
          yield* sleep(1);
        });
      });
      assertEquals([outcome.error, outcome.ms], [undefined, 50]);
    },
    { timeout: 3_000 },
  );
});
