/** TaskGroup.start: a child that says when it is ready for use. */
import {
  getCurrent,
  type Greenlet,
  GreenletExit,
  sleep,
  spawn,
  type Started,
  suspend,
  taskGroup,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual, virtualReporting } from "../regressions/helpers.ts";

describe("TaskGroup.start", () => {
  test("S-72: start returns when the child says started(value), and gives it; the child goes on", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const port = yield* tg.start(function* (started: Started<number>, base: number) {
          yield* sleep(5);
          started(base + 80);
          log.push("still runs");
          yield* sleep(5);
          log.push("ends");
        }, 8_000);
        log.push(`started on ${port}`);
      });
      assertEquals(log, ["still runs", "started on 8080", "ends"]);
    }));

  test("S-72: a child may say started before its first park, and with nothing", () =>
    virtual(function* () {
      const value = yield* taskGroup((tg) =>
        tg.start((started: Started<void>) => {
          started();
        })
      );
      assertEquals(value, undefined);
    }));

  test("S-72: a child that ends without saying so is an error in the caller, not in the group", () =>
    virtual(function* () {
      const value = yield* taskGroup(function* (tg) {
        const error = yield* caught(tg.start(() => "forgot it"));
        assertInstanceOf(error, Error);
        yield* sleep(1);
        return "the group goes on";
      });
      assertEquals(value, "the group goes on");
    }));

  test("S-72: one that fails before it throws in the caller, and the group goes on", async () => {
    const failure = new Error("no port");
    const { value, reports } = await virtualReporting(function* () {
      return yield* taskGroup(function* (tg) {
        const error = yield* caught(tg.start(function* () {
          yield* sleep(1);
          throw failure;
        }));
        yield* sleep(1);
        return error;
      });
    });
    assertStrictEquals(value, failure);
    assertEquals(reports, []);
  });

  test("S-72: one that fails after it throws in the group", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(taskGroup(function* (tg) {
        log.push(
          yield* tg.start(function* (started: Started<string>) {
            started("ready");
            yield* sleep(5);
            throw new Error("later");
          }),
        );
        yield* suspend();
      }));
      assertEquals([(error as Error).message, ...log], ["later", "ready"]);
    }));

  test("S-72: a child that is killed before it has started is an error in the caller", () =>
    virtual(function* () {
      yield* taskGroup(function* (tg) {
        let child: Greenlet<unknown> | undefined;
        const starting = spawn(() =>
          caught(tg.start(function* (_started: Started<string>) {
            child = getCurrent();
            yield* suspend();
          }))
        );
        yield* settle();
        yield* (child as unknown as Greenlet<unknown>).kill();
        assertInstanceOf(yield* starting, Error);
      });
    }));

  test("S-72: saying started twice is an error in the child", () =>
    virtual(function* () {
      const error = yield* caught(taskGroup(function* (tg) {
        yield* tg.start((started: Started<number>) => {
          started(1);
          started(2);
        });
      }));
      assertInstanceOf(error, Error);
    }));

  test("S-72: killing the caller before started kills the child, and waits for its end", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const caller = spawn(() =>
          tg.start(function* (_started: Started<string>) {
            try {
              yield* suspend();
            } finally {
              yield* sleep(3);
              log.push("child cleaned up");
            }
          })
        );
        yield* settle();
        yield* caller.kill();
        log.push("caller has ended");
        assertInstanceOf(caller.value, GreenletExit);
        assertEquals(tg.size, 0);
      });
      assertEquals(log, ["child cleaned up", "caller has ended"]);
    }));

  test("S-72: a timeout around start ends the child; after started it does not", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const service = (ms: number) =>
          tg.start(function* (started: Started<string>) {
            try {
              yield* sleep(ms);
              started("up");
              yield* sleep(50);
              log.push(`${ms} done`);
            } catch (e) {
              log.push(`${ms} killed`);
              throw e;
            }
          });
        assertInstanceOf(yield* caught(withTimeout(10, service(20))), TimeoutError);
        assertEquals(yield* withTimeout(10, service(5)), "up");
      });
      assertEquals(log, ["20 killed", "5 done"]);
    }));

  for (const who of ["caller", "group"] as const) {
    test(`S-70, S-72: the ${who} is killed before started, and the child's cleanup fails: the error is not lost`, async () => {
      const lost = new Error("cleanup");
      const seen: unknown[] = [];
      const { reports } = await virtualReporting(function* () {
        const owner = spawn(() =>
          taskGroup(function* (tg) {
            const start = tg.start(function* (_started: Started<string>) {
              try {
                yield* suspend();
              } catch {
                throw lost;
              }
            });
            if (who === "group") return yield* start;
            const caller = spawn({ name: "caller" }, () => start);
            yield* settle();
            yield* caller.kill();
            seen.push(caller.exception);
            return undefined;
          })
        );
        yield* settle();
        if (who === "group") owner.kill();
        yield* owner.join();
        seen.push(owner.exception);
      }).catch((e) => ({ reports: [e] }));
      assert([...seen, ...reports].flatMap(errorsIn).includes(lost), "nobody was told");
    });
  }

  test("S-71: start holds the group open until the child has started", () =>
    virtual(function* () {
      let value: unknown;
      yield* taskGroup((tg) => {
        spawn(function* () {
          value = yield* tg.start(function* (started: Started<string>) {
            yield* sleep(5);
            started("late");
          });
        });
      });
      assertEquals(value, "late");
    }));
});
