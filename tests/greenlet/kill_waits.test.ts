/** A kill in every kind of wait: parked, woken, under a shield, in cleanup, after the grace. */
import {
  call,
  type CancelScope,
  cancelScope,
  getCurrent,
  type Greenlet,
  isKill,
  joinAll,
  shield,
  sleep,
  spawn,
  suspend,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertExists } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, killedIn, outcomeOf, toss, victimOf, virtual, WatchedClock } from "./kit.ts";
import { type Scene, scenes, type Staged } from "./scenes.ts";

const stage = (scene: Scene) => call(() => scene.stage()) as unknown as Gen<Staged>;

/** Lets the victim come to the wait, and wakes it without letting it run. */
function* grant(staged: Staged): Gen {
  assertExists(staged.grant, "a scene without a grant is endless");
  staged.grant();
  for (let i = 0; i < (staged.turns ?? 0); i++) yield* sleep(0);
}

describe("parked", () => {
  for (const scene of scenes) {
    test(`S-13, S-14: killed in ${scene.name}, it does not go on, and the wait takes nothing`, async () => {
      const clock = new WatchedClock();
      await virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = yield* killedIn(log, staged.wait);
        staged.untouched?.();
        yield* settle();
        assertEquals(log, ["in", "finally", "cleaned"]);
        assert(isKill(victim.value));
        yield* clock.assertNoTimers();
      }, { clock });
    });

    test(`S-11, S-14: a grant in the same turn as the kill comes too late for ${scene.name}`, () =>
      virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = victimOf(log, staged.wait);
        yield* settle();
        const end = victim.kill();
        if (staged.untouched === undefined) staged.grant?.();
        yield* end;
        assertEquals(log, ["in", "finally", "cleaned"]);
      }));

    test(`S-12, S-22: a cleanup that waits in ${scene.name} is ended after its grace, not before`, () =>
      virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = spawn(function* () {
          try {
            yield* until(new Promise(() => {}));
          } finally {
            try {
              if (scene.name !== "sleep" && scene.name !== "sleep without ref") yield* staged.wait();
              else yield* sleep(1e6);
              log.push("went on");
            } catch (e) {
              log.push(isKill(e));
              toss(e);
            } finally {
              log.push(clock.now());
            }
          }
        });
        yield* settle();
        const end = victim.kill(undefined, { grace: 300 });
        victim.kill();
        yield* settle();
        victim.kill(new Error("too late to be the reason"));
        yield* end;
        // Where the wait has a time limit of its own that comes first it is none of the scenes here: all are above 300.
        assertEquals(log, [true, 300]);
        assert(isKill(victim.value));
      }, { clock }));
    const clock = new VirtualClock();
  }
});

describe("woken", () => {
  for (const scene of scenes.filter(({ endless }) => endless !== true)) {
    test(`S-15: woken in ${scene.name} and then killed, it has what it waited for, and dies at its next park`, () =>
      virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = victimOf(log, staged.wait);
        yield* settle();
        yield* grant(staged);
        yield* victim.kill();
        assertEquals((log[1] as unknown[])?.[0], "got", "the wait returned");
        if (staged.gives !== undefined) assertEquals(log[1], ["got", staged.gives]);
        assertEquals(log.toSpliced(1, 1), ["in", "finally", "cleaned"]);
        assert(isKill(victim.value));
      }));

    test(`S-12: a cleanup that is granted ${scene.name} after a second kill runs to its end`, () =>
      virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = spawn(function* () {
          try {
            yield* until(new Promise(() => {}));
          } finally {
            log.push("cleaning");
            yield* staged.wait();
            log.push("granted");
            yield* sleep(1);
            log.push("cleaned");
          }
          log.push("behind");
        });
        yield* settle();
        const end = victim.kill();
        yield* settle();
        victim.kill(new Error("again"));
        yield* grant(staged);
        victim.kill(new Error("and again"));
        yield* end;
        assertEquals(log, ["cleaning", "granted", "cleaned"]);
        assert(isKill(victim.value));
      }));

    test(`S-14, S-15: a shield around ${scene.name} holds the kill back until it has ended`, () =>
      virtual(function* () {
        const staged = yield* stage(scene);
        const log: unknown[] = [];
        const victim = victimOf(log, () =>
          shield(function* () {
            const value = yield* staged.wait();
            log.push("granted");
            yield* sleep(2);
            log.push("shield ends");
            return value;
          }));
        yield* settle();
        const end = victim.kill();
        yield* settle();
        assertEquals([log, victim.signal.aborted], [["in"], true]);
        yield* grant(staged);
        yield* end;
        assertEquals(log.map((entry) => Array.isArray(entry) ? entry[0] : entry), [
          "in",
          "granted",
          "shield ends",
          "got",
          "finally",
          "cleaned",
        ]);
        assert(isKill(victim.value));
      }));
  }
});

