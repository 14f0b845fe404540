/** Task groups: greenlets that live and die together. */
import {
  asCompleted,
  Event,
  gather,
  isKill,
  type Op,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual, virtualReporting } from "../regressions/helpers.ts";

/** Waits until it is killed; then cleans up for `ms` milliseconds, says so, and throws `error` if there is one. */
function* cleaning(log: string[], name: string, ms: number, error?: Error): Generator<unknown, void> {
  try {
    yield* suspend();
  } catch (kill) {
    if (ms > 0) yield* sleep(ms);
    log.push(`${name} cleaned up`);
    throw error ?? kill;
  }
}

describe("taskGroup: failures", () => {
  test("gives its body's value after all children have ended", () =>
    virtual(function* () {
      const log: string[] = [];
      const value = yield* taskGroup(function* (tg) {
        for (const ms of [3, 1, 2]) {
          tg.spawn(function* () {
            yield* sleep(ms);
            log.push(`child ${ms}`);
          });
        }
        assertEquals(tg.size, 3);
        yield* sleep(0);
        log.push("body");
        return "value";
      });
      assertEquals(value, "value");
      assertEquals(log, ["body", "child 1", "child 2", "child 3"]);
    }));

  test("S-70: the first failure kills the siblings and the body, and leaves when all have ended", () =>
    virtual(function* () {
      const log: string[] = [];
      const failure = new Error("first");
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(cleaning, log, "slow", 20);
        tg.spawn(cleaning, log, "quick", 0);
        tg.spawn(function* () {
          yield* sleep(5);
          log.push("fails");
          throw failure;
        });
        yield* cleaning(log, "body", 10);
      }));
      assertStrictEquals(error, failure);
      assertEquals(log, ["fails", "quick cleaned up", "body cleaned up", "slow cleaned up"]);
    }));

  test("S-70: a failure of the body kills the children, and waits for them", () =>
    virtual(function* () {
      const log: string[] = [];
      const failure = new Error("body");
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(cleaning, log, "child", 20);
        yield* sleep(1);
        throw failure;
      }));
      assertStrictEquals(error, failure);
      assertEquals(log, ["child cleaned up"]);
    }));

  test("S-70: a child that fails after the body has returned ends the wait for the others", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(taskGroup((tg) => {
        tg.spawn(cleaning, log, "child", 1);
        tg.spawn(function* () {
          yield* sleep(5);
          throw new Error("late");
        });
        return "lost";
      }));
      assertEquals([(error as Error).message, ...log], ["late", "child cleaned up"]);
    }));

  test("S-70: what has not started when a sibling fails never runs", () =>
    virtual(function* () {
      let ran = false;
      const error = yield* caught(taskGroup((tg) => {
        tg.spawn(() => {
          throw new Error("first");
        });
        tg.spawn(() => {
          ran = true;
        });
      }));
      assertEquals([(error as Error).message, ran], ["first", false]);
    }));

  test("S-70: all failures are kept, the first in time in front", () =>
    virtual(function* () {
      const log: string[] = [];
      const [a, b, c, body] = ["a", "b", "c", "body"].map((name) => new Error(name));
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(cleaning, log, "b", 7, b);
        tg.spawn(cleaning, log, "c", 3, c);
        tg.spawn(function* () {
          yield* sleep(1);
          throw a;
        });
        yield* cleaning(log, "body", 5, body);
      }));
      assertInstanceOf(error, AggregateError);
      assertEquals(error.errors.map((e) => (e as Error).message), ["a", "c", "body", "b"]);
      assertStrictEquals(error.errors[0], a);
      assertStringIncludes(error.message, "a");
    }));

  test("S-70: children that fail in the same turn are all kept, the one that ran first in front", () =>
    virtual(function* () {
      const go = new Event();
      const error = yield* caught(taskGroup(function* (tg) {
        for (const name of ["a", "b", "c"]) {
          tg.spawn(function* () {
            yield* go.wait();
            throw new Error(name);
          });
        }
        yield* settle();
        go.set();
      }));
      assertEquals(errorsIn(error).map((e) => (e as Error).message), ["a", "b", "c"]);
    }));

  test("S-70: one error object that several throw is one error", () =>
    virtual(function* () {
      const shared = new Error("shared");
      const error = yield* caught(taskGroup(function* (tg) {
        const first = tg.spawn(function* () {
          yield* sleep(1);
          throw shared;
        });
        tg.spawn(() => first);
        yield* first;
      }));
      assertStrictEquals(error, shared);
    }));

  test("S-70: a failure is not told to onError: it leaves through the group", async () => {
    const { value, reports } = await virtualReporting(() =>
      caught(taskGroup((tg) => {
        tg.spawn(() => {
          throw new Error("told once");
        });
      }))
    );
    assertEquals((value as Error).message, "told once");
    assertEquals(reports, []);
  });

  test("S-70: a body that catches the group's kill and returns does not hide the failure", () =>
    virtual(function* () {
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(() => {
          throw new Error("child");
        });
        try {
          yield* suspend();
        } catch (e) {
          assert(isKill(e));
        }
        return "as if nothing had happened";
      }));
      assertEquals((error as Error).message, "child");
    }));

  test("S-70: groups in groups: the inner one ends before the outer one hears of it", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(taskGroup(function* (outer) {
        outer.spawn(cleaning, log, "outer child", 1);
        yield* caughtAndLogged(
          log,
          taskGroup(function* (inner) {
            inner.spawn(cleaning, log, "inner child", 10);
            yield* sleep(1);
            throw new Error("inner");
          }),
        );
        throw new Error("outer");
      }));
      assertEquals(log, ["inner child cleaned up", "caught inner", "outer child cleaned up"]);
      assertEquals((error as Error).message, "outer");
    }));

  test("S-70: a sibling killed in an inner group keeps that group's cleanup errors", () =>
    virtual(function* () {
      const log: string[] = [];
      const [first, deep] = [new Error("first"), new Error("deep")];
      const error = yield* caught(taskGroup((outer) => {
        outer.spawn(() => taskGroup((inner) => void inner.spawn(cleaning, log, "deep", 3, deep)));
        outer.spawn(function* () {
          yield* sleep(1);
          throw first;
        });
      }));
      assertEquals(errorsIn(error), [first, deep]);
      assertEquals(log, ["deep cleaned up"]);
    }));

  test("a child that is killed is no failure, and the others go on", () =>
    virtual(function* () {
      const value = yield* taskGroup(function* (tg) {
        const victim = tg.spawn(() => suspend());
        const other = tg.spawn(function* () {
          yield* sleep(5);
          return "went on";
        });
        yield* settle();
        yield* victim.kill();
        return yield* other;
      });
      assertEquals(value, "went on");
    }));

  test("a daemon child is not waited for; its failure is one of the group's", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup((tg) => {
        tg.spawn({ daemon: true }, cleaning, log, "daemon", 1);
        tg.spawn(() => sleep(5));
      });
      assertEquals(log, ["daemon cleaned up"]);
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn({ daemon: true }, () => {
          throw new Error("daemon");
        });
        yield* suspend();
      }));
      assertEquals((error as Error).message, "daemon");
    }));

  test("a plain spawn in the block is a child like the others", () =>
    virtual(function* () {
      const error = yield* caught(taskGroup(function* () {
        spawn(() => {
          throw new Error("plain");
        });
        yield* suspend();
      }));
      assertEquals((error as Error).message, "plain");
    }));

  for (const how of ["gather", "asCompleted"] as const) {
    test(`what ${how} gives back as an error does not fail the group`, () =>
      virtual(function* () {
        const bad = () => until(Promise.reject(new Error("bad")));
        const value = yield* taskGroup(function* () {
          const errors: unknown[] = [];
          if (how === "gather") {
            errors.push((yield* gather([bad(), sleep(1)], { returnExceptions: true }))[0]);
          } else errors.push(yield* caught(asCompleted([bad()]).next()));
          yield* sleep(5);
          return (errors[0] as Error).message;
        });
        assertEquals(value, "bad");
      }));
  }
});

function* caughtAndLogged(log: string[], op: Op<unknown>): Generator<unknown, void> {
  log.push(`caught ${((yield* caught(op)) as Error).message}`);
}
