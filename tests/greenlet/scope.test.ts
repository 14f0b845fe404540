/** Where spawned greenlets live, when a scope ends, and what a kill of their spawner does to them. */
import {
  call,
  cancelScope,
  failAfter,
  getCurrent,
  type Greenlet,
  Group,
  isKill,
  moveOnAfter,
  type Op,
  Pool,
  run,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
  type TaskGroup,
  taskGroup,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, thrownBy, virtual } from "./kit.ts";

/** Works for `ms` milliseconds and says how it ended. */
function* work(log: unknown[], name: string, ms = 10): Gen {
  try {
    yield* sleep(ms);
    log.push(`${name} done`);
  } catch (e) {
    log.push(`${name} ${isKill(e) ? "killed" : e}`);
    throw e;
  }
}

describe("where it lives", () => {
  test("decision 4: run waits for what its body has spawned, and its spawns, and theirs", async () => {
    const log: unknown[] = [];
    const outcome = await outcomeOf(function* () {
      spawn(function* () {
        spawn(function* () {
          spawn(() => work(log, "c", 30));
          yield* work(log, "b", 5);
        });
        yield* work(log, "a", 10);
      });
      log.push("main ends");
      return "value";
    });
    assertEquals(log, ["main ends", "b done", "a done", "c done"]);
    assertEquals([outcome.value, outcome.ms], ["value", 30]);
  });

  const scopes: Record<string, (body: () => Gen) => Op<unknown>> = {
    taskGroup: (body) => taskGroup(body),
    cancelScope: (body) => cancelScope({}, body),
    moveOnAfter: (body) => moveOnAfter(1_000, body),
    failAfter: (body) => failAfter(1_000, body),
    "a scope in a call": (body) => call(() => cancelScope({}, () => call(body))),
    "a scope under a shield": (body) => shield(() => cancelScope({}, body)),
    "a scope in a timeout": (body) => withTimeout(1_000, cancelScope({}, body)),
  };
  for (const [name, scope] of Object.entries(scopes)) {
    test(`decision 4: ${name} ends when its body and all that was spawned in it, by whatever means, have ended`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        yield* scope(function* () {
          const group = new Group(), pool = new Pool(2);
          spawn(() => work(log, "spawn", 10));
          spawnLater(5, () => work(log, "later", 15));
          group.spawn(() => work(log, "group", 30));
          yield* pool.spawn(() => work(log, "pool", 40));
          yield* call(function* () {
            spawn(() => spawn(() => work(log, "grandchild", 50)));
          });
          log.push("body");
        });
        log.push("scope ended");
        assertEquals(log, [
          "body",
          "spawn done",
          "later done",
          "group done",
          "pool done",
          "grandchild done",
          "scope ended",
        ]);
      }));
  }

  const noScopes: Record<string, (body: () => Gen) => Op<unknown>> = {
    withTimeout: (body) => withTimeout(1_000, body),
    shield: (body) => shield(body),
    call: (body) => call(body),
    "a greenlet": (body) => spawn(body),
    "a Group's greenlet": (body) => new Group().spawn(body),
  };
  for (const [name, block] of Object.entries(noScopes)) {
    test(`decision 4: ${name} is no scope: what is spawned in it lives in the one around`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        yield* cancelScope({}, function* () {
          yield* block(function* () {
            spawn(() => work(log, "spawned"));
          });
          log.push("block ended");
        });
        assertEquals(log, ["block ended", "spawned done"]);
      }));
  }

  test("decision 4: a child lives in the scope of its spawner, also when the spawner runs elsewhere", () =>
    virtual(function* () {
      const log: unknown[] = [];
      let tg: TaskGroup | undefined;
      yield* taskGroup(function* (outer) {
        tg = outer;
        yield* cancelScope({}, function* () {
          outer.spawn(function* () {
            spawn(() => work(log, "in the group", 20)); // the spawner lives in the outer group
          });
          yield* sleep(1);
        });
        log.push("inner ended");
      });
      log.push("outer ended");
      assertEquals(log, ["inner ended", "in the group done", "outer ended"]);
      assertMatch(thrownBy(() => tg?.spawn(() => {})).message, /closed/);
    }));

  test("decision 4: spawning from a greenlet of an ended scope is not possible, the error says so", () =>
    virtual(function* () {
      let escaped: TaskGroup | undefined;
      yield* taskGroup((tg) => void (escaped = tg));
      assertMatch(thrownBy(() => escaped?.spawn(suspend)).message, /closed scope/);
      assertMatch(((yield* caught(call(() => escaped?.start(suspend)))) as Error).message, /closed scope/);
    }));

  test("decision 4: parent is who spawned it, while that one lives", () =>
    virtual(function* () {
      let inner: Greenlet<unknown> | undefined;
      const outer = spawn(function* () {
        inner = spawn(suspend);
        assertStrictEquals(inner.parent, getCurrent());
        yield* sleep(1);
      });
      yield* outer;
      assert(inner?.parent !== outer);
      assertEquals(inner?.dead, false);
      yield* inner?.kill() ?? sleep();
    }));
});

