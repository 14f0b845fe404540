/**
 * Rules S-21 to S-23: a kill goes through scopes.
 *
 * Not here: S-24, which is about what the language does without the library.
 */
import {
  CancelScope,
  cancelScope,
  Event,
  type Greenlet,
  joinAll,
  killAll,
  Queue,
  race,
  resource,
  shield,
  sleep,
  spawn,
  suspend,
} from "../../src/mod.ts";
import { always, simulate, SimulationError } from "../../src/testing/mod.ts";
import { assertEquals, assertMatch, assertStrictEquals, assertThrows } from "../assert.ts";
import { caught, type Gen } from "../greenlet/kit.ts";
import { test } from "../harness.ts";
import { gen, now, told } from "./helpers.ts";
import { complete, rule } from "./kit.ts";

// ---- S-21

/** Two scopes, one in the other, and greenlets in both. `log` says who is told to leave. */
function* nested(log: string[], outer: CancelScope): Gen {
  const watched = (name: string) => told(log, spawn({ name }, () => suspend()));
  yield* outer.run(function* () {
    watched("o");
    yield* new CancelScope().run(function* () {
      watched("i1");
      watched("i2");
      yield* suspend();
    });
  });
}

for (const how of ["kill", "cancel"]) {
  rule("S-21", `a ${how} tells the innermost scope first, and in each the last born first`, function* () {
    const log: string[] = [];
    const outer = new CancelScope();
    const victim = spawn(() => nested(log, outer));
    yield* sleep(0);
    if (how === "kill") victim.kill();
    else outer.cancel();
    const { started } = victim;
    const order = ["i2", "i1", "o"];
    assertEquals(log, started ? order : []);
    yield* victim.join();
    assertEquals(log, started || how === "cancel" ? order : []); // a scope may be cancelled before its entry
    return started;
  }, { reached: [true, false] });
}

rule("S-21", "a scope has ended when all inside have, each one's cleanup through", function* () {
  let alive = 0, scopes = 0;
  const scope = (body: () => Gen): Gen =>
    gen(cancelScope({}, function* () {
      scopes++;
      try {
        yield* body();
      } finally {
        scopes--;
      }
    })) as Gen;
  const child = (ms: number) =>
    spawn(function* () {
      alive++;
      try {
        yield* suspend();
      } finally {
        yield* sleep(0);
        yield* sleep(ms);
        alive--;
      }
    });
  const victim = spawn(() =>
    scope(function* () {
      child(3);
      yield* scope(function* () {
        child(5);
        yield* suspend();
      });
    })
  );
  yield* sleep(0);
  assertEquals(yield* victim.kill(), true);
  assertEquals([alive, scopes], [0, 0]);
});

rule("S-21", "daemons end behind the workers, one by one, the last born first", function* () {
  const log: string[] = [], begun: number[] = [];
  yield* cancelScope({}, function* () {
    for (const n of [1, 2, 3]) {
      spawn({ daemon: true }, function* () {
        begun.push(n);
        try {
          yield* suspend();
        } finally {
          log.push(`${n} leaves`);
          yield* sleep(4 - n);
          log.push(`${n} left`);
        }
      });
    }
    yield* spawn(() => sleep(0));
    spawn(() => void log.push("worker"));
  });
  const order = begun.sort().reverse().flatMap((n) => [`${n} leaves`, `${n} left`]);
  assertEquals(log, ["worker", ...order]);
});

rule("S-21", "resources are released last first, while what they stand on is still there", function* () {
  const held: string[] = [];
  let most = 0;
  const open = (name: string) =>
    resource<string>(function* (provide) {
      held.push(name);
      most = Math.max(most, held.length);
      try {
        yield* provide(name);
      } finally {
        assertEquals(held.at(-1), name);
        yield* sleep(1);
        assertEquals(held.pop(), name);
      }
    });
  const user = spawn(() =>
    cancelScope({}, function* () {
      yield* open("file");
      yield* open("lock");
      yield* suspend();
    })
  );
  spawn(() => sleep(0));
  const killer = spawn(function* () {
    yield* sleep(0);
    yield* user.kill();
  });
  yield* killer;
  assertEquals(held, []);
  return most;
}, { reached: [0, 2] });

