/** The main error stands in front, those of cleanup behind it, and kills in none of them. */
import {
  all,
  cancelScope,
  type Op,
  race,
  resource,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, fail, failLeaving, type Gen, named, outcomeOf, toss, virtual } from "./kit.ts";

describe("cleanup never replaces the main error", () => {
  const [main, late] = named("main", "late");
  const cases: Record<string, () => Op<unknown> | Gen<unknown>> = {
    "a child's, of a body that failed": () =>
      cancelScope({}, function* () {
        spawn(failLeaving(late));
        yield* sleep(1);
        throw main;
      }),
    "a daemon's, of a body that failed": () =>
      cancelScope({}, function* () {
        spawn({ daemon: true }, failLeaving(late, 1));
        yield* sleep(1);
        throw main;
      }),
    "a resource's": () =>
      cancelScope({}, function* () {
        yield* resource<number>(function* (provide) {
          try {
            yield* provide(1);
          } finally {
            yield* sleep(1);
            toss(late);
          }
        });
        throw main;
      }),
    "of the greenlet that is killed with a reason": function* () {
      const g = spawn(failLeaving(late, 1));
      yield* settle();
      yield* g.kill(main);
      return yield* g;
    },
    "of a child of the greenlet that is killed with a reason": function* () {
      const g = spawn(() => cancelScope({}, () => void spawn(failLeaving(late))));
      yield* settle();
      yield* g.kill(main);
      return yield* g;
    },
    "of an arm of all()": () => all([failLeaving(late, 1)(), fail(main, 1)()]),
    "of a loser of a race": () => race([failLeaving(late, 1)(), fail(main, 1)()]),
  };
  for (const [name, scene] of Object.entries(cases)) {
    test(`decision 5: ${name}: both are thrown, the main one first`, async () => {
      const outcome = await outcomeOf(function* () {
        const error = yield* caught(scene());
        assertInstanceOf(error, AggregateError);
        assertEquals(error.errors, [main, late]);
      });
      assertEquals(outcome.error, undefined);
    });
  }

  test("decision 5: nor a timeout: it stands in front", () =>
    virtual(function* () {
      const error = yield* caught(withTimeout(5, failLeaving(late)));
      assertInstanceOf(error, AggregateError);
      assertInstanceOf(error.errors[0], TimeoutError);
      assertEquals([error.errors[1], error.errors.length], [late, 2]);
    }));

  test("decision 5: where nothing else went wrong the error of cleanup is thrown as it is", async () => {
    const outcome = await outcomeOf(function* () {
      assertStrictEquals(
        yield* caught(cancelScope({ timeout: 5 }, function* () {
          spawn(failLeaving(late));
          yield* suspend();
        })),
        late,
      );
      const g = spawn(failLeaving(late));
      yield* settle();
      yield* g.kill();
      assertStrictEquals(yield* caught(g), late);
      assertEquals([g.successful, g.value], [false, undefined]);
    });
    assertEquals(outcome.error, undefined);
  });

  /** Two scopes, each with a failure that nobody asked for, around a body that is ended from outside. */
  const nested = () =>
    cancelScope({}, function* () {
      spawn(() => toss(main));
      yield* cancelScope({}, function* () {
        spawn(() => toss(late));
        yield* suspend();
      });
    });
  const enders: Record<string, () => Op<unknown> | Gen<unknown>> = {
    "a kill": function* () {
      const g = spawn(nested);
      yield* settle();
      yield* g.kill();
      return yield* g;
    },
    "a cancel from further out": () => cancelScope({ timeout: 5 }, () => cancelScope({}, nested)),
    "the end of its scope": () =>
      cancelScope({}, function* () {
        spawn({ daemon: true }, nested);
        yield* sleep(5);
      }),
  };
  for (const [name, end] of Object.entries(enders)) {
    test(`decision 5: ${name} through scopes with failures of their own stands in none of the errors`, async () => {
      const outcome = await outcomeOf(function* () {
        const error = yield* caught(end());
        assertInstanceOf(error, AggregateError);
        assertEquals(new Set(errorsIn(error)), new Set([main, late]));
        assertEquals(error.errors.length, 2, "one AggregateError, not one in another");
      });
      assertEquals(outcome.error, undefined);
    });
  }

  test("decision 5: a kill with a reason stands in front, flat, with the failures of the scopes behind it", async () => {
    const reason = new Error("reason");
    const outcome = await outcomeOf(function* () {
      const g = spawn(nested);
      yield* settle();
      yield* g.kill(reason);
      const error = yield* caught(g);
      assertInstanceOf(error, AggregateError);
      assertStrictEquals(error.errors[0], reason);
      assertEquals(new Set(error.errors), new Set([reason, main, late]));
    });
    assertEquals(outcome.error, undefined);
  });
});
