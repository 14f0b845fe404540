/**
 * Rules S-1 to S-6: birth and end.
 *
 * Not here, as they say nothing of order, hand-off or cancellation: S-3 (what `spawn` does not take), S-7 (what the
 * runtime holds on to), S-8 (a stack that overflows).
 */
import {
  AsyncResult,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  joinAll,
  sleep,
  spawn,
  spawnLater,
  suspend,
  taskGroup,
} from "../../src/mod.ts";
import { always, eventually } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { caught, type Gen } from "../greenlet/kit.ts";
import { complete, rule } from "./kit.ts";

rule("S-1", "a body never begins before its spawner parks", function* () {
  let spawning = 0, began = 0;
  always(() => spawning === 0, "nobody is between his spawn and his park");
  const child = () => {
    assertEquals(spawning, 0);
    began++;
  };
  function* spawner(): Gen {
    spawning++;
    const children = [spawn(child), spawn({ daemon: true }, child)];
    assertEquals(children.map((g) => g.started), [false, false]);
    spawning--;
    yield* joinAll(children);
  }
  yield* joinAll([spawn(spawner), spawn(spawner)]);
  assertEquals(began, 4);
});

rule("S-1", "an operation that need not park does not let it begin", function* () {
  const ready = new AsyncResult<number>();
  ready.set(1);
  let began = 0;
  function* spawner(): Gen {
    const child = spawn(() => void began++);
    const before = began;
    assertEquals(yield* ready.get(), 1);
    assertEquals([yield* joinAll([]), child.started, began], [[], false, before]);
    yield* child;
  }
  yield* joinAll([spawn(spawner), spawn(spawner)]);
  assertEquals(began, 2);
});

rule("S-1", "first runs happen in the order of the spawns", function* () {
  const born: string[] = [], began: string[] = [];
  for (const [name, ...children] of [["a", "a1", "a2"], ["b"], ["c", "c1"]]) {
    born.push(name);
    spawn(function* () {
      began.push(name);
      for (const child of children) {
        born.push(child);
        spawn(() => void began.push(child));
      }
      yield* sleep(0);
      born.push(`${name}0`);
      spawn(() => void began.push(`${name}0`));
    });
  }
  for (let i = 0; i < 5; i++) yield* sleep(0);
  assertEquals(began, born);
}, { strategy: "fifo" });

rule("S-1", "one that was killed before is left out of the order, and nothing else changes", function* () {
  const began: number[] = [];
  const all = [0, 1, 2, 3].map((n) => spawn(() => void began.push(n)));
  all[1].kill();
  yield* joinAll(all);
  assertEquals(began, [0, 2, 3]);
}, { strategy: "fifo" });

rule("S-2", "a body runs once, whoever joins, links or kills it after its end", function* () {
  let runs = 0;
  const once = spawn(function* () {
    runs++;
    yield* sleep(0);
    return "value";
  });
  for (const name of ["a", "b"]) {
    spawn({ name }, function* () {
      yield* once.join();
      once.link(() => {});
      once.kill(new Error(name));
      yield* sleep(0);
      assertEquals([runs, once.value], [1, "value"]);
    });
  }
});

rule("S-2", "one that was killed before its time has come does not begin when it comes", function* () {
  let ran = false, killed = false;
  const later = spawnLater(5, () => {
    ran = true;
    assert(!killed);
  });
  spawn(function* () {
    yield* sleep(4);
    killed = true;
    later.kill();
  });
  spawn(() => later.join());
  yield* sleep(10);
  yield* later.join();
  return ran;
}, { timeouts: 2 });

rule("S-4", "an end by the default kill is a success whose value is the exit", function* () {
  const victim = spawn(() => suspend());
  const killer = spawn(() => victim.kill());
  for (const look of [spawn(() => victim.join()), killer]) {
    assertEquals(yield* look, true);
    assertEquals([victim.dead, victim.successful, victim.exception], [true, true, undefined]);
    assertInstanceOf(victim.value, GreenletExit);
  }
});

