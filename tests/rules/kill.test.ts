/** Rules S-9 to S-13: what a kill does to whom. */
import {
  call,
  CancelScope,
  type Greenlet,
  GreenletExit,
  joinAll,
  Queue,
  sleep,
  spawn,
  spawnLater,
  suspend,
} from "../../src/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { caught, type Gen } from "../greenlet/kit.ts";
import { complete, rule } from "./kit.ts";

// ---- S-9

rule("S-9", "killed at once, the body never runs; joiners and links fire", function* () {
  const heard: string[] = [];
  const victim: Greenlet<void> = spawn(() => void heard.push("body"));
  victim.link(() => heard.push("link"));
  const joiner = spawn(function* () {
    assertEquals(yield* victim.join(), true);
    heard.push("joiner");
  });
  victim.kill();
  assertEquals([victim.dead, victim.started], [true, false]);
  yield* joiner;
  yield* sleep(1);
  assertEquals(heard.sort(), ["joiner", "link"]);
});

rule("S-9", "whoever kills: the body has run if and only if it had begun", function* () {
  let began = false, killedBefore: boolean | undefined;
  const victim = spawn(function* () {
    began = true;
    yield* suspend();
  });
  const joiner = spawn(() => victim.join());
  for (const name of ["a", "b"]) {
    spawn({ name }, () => {
      killedBefore ??= !victim.started;
      victim.kill();
      if (killedBefore) assert(victim.dead);
    });
  }
  assertEquals(yield* joiner, true);
  assertEquals(began, killedBefore === false);
  assertInstanceOf(victim.value, GreenletExit);
  return began;
}, { reached: [true, false] });

rule("S-9", "so with the children of a scope that is cancelled, and those that start later", function* () {
  let began = 0, startedBefore = 0;
  const scope = new CancelScope();
  const canceller = spawn(() => {
    startedBefore = began;
    scope.cancel();
  });
  yield* scope.run(function* () {
    spawn(function* () {
      began++;
      yield* suspend();
    });
    spawnLater(1, () => void began++);
    spawnLater(1_000, () => void began++);
    yield* suspend();
  });
  yield* canceller;
  assertEquals(began, startedBefore);
  yield* sleep(2_000);
  assertEquals(began, startedBefore);
  return began;
}, { reached: [0, 1] });

// ---- S-10

rule("S-10", "killing a dead greenlet returns at once, throws nothing and changes nothing", function* () {
  const error = new Error("its own");
  let turns = 0;
  const dead = spawn(function* () {
    yield* sleep(0);
    throw error;
  });
  const ticker = spawn({ daemon: true }, function* () {
    for (let i = 0; i < 6; i++) {
      turns++;
      yield* sleep(0);
    }
  });
  assertStrictEquals(yield* caught(dead), error);
  for (const kill of [() => dead.kill(), () => dead.kill(new Error("late"), { timeout: 0 })]) {
    const before = turns;
    assertEquals(yield* kill(), true);
    assertEquals(turns, before, "turns of the others meanwhile");
    assertStrictEquals(dead.exception, error);
  }
  yield* ticker;
});

rule("S-10", "two killers, a kill behind the end, and a kill in between: one end", function* () {
  let ends = 0;
  const victim = spawn(function* () {
    try {
      yield* sleep(0);
    } finally {
      ends++;
    }
  });
  victim.link(() => ends += 10);
  const killers = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      assertEquals(yield* victim.kill(), true);
      const { value } = victim;
      assertEquals(yield* victim.kill(), true);
      assertStrictEquals(victim.value, value);
    })
  );
  yield* joinAll(killers);
  yield* sleep(1);
  assert(ends === 10 || ends === 11, String(ends));
  return ends;
}, { reached: [10, 11] });

// ---- S-11

rule("S-11", "a kill takes effect at the call, though nobody waits for its result", function* () {
  const queue = new Queue<string>();
  const got: string[] = [];
  const victim = spawn(function* () {
    got.push(yield* queue.get());
  });
  yield* spawn(() => {
    victim.kill();
    queue.putNowait("item"); // the line is empty already
    assertEquals(queue.qsize, 1);
  });
  yield* victim.join();
  assertEquals([got, queue.getNowait()], [[], "item"]);
});

rule("S-11", "waiting for it waits for the end of all cleanup", function* () {
  let cleaned = true;
  const victim = spawn(function* () {
    cleaned = false;
    try {
      yield* suspend();
    } finally {
      yield* sleep(0);
      yield* sleep(3);
      cleaned = true;
    }
  });
  const killers = [() => victim.kill(), () => victim.kill(undefined, { timeout: 100 })].map((kill) =>
    spawn(function* () {
      assertEquals(yield* kill(), true);
      assertEquals([cleaned, victim.dead], [true, true]);
    })
  );
  yield* joinAll(killers);
});

