/** Task groups: killed, cancelled, open and closed. */
import { GreenletExit, sleep, spawn, suspend, TaskGroup, taskGroup } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual } from "../regressions/helpers.ts";

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

describe("taskGroup: kill and cancel", () => {
  test("S-70: killing who owns the block kills the children first, and stays a kill", () =>
    virtual(function* () {
      const log: string[] = [];
      const owner = spawn(() =>
        taskGroup(function* (tg) {
          tg.spawn(cleaning, log, "child", 5);
          yield* cleaning(log, "body", 1);
        })
      );
      yield* settle();
      yield* owner.kill();
      assertEquals(log, ["body cleaned up", "child cleaned up"]);
      assertInstanceOf(owner.value, GreenletExit);
    }));

  test("S-70: an error of cleanup never replaces the kill's reason", () =>
    virtual(function* () {
      const log: string[] = [];
      const [reason, cleanup] = [new Error("reason"), new Error("cleanup")];
      const owner = spawn(() => taskGroup((tg) => void tg.spawn(cleaning, log, "child", 1, cleanup)));
      const asker = spawn(() => caught(owner));
      yield* settle();
      owner.kill(reason);
      assertEquals(errorsIn(yield* asker), [reason, cleanup]);
    }));

  test("cancel ends the block, which throws nothing for it", () =>
    virtual(function* () {
      const log: string[] = [];
      const value = yield* taskGroup(function* (tg) {
        tg.spawn(cleaning, log, "child", 5);
        spawn(function* () {
          yield* sleep(3);
          tg.cancel("enough");
        });
        yield* cleaning(log, "body", 1);
      });
      assertEquals(value, undefined);
      assertEquals(log, ["body cleaned up", "child cleaned up"]);
    }));

  test("S-70: a failure in the cleanup of a cancelled group leaves through it", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(cleaning, log, "child", 1, new Error("cleanup"));
        yield* settle();
        tg.cancel();
        tg.cancel();
        yield* suspend();
      }));
      assertEquals((error as Error).message, "cleanup");
    }));

  test("grace: a child that will not end is killed again at every park when it is over", () =>
    virtual(function* () {
      let kills = 0;
      const error = yield* caught(taskGroup((tg) => {
        tg.spawn(function* () {
          while (kills < 3) {
            try {
              yield* suspend();
            } catch {
              kills++;
            }
          }
        });
        tg.spawn(function* () {
          yield* sleep(1);
          throw new Error("first");
        });
      }, { grace: 10 }));
      assertEquals([(error as Error).message, kills], ["first", 3]);
    }));
});

describe("taskGroup: open and closed", () => {
  test("S-71: spawning into a closed group throws, and runs nothing", () =>
    virtual(function* () {
      let [ran, left]: [boolean, TaskGroup | undefined] = [false, undefined];
      yield* taskGroup((tg) => {
        left = tg;
      });
      const body = () => {
        ran = true;
      };
      assertThrows(() => left?.spawn(body), Error, "closed");
      assertInstanceOf(yield* caught((left as unknown as TaskGroup).start(body)), Error);
      (left as unknown as TaskGroup).cancel();
      yield* sleep(1);
      assertEquals(ran, false);
    }));

  test("S-71: while a child lives the group is open, for its children and for strangers", () =>
    virtual(function* () {
      const log: string[] = [];
      let group: TaskGroup | undefined;
      const stranger = spawn(function* () {
        yield* sleep(2);
        group?.spawn(function* () {
          yield* sleep(5);
          log.push("the stranger's");
        });
      });
      yield* taskGroup((tg) => {
        group = tg;
        tg.spawn(function* () {
          yield* sleep(5);
          tg.spawn(function* () {
            yield* sleep(5);
            log.push("grandchild");
          });
        });
      });
      assertEquals(log, ["the stranger's", "grandchild"]);
      assert(stranger.dead);
    }));

  test("S-71: cleanup may spawn into a group that is being cancelled, and the group waits for it", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        tg.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* tg.spawn(function* () {
              yield* sleep(2);
              log.push("helper");
            });
          }
        });
        yield* settle();
        tg.cancel();
      });
      assertEquals(log, ["helper"]);
    }));

  test("spawn refuses what cannot run; taskGroup wants a function", () =>
    virtual(function* () {
      assertThrows(() => taskGroup(5 as never), TypeError);
      yield* taskGroup((tg) => {
        assertThrows(() => tg.spawn(5 as never), TypeError);
        assertThrows(() => tg.start(5 as never), TypeError);
        assertEquals(tg.size, 0);
      });
    }));
});
