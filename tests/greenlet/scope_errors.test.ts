/** No error is lost, none is reported twice, and the main one stands in front. */
import {
  all,
  cancelScope,
  type Greenlet,
  isKill,
  joinAll,
  type Op,
  race,
  run,
  sleep,
  spawn,
  suspend,
  taskGroup,
  TimeoutError,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, fail, failLeaving, type Gen, named, outcomeOf } from "./kit.ts";

describe("a plain spawn", () => {
  test("decision 5: a failure that nobody asks for is told at once, once, with its greenlet, and thrown at the end", async () => {
    const [e] = named("e");
    const told: [unknown, string, number][] = [];
    const clock = new VirtualClock();
    const onError = (error: unknown, g: Greenlet<unknown>) => void told.push([error, g.name, clock.now()]);
    const thrown = await run(function* () {
      spawn({ name: "bad" }, fail(e, 5));
      yield* sleep(20);
    }, { clock, onError }).catch((error) => error);
    assertStrictEquals(thrown, e);
    assertEquals([told, clock.now()], [[[e, "bad", 5]], 20]);
  });

  const askers: Record<string, (g: Greenlet<void>) => Gen> = {
    *get(g) {
      yield* caught(g.get());
    },
    *"yield*"(g) {
      yield* caught(g);
    },
    *"joinAll with raiseError"(g) {
      yield* caught(joinAll([g], { raiseError: true }));
    },
    *"a link"(g) {
      g.link(() => {});
    },
    *"a linkException"(g) {
      g.linkException(() => {});
    },
    *await(g) {
      yield* until(g.then(() => {}, () => {}));
    },
    *race(g) {
      yield* caught(race([g, suspend()]));
    },
    *all(g) {
      yield* caught(all([g]));
    },
  };
  for (const [name, ask] of Object.entries(askers)) {
    for (const when of ["before", "after"] as const) {
      test(
        `decision 5: asked for by ${name} ${when} it failed, ${
          when === "before" ? "it is told to nobody else" : "it is told once and not thrown at the end"
        }`,
        async () => {
          const [e] = named("e");
          const outcome = await outcomeOf(function* () {
            const g = spawn({ name: "bad" }, fail(e, 5));
            if (when === "before") spawn(() => ask(g));
            yield* sleep(10);
            if (when === "after") yield* ask(g);
            yield* sleep(10);
          });
          assertEquals(outcome.error, undefined);
          assertEquals(outcome.reports, when === "before" ? [] : [{ error: e, name: "bad" }]);
        },
      );
    }
  }

  for (
    const [name, look] of [
      ["join", (g: Greenlet<void>) => g.join()],
      ["joinAll", (g: Greenlet<void>) => joinAll([g])],
      ["linkValue", function* (g: Greenlet<void>) {
        g.linkValue(() => {});
      }],
      ["ready", function* (g: Greenlet<void>) {
        assertEquals([g.ready, g.successful], [true, false]);
      }],
      ["kill", (g: Greenlet<void>) => g.kill()],
    ] as [string, (g: Greenlet<void>) => Op<unknown> | Gen][]
  ) {
    test(`decision 5: ${name} is not asking for the failure`, async () => {
      const [e] = named("e");
      const outcome = await outcomeOf(function* () {
        const g = spawn({ name: "bad" }, fail(e));
        yield* settle();
        yield* look(g);
      });
      assertStrictEquals(outcome.error, e);
      assertEquals(outcome.reports.length, 1);
    });
  }

  test("decision 5: a waiter that is killed before the failure has not asked for it", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      const g = spawn({ name: "bad" }, fail(e, 10));
      const waiter = spawn(() => g.get());
      const late = spawn(() => caught(g.get({ timeout: 5 })));
      yield* sleep(1);
      yield* waiter.kill();
      assertInstanceOf(yield* late, TimeoutError);
    });
    assertStrictEquals(outcome.error, e);
    assertEquals(outcome.reports.length, 1);
  });

  test("decision 5: it is thrown by the scope that it lives in, not further in nor further out", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      const error = yield* caught(cancelScope({}, function* () {
        yield* cancelScope({}, function* () {
          yield* sleep(1);
        });
        spawn({ name: "bad" }, fail(e));
        yield* sleep(5);
        return "lost";
      }));
      assertStrictEquals(error, e);
    });
    assertEquals([outcome.error, outcome.ms, outcome.reports.length], [undefined, 6, 1]);
  });

  test("decision 5: it ends neither its siblings nor the body", async () => {
    const log: unknown[] = [];
    const outcome = await outcomeOf(function* () {
      spawn(fail(new Error("e")));
      spawn(function* () {
        yield* sleep(50);
        log.push("sibling");
      });
      yield* sleep(20);
      log.push("body");
    });
    assertEquals([log, outcome.ms], [["body", "sibling"], 50]);
  });

  test("decision 5: one error object is reported once, however many greenlets and scopes it ends", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      spawn({ name: "outer" }, () =>
        cancelScope({}, function* () {
          spawn({ name: "middle" }, () =>
            cancelScope({}, function* () {
              spawn({ name: "inner" }, fail(e));
            }));
        }));
    });
    assertStrictEquals(outcome.error, e);
    assertEquals(outcome.reports, [{ error: e, name: "inner" }]);
  });

  test("decision 5: a shared error of two greenlets is thrown as it is, not twice in an AggregateError", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      spawn(fail(e));
      spawn(fail(e));
      yield* sleep(1);
      throw e;
    });
    assertStrictEquals(outcome.error, e);
    assertEquals(outcome.reports.length, 1);
  });

  test("decision 5: several come as one AggregateError, in the order in which they happened", async () => {
    const [a, b, c] = named("a", "b", "c");
    const outcome = await outcomeOf(function* () {
      spawn(fail(c, 3));
      spawn({ daemon: true }, fail(a, 1));
      spawn(fail(b, 2));
      yield* sleep(10);
    });
    assertInstanceOf(outcome.error, AggregateError);
    assertEquals(outcome.error.errors, [a, b, c]);
    assert(outcome.error.message.includes("a"), "the message names the main one");
    assertEquals(outcome.reports.map(({ error }) => error), [a, b, c]);
  });

  test("decision 5: the body's error is the main one, what was there before it comes behind", async () => {
    const [main, a, b] = named("main", "a", "b");
    const outcome = await outcomeOf(function* () {
      spawn(fail(a));
      yield* sleep(5);
      spawn(failLeaving(b, 1));
      yield* sleep(0);
      throw main;
    });
    assertEquals(errorsIn(outcome.error), [main, a, b]);
  });

  test("decision 5: without onError it goes to stderr with the greenlet's name", async () => {
    const lines: unknown[] = [];
    const { error: original } = console;
    console.error = (...args: unknown[]) => void lines.push(args.join(" "));
    try {
      await assertRejects(() => run(() => void spawn({ name: "bob" }, fail(new Error("e17")))), Error, "e17");
    } finally {
      console.error = original;
    }
    assertEquals(lines.length, 1);
    assert(/bob.*e17/s.test(`${lines[0]}`), `${lines[0]}`);
  });

  test("decision 5: a broken onError loses nothing and stops nobody", async () => {
    const { error: original } = console;
    console.error = () => {};
    const [e] = named("e");
    try {
      const log: unknown[] = [];
      const outcome = await outcomeOf(function* () {
        spawn(fail(e));
        yield* sleep(5);
        log.push("body");
      }, {
        onError: () => {
          throw new Error("hook");
        },
      });
      assertEquals(log, ["body"]);
      assertStrictEquals(outcome.error, e);
    } finally {
      console.error = original;
    }
  });
});

