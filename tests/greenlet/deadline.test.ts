/** Rule S-42: deadlines of cancel scopes, moved in both directions. */
import { CancelScope, cancelScope, Event, sleep, spawn, suspend } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";
import { work } from "./traces.ts";

describe("deadlines", () => {
  let clock = new VirtualClock();
  /** Waits in a scope with `start` as its timeout; `change` is made at 5. Gives when it ended, and how. */
  function* moved(
    start: number | undefined,
    change: (scope: CancelScope, now: number) => void,
  ): Generator<unknown, [number, boolean], unknown> {
    const scope = new CancelScope({ timeout: start });
    const begin = clock.now();
    const g = spawn(() =>
      scope.run(function* () {
        yield* sleep(100);
      })
    );
    yield* sleep(5);
    change(scope, begin + 5);
    yield* g.join();
    return [clock.now() - begin, scope.cancelledCaught];
  }
  const cases: [string, number | undefined, (scope: CancelScope, now: number) => void, number, boolean][] = [
    ["earlier", 50, (s, now) => s.deadline = now + 10, 15, true],
    ["later", 20, (s, now) => s.deadline = now + 60, 65, true],
    ["from none", undefined, (s, now) => s.deadline = now + 10, 15, true],
    ["to never", 20, (s) => s.deadline = Infinity, 100, false],
    ["into the past", 50, (s) => s.deadline = 0, 5, true],
    ["to minus Infinity", 50, (s) => s.deadline = -Infinity, 5, true],
    ["to now", 50, (s, now) => s.deadline = now, 5, true],
    ["by an amount", 20, (s) => s.deadline += 15, 35, true],
    [
      "there and back",
      20,
      (s, now) => {
        s.deadline = Infinity;
        s.deadline = now + 80;
        s.deadline = now + 25;
      },
      30,
      true,
    ],
  ];
  for (const [name, start, change, end, caughtIt] of cases) {
    test(`S-42: a deadline that is moved ${name} while its body waits counts from then`, async () => {
      clock = new VirtualClock(700);
      assertEquals(await virtual(() => moved(start, change), clock), [end, caughtIt]);
    });
  }

  test("S-42: a body may move its own deadline, also when it is due but not fired", async () => {
    clock = new VirtualClock();
    await virtual(function* () {
      const value = yield* cancelScope({ timeout: 10 }, function* (scope) {
        assertEquals(scope.deadline, 10);
        yield* sleep(5);
        clock.tick(50);
        scope.deadline = clock.now() + 10;
        yield* sleep(9);
        return "in time";
      });
      assertEquals(value, "in time");
    }, clock);
  });

  test("S-42: once cancelled, a later deadline takes nothing back", () =>
    virtual(function* () {
      const log: unknown[] = [];
      let scope: CancelScope | undefined;
      const g = spawn(() =>
        cancelScope({ timeout: 5 }, (s) => {
          scope = s;
          return work(log, 100, "body", 10)();
        })
      );
      yield* sleep(7);
      scope!.deadline = Infinity;
      assertEquals(yield* g, undefined);
      assertEquals([log, scope!.cancelCalled, scope!.cancelledCaught], [["body killed"], true, true]);
    }));

  test("the earlier of timeout and deadline counts; a deadline is a moment of the run's clock", async () => {
    for (
      const [timeout, deadline, end] of [[10, 1_020, 1_010], [30, 1_020, 1_020], [
        undefined,
        1_020,
        1_020,
      ]] as const
    ) {
      clock = new VirtualClock(1_000);
      await virtual(function* () {
        yield* cancelScope({ timeout, deadline }, suspend);
      }, clock);
      assertEquals(clock.now(), end);
    }
  });

  test("a scope is used once, and a deadline that has passed before the entry ends the first park", async () => {
    clock = new VirtualClock(50);
    await virtual(function* () {
      const scope = new CancelScope({ deadline: 20 });
      const log: string[] = [];
      const body = function* () {
        log.push("began");
        yield* sleep(0);
        log.push("went on");
      };
      yield* scope.run(body);
      assertEquals(log, ["began"]);
      assertInstanceOf(yield* caught(scope.run(body)), Error);
      assertThrows(() => new CancelScope({ deadline: NaN }), RangeError);
    }, clock);
  });

  test("S-37: the timeout of a scope that was made earlier counts from its entry", async () => {
    clock = new VirtualClock();
    await virtual(function* () {
      const scope = new CancelScope({ timeout: 10 }), event = new Event();
      yield* sleep(30);
      yield* scope.run(() => event.wait());
    }, clock);
    assertEquals(clock.now(), 40);
  });
});
