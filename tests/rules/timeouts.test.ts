/** Rules S-37 to S-43: timeouts and clocks. */
import {
  AsyncResult,
  CancelScope,
  Event,
  type Greenlet,
  isKill,
  joinAll,
  moveOnAfter,
  Queue,
  QueueEmpty,
  sleep,
  spawn,
  suspend,
  Timeout,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { caught, type Gen } from "../greenlet/kit.ts";
import { gen, now } from "./helpers.ts";
import { complete, rule } from "./kit.ts";

// ---- S-37

/** Waits that end by their own timeout. */
const LIMITED: Record<string, (ms: number) => Gen<unknown>> = {
  "sleep": (ms) => gen(sleep(ms)),
  "Event.wait": (ms) => gen(new Event().wait({ timeout: ms })),
  "Queue.get": (ms) => caught(new Queue<number>().get({ timeout: ms })),
  "withTimeout": (ms) => gen(withTimeout(ms, suspend(), { value: 0 })),
  "Timeout": function* (ms) {
    using limit = Timeout.start(ms);
    assertStrictEquals(yield* caught(suspend()), limit);
  },
};

for (const [name, limited] of Object.entries(LIMITED)) {
  rule("S-37", `time is measured from the call: ${name}`, function* () {
    const measured = [0, 3].map((delay) =>
      spawn(function* () {
        yield* sleep(delay);
        yield* sleep(0);
        const start = yield* now();
        yield* limited(10);
        assertEquals(yield* now(), start + 10);
      })
    );
    yield* joinAll(measured, { raiseError: true });
  });

  rule("S-37", `so it is where time passes at any step: ${name}`, function* () {
    const measured = ["a", "b"].map((name) =>
      spawn({ name }, function* () {
        yield* sleep(1);
        const start = yield* now();
        yield* limited(10);
        assert((yield* now()) >= start + 10);
      })
    );
    yield* joinAll(measured, { raiseError: true });
  }, { timeouts: 3 });
}

// ---- S-38

for (const ms of [0, -5]) {
  rule("S-38", `a Timeout of ${ms} fires at the next park, and not before`, function* () {
    const ready = new AsyncResult<number>();
    ready.set(1);
    const queue = new Queue<number>();
    const parks = [() => sleep(0), () => queue.get()].map((park) =>
      spawn(function* () {
        yield* sleep(0);
        using limit = Timeout.start(ms);
        assertEquals(yield* ready.get(), 1); // does not park
        assert(limit.pending);
        assertStrictEquals(yield* caught(park()), limit);
        assert(!limit.pending);
        yield* sleep(0); // thrown once
      })
    );
    const putter = spawn(function* () {
      yield* sleep(1);
      queue.putNowait(1);
    });
    yield* joinAll([...parks, putter], { raiseError: true });
    assertEquals(queue.getNowait(), 1); // nobody was left in the line
  });
}

rule("S-38", "a Timeout without an end never fires", function* () {
  const all = [Infinity, undefined].map((ms) =>
    spawn(function* () {
      using limit = Timeout.start(ms);
      yield* sleep(0);
      yield* sleep(1e12);
      assert(!limit.pending);
      assertEquals(yield* withTimeout(ms, () => sleep(1e12)), undefined);
      yield* moveOnAfter(ms, () => sleep(1));
    })
  );
  yield* joinAll(all, { raiseError: true });
}, { timeouts: 2 });

// ---- S-39

for (const [outerMs, innerMs, wanted] of [[5, 10, "outer"], [10, 5, "inner"], [5, 5, "outer"]] as const) {
  const nested = (victims: number) =>
    function* (): Gen<string[]> {
      const log: string[] = [];
      const event = new Event();
      const all = Array.from({ length: victims }, () =>
        spawn(function* () {
          using outer = Timeout.start(outerMs);
          try {
            using inner = Timeout.start(innerMs);
            try {
              yield* event.wait();
              yield* sleep(1_000);
            } catch (e) {
              if (e !== inner) throw e;
              log.push("inner");
            }
          } catch (e) {
            if (e !== outer) throw e;
            log.push("outer");
          }
        }));
      spawn(() => event.set());
      yield* joinAll(all, { raiseError: true });
      return log;
    };

  rule(
    "S-39",
    `of Timeouts of ${outerMs} and ${innerMs} ms, the ${wanted} one is thrown, for its own block`,
    function* () {
      assertEquals(yield* nested(2)(), [wanted, wanted]);
    },
  );

  rule(
    "S-39",
    `so with ${outerMs} and ${innerMs} ms when time passes at any step: one of them, and once`,
    function* () {
      const [which, ...more] = yield* nested(1)();
      assertEquals(more, []);
      if (wanted === "outer") assertEquals(which, "outer");
      return which;
    },
    { timeouts: 3, reached: [wanted] },
  );
}

for (const [innerMs, wanted] of [[3, "inner"], [5, "outer"], [10, "outer"]] as const) {
  rule("S-39", `the timeout of a wait of ${innerMs} ms never swallows an outer one of 5 ms`, function* () {
    const queue = new Queue<number>();
    const victims = [0, 2].map((delay) =>
      spawn(function* () {
        yield* sleep(delay);
        const error = yield* caught(withTimeout(5, () => queue.get({ timeout: innerMs })));
        assertInstanceOf(error, wanted === "inner" ? QueueEmpty : TimeoutError);
        const joined = yield* withTimeout(5, () => gen(suspended.join({ timeout: innerMs })), {
          value: "outer",
        });
        assertEquals(joined as unknown, wanted === "inner" ? false : "outer");
      })
    );
    const suspended: Greenlet<never> = spawn({ daemon: true }, () => suspend());
    yield* joinAll(victims, { raiseError: true });
  });
}

for (const [outerMs, innerMs, wanted] of [[5, 10, "outer"], [10, 5, "inner"], [5, 5, "outer"]] as const) {
  rule(
    "S-39",
    `of blocks of ${outerMs} and ${innerMs} ms, the ${wanted} one ends, and it alone`,
    function* () {
      const blocks = [0, 2].map((delay) =>
        spawn(function* () {
          yield* sleep(delay);
          const outer = new CancelScope({ timeout: outerMs }), inner = new CancelScope({ timeout: innerMs });
          yield* outer.run(function* () {
            yield* inner.run(() => suspend());
            assertEquals(wanted, "inner");
          });
          assertEquals([outer.cancelledCaught, inner.cancelledCaught], [
            wanted === "outer",
            wanted === "inner",
          ]);
          const thrown = yield* caught(withTimeout(outerMs, () => withTimeout(innerMs, suspend())));
          assertInstanceOf(thrown, TimeoutError);
          assert(thrown.message.includes(`${Math.min(outerMs, innerMs)} ms`), thrown.message);
        })
      );
      yield* joinAll(blocks, { raiseError: true });
    },
  );
}

rule(
  "S-39",
  "of two that expire before anybody runs, the outer one is reported, whichever came first",
  function* () {
    const first = new AsyncResult<number>();
    const outer = new CancelScope(), inner = new CancelScope();
    const victim = spawn(() =>
      outer.run(function* () {
        yield* inner.run(() => suspend());
        yield* suspend();
      })
    );
    for (const n of [0, 1]) {
      spawn(() => {
        if (first.ready) return;
        first.set(n);
        const both = [outer, inner];
        both[n].deadline = -1;
        both[1 - n].deadline = -1;
      });
    }
    assertEquals(yield* victim, undefined);
    assertEquals([outer.cancelledCaught, inner.cancelledCaught], [true, false]);
    return yield* first.get();
  },
  { reached: [0, 1] },
);

rule("S-39", "so it is for an outer deadline that was moved to the moment of the inner wait", function* () {
  const scope = new CancelScope({ timeout: 20 });
  const start = yield* now();
  const victim = spawn(() =>
    scope.run(function* () {
      assertEquals(`${yield* new Event().wait({ timeout: 5 })}`, "not reached");
    })
  );
  spawn(() => {
    scope.deadline = start + 5;
  });
  assertEquals(yield* victim, undefined);
  assert(scope.cancelledCaught);
  assertEquals(yield* now(), start + 5);
});

// ---- S-40

rule("S-40", "a body that ends without parking after its deadline has not timed out", function* () {
  const event = new Event();
  const scope = new CancelScope({ timeout: 10 });
  const victim = spawn(() =>
    scope.run(function* () {
      yield* event.wait();
      return "in time";
    })
  );
  spawn(() => sleep(0));
  yield* sleep(0);
  event.set();
  scope.deadline = -1;
  assertEquals(yield* victim, "in time");
  assertEquals([scope.cancelCalled, scope.cancelledCaught], [true, false]);
});

for (
  const [name, limited] of Object.entries({
    withTimeout: (body: () => Gen<string>) => gen(withTimeout(5, body, { value: "late" })),
    moveOnAfter: (body: () => Gen<string>) => gen(moveOnAfter(5, body)),
    Timeout: function* (body: () => Gen<string>): Gen<unknown> {
      using limit = Timeout.start(5);
      try {
        return yield* body();
      } catch (e) {
        if (e === limit) return "late";
        throw e;
      }
    },
  })
) {
  rule("S-40", `so it is whenever time passes: ${name}`, function* () {
    const event = new Event();
    let over = false;
    const victim = spawn(() =>
      limited(function* () {
        yield* event.wait();
        over = true;
        return "in time";
      })
    );
    spawn(function* () {
      yield* sleep(0);
      yield* sleep(1);
      event.set();
    });
    assertEquals(yield* victim, over ? "in time" : name === "moveOnAfter" ? undefined : "late");
  }, { timeouts: 3 });
}

// ---- S-41

for (const value of [false, true]) {
  const options = value ? { value: "late" } : undefined;
  const block = value ? "with a value" : "that throws";

  rule("S-41", `a foreign kill inside a timeout block ${block} stays a kill`, function* () {
    const reason = new Error("killed");
    let inside: unknown;
    const victim = spawn(() =>
      withTimeout(10, function* () {
        try {
          yield* suspend();
        } catch (e) {
          inside = e;
          assert(isKill(e));
          yield* sleep(20); // cleanup that goes on behind the deadline
          throw e;
        }
      }, options)
    );
    spawn(function* () {
      yield* sleep(0);
      yield* sleep(5);
      victim.kill(reason);
    });
    assertStrictEquals(yield* caught(victim), reason);
    assertStrictEquals(inside, reason);
  });

  rule("S-41", `at the moment of the deadline, ${block}: whoever came first, wholly`, function* () {
    const reason = new Error("killed");
    let killed = false;
    const victim = spawn(() => withTimeout(10, suspend(), options));
    spawn(function* () {
      yield* sleep(10);
      killed = !victim.dead;
      victim.kill(reason);
    });
    victim.linkException(() => {});
    yield* victim.join();
    if (killed) assertStrictEquals(victim.exception, reason);
    else if (value) assertEquals(victim.value as unknown, "late");
    else assertInstanceOf(victim.exception, TimeoutError);
    return killed;
  }, { reached: [true, false] });

  rule("S-41", `a foreign error inside a timeout block ${block} stays that error`, function* () {
    const error = new Error("foreign");
    const result = new AsyncResult<number>();
    const victims = [10, 5].map((ms) => spawn(() => withTimeout(ms, result.get(), options)));
    spawn(function* () {
      yield* sleep(0);
      yield* sleep(6);
      result.setException(error);
    });
    victims[1].linkException(() => {});
    assertStrictEquals(yield* caught(victims[0]), error);
    if (value) assertEquals(yield* victims[1] as Greenlet<unknown>, "late");
    else assertInstanceOf(yield* caught(victims[1]), TimeoutError);
  });
}

// ---- S-42

for (
  const [name, moments] of Object.entries({ sooner: [6, 7], later: [20, 25], "to and fro": [20, 6, 15] })
) {
  rule("S-42", `a deadline moves ${name} while somebody waits`, function* () {
    const scope = new CancelScope({ timeout: 10 });
    const start = yield* now();
    const victim = spawn(() => scope.run(() => suspend()));
    yield* sleep(4);
    let last = 0;
    for (const moment of moments) {
      spawn(() => {
        last = scope.deadline = start + moment;
      });
    }
    assertEquals(yield* victim, undefined);
    assert(scope.cancelledCaught);
    assertEquals(yield* now(), last);
    return last - start;
  }, { reached: moments });
}

rule(
  "S-42",
  "one that is moved to what has passed cancels at the call; one without an end, never",
  function* () {
    const scope = new CancelScope({ timeout: 10 });
    let reached = "";
    const victim = spawn(() =>
      scope.run(function* () {
        yield* sleep(50);
        reached = "the end";
      })
    );
    const before = spawn(() => {
      if (!scope.cancelCalled) scope.deadline = Infinity;
    });
    const start = yield* now();
    spawn(() => {
      scope.deadline = start;
      assert(scope.cancelCalled || !victim.started);
    });
    yield* joinAll([victim, before]);
    assert(scope.cancelledCaught || reached === "the end");
    return [scope.cancelledCaught, (yield* now()) - start];
  },
  { reached: [[true, 0]] },
);

rule("S-42", "leaving the block withdraws its timer", function* () {
  const all = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      yield* sleep(0);
      const limit = Timeout.start(5);
      try {
        yield* sleep(1);
      } finally {
        limit.cancel();
      }
      assert(!limit.pending);
      assertEquals(yield* withTimeout(5, () => gen(sleep(1)), { value: "late" }), undefined);
      const scope = new CancelScope({ timeout: 5 });
      yield* scope.run(() => sleep(1));
      yield* sleep(100);
      assertEquals([scope.cancelCalled, scope.cancelledCaught], [false, false]);
    })
  );
  yield* joinAll(all, { raiseError: true });
});

