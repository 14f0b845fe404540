/**
 * Effection's halts, in our API. Its halt is `iterator.return()`, which a `finally` that yields takes out of return mode;
 * ours is a throw (the first of the five decisions), so that code behind the killed `yield*` cannot run.
 */
import {
  all,
  call,
  cancelScope,
  Event,
  getCurrent,
  type Greenlet,
  isKill,
  joinAll,
  moveOnAfter,
  type Op,
  race,
  resource,
  run,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, upTo, virtual, virtualReporting } from "./helpers.ts";

type Body = Generator<unknown, unknown, unknown>;

/** Kills `body` while it is parked, and gives back its greenlet and what it logged. */
function* killed(
  body: (log: string[]) => Body,
): Generator<unknown, { log: string[]; g: Greenlet<unknown> }, unknown> {
  const log: string[] = [];
  const g = spawn(() => body(log));
  yield* settle();
  yield* g.kill();
  assertEquals(g.dead, true);
  return { log, g };
}

/** A child that is killed in its `try` and whose `finally` does `cleanup`. */
function* child(
  log: string[],
  cleanup: () => Op<unknown>,
  name = "child",
): Generator<unknown, void, unknown> {
  try {
    yield* suspend();
    log.push(`${name} after suspend`);
  } finally {
    log.push(`${name} cleanup`);
    yield* cleanup();
    log.push(`${name} cleaned up`);
  }
}

const nap = () => sleep(1);

