/** Rules S-35, S-41 and S-42: withTimeout, moveOnAfter, failAfter and cancelScope with a timeout. */
import {
  cancelScope,
  DeadlockError,
  failAfter,
  GreenletExit,
  isKill,
  moveOnAfter,
  type Op,
  run,
  sleep,
  spawn,
  suspend,
  taskGroup,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual } from "../regressions/helpers.ts";
import { timersSet, work } from "./traces.ts";

/** The blocks that end after a time, told by what they give then. */
type Block = (ms: number, body: () => Op<unknown> | Generator<unknown, unknown, unknown>) => Op<unknown>;
const blocks: [name: string, block: Block][] = [
  ["withTimeout", (ms, body) => withTimeout(ms, body, { value: undefined })],
  ["moveOnAfter", (ms, body) => moveOnAfter(ms, body)],
  ["cancelScope", (timeout, body) => cancelScope({ timeout }, body)],
];

describe("blocks", () => {
  test("give the body's value, and TimeoutError, undefined or the value at their end", () =>
    virtual(function* () {
      const quick = function* () {
        yield* sleep(1);
        return "value";
      };
      assertEquals(yield* withTimeout(5, quick), "value");
      assertEquals(yield* withTimeout(5, quick()), "value");
      assertEquals(yield* moveOnAfter(5, quick), "value");
      assertEquals(yield* failAfter(5, quick), "value");
      assertEquals(yield* cancelScope({ timeout: 5 }, quick), "value");
      assertInstanceOf(yield* caught(withTimeout(5, suspend())), TimeoutError);
      assertEquals(yield* withTimeout(5, suspend(), { value: 7 }), 7);
      assertEquals(yield* withTimeout(5, suspend(), { value: undefined }), undefined);
      assertEquals(yield* moveOnAfter(5, suspend), undefined);
      assertInstanceOf(yield* caught(failAfter(5, suspend)), TimeoutError);
      assertEquals(timersSet(), 0);
    }));

  test("S-35: withTimeout and its like return only after the inner body has really ended", async () => {
    for (const [name, block] of blocks) {
      const clock = new VirtualClock();
      await virtual(function* () {
        const log: unknown[] = [];
        yield* block(10, () =>
          taskGroup(function* (group) {
            group.spawn(work(log, 100, "child", 20));
            yield* work(log, 100, "body", 5)();
          }));
        assertEquals(log, ["body killed", "child killed"], name);
      }, clock);
      assert(clock.now() >= 30, `${name} returned at ${clock.now()}`);
    }
  });

  test("S-35: moveOnAfter, failAfter and cancelScope end what was spawned in them, withTimeout keeps no greenlets", () =>
    virtual(function* () {
      for (const [name, block] of [...blocks, ["failAfter", failAfter] as const]) {
        const log: unknown[] = [];
        const op = block(10, function* () {
          spawn(work(log, 50, name, 5));
          yield* suspend();
        });
        if (name === "failAfter") yield* caught(op);
        else yield* op;
        assertEquals(log, name === "withTimeout" ? [] : [`${name} killed`]);
        yield* sleep(50);
        assertEquals(log.length, 1);
      }
    }));

  test("S-35: a body that takes the cancel for its own matter and ends well is no timeout", () =>
    virtual(function* () {
      for (const [, block] of [...blocks, ["failAfter", failAfter] as const]) {
        const value = yield* block(10, function* () {
          try {
            yield* suspend();
          } catch {
            yield* sleep(5);
          }
          return "made it";
        });
        assertEquals(value, "made it");
      }
    }));

  for (const [name, block] of blocks) {
    test(`S-41: a foreign kill inside ${name} stays a kill, also when the time is over meanwhile`, () =>
      virtual(function* () {
        for (const reason of [undefined, new Error("reason"), new TimeoutError("reason")]) {
          for (const cleanup of [0, 50]) {
            const log: unknown[] = [];
            const g = spawn(function* () {
              yield* block(10, work(log, 1_000, "body", cleanup));
              log.push("went on");
            });
            yield* sleep(5);
            g.kill(reason);
            yield* g.join();
            assertEquals(log, ["body killed"]);
            if (reason === undefined) assert(isKill(g.value));
            else assertStrictEquals(g.exception, reason);
          }
        }
      }));

    test(`S-41: a kill in the instant in which ${name} fires is a kill`, () =>
      virtual(function* () {
        for (const killFirst of [true, false]) {
          const log: string[] = [];
          const killer = () =>
            spawn(function* () {
              yield* sleep(10);
              g.kill();
            });
          if (killFirst) killer();
          const g = spawn(function* () {
            yield* block(10, suspend);
            log.push("went on");
            yield* sleep(1);
            log.push("lives");
          });
          if (!killFirst) killer();
          yield* g.join();
          assert(!log.includes("lives"));
          assertInstanceOf(g.value, GreenletExit);
        }
      }));

    test(`S-41: a kill that comes while ${name} cleans up after its timeout is not lost`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        const g = spawn(function* () {
          yield* block(10, work(log, 1_000, "body", 20));
          yield* sleep(1);
          log.push("lives");
        });
        yield* sleep(15);
        yield* g.kill();
        assertEquals(log, ["body killed"]);
        assert(isKill(g.value));
      }));

    test(`S-41: a kill that had to wait while the body swallowed the end of ${name} stays that kill`, () =>
      virtual(function* () {
        const reason = new Error("reason");
        const g = spawn(() =>
          block(10, function* () {
            try {
              yield* suspend();
            } catch {
              yield* suspend();
            }
          })
        );
        yield* sleep(20);
        g.kill(reason);
        assertEquals(yield* g.join({ timeout: 20_000 }), true, "it outlives every grace");
        assertStrictEquals(g.exception, reason);
      }));

    test(`S-41: a foreign error inside ${name} stays that error`, () =>
      virtual(function* () {
        const exit = new GreenletExit("somebody else's");
        for (const error of [new Error("boom"), new TimeoutError("of an inner wait"), exit]) {
          const failing = function* () {
            yield* sleep(1);
            throw error;
          };
          assertStrictEquals(yield* caught(block(10, failing)), error);
        }
        const other = spawn(suspend);
        const inner = yield* caught(block(100, () => other.get({ timeout: 5 })));
        assertInstanceOf(inner, TimeoutError);
        yield* other.kill();
        assertEquals(timersSet(), 0);
      }));

    test(`S-41: an error of the cleanup that ${name} caused comes out, and hides no timeout`, () =>
      virtual(function* () {
        const broken = new Error("broken");
        const error = yield* caught(block(10, function* () {
          try {
            yield* suspend();
          } finally {
            // deno-lint-ignore no-unsafe-finally
            throw broken;
          }
        }));
        assert(errorsIn(error).includes(broken));
      }));

    test(`S-42: leaving ${name} withdraws its timer: nothing is left that could keep a deadlock waiting`, async () => {
      const clock = new VirtualClock();
      await assertRejects(
        () =>
          run(function* () {
            yield* block(1_000, () => sleep(1));
            yield* caught(block(1_000, function* () {
              throw new Error("boom");
            }));
            const g = spawn(() => block(1_000, suspend));
            yield* settle();
            yield* g.kill();
            yield* suspend();
          }, { clock }),
        DeadlockError,
      );
      assertEquals(clock.now(), 1);
    });
  }
});