describe("time", () => {
  test("S-15: two sleeps of one deadline: the one that is killed by the other has slept", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const killer = spawn(function* () {
        yield* sleep(10);
        log.push("killer");
        victim.kill();
      });
      const victim = victimOf(log, () => sleep(10));
      yield* killer;
      yield* victim.join();
      assertEquals(log, ["in", "killer", ["got", undefined], "finally", "cleaned"]);
    }));

  test("S-14: killed in its sleep(0), it does not go on", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const victim = victimOf(log, () => sleep(0));
      yield* sleep(0);
      assertEquals(log, ["in"]);
      yield* victim.kill();
      assertEquals(log, ["in", "finally", "cleaned"]);
    }));

  test("S-14: killed in a bare yield, it does not go on", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const victim = victimOf(log, function* () {
        yield;
      });
      yield* sleep(0);
      yield* victim.kill();
      assertEquals(log, ["in", "finally", "cleaned"]);
    }));

  test("S-15: a timeout that wakes a wait in the pass in which it is killed has happened", () =>
    virtual(function* () {
      const log: unknown[] = [];
      spawn(function* () {
        yield* sleep(10);
        victim.kill();
      });
      const sleeper = spawn(() => sleep(50));
      const victim = victimOf(log, () => sleeper.join({ timeout: 10 }));
      yield* victim.join();
      assertEquals(log, ["in", ["got", false], "finally", "cleaned"]);
    }));
});

describe("promises", () => {
  /** Kills the victim in the very job queue in which its promise settles: before or after its wake. */
  const cases: [when: string, before: boolean, log: unknown[]][] = [
    ["before", true, ["in", "finally", "cleaned"]],
    ["after", false, ["in", ["got", 5], "finally", "cleaned"]],
  ];
  for (const [when, before, expected] of cases) {
    test(`S-15: killed one callback ${when} its promise wakes it`, () =>
      virtual(function* () {
        const { promise, resolve } = Promise.withResolvers<number>();
        const log: unknown[] = [];
        if (before) promise.then(() => void victim.kill());
        const victim = victimOf(log, () => until(promise));
        yield* settle();
        if (!before) promise.then(() => void victim.kill());
        yield* until(Promise.resolve().then(() => resolve(5)));
        yield* victim.join();
        assertEquals(log, expected);
      }));
  }

  test("S-14: what a promise brings after the kill, result or error, is ignored", () =>
    virtual(function* () {
      for (const outcome of ["resolve", "reject"] as const) {
        const source = Promise.withResolvers<unknown>();
        const log: unknown[] = [];
        const victim = victimOf(log, () => until(source.promise));
        yield* settle();
        const end = victim.kill();
        source[outcome](new Error("late"));
        yield* end;
        yield* until(Promise.resolve());
        assertEquals(log, ["in", "finally", "cleaned"]);
        assert(isKill(victim.value));
      }
    }));

  test("S-15: an async body cannot be aborted; the kill ends its greenlet, its signal says so", async () => {
    const seen: unknown[] = [];
    const outcome = await outcomeOf(function* () {
      const gate = Promise.withResolvers<void>();
      const victim = spawn(async () => {
        const { signal } = getCurrent();
        await gate.promise;
        seen.push(signal.aborted);
        return 1;
      });
      yield* settle();
      const end = victim.kill();
      gate.resolve();
      yield* end;
      yield* until(Promise.resolve());
      yield* settle();
      seen.push(isKill(victim.value));
    });
    assertEquals([seen.toSorted(), outcome.error, outcome.reports], [[true, true], undefined, []]);
  });

  /** What an abort listener may do in the middle of the kill that called it. */
  const meddlers: Record<
    string,
    (victim: Greenlet<unknown>, scope: CancelScope, other: Greenlet<unknown>) => void
  > = {
    "kills the same greenlet": (victim) => void victim.kill(new Error("from inside")),
    "cancels a scope around the wait": (_, scope) => scope.cancel(),
    "takes a shield away": (_, scope) => void (scope.shield = false),
    "kills another": (_victim, _scope, other) => void other.kill(),
  };
  for (const [what, meddle] of Object.entries(meddlers)) {
    for (const how of ["killed", "cancelled"] as const) {
      test(`S-14: ${how} in a wait whose abort listener ${what}`, () =>
        virtual(function* () {
          const log: unknown[] = [];
          const other = victimOf([], suspend);
          const scopes: CancelScope[] = [];
          const victim = spawn(() =>
            cancelScope({}, function* (outer) {
              scopes.push(outer);
              yield* cancelScope({}, function* (inner) {
                scopes.push(inner);
                try {
                  yield* until((signal) =>
                    new Promise((resolve) =>
                      signal.addEventListener("abort", () => {
                        meddle(victim, outer, other);
                        resolve(1);
                      })
                    )
                  );
                  log.push("went on");
                } finally {
                  log.push("finally");
                  yield* sleep(1);
                  log.push("cleaned");
                }
              });
            })
          );
          yield* settle();
          if (how === "killed") victim.kill();
          else scopes[1].cancel();
          other.kill();
          yield* joinAll([victim, other]);
          assertEquals(log, ["finally", "cleaned"]);
        }));
    }
  }
});
