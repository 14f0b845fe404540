/**
 * Rules S-70 to S-74: task groups and cancel scopes.
 *
 * Of S-74, "leaving out of order is a loud error" is not here: blocks cannot be left out of order but by driving an
 * iterator by hand, and then there is one order only.
 */
import {
  AsyncResult,
  call,
  CancelScope,
  cancelScope,
  Event,
  type Greenlet,
  GreenletExit,
  joinAll,
  moveOnAfter,
  shield,
  sleep,
  spawn,
  type Started,
  suspend,
  TaskGroup,
  taskGroup,
} from "../../src/mod.ts";
import { always } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { caught, errorsIn, type Gen } from "../greenlet/kit.ts";
import { gen, now } from "./helpers.ts";
import { complete, rule } from "./kit.ts";

// ---- S-70

rule(
  "S-70",
  "the first failure kills the siblings; the block leaves only after every child has ended",
  function* () {
    const error = new Error("first");
    let begun = 0, ended = 0;
    const sibling = function* (): Gen {
      begun++;
      try {
        yield* suspend();
      } finally {
        yield* sleep(0);
        yield* sleep(3);
        ended++;
      }
    };
    const thrown = yield* caught(taskGroup(function* (group) {
      group.spawn(sibling);
      group.spawn(function* () {
        yield* sleep(0);
        throw error;
      });
      group.spawn(sibling);
      yield* suspend();
    }));
    assertStrictEquals(thrown, error);
    assertEquals(ended, begun);
    return begun;
  },
  { reached: [1, 2] },
);

rule("S-70", "all failures are kept, the first in time in front", function* () {
  const order: Error[] = [];
  const fails = (name: string) => {
    order.push(new Error(name));
    throw order.at(-1);
  };
  const thrown = yield* caught(taskGroup(function* (group) {
    for (const name of ["a", "b"]) {
      group.spawn(function* () {
        try {
          yield* sleep(0);
        } catch {
          yield* sleep(1);
          fails(`${name}'s cleanup`);
        }
        fails(name);
      });
    }
  }));
  assertEquals(errorsIn(thrown).map((e) => (e as Error).message), order.map((e) => e.message));
  assert(errorsIn(thrown).every((e, i) => e === order[i]));
  return order.map((e) => e.message);
}, { reached: [["a", "b's cleanup"], ["b", "a's cleanup"]] });

rule("S-70", "the body's own failure is one of them, at its place", function* () {
  const order: Error[] = [];
  const fails = (name: string) => {
    order.push(new Error(name));
    throw order.at(-1);
  };
  let alive = 0;
  const thrown = yield* caught(taskGroup(function* (group) {
    group.spawn(function* () {
      yield* sleep(0);
      fails("child");
    });
    group.spawn(function* () {
      alive++;
      try {
        yield* suspend();
      } finally {
        yield* sleep(1);
        alive--;
      }
    });
    yield* sleep(0);
    fails("body");
  }));
  assertStrictEquals(errorsIn(thrown)[0], order[0]);
  assertEquals(errorsIn(thrown).length, order.length);
  assertEquals(alive, 0);
  return order[0].message;
}, { reached: ["child", "body"] });

rule("S-70", "so it is for a group in a group: nothing leaves before all inside has ended", function* () {
  const error = new Error("outer");
  let alive = 0;
  const child = function* (): Gen {
    alive++;
    try {
      yield* suspend();
    } finally {
      try {
        yield* sleep(2);
      } finally {
        alive--;
      }
    }
  };
  const thrown = yield* caught(taskGroup(function* (outer) {
    outer.spawn(() =>
      taskGroup(function* (inner) {
        inner.spawn(child);
        yield* suspend();
      })
    );
    outer.spawn(() => {
      throw error;
    });
    yield* suspend();
  }));
  assertStrictEquals(thrown, error);
  assertEquals(alive, 0);
});

