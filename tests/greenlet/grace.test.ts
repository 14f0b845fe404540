/** Soft, grace, hard: when a kill comes again, and that nothing hangs on a cleanup that never ends. */
import {
  cancelScope,
  type Greenlet,
  Group,
  isKill,
  killAll,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, toss, virtual } from "./kit.ts";

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
      toss(e);
    }
  }
}

describe("how long", () => {
  const ways: [
    name: string,
    grace: number,
    kill: (start: (ms: number) => Greenlet<unknown>, ms: number) => Gen,
    run?: number,
  ][] = [
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
        assertEquals(
          [log, outcome.error, outcome.ms],
          [[expected], undefined, Math.min(ms, grace)],
          `${ms} ms`,
        );
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
    for (
      const [block, grace] of [
        [(body: () => Gen) => cancelScope({ timeout: 10, grace: 30 }, body), 30],
        [(body: () => Gen) => withTimeout(10, body, { value: "late" }), 5_000],
      ] as const
    ) {
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
