/** Kills: when they take effect, what they end, and in what order. See kill_waits.test.ts for every kind of wait. */
import {
  cancelScope,
  Group,
  isKill,
  joinAll,
  killAll,
  Lock,
  Queue,
  race,
  run,
  sleep,
  spawn,
  spawnLater,
  suspend,
  taskGroup,
  Timeout,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, toss, victimOf, virtual, WatchedClock } from "./kit.ts";

describe("before the first switch", () => {
  const ways: Record<string, (body: () => Gen) => Gen> = {
    *"by kill"(body) {
      yield* spawn(body).kill();
    },
    *"with a reason"(body) {
      yield* spawn(body).kill(new Error("no"));
    },
    *"as a generator"(body) {
      yield* spawn(body()).kill();
    },
    *"by killAll"(body) {
      yield* killAll([spawn(body), spawn(body)]);
    },
    *"by its Group"(body) {
      const group = new Group();
      group.spawn(body);
      yield* group.kill();
    },
    *"while it waits for its time"(body) {
      const g = spawnLater(10, body);
      yield* sleep(5);
      yield* g.kill();
    },
    *"in the instant of its time"(body) {
      const killer = spawn(function* () {
        yield* sleep(10);
        g.kill();
      });
      yield* sleep(0);
      const g = spawnLater(10, body);
      yield* killer;
    },
    *"by the cancel of its scope"(body) {
      yield* cancelScope({}, function* (scope) {
        spawn(body);
        scope.cancel();
      });
    },
    *"by the cancel of its group"(body) {
      yield* taskGroup(function* (tg) {
        tg.spawn(body);
        tg.cancel();
      });
    },
    *"by the failure of its group's body"(body) {
      yield* caught(taskGroup(function* (tg) {
        tg.spawn(body);
        throw new Error("body");
      }));
    },
    *"by an earlier child's failure"(body) {
      yield* caught(taskGroup(function* (tg) {
        tg.spawn(() => {
          throw new Error("first");
        });
        tg.spawn(body);
      }));
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    test(`S-9: killed ${name}, the body never runs`, async () => {
      const clock = new WatchedClock();
      await virtual(function* () {
        let ran = false;
        yield* way(function* () {
          ran = true;
          yield* sleep(0);
        });
        yield* clock.assertNoTimers();
        assertEquals(ran, false);
      }, { clock });
    });
  }

  test("S-9: joiners and links fire, and the signal is aborted", () =>
    virtual(function* () {
      const seen: unknown[] = [];
      const g = spawnLater(1_000, () => {});
      const { signal } = g;
      g.link(() => seen.push("link"));
      g.linkValue((end) => seen.push(isKill(end.value)));
      g.linkException(() => seen.push("wrong"));
      const joiner = spawn(function* () {
        seen.push(yield* g.join());
      });
      yield* settle();
      g.kill();
      assertEquals([g.dead, g.started, signal.aborted], [true, false, true], "at the call");
      yield* joiner;
      g.link(() => seen.push("late link"));
      yield* settle();
      assertEquals(seen.toSorted(), ["late link", "link", true, true]);
      assertEquals(seen.at(-1), "late link");
    }));
});

describe("the dead", () => {
  test("S-10: killing a dead greenlet throws nothing and changes nothing, however it ended", async () => {
    const outcome = await outcomeOf(function* () {
      const error = new Error("failed");
      const [fine, failed, killed] = [spawn(() => 1), spawn(() => Promise.reject(error)), spawn(suspend)];
      killed.kill();
      yield* caught(failed);
      yield* joinAll([fine, failed, killed]);
      const ends = [killed.value];
      for (const reason of [undefined, new Error("late"), "late"]) {
        for (const g of [fine, failed, killed]) {
          g.kill(reason);
          assertEquals(yield* g.kill(reason), true);
          assertEquals(yield* g.kill(reason, { timeout: 0, grace: 0 }), true);
        }
        assertEquals(yield* killAll([fine, failed, killed], reason), []);
      }
      assertEquals([fine.value, fine.successful, fine.signal.aborted], [1, true, false]);
      assertEquals([failed.successful, failed.signal.aborted], [false, false]);
      assertStrictEquals(failed.exception, error);
      assertStrictEquals(killed.value, ends[0]);
    });
    assertEquals(outcome, { value: undefined, reports: [], ms: 0 });
  });

  test("S-10: killing a failed greenlet is not asking for its error: the scope still throws it", async () => {
    const error = new Error("nobody asks");
    const outcome = await outcomeOf(function* () {
      const failed = spawn(() => Promise.reject(error));
      yield* failed.join();
      yield* failed.kill();
    });
    assertStrictEquals(outcome.error, error);
    assertEquals(outcome.reports.length, 1);
  });

  test("S-10: also from outside of every greenlet, long after its run", async () => {
    const g = await run(() => ({ g: spawn(() => 1) }));
    g.g.kill();
    assertEquals([g.g.value, g.g.successful], [1, true]);
  });
});

describe("at the call", () => {
  test("S-11: the wait is withdrawn before kill returns, also when nobody waits for its result", () =>
    virtual(function* () {
      const q = new Queue<number>(), got: unknown[] = [];
      const [first, second] = ["first", "second"].map((name) =>
        spawn(function* () {
          got.push([name, yield* q.get()]);
        })
      );
      yield* settle();
      first.kill();
      q.putNowait(1);
      yield* second;
      assertEquals([got, q.qsize], [[["second", 1]], 0]);
    }));

  test("S-11: the line closes up at the call: what the killed head held up is given to the next", () =>
    virtual(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const log: unknown[] = [];
      const [a, b] = ["a", "b"].map((name) => spawn(() => lock.withLock(() => log.push(name))));
      yield* settle();
      a.kill();
      lock.release();
      yield* b;
      assertEquals(log, ["b"]);
    }));

  test("S-11: waiting for the kill waits for the end of a cleanup that suspends", async () => {
    const { ms } = await outcomeOf(function* () {
      const log: unknown[] = [];
      const victim = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(700);
          log.push("cleaned");
        }
      });
      yield* settle();
      const end = victim.kill();
      log.push("called");
      assertEquals([victim.signal.aborted, victim.dead], [true, false]);
      assertEquals(yield* end, true);
      assertEquals([log, victim.dead], [["called", "cleaned"], true]);
      assertEquals(yield* end, true, "the operation can be delegated to again");
    });
    assertEquals(ms, 700);
  });

  test("S-11: a callback of the host may kill, and so may another run", async () => {
    for (const other of [false, true]) {
      await virtual(function* () {
        const log: unknown[] = [];
        const victim = victimOf(log, suspend);
        yield* settle();
        const kill = () => void victim.kill();
        yield* until(other ? run(kill) : Promise.resolve().then(kill));
        yield* victim.join();
        assertEquals(log, ["in", "finally", "cleaned"]);
      });
    }
  });

  test("S-11: a link of the victim itself kills in vain, a link of another kills", () =>
    virtual(function* () {
      const victim = spawn(suspend);
      const first = spawn(() => 1);
      first.link(() => void victim.kill());
      first.link((g) => void g.kill());
      yield* victim.join();
      assertEquals([first.value, isKill(victim.value)], [1, true]);
    }));
});