rule("S-70", "whoever is killed from outside: nobody outlives the block", function* () {
  let alive = 0, open = false;
  always(() => open || alive === 0, "nobody runs outside of the block");
  const child = function* (): Gen {
    alive++;
    try {
      yield* sleep(0);
      yield* sleep(2);
    } finally {
      try {
        yield* sleep(1);
      } finally {
        alive--;
      }
    }
  };
  const owner = spawn(function* () {
    open = true;
    try {
      yield* taskGroup(function* (group) {
        group.spawn(child);
        group.spawn(child);
        yield* sleep(0);
      });
    } finally {
      open = false;
    }
  });
  yield* owner.join();
}, { kills: 2, timeouts: 1 });

// ---- S-71

rule("S-71", "while a child lives the group is open, and takes more", function* () {
  const log: string[] = [];
  let left = false;
  const closed = yield* taskGroup(function* (group) {
    group.spawn(function* () {
      yield* sleep(0);
      log.push("child");
      group.spawn(function* () {
        yield* sleep(1);
        assert(!left);
        log.push("grandchild");
        group.spawn(() => void log.push("the last"));
      });
    });
    group.spawn(() => sleep(0));
    yield* sleep(0);
    return group;
  });
  left = true;
  assertEquals(log, ["child", "grandchild", "the last"]);
  assertInstanceOf(closed, TaskGroup);
  assertEquals(closed.size, 0);
  assertThrows(() => closed.spawn(() => {}), Error, "closed scope");
});

rule("S-71", "spawn gives a greenlet that is waited for, or throws: never one that is lost", function* () {
  let group: TaskGroup | undefined, ran = 0, spawned = 0, left = false;
  const late = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      yield* sleep(0);
      if (group === undefined) return "no group";
      try {
        group.spawn(() => {
          assert(!left);
          ran++;
        });
        spawned++;
        return "taken";
      } catch (e) {
        assert(left, String(e));
        return "closed";
      }
    })
  );
  yield* taskGroup(function* (it) {
    group = it;
    yield* sleep(0);
  });
  left = true;
  assertEquals(ran, spawned);
  yield* joinAll(late, { raiseError: true });
  assertEquals(ran, spawned);
  return late[0].value;
}, { reached: ["taken", "closed"] });

// ---- S-72

rule("S-72", "start returns when the child says so, with its value; the child goes on", function* () {
  let ended = 0;
  const values = yield* taskGroup(function* (group) {
    const service = function* (started: Started<string>, name: string): Gen {
      yield* sleep(0);
      started(name);
      yield* sleep(5);
      ended++;
    };
    const first: string = yield* group.start(service, "a");
    assertEquals(ended, 0);
    group.spawn(() => sleep(0));
    return [first, yield* group.start(service, "b")];
  });
  assertEquals([values as unknown, ended], [["a", "b"], 2]);
});

rule("S-72", "a child that ends without saying so is an error for the caller", function* () {
  const value = yield* taskGroup(function* (group) {
    group.spawn(() => sleep(0));
    const errors = [
      yield* caught(group.start(function* () {
        yield* sleep(0);
      })),
      yield* caught(group.start(() => {})),
    ];
    for (const error of errors) {
      assertInstanceOf(error, Error);
      assert(error.message.includes("without calling started"), error.message);
    }
    return "the group goes on";
  });
  assertEquals(value, "the group goes on");
});

for (const before of [true, false]) {
  rule(
    "S-72",
    `one that fails ${before ? "before it throws in the caller" : "after it throws in the group"}`,
    function* () {
      const error = new Error("child");
      let inCaller: unknown, siblings = 0;
      const thrown = yield* caught(call(() =>
        taskGroup(function* (group) {
          group.spawn(function* () {
            yield* sleep(2);
            siblings++;
          });
          try {
            yield* group.start<[], string>(function* (started) {
              if (!before) started("value");
              yield* sleep(0);
              throw error;
            });
            yield* suspend();
          } catch (e) {
            inCaller = e;
            throw e;
          }
        })
      ));
      assertStrictEquals(thrown, error);
      assertEquals(siblings, 0);
      if (before) assertStrictEquals(inCaller, error);
      else assertInstanceOf(inCaller, GreenletExit);
    },
  );
}