rule("S-4", "an end by any other reason is that error", function* () {
  const reason = new Error("reason");
  const victim = spawn(function* () {
    try {
      yield* suspend();
    } finally {
      yield* sleep(0);
    }
  });
  const killer = spawn(() => victim.kill(reason));
  assertStrictEquals(yield* caught(victim), reason);
  yield* killer;
  assertEquals([victim.dead, victim.successful, victim.value], [true, false, undefined]);
  assertStrictEquals(victim.exception, reason);
});

rule("S-4", "whoever ends by himself as he is killed has one of the two outcomes, wholly", function* () {
  let last = "";
  const victim = spawn(function* () {
    yield* sleep(0);
    last = "came to its end";
    return "value";
  });
  spawn(() => {
    const before = victim.dead;
    victim.kill();
    if (before) assertEquals(victim.value, "value");
  });
  yield* victim.join();
  const { successful, exception, value } = victim;
  assertEquals([successful, exception], [true, undefined]);
  if (last === "") assertInstanceOf(value, GreenletExit);
  else assertEquals(value, "value");
  return last;
}, { reached: ["", "came to its end"] });

rule(
  "S-5",
  "ready and dead are true before any link or joiner runs, and false up to the last step",
  function* () {
    let lastStep = false, heard = 0;
    const target: Greenlet<number> = spawn(function* () {
      const self = getCurrent();
      yield* sleep(0);
      assertEquals([self.ready, self.dead, target.successful], [false, false, false]);
      lastStep = true;
      return 1;
    });
    always(() => target.dead === lastStep && target.ready === lastStep, "dead is what it must be");
    const sees = () => {
      heard++;
      assertEquals([target.ready, target.dead, target.value], [true, true, 1]);
    };
    target.link(sees);
    const joiners = [() => target.join(), () => target.get(), () => target].map((wait) =>
      spawn(function* () {
        yield* wait();
        sees();
      })
    );
    yield* joinAll(joiners);
    eventually(() => heard === 4, "all four have seen it");
    yield* sleep(0);
  },
);

rule("S-5", "so it is for one that is killed, also before it began", function* () {
  const seen: boolean[] = [];
  let cleaning = false;
  const victim = spawn(function* () {
    try {
      yield* suspend();
    } finally {
      cleaning = true;
      assert(!getCurrent().dead);
      yield* sleep(0);
      assert(!getCurrent().ready);
      cleaning = false;
    }
  });
  always(() => !cleaning || !victim.dead, "it lives while it cleans up");
  victim.link((it) => seen.push(it.dead, it.ready));
  spawn(function* () {
    yield* victim.join();
    seen.push(victim.dead, victim.ready);
  });
  spawn(() => void victim.kill());
  eventually(() => seen.length === 4 && seen.every((is) => is), "both have seen it");
});

rule("S-6", "each get throws the same error with its stack, whenever it asks", function* () {
  const error = new Error("once");
  const { stack } = error;
  const failing = spawn(function* () {
    yield* sleep(0);
    throw error;
  });
  failing.link(() => {});
  const askers = [() => failing, () => failing.get({ timeout: 50 })].map((ask) =>
    spawn(function* () {
      for (let i = 0; i < 2; i++) assertStrictEquals(yield* caught(ask()), error);
      assertEquals(error.stack, stack);
    })
  );
  yield* joinAll(askers, { raiseError: true });
});

rule("S-6", "so does a task group that throws it on", function* () {
  const error = new Error("once");
  const { stack } = error;
  const outer = spawn(() =>
    taskGroup(function* (group) {
      group.spawn(() => sleep(0));
      group.spawn(() => {
        throw error;
      });
      yield* new Event().wait();
    })
  );
  assertStrictEquals(yield* caught(outer), error);
  assertStrictEquals(yield* caught(outer.get()), error);
  assertEquals(error.stack, stack);
});

complete("birth");
