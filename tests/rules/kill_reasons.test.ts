/** Rules S-16 to S-20: who kills whom, and for which reason. */
import {
  CancelScope,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  joinAll,
  killAll,
  sleep,
  spawn,
  suspend,
  withTimeout,
} from "../../src/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { caught, type Gen } from "../greenlet/kit.ts";
import { gen, now, told } from "./helpers.ts";
import { complete, rule } from "./kit.ts";

// ---- S-16, S-17

rule("S-16", "killing oneself ends at the call; finally runs, nothing behind it", function* () {
  const log: string[] = [];
  const error = new Error("on purpose");
  const self = spawn(function* () {
    try {
      try {
        yield* getCurrent().kill(error);
        log.push("behind");
      } finally {
        log.push("finally");
        yield* sleep(0);
        log.push("cleaned");
      }
    } finally {
      log.push("outer");
    }
    log.push("behind all");
  });
  const other = spawn(() => caught(self));
  assertStrictEquals(yield* other, error);
  assertEquals(log, ["finally", "cleaned", "outer"]);
});

rule(
  "S-16",
  "so by killAll, by killing a group that one is in, and with another killer besides",
  function* () {
    let behind = 0, cleaned = 0, begun = 0;
    const group = new Group();
    function* body(kill: () => Gen<unknown>): Gen {
      begun++;
      try {
        yield* kill();
        behind++;
      } finally {
        yield* sleep(0);
        cleaned++;
      }
    }
    const a: Greenlet<unknown> = spawn(body, () => gen(killAll([a])));
    const b = group.spawn(body, () => gen(group.kill()));
    const killer = spawn(() => b.kill());
    yield* joinAll([a, b, killer]);
    assertEquals([behind, cleaned], [0, begun]);
    return begun;
  },
  { reached: [1, 2] },
);

rule("S-17", "one that kills itself and returns without parking has ended normally", function* () {
  const self = spawn(function* () {
    yield* sleep(0);
    getCurrent().kill(new Error("forgotten"));
    return "value";
  });
  const joiners = [spawn(() => self.get()), spawn(() => self.get())];
  for (const joiner of joiners) assertEquals(yield* joiner, "value");
  assertEquals([self.successful, self.value, self.exception], [true, "value", undefined]);
});

rule("S-17", "whoever kills it besides: it ends normally if it came as far as its own kill", function* () {
  let came = false;
  const self = spawn(function* () {
    yield* sleep(0);
    came = true;
    getCurrent().kill();
    return "value";
  });
  spawn(() => void self.kill());
  yield* self.join();
  if (came) assertEquals(self.value, "value");
  else assertInstanceOf(self.value, GreenletExit);
  return came;
}, { reached: [true, false] });

// ---- S-18

rule(
  "S-18",
  "the first reason wins; one that is no Error is wrapped, with the original under cause",
  function* () {
    const victim = spawn(function* () {
      try {
        yield* suspend();
      } finally {
        yield* sleep(0);
      }
    });
    let first: unknown;
    const error = new Error("an Error");
    for (const reason of ["text", error, 0]) {
      spawn(() => {
        first ??= reason;
        victim.kill(reason);
      });
    }
    const thrown = yield* caught(victim);
    if (first === error) assertStrictEquals(thrown, error);
    else {
      assertInstanceOf(thrown, Error);
      assertStrictEquals(thrown.cause, first);
    }
    return first === error ? "error" : first;
  },
  { reached: ["text", "error", 0] },
);

rule("S-18", "a kill overrules the cancel of a scope inside, and neither is lost", function* () {
  const reason = new Error("reason");
  const scope = new CancelScope();
  const victim = spawn(function* () {
    yield* scope.run(() => suspend());
    yield* suspend();
  });
  const canceller = spawn(() => scope.cancel());
  const killer = spawn(() => victim.kill(reason));
  assertStrictEquals(yield* caught(victim), reason);
  yield* joinAll([canceller, killer]);
  return scope.cancelledCaught;
}, { reached: [true, false] });

// ---- S-19

