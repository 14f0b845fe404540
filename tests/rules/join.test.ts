/** Rules S-25 to S-35: join, get, wait. */
import {
  all,
  asCompleted,
  AsyncResult,
  call,
  Event,
  gather,
  getCurrent,
  type Greenlet,
  GreenletExit,
  iwait,
  joinAll,
  killAll,
  moveOnAfter,
  Queue,
  shield,
  sleep,
  spawn,
  suspend,
  Timeout,
  TimeoutError,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { always } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { caught, type Gen, leaving } from "../greenlet/kit.ts";
import { complete, rule } from "./kit.ts";

// ---- S-25

rule("S-25", "cancelling a joiner never cancels the joined greenlet", function* () {
  const target = spawn(function* () {
    yield* sleep(0);
    yield* sleep(5);
    return "value";
  });
  const joiners = [() => target.join(), () => target].map((ask) => spawn(() => ask() as Gen<unknown>));
  spawn(() => killAll(joiners));
  yield* moveOnAfter(2, () => target.join());
  yield* withTimeout(1, target.get(), { value: "late" });
  assertEquals(yield* target.get(), "value");
  assert(joiners.every((joiner) => joiner.dead));
});

rule("S-25", "a joiner that was killed has left: who asks for nothing hears of nothing", function* () {
  const release = new Event();
  const target = spawn(() => release.wait());
  let heard = 0;
  const joiner = spawn(function* () {
    try {
      yield* target.get();
      heard++;
    } finally {
      // The end of the joined one is no business of this wait.
      assertEquals(yield* new Event().wait({ timeout: 10 }), false);
    }
  });
  const killer = spawn(() => void joiner.kill());
  yield* killer;
  const dead = joiner.dead;
  release.set();
  yield* joinAll([target, joiner]);
  assertEquals(heard, 0);
  return dead;
}, { reached: [true, false] });

// ---- S-26

rule("S-26", "join gives a boolean, get throws a TimeoutError", function* () {
  const target = spawn(function* () {
    yield* sleep(10);
    return "value";
  });
  const outcomes = ([5, 15] as const).map((timeout) =>
    spawn(function* () {
      const joined = yield* target.join({ timeout });
      assertEquals(joined, timeout > 10);
      assertEquals(target.dead, joined);
    })
  );
  spawn(function* () {
    assertInstanceOf(yield* caught(target.get({ timeout: 5 })), TimeoutError);
    assert(!target.dead);
    assertEquals(yield* target.get({ timeout: 15 }), "value");
  });
  yield* joinAll(outcomes);
});

rule("S-26", "so it does whenever time passes: true only after the end", function* () {
  const target = spawn(function* () {
    yield* sleep(1);
    yield* sleep(1);
    return "value";
  });
  for (const timeout of [1, 2, 3]) {
    spawn(function* () {
      if (yield* target.join({ timeout })) assert(target.dead);
      let got: unknown;
      try {
        got = yield* target.get({ timeout });
      } catch (e) {
        assertInstanceOf(e, TimeoutError);
        return;
      }
      assertEquals([got, target.dead], ["value", true]);
    });
  }
  yield* target;
}, { timeouts: 3 });

for (const how of ["join", "get"] as const) {
  rule("S-26", `an outer timeout that fires inside ${how} is thrown as itself`, function* () {
    const target = spawn(() => sleep(20));
    const waiters = [0, 5].map((delay) =>
      spawn(function* () {
        yield* sleep(delay);
        using outer = Timeout.start(5);
        assertStrictEquals(yield* caught(target[how]({ timeout: 8 })), outer);
        assert(!target.dead);
      })
    );
    yield* joinAll(waiters, { raiseError: true });
  });
}

// ---- S-27

/** Three that become ready at moments of their own, and the order in which they did. */
function three(order: unknown[]): (Greenlet<void> | Event)[] {
  const event = new Event();
  const make = (turns: number) => {
    const greenlet: Greenlet<void> = spawn(function* () {
      for (let i = 0; i < turns; i++) yield* sleep(0);
      order.push(greenlet);
    });
    return greenlet;
  };
  const [a, b] = [make(1), make(0)];
  spawn(function* () {
    yield* sleep(0);
    order.push(event);
    event.set();
  });
  return [a, event, b];
}

rule("S-27", "wait gives what became ready, in that order", function* () {
  const order: unknown[] = [];
  const objects = three(order);
  assertEquals((yield* wait(objects)).map((o) => order.indexOf(o)), [0, 1, 2]);
});

rule("S-27", "with count it gives the first ones, and not more", function* () {
  const order: unknown[] = [];
  const objects = three(order);
  const first = yield* wait(objects, { count: 2 });
  assertEquals(first.map((o) => order.indexOf(o)), [0, 1]);
  const third = objects.find((o) => !first.includes(o)) as Event;
  yield* (third instanceof Event ? third.wait() : (third as Greenlet<void>).join());
  assertEquals(order.indexOf(third), 2);
});

rule("S-27", "those that have ended before it begins come in the order of their ends", function* () {
  const order: number[] = [];
  const greenlets = [0, 1, 2].map((n) =>
    spawn(function* () {
      yield* sleep(0);
      order.push(n);
    })
  );
  yield* sleep(0);
  yield* sleep(0);
  const ready = yield* wait(greenlets);
  assertEquals(ready.map((g) => greenlets.indexOf(g)), order);
});

rule("S-27", "on timeout it gives the partial list, and nothing stays linked", function* () {
  const order: unknown[] = [];
  const release = new Event();
  const make = (ms: number, error?: Error) => {
    const greenlet: Greenlet<void> = spawn(function* () {
      if (ms > 0) yield* sleep(ms);
      else yield* release.wait();
      order.push(greenlet);
      if (error !== undefined) throw error;
    });
    return greenlet;
  };
  const [late, b, c] = [make(0), make(5), make(5)];
  const waiters = [10, 11].map((timeout) =>
    spawn(function* () {
      const ready = yield* wait([late, b, c], { timeout });
      assertEquals(ready.map((o) => order.indexOf(o)), [0, 1]);
      assert(!late.dead);
      const end = yield* wait([late], { timeout: 5 });
      assertEquals(end, []);
    })
  );
  yield* joinAll(waiters);
  release.set();
  assertEquals(yield* wait([late, late]), [late]);
});

// ---- S-28

rule("S-28", "a greenlet that switches between two items of iwait loses nothing", function* () {
  const order: unknown[] = [];
  const objects = three(order);
  const seen: unknown[] = [];
  const stream = iwait(objects);
  for (let step = yield* stream.next(); step.done !== true; step = yield* stream.next()) {
    seen.push(step.value);
    yield* sleep(0);
  }
  assertEquals(seen.map((o) => order.indexOf(o)), [0, 1, 2]);
});

rule("S-28", "two that take from one asCompleted lose nothing, and get nothing twice", function* () {
  const stream = asCompleted([1, 2].map(function* (n) {
    yield* sleep(0);
    return n;
  }));
  const seen: number[] = [];
  const takers = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      for (let step = yield* stream.next(); step.done !== true; step = yield* stream.next()) {
        seen.push(step.value);
        yield* sleep(0);
      }
    })
  );
  yield* joinAll(takers, { raiseError: true });
  assertEquals(seen.sort(), [1, 2]);
});

