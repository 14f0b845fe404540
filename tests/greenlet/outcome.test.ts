/** What a greenlet is when it has ended, and that it lives until then. */
import {
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  joinAll,
  killAll,
  run,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, victimOf, virtual } from "./kit.ts";

describe("outcome", () => {
  test("S-4: after a kill without a reason it is successful, and its value is the GreenletExit", () =>
    virtual(function* () {
      const [unborn, parked, cleaning, all, scoped] = [
        victimOf([], suspend),
        victimOf([], suspend),
        victimOf([], suspend),
        spawn(suspend),
        spawn(function* () {
          yield* taskGroup((tg) => void tg.spawn(suspend));
        }),
      ];
      unborn.kill();
      yield* settle();
      parked.kill();
      cleaning.kill();
      cleaning.kill();
      scoped.kill();
      killAll([all]);
      yield* joinAll([unborn, parked, cleaning, all, scoped]);
      for (const g of [unborn, parked, cleaning, all, scoped]) {
        assertEquals([g.successful, g.exception], [true, undefined]);
        assertInstanceOf(g.value, GreenletExit);
        assertStrictEquals(yield* g as Greenlet<unknown>, g.value);
        assertStrictEquals(yield* g.get(), g.value);
      }
    }));

  test("S-4: a GreenletExit of one's own, or of a subclass, is the value", () =>
    virtual(function* () {
      class Retired extends GreenletExit {}
      for (const reason of [new GreenletExit("bye"), new Retired("bye")]) {
        const [unborn, parked] = [spawn(suspend), spawn(suspend)];
        unborn.kill(reason);
        yield* settle();
        yield* parked.kill(reason);
        for (const g of [unborn, parked]) {
          assertEquals([g.successful, g.exception], [true, undefined]);
          assertStrictEquals(g.value, reason);
        }
      }
    }));

  test("S-4: with any other reason it is unsuccessful, and that is the exception", async () => {
    const reason = new RangeError("out");
    const outcome = await outcomeOf(function* () {
      const [unborn, parked] = [spawn(suspend), victimOf([], suspend)];
      unborn.kill(reason);
      yield* settle();
      yield* parked.kill(reason);
      for (const g of [unborn, parked]) {
        assertEquals([g.successful, g.value], [false, undefined]);
        assertStrictEquals(g.exception, reason);
        assertStrictEquals(yield* caught(g), reason);
      }
    });
    assertEquals(outcome, { value: undefined, reports: [], ms: 1 });
  });

  test("S-4: one that throws a GreenletExit by itself, as in a kill, has ended successfully", () =>
    virtual(function* () {
      const g = spawn(function* () {
        yield* sleep(1);
        throw new GreenletExit("enough");
      });
      yield* g.join();
      assertEquals(g.exception, undefined);
      assertEquals([g.successful, (g.value as unknown as Error).message], [true, "enough"]);
    }));

  test("S-5: it is ready and dead before any link, joiner or callback of its end runs", () =>
    virtual(function* () {
      const seen: [string, boolean, boolean][] = [];
      const go = new Event();
      const group = new Group();
      const g = group.spawn(() => go.wait());
      const look = (who: string) => void seen.push([who, g.ready, g.dead]);
      g.link(() => look("link"));
      g.linkValue(() => look("linkValue"));
      const joiners = [
        spawn(function* () {
          yield* g.join();
          look("join");
        }),
        spawn(function* () {
          yield* g;
          look("yield*");
        }),
        spawn(function* () {
          yield* group.join();
          look("group");
        }),
        spawn(async () => {
          await g;
          look("await");
        }),
      ];
      yield* settle();
      go.set();
      yield* joinAll(joiners);
      assertEquals(seen.map(([who]) => who).toSorted(), [
        "await",
        "group",
        "join",
        "link",
        "linkValue",
        "yield*",
      ]);
      assert(seen.every(([, ready, dead]) => ready && dead));
    }));

  test("S-5: to its last switch the current greenlet is neither, not even in its last finally", () =>
    virtual(function* () {
      const seen: boolean[] = [];
      const g = spawn(function* () {
        try {
          yield* sleep(1);
        } finally {
          seen.push(g.ready, g.dead, getCurrent().dead);
          yield* sleep(1);
          seen.push(g.ready, g.dead, getCurrent().dead);
        }
      });
      yield* settle();
      g.kill();
      assertEquals([g.ready, g.dead], [false, false], "killed, but it still cleans up");
      yield* g;
      assertEquals([seen, g.dead], [[false, false, false, false, false, false], true]);
    }));

  const failures: [name: string, thrown: unknown][] = [
    ["an Error", new Error("x")],
    ["a frozen Error", Object.freeze(new TypeError("x"))],
    ["a string", "text"],
    ["null", null],
    ["undefined", undefined],
    ["an object", { code: 1 }],
  ];
  for (const [name, thrown] of failures) {
    test(`S-6: every get throws the same ${name}, its stack intact`, async () => {
      const stack = (thrown as Error | undefined | null)?.stack;
      const outcome = await outcomeOf(function* () {
        const g = spawn(function* (): Gen<number> {
          yield* sleep(1);
          throw thrown;
        });
        const waiting = [0, 1].map(() => spawn(() => caught(g.get())));
        const got = [yield* caught(g), yield* caught(g.get()), yield* caught(g), g.exception];
        for (const w of waiting) got.push(yield* w);
        got.push(yield* until(g.then(() => "no error", (e) => e)));
        for (const e of got) assertStrictEquals(e, thrown);
        assertEquals([g.successful, g.ready, g.value], [false, true, undefined]);
        assertEquals((thrown as Error | undefined | null)?.stack, stack);
      });
      assertEquals(outcome, { value: undefined, reports: [], ms: 1 });
    });
  }

  test("S-6: a result is the same object each time", () =>
    virtual(function* () {
      const value = { a: 1 };
      const g = spawn(() => value);
      assertStrictEquals(yield* g, value);
      assertStrictEquals(yield* g.get(), value);
      assertStrictEquals(g.value, value);
      assertStrictEquals(yield* until(g), value);
    }));
});