rule(
  "S-19",
  "killAll first withdraws those not started, then tells the others in the given order",
  function* () {
    const log: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => told(log, spawn({ name }, () => suspend())));
    const short = told(log, spawn({ name: "short" }, () => {}));
    yield* spawn(() => {
      const alive = [c, short, a, b].filter((g) => !g.dead);
      const fresh = alive.filter((g) => !g.started), begun = alive.filter((g) => g.started);
      killAll([c, short, a, c, short, b, a][Symbol.iterator]());
      assertEquals(log, [...fresh, ...begun].map((g) => g.name));
      assert(fresh.every((g) => g.dead) && begun.every((g) => !g.dead));
    });
  },
);

rule("S-19", "cleanup begins in the given order", function* () {
  const log: string[] = [];
  const all = ["a", "b", "c", "d"].map((name) =>
    spawn(function* () {
      try {
        yield* suspend();
      } finally {
        log.push(name);
        yield* sleep(0);
        log.push(`${name} left`);
      }
    })
  );
  yield* sleep(0);
  const [a, b, c, d] = all;
  yield* killAll([c, a, d, b]);
  assertEquals(log, ["c", "a", "d", "b", "c left", "a left", "d left", "b left"]);
}, { strategy: "fifo" });

const KILLS: Record<string, (victims: Greenlet<unknown>[], timeout: number) => Gen<unknown>> = {
  killAll: (victims, timeout) => gen(killAll([...victims, ...victims], undefined, { timeout })),
  "Group.kill": (victims, timeout) => {
    const group = new Group();
    for (const victim of victims) group.add(victim);
    return gen(group.kill(undefined, { timeout }));
  },
  kill: function* (victims, timeout) {
    const ends = victims.map((victim) => victim.kill(undefined, { timeout }));
    const left: unknown[] = [];
    for (const [i, end] of ends.entries()) if (!(yield* end)) left.push(victims[i]);
    return left;
  },
};

for (const [name, kill] of Object.entries(KILLS)) {
  rule("S-19", `${name} with a timeout gives back what survived it, and does not throw`, function* () {
    const release = new Event();
    let begun = false;
    const stubborn = spawn({ name: "stubborn" }, function* () {
      begun = true;
      try {
        yield* suspend();
      } finally {
        yield* release.wait();
      }
    });
    const meek = spawn(() => suspend());
    const start = yield* now();
    const survivors = yield* spawn(() => kill([meek, stubborn], 10));
    assertEquals(survivors as unknown[], begun ? [stubborn] : []);
    assertEquals(yield* now(), start + (begun ? 10 : 0));
    release.set();
    yield* stubborn.join();
    return begun;
  }, { reached: [true, false] });
}

// ---- S-20

rule("S-20", "a killer that is itself killed does not undo the kill", function* () {
  let killed = false, cleaned = true;
  const victim = spawn(function* () {
    cleaned = false;
    try {
      yield* suspend();
    } finally {
      yield* sleep(5);
      cleaned = true;
    }
  });
  const killer = spawn(function* () {
    killed = true;
    yield* victim.kill();
  });
  const second = spawn(() => killer.kill());
  yield* joinAll([killer, second]);
  if (killed) {
    yield* victim.join({ timeout: 100 });
    assertEquals([victim.dead, cleaned], [true, true]);
    assertInstanceOf(victim.value, GreenletExit);
  } else {
    yield* sleep(50);
    assert(!victim.dead);
    yield* victim.kill();
  }
  return [killed, killer.value instanceof GreenletExit];
}, { reached: [[true, true], [false, true]] });

rule("S-20", "so with a killer whose time is over, and one of many", function* () {
  const victims = [1, 2].map(() =>
    spawn(function* () {
      try {
        yield* suspend();
      } finally {
        yield* sleep(20);
      }
    })
  );
  yield* sleep(1);
  yield* withTimeout(5, killAll(victims), { value: [] });
  const killer = spawn(() => killAll(victims));
  yield* spawn(() => killer.kill());
  yield* sleep(20);
  assertEquals(victims.map((victim) => victim.dead), [true, true]);
});

complete("kill_reasons");