rule("S-72", "a caller that is killed while it waits takes the child with it", function* () {
  let alive = 0, went = false;
  const caller = spawn(() =>
    taskGroup(function* (group) {
      yield* group.start<[], string>(function* (started) {
        alive++;
        try {
          yield* sleep(0);
          started("value");
          yield* suspend();
        } finally {
          try {
            yield* sleep(2);
          } finally {
            alive--;
          }
        }
      });
      went = true;
      yield* suspend();
    })
  );
  yield* sleep(0);
  yield* caller.kill();
  assertEquals(alive, 0);
  assertInstanceOf(caller.value, GreenletExit);
  return went;
}, { reached: [true, false] });

rule("S-72", "so does one from outside of the group, which goes on", function* () {
  let alive = 0, open: TaskGroup | undefined;
  const value = yield* taskGroup(function* (group) {
    open = group;
    const caller = spawn(() =>
      (open as TaskGroup).start<[], string>(function* (started) {
        alive++;
        try {
          yield* sleep(0);
          yield* sleep(5);
          started("value");
          yield* sleep(5);
        } finally {
          alive--;
        }
      })
    );
    group.spawn(() => sleep(0));
    yield* sleep(0);
    yield* caller.kill();
    assertEquals(alive, 0);
    return "the group goes on";
  });
  assertEquals(value, "the group goes on");
});

// ---- S-73

rule("S-73", "a scope cancelled before its entry cancels at its first park", function* () {
  const scope = new CancelScope();
  const ready = new AsyncResult<number>();
  ready.set(1);
  const log: string[] = [];
  const victim = spawn(() =>
    scope.run(function* () {
      log.push("in");
      yield* ready.get();
      log.push("no park so far");
      yield* sleep(0);
      yield* suspend();
      log.push("not reached");
    })
  );
  yield* spawn(() => {
    if (!victim.started) log.push("cancelled before");
    scope.cancel();
  });
  assertEquals(yield* victim, undefined);
  assert(scope.cancelledCaught);
  const before = log.includes("cancelled before");
  assertEquals(log.filter((line) => line !== "cancelled before"), ["in", "no park so far"]);
  return before;
}, { reached: [true, false] });

for (
  const [how, enter] of Object.entries({
    "a cancel": (body: () => Gen) => {
      const scope = new CancelScope();
      scope.cancel();
      return gen(scope.run(body));
    },
    "a timeout of 0": (body: () => Gen) => gen(cancelScope({ timeout: 0 }, body)),
    "a deadline that has passed": (body: () => Gen) => gen(cancelScope({ deadline: -1 }, body)),
    "moveOnAfter(0)": (body: () => Gen) => gen(moveOnAfter(0, body)),
  })
) {
  rule("S-73", `so are the greenlets that its body spawns before that park: ${how}`, function* () {
    let alive = 0;
    const value = yield* enter(function* () {
      for (const name of ["a", "b"]) {
        spawn({ name }, function* () {
          alive++;
          try {
            yield* suspend();
          } finally {
            alive--;
          }
        });
      }
      yield* sleep(0);
      yield* suspend();
    });
    assertEquals([value, alive], [undefined, 0]);
    assert((yield* now()) < 5_000, "they had to wait for the end of the grace");
  });
}

rule("S-73", "a shield blocks outer cancels only", function* () {
  const outer = new CancelScope();
  const log: string[] = [];
  const victim = spawn(() =>
    outer.run(function* () {
      yield* cancelScope({ shield: true }, function* (shielded) {
        yield* sleep(0);
        yield* sleep(5);
        log.push("behind the outer cancel");
        shielded.cancel();
        yield* sleep(5);
        log.push("not reached");
      });
      log.push("behind the shield");
      yield* sleep(0);
      yield* sleep(5);
      log.push("not reached either");
    })
  );
  const canceller = spawn(() => outer.cancel());
  yield* joinAll([victim, canceller], { raiseError: true });
  assert(outer.cancelledCaught);
  assertEquals(log, ["behind the outer cancel", "behind the shield"]);
});