describe("effection#1190: a halt does not pass a delegated operation whose finally yields", () => {
  // Cases 1, 2, 16-18, 20-23: whatever the child's `finally` does, code behind `yield* child()` must not run.
  const cleanups: Record<string, () => Op<unknown>> = {
    "nothing (case 1)": () => call(() => {}),
    "sleep(0) (case 2)": () => sleep(0),
    "sleep": nap,
    "a promise (case 17)": () => until(Promise.resolve()),
    "an action (case 18)": () => {
      const event = new Event();
      spawn(() => event.set());
      return event.wait();
    },
    "a resource (case 20)": () =>
      call(function* () {
        yield* resource(function* (provide) {
          try {
            yield* provide(undefined);
          } finally {
            yield* nap();
          }
        });
      }),
    "a scope (case 21)": () => cancelScope({}, nap),
    "a spawned greenlet (case 22)": () => spawn(nap),
    "a kill of another (case 23)": () => spawn(suspend).kill(),
    "a group": () => taskGroup((tg) => void tg.spawn(nap)),
    "a race": () => race([sleep(1), suspend()]),
  };
  for (const [name, cleanup] of Object.entries(cleanups)) {
    test(`a finally that waits for ${name} ends, and nothing runs behind the yield* [S-12, S-13]`, () =>
      virtual(function* () {
        const { log, g } = yield* killed(function* (log) {
          yield* child(log, cleanup);
          log.push("behind");
          yield* sleep(0);
          log.push("further behind"); // cases 3 and 42
        });
        assertEquals(log, ["child cleanup", "child cleaned up"]);
        assert(isKill(g.value));
      }));
  }

  test("case 4: a catch in the parent sees the kill and may pass it on [S-13]", () =>
    virtual(function* () {
      const { log, g } = yield* killed(function* (log) {
        try {
          yield* child(log, nap);
          log.push("behind");
        } catch (error) {
          log.push(isKill(error) ? "caught the kill" : "caught something else");
          throw error;
        }
      });
      assertEquals(log, ["child cleanup", "child cleaned up", "caught the kill"]);
      assert(isKill(g.value));
    }));

  test("cases 5, 6, 44: every finally runs once, from the inside out [S-12, S-13]", () =>
    virtual(function* () {
      const { log } = yield* killed(function* (log) {
        try {
          yield* child(log, nap);
          try {
            log.push("behind");
          } finally {
            log.push("finally of what never began");
          }
        } finally {
          yield* sleep(0);
          log.push("parent cleaned up");
        }
      });
      assertEquals(log, ["child cleanup", "child cleaned up", "parent cleaned up"]);
    }));

  // Case 7: a `return` in a `finally` drops the throw in flight: JavaScript's rule. The kill stays on the greenlet.
  test("case 7: a child that returns from its finally does not save its parent from the kill", () =>
    virtual(function* () {
      const { log, g } = yield* killed(function* (log) {
        const hide = function* (): Generator<unknown, string, unknown> {
          try {
            yield* suspend();
          } finally {
            yield* nap();
            // deno-lint-ignore no-unsafe-finally
            return "hidden";
          }
        };
        yield* hide();
        log.push("behind, before a park");
        yield* suspend();
        log.push("lives on");
      });
      assert(!log.includes("lives on"));
      assertEquals(g.dead, true);
    }));

  test("case 8, scenario 50: an error thrown by the cleanup leaves through the parents and is kept", () =>
    virtualReporting(function* () {
      const broken = new Error("cleanup broke");
      const log: string[] = [];
      const g = spawn(function* () {
        try {
          yield* child(log, () =>
            call(function* () {
              yield* nap();
              throw broken;
            }));
          log.push("behind");
        } finally {
          log.push("parent");
        }
      });
      yield* settle();
      yield* g.kill();
      assertEquals(log, ["child cleanup", "parent"]);
      assert(errorsIn(yield* caught(g.get())).includes(broken));
    }).then(() => {}));

  test("cases 9, 10: a finally of many steps runs all of them [S-12]", () =>
    virtual(function* () {
      const { log } = yield* killed(function* (log) {
        const inner = function* (): Generator<unknown, void, unknown> {
          try {
            yield* suspend();
          } finally {
            for (const i of upTo(3)) {
              yield* sleep(i);
              log.push(`step ${i}`);
            }
          }
        };
        yield* inner();
        log.push("behind");
      });
      assertEquals(log, ["step 0", "step 1", "step 2"]);
    }));

  test("cases 11-15: however deep the delegation, no frame goes on behind it [S-13]", () =>
    virtual(function* () {
      for (const depth of [2, 3, 50]) {
        const { log } = yield* killed(function* (log) {
          const middle = function* (n: number): Generator<unknown, void, unknown> {
            try {
              yield* n === 0 ? child(log, nap, "leaf") : middle(n - 1);
              log.push(`behind in ${n}`);
            } finally {
              if (n % 2 === 0) yield* sleep(0);
            }
          };
          yield* middle(depth);
          log.push("behind in the parent");
        });
        assertEquals(log, ["leaf cleanup", "leaf cleaned up"]);
      }
    }));

  // Case 19: `suspend()` in a `finally` ends in Effection only with its scope: characterised as a deadlock there.
  test("case 19: a cleanup that never ends is killed again after its grace [S-22]", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(() => child(log, suspend));
      yield* settle();
      yield* g.kill(undefined, { grace: 100 });
      assertEquals(log, ["child cleanup"]);
      assertEquals(g.dead, true);
    }));

  // Cases 25-27, 29-31, 33, 34, 39: whoever the killer is.
  const killers: Record<string, (body: () => Body) => Op<unknown>> = {
    "a sibling's error (case 27)": (body) =>
      caught(taskGroup(function* (tg) {
        tg.spawn(body);
        yield* sleep(1);
        throw new Error("sibling");
      })),
    "a race that another won (case 28)": (body) => race([sleep(1), call(body)]),
    "another member of all (case 29)": (body) =>
      caught(all([
        call(body),
        call(function* () {
          yield* sleep(1);
          throw new Error("member");
        }),
      ])),
    "a scope (case 30)": (body) =>
      cancelScope({}, function* (scope) {
        spawn(function* () {
          yield* sleep(1);
          scope.cancel();
        });
        yield* body();
      }),
    "a group that is cancelled (case 31)": (body) =>
      taskGroup(function* (tg) {
        tg.spawn(body);
        yield* sleep(1);
        tg.cancel();
      }),
    "a timeout (case 33)": (body) => moveOnAfter(1, () => call(body)),
  };
  for (const [name, killer] of Object.entries(killers)) {
    test(`killed by ${name}: cleanup is awaited and nothing runs behind the yield* [S-13, S-23, S-35, S-70]`, () =>
      virtual(function* () {
        const log: string[] = [];
        yield* killer(function* () {
          yield* child(log, nap);
          log.push("behind");
        });
        log.push("killer done");
        assertEquals(log, ["child cleanup", "child cleaned up", "killer done"]);
        yield* sleep(100);
        assertEquals(log.length, 3);
      }));
  }
});