rule("S-21", "what a killed greenlet has spawned into an outer scope lives on", function* () {
  const log: string[] = [];
  let outside: Greenlet<void> | undefined;
  const victim = spawn(function* () {
    yield* cancelScope({}, function* () {
      spawn(function* () {
        try {
          yield* suspend();
        } finally {
          log.push("inside is ended");
        }
      });
      yield* sleep(0);
    });
  });
  const spawner = spawn(function* () {
    outside = spawn(function* () {
      yield* sleep(5);
      log.push("outside has ended");
    });
    yield* suspend();
  });
  yield* spawn(() => killAll([spawner, victim]));
  yield* sleep(10);
  assertEquals(log.includes("outside has ended"), outside !== undefined);
  return outside !== undefined;
}, { reached: [true, false] });

// ---- S-22

rule("S-22", "a cleanup that does not end cannot hang kill({ timeout })", function* () {
  const release = new Event();
  let begun = false;
  const stuck = spawn({ name: "stuck" }, function* () {
    begun = true;
    try {
      yield* suspend();
    } finally {
      while (!release.isSet) yield* release.wait();
    }
  });
  const killers = [5, 10].map((timeout) =>
    spawn(function* () {
      const start = yield* now();
      const before = begun;
      assertEquals(yield* stuck.kill(undefined, { timeout }), !before);
      assertEquals(yield* now(), start + (before ? timeout : 0));
    })
  );
  yield* joinAll(killers);
  release.set();
});

/** Bodies that do not let themselves be told to leave. */
const STUCK: Record<string, { seeds: number; wait: () => Gen }> = {
  "under a shield": { seeds: 200, wait: () => gen(shield(() => new Queue<string>().get())) as Gen },
  // It takes a thousand throws until it is given up, and the report tells them all: few seeds.
  "catching all": {
    seeds: 2,
    wait: function* () {
      for (;;) {
        try {
          yield* new Queue<string>().get();
        } catch { /* it stays */ }
      }
    },
  },
};

for (const [how, { seeds, wait }] of Object.entries(STUCK)) {
  test(`S-22 > the end of the run gives up who is stuck ${how}, by name, with what it waits on > ${seeds} seeds`, () => {
    const body = function* (): Gen {
      const begun = new Event();
      spawn({ name: "stuck", daemon: true }, function* () {
        begun.set();
        yield* wait();
      });
      spawn(() => begun.wait());
      yield* begun.wait();
    };
    for (let seed = 0; seed < seeds; seed++) {
      const error = assertThrows(() => simulate(body, { seed, runs: 1, grace: 20 }), SimulationError);
      assertEquals(error.kind, "unhandled"); // reported, and the run has ended
      assertMatch(error.message, /greenlet stuck was given up.* It waits on Queue\.get/);
    }
  });
}

// ---- S-23

for (const how of ["wins", "fails"]) {
  rule(
    "S-23",
    `the losers of a race are cleaned up wholly before it returns, when the first ${how}`,
    function* () {
      const error = new Error("first");
      let begun = 0, cleaned = 0;
      function* loser(): Gen<string> {
        begun++;
        try {
          yield* suspend();
        } finally {
          yield* sleep(0);
          yield* sleep(3);
          cleaned++;
        }
        return "a loser";
      }
      function* first(): Gen<string> {
        yield* sleep(0);
        if (how === "fails") throw error;
        return "first";
      }
      const racing = race([loser(), first(), loser()]);
      if (how === "wins") assertEquals(yield* racing, "first");
      else assertStrictEquals(yield* caught(racing), error);
      assertEquals(cleaned, begun);
      return begun;
    },
    { reached: [1, 2] },
  );
}

rule("S-23", "the first to end wins, whoever that is; another that ends with it is nobody", function* () {
  const ended: string[] = [];
  function* runner(name: string): Gen<string> {
    yield* sleep(0);
    ended.push(name);
    return name;
  }
  assertEquals(yield* race(["a", "b", "c"].map(runner)), ended[0]);
  return ended[0];
}, { reached: ["a", "b", "c"] });

rule("S-23", "a race that is killed is cleaned up wholly, too", function* () {
  let alive = 0;
  function* runner(ms: number): Gen {
    alive++;
    try {
      yield* sleep(ms);
    } finally {
      try {
        yield* sleep(2); // where the first kill may come
      } finally {
        alive--;
      }
    }
  }
  const racer = spawn(() => race([runner(1), runner(3)]));
  const killer = spawn(function* () {
    yield* sleep(1);
    yield* racer.kill();
    assertEquals(alive, 0);
  });
  always(() => alive === 0 || !racer.dead, "nobody runs behind the end of the race");
  yield* joinAll([racer, killer]);
}, { kills: 1 });

complete("kill_scopes");