rule("S-73", "removing a shield delivers what is pending, at once where it is parked", function* () {
  const shielded = new CancelScope({ shield: true });
  const event = new Event();
  let got = false;
  const victim = spawn(() =>
    shielded.run(function* () {
      yield* event.wait();
      got = true;
      yield* suspend();
    })
  );
  yield* sleep(1);
  const start = yield* now();
  const killer = spawn(() => victim.kill());
  yield* spawn(() => {
    shielded.shield = false;
    if (killer.started) event.set(); // the wait was withdrawn in the same breath
  });
  yield* victim.join();
  assert(!got);
  assertEquals(yield* now(), start);
  yield* killer;
});

rule("S-73", "shield(body) holds a kill back for the length of its body, and no longer", function* () {
  const log: string[] = [];
  const victim = spawn(function* () {
    yield* shield(function* () {
      log.push("in");
      yield* sleep(0);
      yield* sleep(5);
      log.push("out");
    });
    yield* sleep(5);
    log.push("not reached");
  });
  const killers = ["a", "b"].map((name) => spawn({ name }, () => victim.kill()));
  yield* joinAll(killers);
  assert(victim.dead);
  assertEquals(log, victim.started ? ["in", "out"] : []);
  return log.length;
}, { reached: [0, 2] });

rule("S-73", "cancelledCaught is true only for the scope that absorbed the cancel", function* () {
  const outer = new CancelScope(), inner = new CancelScope();
  const victim = spawn(function* () {
    yield* outer.run(function* () {
      yield* inner.run(() => suspend());
      yield* sleep(1);
    });
    return "behind both";
  });
  spawn(() => outer.cancel());
  spawn(() => inner.cancel());
  assertEquals(yield* victim, "behind both");
  assert(outer.cancelledCaught);
  return inner.cancelledCaught;
}, { reached: [true, false] });

rule(
  "S-73",
  "it is false where a kill or an error ended the body, or the body came to its end",
  function* () {
    const error = new Error("own");
    const make = (body: (scope: CancelScope) => Gen): [CancelScope, Greenlet<unknown>] => {
      const scope = new CancelScope();
      return [scope, spawn(() => scope.run(body))];
    };
    const event = new Event();
    const [killed, victim] = make(() => gen(suspend()) as Gen);
    const [failed, failing] = make(function* () {
      try {
        yield* suspend();
      } catch {
        throw error;
      }
    });
    const [woken, ending] = make(function* () {
      yield* event.wait();
    });
    yield* sleep(1);
    event.set();
    woken.cancel();
    victim.kill();
    for (const scope of [killed, failed]) spawn(() => scope.cancel());
    assertStrictEquals(yield* caught(failing), error);
    yield* joinAll([victim, ending]);
    assertEquals([killed, failed, woken].map((scope) => scope.cancelledCaught), [false, false, false]);
    assertInstanceOf(victim.value, GreenletExit);
  },
);

// ---- S-74

rule("S-74", "a scope is used once: of two that enter, one gets an error, and disturbs nobody", function* () {
  const scope = new CancelScope();
  let inside = 0;
  always(() => inside <= 1, "one at a time");
  const both = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      yield* sleep(0);
      return yield* scope.run(function* () {
        inside++;
        yield* sleep(1);
        inside--;
        return name;
      });
    })
  );
  for (const one of both) one.linkException(() => {});
  const outcomes: unknown[] = [];
  for (const one of both) {
    yield* one.join();
    outcomes.push(one.exception instanceof Error ? one.exception.message.includes("used once") : one.value);
  }
  assertEquals(outcomes.filter((one) => one === true).length, 1);
  assert(!scope.cancelCalled);
  return outcomes;
}, { reached: [["a", true], [true, "b"]] });

rule("S-74", "so it is for one that has ended, also by its cancel", function* () {
  const scope = new CancelScope();
  const first = spawn(() => scope.run(() => suspend()));
  spawn(() => scope.cancel());
  yield* first;
  const error = yield* caught(scope.run(() => "again"));
  assertInstanceOf(error, Error);
  assert(error.message.includes("used once"), error.message);
});

complete("groups");