describe("during cleanup", () => {
  test("S-12: kills, cancels and timeouts that arrive during cleanup skip no step of it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const scopes: { cancel(): void }[] = [];
      const victim = spawn(function* () {
        yield* cancelScope({ timeout: 12 }, function* (scope) {
          scopes.push(scope);
          try {
            yield* withTimeout(14, suspend());
          } finally {
            for (let i = 0; i < 10; i++) {
              yield* sleep(1);
              log.push(i);
            }
          }
          log.push("behind");
        });
        log.push("behind the scope");
      });
      yield* sleep(10);
      victim.kill();
      for (let i = 0; i < 8; i++) {
        yield* sleep(1);
        victim.kill(new Error(`${i}`));
        scopes[0].cancel();
        killAll([victim, victim]);
      }
      yield* victim.join();
      assertEquals(log, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert(isKill(victim.value));
    }));

  test("S-12: cleanup may spawn, join, lock, time out and cancel of its own", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const lock = new Lock();
      const victim = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          log.push(yield* spawn(() => 1));
          log.push(yield* lock.withLock(() => sleep(1)));
          log.push(yield* withTimeout(1, suspend(), { value: "late" }));
          log.push(yield* race([sleep(1), suspend()]));
          log.push(yield* cancelScope({ timeout: 1 }, suspend));
          yield* taskGroup((tg) => void tg.spawn(() => log.push("child")));
          using limit = Timeout.start(1);
          log.push((yield* caught(suspend())) === limit);
        }
      });
      yield* settle();
      yield* victim.kill();
      assertEquals(log, [1, undefined, "late", undefined, undefined, "child", true]);
    }));

  test("S-12: an error in cleanup does not end the cleanup of the frames around it", async () => {
    const log: string[] = [];
    const failure = new Error("cleanup");
    const outcome = await outcomeOf(function* () {
      const victim = spawn(function* () {
        try {
          try {
            yield* suspend();
          } finally {
            yield* sleep(1);
            log.push("inner");
            toss(failure);
          }
        } finally {
          yield* sleep(1);
          log.push("outer");
        }
      });
      yield* settle();
      yield* victim.kill();
      assertEquals([log, victim.successful], [["inner", "outer"], false]);
      assertStrictEquals(yield* caught(victim), failure);
    });
    assertEquals(outcome.error, undefined);
  });
});