describe("effection: halting", () => {
  // effection#1154: halted while the first of two cleanups was waiting, the second never ran.
  test("effection#1154: a kill that comes during cleanup skips none of its steps [S-12]", () =>
    virtual(function* () {
      const log: string[] = [];
      const gate = new Event();
      const g = spawn(function* () {
        try {
          yield* sleep(0);
        } finally {
          yield* gate.wait();
          log.push("cleanup 1");
          yield* sleep(0);
          log.push("cleanup 2");
        }
      });
      yield* settle();
      // The body has ended well and its `finally` is an ordinary part of it: this is the first kill.
      // To be in a cleanup *of a kill*, a second greenlet is killed twice.
      const twice = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* gate.wait();
          log.push("killed: cleanup 1");
          yield* sleep(0);
          log.push("killed: cleanup 2");
        }
      });
      yield* settle();
      twice.kill();
      yield* settle();
      twice.kill();
      yield* settle();
      gate.set();
      yield* joinAll([g, twice]);
      assertEquals(log, ["cleanup 1", "killed: cleanup 1", "cleanup 2", "killed: cleanup 2"]);
    }));

  // effection#1153: halt resolved while a resource's cleanup was still waiting.
  test("effection#1153: kill returns only when the cleanup of resources has ended [S-11, S-21]", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(() =>
        cancelScope({}, function* () {
          yield* resource(function* (provide) {
            try {
              yield* provide("resource");
            } finally {
              log.push("released: begin");
              yield* sleep(100);
              log.push("released: end");
            }
          });
          log.push("body returns");
        })
      );
      yield* sleep(10);
      assertEquals(yield* g.kill(), true);
      log.push("kill returned");
      assertEquals(log, ["body returns", "released: begin", "released: end", "kill returned"]);
    }));

  // effection PR 1215: destructors ran in the order of registration when the scope was destroyed, not when it ended.
  test("effection#1215: resources are released last first, however the scope ends [S-21]", () =>
    virtual(function* () {
      for (const end of ["return", "throw", "kill"]) {
        const log: string[] = [];
        const hold = (name: string) =>
          resource<string>(function* (provide) {
            try {
              yield* provide(name);
            } finally {
              yield* sleep(1);
              log.push(name);
            }
          });
        const g = spawn(() =>
          cancelScope({}, function* () {
            yield* hold("first");
            yield* hold("second");
            assertEquals(yield* hold("third"), "third");
            if (end === "throw") throw new Error(end);
            if (end === "kill") yield* suspend();
          })
        );
        yield* settle();
        if (end === "kill") g.kill();
        if (end === "throw") yield* caught(g.get());
        yield* g.join();
        assertEquals(log, ["third", "second", "first"], end);
      }
    }));

  // effection#1159: halt asked for through the promise face, then `yield* task`: hung.
  test("effection#1159: a kill whose result nobody takes ends the greenlet, and joining it does not hang [S-11]", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(5);
          log.push("cleaned up");
        }
      });
      yield* settle();
      g.kill();
      assertEquals(yield* g.join(), true);
      assertEquals(log, ["cleaned up"]);
    }));

  // effection#1160, PR 1081: `yield* task.halt()` inside the task waits for itself: a hang.
  test("effection#1160: a greenlet that kills itself, or joins itself, does not hang [S-16, S-33]", () =>
    virtual(function* () {
      const log: string[] = [];
      const killer = spawn(function* () {
        try {
          yield* getCurrent().kill();
          log.push("after");
        } finally {
          yield* sleep(1);
          log.push("finally");
        }
      });
      yield* killer.join();
      assertEquals(log, ["finally"]);
      const joiner = spawn(() => caught(getCurrent().join()));
      assertInstanceOf(yield* joiner, Error);
    }));

  // effection PR 1081: a child that halts its parent waits for the parent, which waits for the child.
  test("effection#1081: a child that kills its parent's greenlet dies with it, without a hang [S-20, S-21]", () =>
    virtual(function* () {
      const log: string[] = [];
      const parent: Greenlet<unknown> = spawn(() =>
        taskGroup(function* (tg) {
          tg.spawn(function* () {
            yield* sleep(1);
            try {
              yield* parent.kill();
              log.push("kill returned in the child");
            } finally {
              log.push("child");
            }
          });
          try {
            yield* suspend();
          } finally {
            log.push("parent");
          }
        })
      );
      assertEquals(yield* parent.join(), true);
      assertEquals(log.toSorted(), ["child", "parent"]);
    }));

  // effection#1185 (PR 1186): halted inside scoped(), the code behind it ran.
  test("effection#1185: killed inside a scope in a loop, no further round begins [S-13]", () =>
    virtual(function* () {
      const rounds: number[] = [];
      const g = spawn(function* () {
        for (const round of upTo(5)) {
          rounds.push(round);
          yield* cancelScope({}, function* () {
            yield* race([suspend(), sleep(1000)]);
          });
        }
      });
      yield* settle();
      yield* g.kill();
      yield* sleep(10_000);
      assertEquals(rounds, [0]);
    }));

  // effection PR 1091, cleanup-regression.test.ts: children were destroyed before the body's `finally`, which still needed
  // one to answer. Ours: a plain spawn lives in the scope around, and outlives its spawner's kill.
  test("effection#1091: the cleanup of a killed greenlet may talk to a greenlet that it spawned outside [S-12]", () =>
    virtual(function* () {
      const [closing, closed] = [new Event(), new Event()];
      const log: string[] = [];
      const g = spawn(function* () {
        spawn(function* () {
          yield* closing.wait();
          log.push("consumer saw the close");
          closed.set();
        });
        try {
          yield* suspend();
        } finally {
          closing.set();
          yield* closed.wait();
          log.push("cleanup complete");
        }
      });
      yield* settle();
      yield* g.kill();
      assertEquals(log, ["consumer saw the close", "cleanup complete"]);
    }));

  // effection#1128 (PR 1168): an error in a `finally` during halt, though caught by the halter, failed the parent as well.
  test("effection#1128: an error in cleanup that was asked for is not reported a second time", () =>
    virtualReporting(function* () {
      const broken = new Error("finally broke");
      const g = spawn(function* () {
        try {
          yield* suspend();
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw broken;
        }
      });
      yield* settle();
      yield* g.kill();
      assert(errorsIn(yield* caught(g.get())).includes(broken));
      return "success";
    }).then(({ value }) => assertEquals(value, "success")));

  // effection#1235: halt rejected with the task's own error if it came while the (successful) cleanup ran.
  test("effection#1235: a kill during the cleanup after a failure neither throws nor changes the failure [S-10, S-12]", () =>
    virtualReporting(function* () {
      const boom = new Error("boom");
      const log: string[] = [];
      const g = spawn(function* () {
        try {
          throw boom;
        } finally {
          yield* shield(() => sleep(100));
          log.push("cleaned up");
        }
      });
      const getter = spawn(() => caught(g.get()));
      yield* settle();
      assertEquals(yield* g.kill(), true);
      assertEquals(log, ["cleaned up"]);
      yield* getter.join();
    }).then(() => {}));

  // effection PR 837: halt of a task that had failed rejected with that failure.
  test("effection#837: killing a failed greenlet returns at once and throws nothing [S-10]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const g = spawn(() => {
        throw boom;
      });
      assertStrictEquals(yield* caught(g.get()), boom);
      assertEquals(yield* g.kill(), true);
      assertEquals(yield* g.kill(new Error("again")), true);
      assertStrictEquals(g.exception, boom);
    }));

  // effection#836: an error of a task in a scope was dropped on the floor.
  test("effection#836: an error that nobody asked for is told at once and thrown at the end of the run", async () => {
    const boom = new Error("boom");
    const reports: unknown[] = [];
    let reportedAt = -1;
    const error = await assertRejects(() =>
      run(function* () {
        spawn(function* () {
          yield* sleep(1);
          throw boom;
        });
        yield* sleep(10);
        reportedAt = reports.length;
        return "fine";
      }, { clock: new VirtualClock(), onError: (e: unknown) => void reports.push(e) })
    );
    assertStrictEquals(error, boom);
    assertEquals(reportedAt, 1);
    assertEquals(reports, [boom]);
  });

  // effection#78: an error in one teardown left the rest of the tree standing.
  test("effection#78: an error in one cleanup does not stop the others', and none is lost [S-70]", () =>
    virtual(function* () {
      const log: string[] = [];
      const broken = upTo(3).map((i) => new Error(`cleanup ${i}`));
      const error = yield* caught(taskGroup(function* (tg) {
        for (const [i, e] of broken.entries()) {
          tg.spawn(function* () {
            try {
              yield* suspend();
            } finally {
              yield* sleep(1);
              log.push(e.message);
              // deno-lint-ignore no-unsafe-finally
              if (i !== 1) throw e;
            }
          });
        }
        yield* settle();
        tg.cancel();
      }));
      assertEquals(log.toSorted(), ["cleanup 0", "cleanup 1", "cleanup 2"]);
      assertEquals(new Set(errorsIn(error)), new Set([broken[0], broken[2]]));
    }));

  // effection (commit 709edba2, "Ensure child halts don't blow up parent").
  test("effection 709edba2: a killed child is no failure of its group [S-4]", () =>
    virtual(function* () {
      const value = yield* taskGroup(function* (tg) {
        const g = tg.spawn(suspend);
        yield* settle();
        yield* g.kill();
        return "parent lives";
      });
      assertEquals(value, "parent lives");
    }));

  // effection (commit 00562fda): a halt between two yield points hit a generator that was running.
  test("effection 00562fda: a kill by a link, while the target runs, is thrown at its next park [S-15]", () =>
    virtual(function* () {
      const log: string[] = [];
      const gate = new Event();
      const target: Greenlet<unknown> = spawn(function* () {
        yield* gate.wait();
        target.kill();
        log.push("still running");
        yield* sleep(0);
        log.push("lives on");
      });
      yield* settle();
      gate.set();
      yield* target.join();
      // S-16 would allow "ends at the call" for a kill whose Op is delegated to; a plain call only marks it.
      assert(!log.includes("lives on"));
    }));

  // effection (commit ae8d090d): sleep(0) suspended for ever.
  test("effection ae8d090d: sleep(0) gives one turn and comes back [S-44]", () =>
    virtual(function* () {
      const log: string[] = [];
      const loop = (name: string) =>
        spawn(function* () {
          for (const i of [1, 2]) {
            log.push(`${i}${name}`);
            yield* sleep(0);
          }
        });
      yield* joinAll([loop("A"), loop("B")]);
      assertEquals(log, ["1A", "1B", "2A", "2B"]);
    }));
});