describe("kept alive", () => {
  test("S-7: parked greenlets without a handle outlive the garbage collector", async () => {
    const { gc } = globalThis as { gc?: () => void; Bun?: unknown };
    const collect = gc ?? ((globalThis as { Bun?: { gc(sync: boolean): void } }).Bun?.gc.bind(null, true)) ??
      churn;
    const log: string[] = [];
    await run(function* () {
      const refs = [suspend, () => until(new Promise(() => {})), () => new Event().wait(), () => sleep(1e9)]
        .map((wait) =>
          new WeakRef(spawn({ daemon: true }, function* () {
            try {
              yield* wait();
            } finally {
              log.push("cleaned up");
            }
          }))
        );
      for (let i = 0; i < 5; i++) {
        yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
        collect();
      }
      assertEquals(refs.map((ref) => ref.deref()?.state), Array(4).fill("suspended"));
    });
    assertEquals(log.length, 4);
  });
});

/** Where the collector cannot be called: enough garbage to make it run. */
function churn(): void {
  for (let i = 0; i < 200; i++) new Array(20_000).fill(i);
}

describe("stack overflow", () => {
  const overflow = (): number => 1 + overflow();
  function* deep(): Gen<number> {
    return 1 + (yield* deep());
  }
  const bodies: Record<string, () => unknown> = {
    "a plain recursion": overflow,
    "a native yield* recursion": deep,
    "a recursion after a park": function* () {
      yield* sleep(1);
      overflow();
    },
    "a recursion in a finally": function* () {
      try {
        yield* sleep(1);
      } finally {
        overflow();
      }
    },
    "an async recursion": async () => {
      await null;
      overflow();
    },
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(`S-8: ${name} that overflows ends its own greenlet alone`, async () => {
      const log: string[] = [];
      const outcome = await outcomeOf(function* () {
        const other = spawn(function* () {
          yield* sleep(5);
          log.push("other");
        });
        const g = spawn(body);
        assertInstanceOf(yield* caught(g), RangeError);
        assertInstanceOf(yield* caught(spawn(body)), RangeError);
        yield* other;
        log.push("main");
      });
      assertEquals([log, outcome.error, outcome.reports], [["other", "main"], undefined, []]);
    });
  }

  test("S-8: one that nobody asks for is reported, and the run throws it at its end", async () => {
    const outcome = await outcomeOf(function* () {
      spawn({ name: "deep" }, overflow);
      yield* sleep(10);
    });
    assertInstanceOf(outcome.error, RangeError);
    assertEquals(outcome.reports.map(({ name }) => name), ["deep"]);
    assertEquals(outcome.ms, 10);
  });
});