rule("S-28", "an error stands at its own place, and the rest goes on", function* () {
  const order: unknown[] = [];
  const error = new Error("2");
  const stream = asCompleted([1, 2, 3].map(function* (n) {
    yield* sleep(0);
    order.push(n === 2 ? error : n);
    if (n === 2) throw error;
    return n;
  }));
  const seen: unknown[] = [];
  for (;;) {
    try {
      const step = yield* stream.next();
      if (step.done === true) break;
      seen.push(step.value);
    } catch (e) {
      seen.push(e);
    }
    yield* sleep(0);
  }
  assertEquals(seen, order);
});

// ---- S-29

rule("S-29", "duplicates are harmless in wait, joinAll and killAll", function* () {
  const order: unknown[] = [];
  const make = () => {
    const greenlet: Greenlet<void> = spawn(function* () {
      yield* sleep(0);
      order.push(greenlet);
    });
    return greenlet;
  };
  const [a, b] = [make(), make()];
  const waiting = [wait([a, b, a, b]), joinAll([b, b, a, a]), joinAll([b, a, b], { raiseError: true })];
  for (const ended of waiting.slice(0, 1)) assertEquals(yield* ended, order);
  for (const ended of waiting.slice(1)) assertEquals(yield* ended, order);
  const victim = spawn(() => leaving(order, "left"));
  const killers = [1, 2].map(() => spawn(() => killAll([victim, victim, a])));
  for (const killer of killers) assertEquals(yield* killer, []);
  assert(order.filter((entry) => entry === "left").length <= 1);
});

