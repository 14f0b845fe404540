/** Soft, grace, hard: when a kill comes again, and that nothing hangs on a cleanup that never ends. */
import {
  cancelScope,
  type CancelScope,
  getCurrent,
  type Greenlet,
  Group,
  isKill,
  killAll,
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
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, virtual } from "./kit.ts";

/** A greenlet whose cleanup takes `ms` milliseconds, and what became of it. */
function slow(ms: number): { g: Greenlet<unknown>; log: unknown[] } {
  const log: unknown[] = [];
  const g = spawn(() => cleaning(log, ms));
  return { g, log };
}

function* cleaning(log: unknown[], ms: number): Gen {
  try {
    yield* suspend();
  } finally {
    try {
      yield* sleep(ms);
      log.push("cleaned");
    } catch (e) {
      log.push(isKill(e) ? "again" : e);
      throw e;
    }
  }
}

describe("how long", () => {
  const ways: [name: string, grace: number, kill: (start: (ms: number) => Greenlet<unknown>, ms: number) => Gen, run?: number][] =
    [
      ["the default", 5_000, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* g.kill();
      }],
      ["the run's", 70, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* g.kill(new Error("why"));
      }, 70],
      ["the call's", 60, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* g.kill(undefined, { grace: 60 });
      }, 6_000],
      ["killAll's", 50, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* killAll([g], undefined, { grace: 50 });
      }],
      ["a Group's", 40, function* (start, ms) {
        const group = new Group();
        group.add(start(ms));
        yield* settle();
        yield* group.kill(undefined, { grace: 40 });
      }],
      ["a scope's, for its greenlets", 30, function* (start, ms) {
        yield* cancelScope({ grace: 30 }, function* (scope) {
          start(ms);
          yield* settle();
          scope.cancel();
        });
      }],
      ["a scope's, for its daemons", 30, function* (start, ms) {
        yield* cancelScope({ grace: 30 }, function* () {
          start(ms);
          yield* settle();
          throw undefined;
        });
      }],
      ["a group's", 20, function* (start, ms) {
        yield* taskGroup(function* (tg) {
          start(ms);
          yield* settle();
          tg.cancel();
        }, { grace: 20 });
      }],
      ["a group's that fails", 20, function* (start, ms) {
        yield* caught(taskGroup(function* (tg) {
          start(ms);
          yield* settle();
          tg.spawn(() => Promise.reject(new Error("sibling")));
        }, { grace: 20 }));
      }],
      ["none", 0, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* g.kill(undefined, { grace: 0 });
      }],
      ["less than none", 0, function* (start, ms) {
        const g = start(ms);
        yield* settle();
        yield* g.kill(undefined, { grace: -10 });
      }],
    ];
  for (const [name, grace, kill, ofRun] of ways) {
    test(`S-12: with the grace of ${name}, ${grace} ms, a longer cleanup is ended and a shorter one is not`, async () => {
      for (const [ms, expected] of [[grace + 1, "again"], [grace - 1, "cleaned"]] as const) {
        if (ms < 0) continue;
        const log: unknown[] = [];
        const outcome = await outcomeOf(function* () {
          try {
            yield* kill((time) => spawn(() => cleaning(log, time)), ms);
          } catch (e) {
            if (e !== undefined) throw e;
          }
        }, { grace: ofRun });
        assertEquals([log, outcome.error, outcome.ms], [[expected], undefined, Math.min(ms, grace)], `${ms} ms`);
      }
    });
  }

  test("S-12: for ever, where the grace is Infinity", async () => {
    const outcome = await outcomeOf(function* () {
      const { g, log } = slow(1e9);
      yield* settle();
      yield* g.kill(undefined, { grace: Infinity });
      assertEquals(log, ["cleaned"]);
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 1e9]);
  });

  test("S-12: a later kill may shorten the grace, and not lengthen it", async () => {
    const outcome = await outcomeOf(function* () {
      const { g, log } = slow(1e6);
      yield* settle();
      g.kill(undefined, { grace: 1_000 });
      yield* sleep(100);
      g.kill(undefined, { grace: 50 });
      g.kill(undefined, { grace: 10_000 });
      yield* g.join();
      assertEquals(log, ["again"]);
    });
    assertEquals(outcome.ms, 150);
  });

  test("S-12: a kill without end and the cancel of a scope with a grace: the shorter one counts", async () => {
    const outcome = await outcomeOf(function* () {
      yield* cancelScope({ grace: 30 }, function* (scope) {
        const { g, log } = slow(1e6);
        yield* settle();
        g.kill(undefined, { grace: Infinity });
        yield* settle();
        scope.cancel();
        yield* shield(() => g.join());
        assertEquals(log, ["again"]);
      });
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 30]);
  });

  test("S-12: a cancelled body gets it again after the scope's grace, a timed out one after the run's", async () => {
    for (const [block, grace] of [
      [(body: () => Gen) => cancelScope({ timeout: 10, grace: 30 }, body), 30],
      [(body: () => Gen) => withTimeout(10, body, { value: "late" }), 5_000],
    ] as const) {
      const outcome = await outcomeOf(function* () {
        const log: unknown[] = [];
        yield* block(() => cleaning(log, 1e6));
        assertEquals(log, ["again"]);
      });
      assertEquals([outcome.error, outcome.ms], [undefined, 10 + grace]);
    }
  });

  test("S-12: bad graces are refused at the call, and nobody is killed by them", () =>
    virtual(function* () {
      const g = spawn({ daemon: true }, suspend);
      yield* settle();
      assertThrows(() => g.kill(undefined, { grace: NaN }), RangeError, "NaN");
      assertThrows(() => killAll([g], undefined, { grace: NaN }), RangeError, "NaN");
      assertThrows(() => cancelScope({ grace: NaN }, () => {}), RangeError, "NaN");
      assertThrows(() => taskGroup(() => {}, { grace: NaN }), RangeError, "NaN");
      assertEquals(g.signal.aborted, false);
    }));
});

describe("after the grace", () => {
  test("S-12: it comes at every park, at once, until the greenlet has ended; each finally still begins", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const parks: (() => Op<unknown>)[] = [() => sleep(50), () => sleep(0), suspend, () => new Queue().get()];
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
});