describe("a kill of the spawner", () => {
  test("decision 4: kills the scopes open in its body, not what it spawned into an outer scope", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        spawn(() => work(log, "outer", 50));
        yield* cancelScope({}, function* () {
          spawn(() => work(log, "inner", 50));
          yield* taskGroup(function* (tg) {
            tg.spawn(() => work(log, "group", 50));
            yield* withTimeout(1_000, () => work(log, "body", 50));
          });
        });
      });
      yield* sleep(1);
      yield* g.kill();
      assertEquals(log.toSorted(), ["body killed", "group killed", "inner killed"]);
      yield* sleep(100);
      assertEquals(log.at(-1), "outer done");
    }));

  test("decision 4: a greenlet of an outer scope that it waits for lives on", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const worker = spawn(() => work(log, "worker", 50));
      for (
        const wait of [() => worker.join(), () => worker, () => shield(worker), () => call(() => worker)]
      ) {
        const g = spawn(wait as () => Op<unknown>);
        yield* sleep(1);
        yield* g.kill();
      }
      assertEquals(log, []);
      yield* worker;
      assertEquals(log, ["worker done"]);
    }));

  test("decision 4: killed while its scope waits for the greenlets in it, it takes them along", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(() => cancelScope({}, () => void spawn(() => work(log, "child", 50))));
      yield* sleep(1);
      yield* g.kill();
      assertEquals([log, isKill(g.value)], [["child killed"], true]);
    }));

  test("decision 4: what a killed body's cleanup spawns in its scope is ended with the body, and awaited", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(() =>
        cancelScope({}, function* () {
          try {
            yield* suspend();
          } finally {
            spawn(() => work(log, "late", 50));
            spawn(() => work(log, "quick", 1));
            yield* sleep(2);
          }
        })
      );
      yield* sleep(1);
      yield* g.kill();
      assertEquals([log, isKill(g.value)], [["quick done", "late killed"], true]);
    }));
});

describe("daemons", () => {
  test("decision 4: a scope does not wait for its daemons: they are killed, last born first, each awaited", () =>
    virtual(function* () {
      const log: unknown[] = [];
      yield* cancelScope({}, function* () {
        for (const [name, ms] of [["a", 3], ["b", 2], ["c", 1]] as const) {
          spawn({ daemon: true, name }, function* () {
            assertEquals([getCurrent().name, getCurrent().daemon], [name, true]);
            try {
              yield* suspend();
            } finally {
              log.push(name);
              yield* sleep(ms);
              log.push(`${name} left`);
            }
          });
        }
        spawn(() => work(log, "worker", 10));
        yield* sleep(1);
        log.push("body");
      });
      assertEquals(log, ["body", "worker done", "c", "c left", "b", "b left", "a", "a left"]);
    }));

  test("decision 4: while a daemon leaves, those born before it still serve it", () =>
    virtual(function* () {
      const log: unknown[] = [];
      yield* cancelScope({}, function* () {
        const ask = Promise.withResolvers<void>();
        spawn({ daemon: true }, function* () {
          yield* until(ask.promise);
          log.push("served");
          yield* suspend();
        });
        spawn({ daemon: true }, function* () {
          try {
            yield* suspend();
          } finally {
            ask.resolve();
            yield* sleep(5);
            log.push("left");
          }
        });
        yield* settle();
      });
      assertEquals(log, ["served", "left"]);
    }));

  test("decision 4: what a daemon spawns lives in the same scope: a worker is waited for, a daemon is killed", () =>
    virtual(function* () {
      const log: unknown[] = [];
      yield* taskGroup((tg) => {
        tg.spawn({ daemon: true }, function* () {
          spawn(() => work(log, "worker of a daemon", 20));
          spawn({ daemon: true }, () => work(log, "daemon of a daemon", 1_000));
          yield* work(log, "daemon", 1_000);
        });
        tg.spawn(() => work(log, "worker", 1));
      });
      assertEquals(log, [
        "worker done",
        "worker of a daemon done",
        "daemon of a daemon killed",
        "daemon killed",
      ]);
    }));

  test("decision 4: what leaving daemons spawn is ended and awaited too", async () => {
    const log: unknown[] = [];
    const outcome = await outcomeOf(function* () {
      yield* cancelScope({}, function* () {
        spawn({ daemon: true }, function* () {
          try {
            yield* suspend();
          } finally {
            spawn({ daemon: true }, () => work(log, "late daemon", 1_000));
            spawn(() => work(log, "late worker", 20));
            yield* sleep(1);
          }
        });
        yield* settle();
      });
      assertEquals(log.length, 2);
    });
    assertEquals([outcome.error, outcome.reports], [undefined, []]);
    assert(outcome.ms <= 5_000);
  });

  test("decision 4: a daemon that has not begun never does", async () => {
    const log: unknown[] = [];
    await run(() => void spawn({ daemon: true }, () => log.push("ran")), { clock: new VirtualClock() });
    assertEquals(log.length <= 1, true);
    await virtual(function* () {
      spawnLater(1, () => work(log, "later", 1));
      yield* cancelScope({}, () => void spawn({ daemon: true }, suspend));
    });
    assertEquals(log.at(-1), "later done");
  });

  test("decision 4: a daemon's end before its scope's is nothing special", () =>
    virtual(function* () {
      const value = yield* cancelScope({}, function* () {
        const daemon = spawn({ daemon: true }, function* () {
          yield* sleep(5);
          return 7;
        });
        return yield* daemon;
      });
      assertEquals(value, 7);
    }));
});
