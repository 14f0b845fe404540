/** Birth and end: when a greenlet first runs, and what it is afterwards. */
import {
  call,
  DeadlockError,
  type Greenlet,
  Group,
  isKill,
  joinAll,
  Pool,
  run,
  shield,
  sleep,
  spawn,
  spawnLater,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, outcomeOf, thrownBy, virtual } from "./kit.ts";

describe("first run", () => {
  test("S-1: nothing runs before the spawner parks; then in the order of the spawns, whatever the body is", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const group = new Group();
        spawn(function* () {
          log.push("generator function");
        });
        spawn(() => log.push("plain function"));
        spawn(async () => void log.push("async function"));
        spawn((function* () {
          log.push("generator");
        })());
        spawn({ name: "n" }, (a: string) => log.push(a), "with options");
        tg.spawn(() => log.push("in a group"));
        group.spawn(() => log.push("in a Group"));
        for (let i = 0; i < 1e5; i++) log.length;
        log.push("spawner");
      });
      assertEquals(log, [
        "spawner",
        "generator function",
        "plain function",
        "async function",
        "generator",
        "with options",
        "in a group",
        "in a Group",
      ]);
    }));

  test("S-1: a spawner that ends without parking is through before its children begin", async () => {
    const log: string[] = [];
    await run(() => {
      spawn(() => {
        spawn(() => log.push("grandchild"));
        log.push("child");
      });
      spawn(() => log.push("second"));
      log.push("main");
    });
    assertEquals(log, ["main", "child", "second", "grandchild"]);
  });

  test("S-1: it has not started before, and has when it has run", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(function* () {
        log.push("begins");
      });
      assertEquals([log, g.started, g.ready], [[], false, false]);
      yield* g;
      assertEquals([log, g.started, g.ready], [["begins"], true, true]);
    }));

  test("S-1: those that begin later begin in the order of their times, one instant in the order of the calls", () =>
    virtual(function* () {
      const log: string[] = [];
      const add = (name: string) => void log.push(name);
      const all = [
        spawnLater(2, add, "2a"),
        spawnLater(1, add, "1a"),
        spawnLater(2, add, "2b"),
        spawnLater(0, add, "0"),
      ];
      yield* sleep(0);
      spawn(add, "now");
      assert(!all[0].started);
      yield* joinAll(all);
      assertEquals(log.toSorted(), ["0", "1a", "2a", "2b", "now"]);
      assertEquals(log.filter((name) => name !== "now"), ["0", "1a", "2a", "2b"]);
    }));

  test(
    "S-1: one that is to begin never is a deadlock, told by name; killed, it holds nobody up",
    async () => {
      const outcome = await outcomeOf(function* () {
        spawnLater(Infinity, function never() {});
      });
      assertInstanceOf(outcome.error, DeadlockError);
      assertMatch(outcome.error.message, /never/);
      await virtual(function* () {
        yield* spawnLater(Infinity, () => {}).kill();
      });
    },
    { timeout: 2_000 },
  );

  test("S-2: asking a greenlet for its end or result never runs its body again, nor early", () =>
    virtual(function* () {
      let runs = 0;
      const g = spawn(() => ++runs);
      assertEquals([yield* g, yield* g, yield* g.get(), yield* g.join(), yield* shield(g)], [
        1,
        1,
        1,
        true,
        1,
      ]);
      assertEquals(yield* until(g), 1);
      assertEquals(yield* call(() => g), 1);
      new Group().add(g);
      assertEquals(runs, 1);
      const later = spawnLater(50, () => ++runs);
      assertEquals(yield* later.join({ timeout: 10 }), false);
      assertEquals(runs, 1);
      assertEquals(yield* later, 2);
    }));

  test("S-2: a finished generator does not run again: the second spawn of it throws", () =>
    virtual(function* () {
      const generator = (function* () {
        return 1;
      })();
      assertEquals(yield* spawn(generator), 1);
      assertMatch(thrownBy(() => spawn(generator)).message, /a generator runs once/);
    }));

  test("S-2: a killed greenlet does not run, whoever waits for it or adds it somewhere", () =>
    virtual(function* () {
      let runs = 0;
      const g = spawn(() => ++runs);
      g.kill();
      new Group().add(g);
      assert(isKill(yield* g));
      yield* settle();
      assertEquals(runs, 0);
    }));
});

describe("spawn of what cannot run", () => {
  const values: [name: string, value: unknown, shown: RegExp][] = [
    ["a number", 3, /not 3\b/],
    ["undefined", undefined, /not undefined/],
    ["null", null, /not null/],
    ["a string", "main", /not "main"/],
    ["an object", { a: 1 }, /not \{"a":1\}/],
    ["an array of a function", [() => {}], /not \[/],
    ["a promise", Promise.resolve(1), /not Promise/],
    ["an operation", sleep(10), /not \w+/],
  ];
  for (const [name, value, shown] of values) {
    test(`S-3: spawn of ${name} throws a TypeError at the call that shows it and says what is needed`, () =>
      virtual(function* () {
        const body = value as () => void;
        const group = new Group();
        yield* taskGroup(function* (tg) {
          const calls = [
            () => spawn(body),
            () => spawn({ name: "x" }, body),
            () => spawnLater(1, body),
            () => group.spawn(body),
            () => tg.spawn(body),
          ];
          for (const attempt of calls) {
            const error = thrownBy(attempt);
            assertInstanceOf(error, TypeError);
            assertMatch(error.message, /needs? a function/);
            assertMatch(error.message, shown);
          }
          assertEquals([group.size, tg.size], [0, 0]);
        });
      }));
  }

  test("S-3: neither null, nor an operation, nor an array stands for the options", () =>
    virtual(function* () {
      const bodies: unknown[] = [];
      for (const first of [null, sleep(1), [], Promise.resolve(), new Map()]) {
        try {
          const g = (spawn as unknown as (...args: unknown[]) => Greenlet<unknown>)(first, () => 1);
          bodies.push(first);
          yield* g;
        } catch (e) {
          assertInstanceOf(e, TypeError);
        }
      }
      assertEquals(bodies, [], "taken for options");
    }));

  test("S-3: a pool says so as well", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const error = yield* caught(call(() => pool.spawn(3 as unknown as () => void)));
      assertInstanceOf(error, TypeError);
      assertMatch(error.message, /needs a function.*not 3/);
      assertEquals([pool.freeCount, pool.size], [1, 0]);
    }));

  test("S-3: outside of a greenlet spawn throws at the call and says where it works", () => {
    assertMatch(thrownBy(() => spawn(() => 1)).message, /spawn needs a running greenlet.*run\(/);
    assertMatch(thrownBy(() => spawnLater(1, () => 1)).message, /spawnLater needs a running greenlet.*run\(/);
  });
});

test("S-1: the main greenlet begins after run() has returned", async () => {
  const log: string[] = [];
  const done = run(() => void log.push("main"), { clock: new VirtualClock() });
  log.push("returned");
  await done;
  assertEquals(log, ["returned", "main"]);
});