describe("the others", () => {
  test("decision 5, S-4: a sound greenlet that dies with its failing scope has been killed, it has not failed", async () => {
    const [e, late] = named("e", "late");
    const outcome = await outcomeOf(function* () {
      const kept: Greenlet<unknown>[] = [];
      const error = yield* caught(cancelScope({}, function* () {
        kept.push(spawn(suspend), spawn({ daemon: true }, suspend), spawn({ name: "A" }, failLeaving(late)));
        yield* sleep(1);
        throw e;
      }));
      assertEquals(errorsIn(error), [e, late]);
      assertEquals(kept.map((g) => [g.successful, isKill(g.value)]), [[true, true], [true, true], [
        false,
        false,
      ]]);
      assertStrictEquals(kept[2].exception, late);
    });
    assertEquals([outcome.error, outcome.reports], [undefined, [{ error: late, name: "A" }]]);
  });
});

describe("a group", () => {
  test("decision 5: the first failure kills the siblings and leaves through the group; it is told to nobody", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(5);
            log.push("sibling");
          }
        });
        tg.spawn(fail(e, 1));
        try {
          yield* suspend();
        } finally {
          log.push("body");
        }
      }));
      assertStrictEquals(error, e);
      assertEquals(log, ["body", "sibling"]);
    });
    assertEquals([outcome.error, outcome.reports, outcome.ms], [undefined, [], 6]);
  });

  test("decision 5: the first in time is the main one, errors of cleanup come behind it, each once", async () => {
    const [e, body, a, b] = named("e", "body", "a", "b");
    const outcome = await outcomeOf(function* () {
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(failLeaving(a, 2));
        tg.spawn(failLeaving(b, 1));
        tg.spawn(fail(e, 1));
        yield* failLeaving(body)();
      }));
      assertInstanceOf(error, AggregateError);
      assertStrictEquals(error.errors[0], e);
      assertEquals(new Set(error.errors), new Set([e, body, a, b]));
      assertEquals(error.errors.length, 4);
    });
    assertEquals([outcome.error, outcome.reports], [undefined, []]);
  });

  test("decision 5: a plain spawn inside a group is a child of the group like any other", async () => {
    const [e] = named("e");
    const outcome = await outcomeOf(function* () {
      assertStrictEquals(
        yield* caught(taskGroup(function* () {
          spawn(fail(e));
          yield* suspend();
        })),
        e,
      );
    });
    assertEquals([outcome.error, outcome.reports], [undefined, []]);
  });
});
