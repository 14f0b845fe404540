/** Greenlets that kill themselves, and killers that are killed. */
import {
  call,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  isKill,
  joinAll,
  killAll,
  type Op,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, outcomeOf, virtual } from "./kit.ts";

describe("oneself", () => {
  test("S-16: ends at the call; every finally runs, nothing behind it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        try {
          yield* (function* () {
            try {
              yield* getCurrent().kill();
              log.push("behind");
            } finally {
              yield* sleep(1);
              log.push("inner");
            }
          })();
          log.push("further behind");
        } finally {
          log.push("outer");
        }
      });
      yield* g.join();
      assertEquals([log, isKill(g.value)], [["inner", "outer"], true]);
    }));

  const ways: Record<string, (group: Group) => Op<unknown> | Gen<unknown>> = {
    "kill with a timeout": () => getCurrent().kill(undefined, { timeout: 0 }),
    "kill through call": () => call(() => getCurrent().kill()),
    "killAll of itself": () => killAll([getCurrent()]),
    "killAll of itself among the dead": () =>
      killAll([getCurrent(), getCurrent()], undefined, { timeout: 5 }),
    "killAll of itself and others": () => killAll([getCurrent(), spawn(suspend)]),
    "its Group's kill": (group) => group.kill(),
    "a kill inside a group": () =>
      taskGroup(function* () {
        yield* getCurrent().kill();
      }),
  };
  for (const [name, way] of Object.entries(ways)) {
    test(`S-16: ${name} ends at the call as well`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        const group = new Group();
        const g = group.spawn(function* () {
          try {
            yield* way(group);
            log.push("behind");
          } finally {
            yield* sleep(1);
            log.push("finally");
          }
        });
        yield* g.join();
        assertEquals([log, isKill(g.value)], [["finally"], true]);
      }));
  }

  test("S-16: under a shield it goes on, and dies at the first park after it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        yield* shield(function* () {
          yield* getCurrent().kill();
          log.push("in the shield");
          yield* sleep(1);
        });
        log.push("after it");
        yield* sleep(0);
        log.push("behind");
      });
      yield* g.join();
      assertEquals([log, isKill(g.value)], [["in the shield", "after it"], true]);
    }));

  test("S-16: main kills itself", async () => {
    const log: unknown[] = [];
    const reason = new Error("enough");
    for (const why of [undefined, reason]) {
      const outcome = await outcomeOf(function* (): Gen<string> {
        try {
          yield* getCurrent().kill(why);
          return "behind";
        } finally {
          log.push("finally");
        }
      });
      if (why === undefined) assertInstanceOf(outcome.value, GreenletExit);
      else assertStrictEquals(outcome.error, reason);
    }
    assertEquals(log, ["finally", "finally"]);
  });

  test("S-17: one that kills itself and returns without parking has ended normally", () =>
    virtual(function* () {
      const bodies = [
        function* () {
          getCurrent().kill();
          return 5;
        },
        () => {
          getCurrent().kill(new Error("never seen"));
          return 5;
        },
        function* () {
          yield* sleep(1);
          killAll([getCurrent()]);
          new Event().set();
          return 5;
        },
      ];
      for (const body of bodies) {
        const g = spawn(body as () => number);
        assertEquals(yield* g, 5);
        assertEquals([g.successful, g.value, g.exception], [true, 5, undefined]);
      }
    }));

  test("S-17: one that is killed by another while it runs, and returns without parking, too", () =>
    virtual(function* () {
      const [a, b] = [0, 1].map(() => spawn(() => suspend()));
      const g: Greenlet<number> = spawn(function* () {
        yield* until(Promise.resolve());
        a.link(() => void g.kill());
        killAll([a, b]);
        return 3;
      });
      assertEquals(yield* g, 3);
    }));
});

describe("the killer", () => {
  test("S-20: a killer that is killed while it waits does not undo the kill", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const victim = spawn(function* () {
        try {
          yield* suspend();
          log.push("behind");
        } finally {
          yield* sleep(50);
          log.push("cleaned");
        }
      });
      yield* settle();
      const killer = spawn(() => victim.kill());
      yield* settle();
      yield* killer.kill();
      assertEquals([victim.dead, victim.signal.aborted], [false, true]);
      yield* victim.join();
      assertEquals([log, isKill(victim.value)], [["cleaned"], true]);
    }));

  test("S-20: nor does one that gives up by a timeout, or dies in the middle of killAll", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const slow = (name: string) =>
        spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(50);
            log.push(name);
          }
        });
      const [a, b, c] = ["a", "b", "c"].map(slow);
      yield* settle();
      assertEquals(yield* a.kill(undefined, { timeout: 1 }), false);
      const killer = spawn(() => killAll([b, c]));
      yield* settle();
      yield* killer.kill();
      yield* joinAll([a, b, c]);
      assertEquals(log, ["a", "b", "c"]);
    }));

  test("S-20: two that kill each other both die", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const both: Greenlet<unknown>[] = [0, 1].map((i) =>
        spawn(function* () {
          try {
            yield* sleep(5);
            yield* both[1 - i].kill();
            log.push("behind", i);
          } finally {
            yield* sleep(1);
            log.push(i);
          }
        })
      );
      yield* joinAll(both);
      assertEquals(log.toSorted(), [0, 1]);
      assert(both.every((g) => isKill(g.value)));
    }));
});
