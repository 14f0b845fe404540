/** Rule S-31: gather. */
import {
  cancelScope,
  gather,
  GreenletExit,
  isKill,
  sleep,
  spawn,
  suspend,
  Timeout,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf, timersSet, work } from "./traces.ts";

describe("gather", () => {
  test("S-31: gives the results in the order of the operands, whatever these are", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(work(log, 2, "greenlet"));
      const results = yield* gather([work(log, 3, "generator")(), g, Promise.resolve("promise"), sleep(1)]);
      assertEquals(results, ["generator", "greenlet", "promise", undefined]);
      assertEquals(yield* gather([]), []);
      assertEquals(yield* gather(new Set([work(log, 1, 5)()])), [5]);
      assertEquals(yield* gather([g, g]), ["greenlet", "greenlet"]);
    }));

  test("S-31: the first error in time leaves at once, and the siblings run on", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const log: unknown[] = [], boom = new Error("boom");
      const given = spawn(work(log, 30, "given"));
      const ops = [work(log, 20, "slow")(), given, work(log, 10, boom)(), work(log, 5, "quick")()];
      assertStrictEquals(yield* caught(gather<unknown>(ops)), boom);
      assertEquals(clock.now(), 10);
      assertEquals(log, ["quick ended", "boom ended"]);
      assertEquals(linksOf(given), 0);
      yield* sleep(25);
      assertEquals(log, ["quick ended", "boom ended", "slow ended", "given ended"]);
    }, clock);
  });

  test("S-31: an error of a sibling after the first is not lost", async () => {
    const { value, reports } = await virtualReporting(function* () {
      const log: unknown[] = [], late = new Error("late");
      const outer = spawn(() =>
        cancelScope({}, function* () {
          yield* caught(gather<unknown>([work(log, 1, new Error("boom"))(), work(log, 2, late)()]));
        })
      );
      return [late, yield* caught(outer)];
    });
    assertEquals(reports, [value[0]]);
    assertStrictEquals(value[1], value[0]);
  });

  test("S-31: an error of a sibling in the same instant as the first is not lost", async () => {
    const { value, reports } = await virtualReporting(function* () {
      const seen: unknown[] = [];
      const outer = spawn(() =>
        cancelScope({}, function* () {
          const failing = ["first", "second"].map((name) => work([], 1, new Error(name))());
          seen.push(yield* caught(gather<unknown>(failing)));
        })
      );
      yield* outer.join();
      return [...seen, outer.exception];
    });
    const told = [...value, ...reports].flatMap(errorsIn).map((e) => (e as Error | undefined)?.message);
    assert(told.includes("first") && told.includes("second"), `only ${told} came out`);
  });

  for (const end of ["kill", "Timeout", "withTimeout", "scope"]) {
    test(`S-31: when the gatherer is left by a ${end}, every child is killed, and its cleanup done`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        const given = spawn(work(log, 100, "given", 2));
        const all = () => gather([work(log, 100, "a", 1)(), given, work(log, 100, "b", 3)()]);
        const gatherer = spawn(function* () {
          using limit = new Timeout(10);
          if (end === "kill") yield* all();
          else if (end === "withTimeout") yield* withTimeout(10, all(), { value: 0 });
          else if (end === "scope") yield* cancelScope({ timeout: 10 }, all);
          else {
            limit.start();
            assertStrictEquals(yield* caught(all()), limit);
          }
          log.push("gatherer went on");
        });
        yield* sleep(10);
        if (end === "kill") gatherer.kill();
        yield* gatherer.join();
        assertEquals(
          log.map(String).toSorted(),
          ["a killed", "b killed", ...end === "kill" ? [] : ["gatherer went on"], "given killed"],
        );
        if (end !== "kill") assertEquals(log.at(-1), "gatherer went on");
        assertEquals(timersSet(), 0);
      }));
  }

  test("S-31: with returnExceptions all come back, errors and kills among them", () =>
    virtual(function* () {
      const log: unknown[] = [], boom = new Error("boom"), reason = new Error("reason");
      const killed = spawn(suspend), shot = spawn(suspend), dead = spawn(work(log, 0, "dead"));
      yield* dead;
      killed.kill();
      spawn(function* () {
        yield* sleep(3);
        shot.kill(reason);
      });
      const ops = [work(log, 5, "a")(), work(log, 2, boom)(), killed, shot, dead];
      const results = yield* gather<unknown>(ops, { returnExceptions: true });
      assertEquals(results[0], "a");
      assertStrictEquals(results[1], boom);
      assertInstanceOf(results[2], GreenletExit);
      assertStrictEquals(results[3], reason);
      assertEquals(results[4], "dead");
    }));

  test("S-31: with returnExceptions the kill of the gatherer is still thrown, and kills", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const gatherer = spawn(() => gather([work(log, 9, "a")()], { returnExceptions: true }));
      yield* sleep(1);
      yield* gatherer.kill();
      assertEquals(log, ["a killed"]);
      assert(isKill(gatherer.value));
    }));

  test("S-31: a child's own kill is an error of the gather", () =>
    virtual(function* () {
      const log: unknown[] = [], reason = new Error("reason");
      for (const why of [undefined, reason]) {
        const victim = spawn(suspend), other = spawn(work(log, 10, "other"));
        const gatherer = spawn(() => caught(gather<unknown>([other, victim])));
        yield* sleep(1);
        victim.kill(why);
        const error = yield* gatherer;
        if (why === undefined) assertInstanceOf(error, GreenletExit);
        else assertStrictEquals(error, reason);
        assertEquals(other.dead, false);
        yield* other;
      }
    }));

  test("S-31: what has failed before the gather is its error too", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const failed = spawn(function* () {
        yield* sleep(1);
        throw boom;
      });
      failed.linkException(() => {});
      yield* sleep(5);
      assertStrictEquals(yield* caught(gather<unknown>([sleep(10), failed])), boom);
    }));
});