rule(
  "S-11",
  "one that is woken already keeps what it got, and the kill comes at its next park",
  function* () {
    const queue = new Queue<string>();
    const log: string[] = [];
    const victim = spawn(function* () {
      log.push(yield* queue.get());
      yield* sleep(0);
      log.push("behind the next park");
    });
    yield* sleep(1);
    for (const _ of [1, 2]) spawn(() => victim.kill());
    queue.putNowait("item");
    victim.kill();
    assertEquals([queue.qsize, victim.dead], [0, false]);
    yield* victim.join();
    assertEquals(log, ["item"]);
  },
);

// ---- S-12

rule(
  "S-12",
  "a kill during cleanup is not thrown again within the grace; every step of it runs",
  function* () {
    const steps: number[] = [];
    let began = false;
    const victim = spawn(function* () {
      began = true;
      try {
        yield* suspend();
      } finally {
        try {
          steps.push(1);
          yield* sleep(0);
          steps.push(2);
        } finally {
          yield* sleep(10);
          steps.push(3);
        }
      }
    });
    const killers = [0, 1].map((n) =>
      spawn(function* () {
        yield* sleep(n * 5);
        yield* victim.kill();
      })
    );
    yield* joinAll(killers);
    assertEquals(steps, began ? [1, 2, 3] : []);
    return began;
  },
  { reached: [true, false] },
);

rule("S-12", "so it is whatever is killed besides", function* () {
  const left: string[] = [];
  function* worker(name: string): Gen {
    try {
      yield* sleep(2);
    } catch (kill) { // from here on it is not the first
      left.push(name);
      yield* sleep(0);
      yield* sleep(5);
      left.splice(left.indexOf(name), 1);
      throw kill;
    }
  }
  const both = ["a", "b"].map((name) => spawn({ name }, worker, name));
  yield* joinAll(both);
  assertEquals(left, []);
}, { kills: 3 });

rule("S-12", "when the grace is over it is thrown again at every park", function* () {
  const log: string[] = [];
  const victim = spawn(function* () {
    try {
      yield* suspend();
    } finally {
      log.push("soft");
      try {
        yield* sleep(20);
        log.push("not reached");
      } finally {
        log.push("hard");
        try {
          yield* sleep(0);
          log.push("not reached either");
        } finally {
          log.push("hard again");
        }
      }
    }
  });
  yield* sleep(1);
  const killers = ["a", "b"].map(() => spawn(() => victim.kill(undefined, { grace: 10 })));
  yield* joinAll(killers);
  assertEquals(log, ["soft", "hard", "hard again"]);
});

// ---- S-13

rule("S-13", "after a kill nothing behind the killed wait runs, however deep it is", function* () {
  const log: string[] = [];
  let began = 0;
  function* depth(n: number): Gen {
    began = Math.max(began, n);
    try {
      if (n === 3) yield* sleep(5);
      else if (n % 2 === 0) yield* depth(n + 1);
      else yield* call(depth, n + 1);
      log.push(`behind ${n}`);
    } finally {
      log.push(`finally ${n}`);
      if (n % 2 === 1) yield* sleep(0);
      log.push(`left ${n}`);
    }
    log.push(`behind the block of ${n}`);
  }
  const victim = spawn(depth, 1);
  const killer = spawn(() => victim.kill());
  yield* joinAll([victim, killer]);
  const wanted = [3, 2, 1].filter((n) => n <= began).flatMap((n) => [`finally ${n}`, `left ${n}`]);
  assertEquals(log, wanted);
  return began;
}, { reached: [0, 3] });

rule("S-13", "so with the cancel of a scope, up to the scope", function* () {
  const log: string[] = [];
  const scope = new CancelScope();
  spawn(() => scope.cancel());
  spawn(() => sleep(0));
  function* inner(): Gen {
    try {
      yield* sleep(10);
      log.push("behind the wait");
    } finally {
      yield* sleep(0);
      log.push("cleaned");
    }
    log.push("behind the block");
  }
  yield* scope.run(function* () {
    yield* call(inner);
    log.push("at the end of the scope");
  });
  log.push("behind the scope");
  assertEquals(log.filter((line) => line !== "cleaned"), ["behind the scope"]);
  assert(scope.cancelledCaught);
});

complete("kill");