rule("S-29", "an empty list returns without a switch", function* () {
  let turns = 0;
  const other = function* (): Gen {
    for (let i = 0; i < 3; i++) {
      turns++;
      yield* sleep(0);
    }
  };
  const others = [spawn(other), spawn(other)];
  yield* sleep(0);
  const before = turns;
  assertEquals(
    [
      yield* wait([]),
      yield* joinAll([]),
      yield* killAll([]),
      yield* gather([]),
      yield* joinAll([], { raiseError: true }),
    ],
    [[], [], [], [], []],
  );
  assertEquals(turns, before);
  yield* joinAll(others);
});

// ---- S-30

rule("S-30", "joinAll with raiseError throws the failure that happened first in time", function* () {
  const order: Error[] = [];
  const greenlets = [0, 1].map((n) =>
    spawn(function* () {
      yield* sleep(0);
      order.push(new Error(String(n)));
      throw order.at(-1);
    })
  );
  for (const greenlet of greenlets) greenlet.linkException(() => {}); // somebody asks for each
  assertStrictEquals(yield* caught(joinAll(greenlets, { raiseError: true })), order[0]);
  const [first] = order;
  yield* joinAll(greenlets);
  assertStrictEquals(yield* caught(joinAll(greenlets.toReversed(), { raiseError: true })), first);
  return first.message;
}, { reached: ["0", "1"] });

// ---- S-31

rule("S-31", "gather: the first error leaves at once, and the siblings run on", function* () {
  const error = new Error("first");
  let ended = 0, begun = 0;
  function* sibling(): Gen {
    begun++;
    yield* sleep(5);
    ended++;
  }
  function* failing(): Gen {
    yield* sleep(0);
    throw error;
  }
  assertStrictEquals(yield* caught(gather([sibling(), failing(), sibling()])), error);
  assertEquals(ended, 0);
  yield* sleep(6);
  assertEquals([begun, ended], [2, 2]);
});

rule("S-31", "killing the gatherer kills every child", function* () {
  let begun = 0, cleaned = 0;
  function* child(): Gen {
    begun++;
    try {
      yield* suspend();
    } finally {
      yield* sleep(0);
      yield* sleep(2);
      cleaned++;
    }
  }
  const gatherer = spawn(() => gather([child(), child()]));
  yield* spawn(() => gatherer.kill());
  assertEquals(cleaned, begun);
  yield* sleep(10);
  assertEquals(cleaned, begun);
  return begun;
}, { reached: [0, 1, 2] });

rule("S-31", "returnExceptions gives all; a child's own kill is an error", function* () {
  const error = new Error("own");
  const victim = spawn(() => suspend());
  spawn(() => void victim.kill());
  const results = yield* gather([
    call(function* () {
      yield* sleep(0);
      return "value";
    }),
    victim,
    call(function* () {
      yield* sleep(0);
      throw error;
    }),
  ], { returnExceptions: true });
  assertEquals(results[0], "value");
  assertInstanceOf(results[1], GreenletExit);
  assertStrictEquals(results[2], error);
});

rule("S-31", "a child that is killed ends the gather with its exit", function* () {
  let siblings = 0;
  const victim = spawn(() => suspend());
  const killer = spawn(() => void victim.kill());
  function* sibling(): Gen {
    yield* sleep(3);
    siblings++;
  }
  assertInstanceOf(yield* caught(gather([sibling(), victim])), GreenletExit);
  assertEquals(siblings, 0);
  yield* killer;
  yield* sleep(4);
  assertEquals(siblings, 1);
});

// ---- S-32

rule("S-32", "the waiter of a shield may be killed, the operation runs on", function* () {
  let begun = false, ended = false;
  const waiter = spawn(() =>
    shield(function* () {
      begun = true;
      yield* sleep(0);
      yield* sleep(5);
      ended = true;
    }())
  );
  yield* spawn(() => waiter.kill());
  assert(waiter.dead);
  assert(!ended);
  const wasBegun = begun;
  yield* sleep(10);
  assertEquals(ended, begun);
  return wasBegun;
}, { reached: [true, false] });