rule("S-42", "so it is where time passes as it is left", function* () {
  const all = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      let inside = true;
      try {
        using _limit = Timeout.start(2);
        yield* sleep(1);
      } catch (e) {
        assertInstanceOf(e, Timeout);
        assert(inside);
      }
      inside = false;
      yield* sleep(3);
      yield* sleep(3);
    })
  );
  yield* joinAll(all, { raiseError: true });
}, { timeouts: 4 });

// ---- S-43

rule("S-43", "all timers of one instant fire before any greenlet runs", function* () {
  const event = new Event();
  const target: Greenlet<void> = spawn(function* () {
    yield* sleep(10);
    event.set();
  });
  const waiters = [() => target.join({ timeout: 10 }), () => event.wait({ timeout: 10 })].map((wait) =>
    spawn(function* () {
      assertEquals(yield* wait(), false);
    })
  );
  yield* joinAll([...waiters, target], { raiseError: true });
});

rule("S-43", "so whoever runs first in that instant can take nothing from the others any more", function* () {
  const awake: string[] = [];
  const all: Greenlet<void>[] = ["a", "b", "c"].map((name) =>
    spawn({ name }, function* () {
      yield* sleep(10);
      awake.push(name);
      for (const other of all) if (other.name !== name) other.kill();
      yield* sleep(1);
      awake.push("behind the next park");
    })
  );
  yield* joinAll(all);
  assertEquals(awake.sort(), ["a", "b", "c"]);
});

complete("timeouts");