describe("effection: race and all", () => {
  // effection PR 1155: race hung when one arm came back while another was being halted.
  test("effection#1155: race returns the winner after the losers are wholly cleaned up, also late ones [S-23]", () =>
    virtual(function* () {
      const log: string[] = [];
      const loser = (name: string, cleanup: number) =>
        call(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(cleanup);
            log.push(name);
          }
        });
      const winner = yield* race<string | void>([
        loser("a", 10),
        call(function* () {
          yield* sleep(1);
          return "won";
        }),
        loser("b", 5),
      ]);
      log.push(String(winner));
      assertEquals(log.at(-1), "won");
      assertEquals(log.slice(0, 2).toSorted(), ["a", "b"]);
    }));

  // effection (commits 2170cb54, 11b7e574): an arm that was ready at once, and two that were ready together.
  test("effection 11b7e574: with several arms ready in one pass, one wins and the rest leave no trace [S-15, S-23]", () =>
    virtual(function* () {
      const event = new Event();
      const ready = () =>
        call(function* () {
          yield* event.wait();
          return "ready";
        });
      const racer = spawn(() => race([ready(), ready(), call(() => "at once")]));
      assertEquals(yield* racer, "at once");
      const both = spawn(() => race([ready(), ready()]));
      yield* settle();
      event.set();
      assertEquals(yield* both, "ready");
    }));

  // effection PR 1187: halted itself while a race was on.
  test("effection#1187: killing a racer kills every arm and waits for all of them [S-21, S-23]", () =>
    virtual(function* () {
      const log: string[] = [];
      const arm = (name: string) =>
        call(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(5);
            log.push(name);
          }
        });
      const g = spawn(() => race([arm("a"), arm("b")]));
      yield* settle();
      yield* g.kill();
      assertEquals(log.toSorted(), ["a", "b"]);
    }));

  // effection test/all.test.ts, "shuts down all tasks when anything fails".
  test("effection all.test: when one of all fails, the others are ended before it is thrown", () =>
    virtual(function* () {
      const log: string[] = [];
      const boom = new Error("boom");
      const error = yield* caught(all([
        call(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(5);
            log.push("ended");
          }
        }),
        call(function* () {
          yield* sleep(1);
          throw boom;
        }),
      ]));
      assertStrictEquals(error, boom);
      assertEquals(log, ["ended"]);
    }));

  // effection spawn.test, "runs destructors in reverse order and in series".
  test("effection spawn.test: greenlets of a scope die last born first, and every cleanup is awaited [S-21]", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        for (const name of ["first", "second", "third"]) {
          tg.spawn(function* () {
            try {
              yield* suspend();
            } finally {
              log.push(`${name}:start`);
              yield* sleep(10);
              log.push(`${name}:done`);
            }
          });
        }
        yield* settle();
        tg.cancel();
      });
      const only = (what: string) => log.filter((entry) => entry.endsWith(what));
      assertEquals(only("start"), ["third:start", "second:start", "first:start"]);
      assertEquals(only("done"), ["third:done", "second:done", "first:done"]);
    }));
});