rule("S-32", "so with the operation of another, and one that is asked for by two", function* () {
  const target = spawn(function* () {
    yield* sleep(5);
    return "value";
  });
  const [a, b] = ["a", "b"].map((name) => spawn({ name }, () => shield(target)));
  yield* spawn(() => a.kill());
  assertEquals(yield* b, "value");
  assertInstanceOf(a.value, GreenletExit);
  assertEquals(target.value, "value");
});

// ---- S-33

rule("S-33", "a greenlet that joins itself gets an error, whoever else waits for it", function* () {
  const self = spawn(function* () {
    yield* sleep(0);
    const me = getCurrent();
    for (
      const join of [
        () => me.join(),
        () => me.get({ timeout: 5 }),
        () => me,
        () => joinAll([me]),
        () => wait([me]),
        () => iwait([me]).next(),
      ]
    ) {
      const error = yield* caught(call(() => join() as Gen<unknown>));
      assertInstanceOf(error, Error);
      assert(error.message.includes("cannot wait for its own end"), error.message);
    }
    return "value";
  });
  const joiners = [spawn(() => self.get()), spawn(() => self.get())];
  for (const joiner of joiners) assertEquals(yield* joiner, "value");
});

// ---- S-34

for (const ms of [0, -1]) {
  rule(
    "S-34",
    `a timeout of ${ms} gives the value of what is ready, and else has not begun it`,
    function* () {
      const queue = new Queue<string>();
      const result = new AsyncResult<string>();
      let begun = false;
      const target = spawn(() => "end");
      spawn(function* () {
        queue.putNowait("item");
        yield* sleep(0);
        result.set("set");
      });
      yield* sleep(0);
      for (
        const { ready, op, value } of [
          { ready: () => queue.qsize > 0, op: () => queue.get(), value: "item" },
          { ready: () => result.ready, op: () => result.get(), value: "set" },
          { ready: () => target.dead, op: () => target, value: "end" },
        ]
      ) {
        const isReady = ready();
        assertEquals(yield* withTimeout(ms, op(), { value: "late" }), isReady ? value : "late");
      }
      assertEquals(yield* withTimeout(ms, () => void (begun = true), { value: "late" }), "late");
      assert(!begun);
      assertEquals(yield* target.join({ timeout: ms }), target.dead);
      yield* target;
      yield* result.get();
      if (queue.qsize > 0) yield* queue.get();
    },
  );
}

rule("S-34", "a get with no time takes nothing it does not give", function* () {
  const queue = new Queue<number>();
  const got: unknown[] = [];
  for (const name of ["a", "b"]) {
    spawn({ name }, function* () {
      got.push(yield* withTimeout(0, queue.get(), { value: "late" }));
      yield* sleep(0);
      got.push(yield* withTimeout(0, queue.get(), { value: "late" }));
    });
  }
  yield* spawn(() => queue.putNowait(1));
  yield* sleep(1);
  assertEquals(got.filter((one) => one === 1).length + queue.qsize, 1);
  const left = queue.qsize;
  if (left > 0) queue.getNowait();
  return left;
}, { reached: [0, 1] });

// ---- S-35

rule("S-35", "withTimeout returns only after the body has really ended", function* () {
  let inside = 0, outside = 0;
  function* body(): Gen<string> {
    inside++;
    try {
      yield* sleep(0);
      yield* sleep(5);
      return "in time";
    } finally {
      try {
        yield* sleep(3);
      } finally {
        inside--;
      }
    }
  }
  const limited = [4, 20].map((ms) =>
    spawn(function* () {
      const value = yield* withTimeout(ms, body, { value: "late" });
      outside++;
      if (ms === 20) assertEquals(value, "in time");
      else assertEquals(value, "late");
    })
  );
  always(() => inside + outside <= 2, "nobody is in the body and behind it");
  yield* joinAll(limited, { raiseError: true });
  assertEquals([inside, outside], [0, 2]);
});

rule("S-35", "so it does whatever is killed and whenever time passes", function* () {
  let inside = 0;
  function* limited(ms: number): Gen {
    let mine = 0;
    try {
      yield* withTimeout(ms, function* () {
        mine++;
        inside++;
        try {
          yield* all([sleep(2), sleep(0)]);
        } finally {
          try {
            yield* sleep(1);
          } finally {
            mine--;
            inside--;
          }
        }
      }, { value: undefined });
    } finally {
      assertEquals(mine, 0);
    }
  }
  yield* joinAll([spawn(limited, 1), spawn(limited, 5)]);
  assertEquals(inside, 0);
}, { kills: 2, timeouts: 2 });

complete("join");
