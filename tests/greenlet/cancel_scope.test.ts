/** Cancel scopes: cancelled before and in the course, used once, left in order. */
import {
  CancelScope,
  cancelScope,
  GreenletExit,
  isKill,
  sleep,
  spawn,
  suspend,
  until,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { virtual } from "../regressions/helpers.ts";

describe("cancelScope: cancelling", () => {
  test("gives the body's value, hands it the scope, and says that nothing was cancelled", () =>
    virtual(function* () {
      let scope: CancelScope | undefined;
      const value = yield* cancelScope({}, function* (s) {
        scope = s;
        yield* sleep(1);
        return "value";
      });
      assertEquals(value, "value");
      assertInstanceOf(scope, CancelScope);
      assertEquals([scope.cancelCalled, scope.cancelledCaught, scope.deadline, scope.shield], [
        false,
        false,
        Infinity,
        false,
      ]);
    }));

  test("S-73: a scope cancelled before entry cancels at its first park", () =>
    virtual(function* () {
      const log: string[] = [];
      const scope = new CancelScope();
      scope.cancel();
      assertEquals([scope.cancelCalled, scope.cancelledCaught], [true, false]);
      const value = yield* scope.run(function* () {
        log.push("before the park");
        try {
          yield* sleep(0);
          log.push("not reached");
        } finally {
          log.push("cleanup");
        }
      });
      assertEquals([value, scope.cancelledCaught], [undefined, true]);
      assertEquals(log, ["before the park", "cleanup"]);
    }));

  for (
    const [name, options] of [
      ["a timeout of 0", { timeout: 0 }],
      ["a negative timeout", { timeout: -5 }],
      ["a deadline in the past", { deadline: 99 }],
      ["a deadline now", { deadline: 100 }],
      ["a deadline of -Infinity", { deadline: -Infinity }],
    ] as const
  ) {
    test(`S-73: ${name} cancels at the first park, and only if there is one`, () =>
      virtual(function* () {
        const scopes: CancelScope[] = [];
        let passed = false;
        yield* cancelScope(options, function* (s) {
          scopes.push(s);
          yield* sleep(0);
          passed = true;
        });
        const value = yield* cancelScope(options, (s) => {
          scopes.push(s);
          return "no park";
        });
        assertEquals([passed, value], [false, "no park"]);
        assertEquals(scopes.map((s) => s.cancelledCaught), [true, false]);
      }, new VirtualClock(100)));
  }

  test("a cancel ends the body and the greenlets of the scope, and waits for their cleanup", () =>
    virtual(function* () {
      const log: string[] = [];
      const cleaning = function* (name: string, ms: number): Generator<unknown, void> {
        try {
          yield* suspend();
        } finally {
          yield* sleep(ms);
          log.push(name);
        }
      };
      let scope: CancelScope | undefined;
      spawn(function* () {
        yield* sleep(5);
        scope?.cancel();
        log.push("cancel called");
      });
      const value = yield* cancelScope({}, function* (s) {
        scope = s;
        spawn(cleaning, "greenlet", 9);
        yield* cleaning("body", 1);
      });
      log.push("left");
      assertEquals(value, undefined);
      assertEquals(log, ["cancel called", "body", "greenlet", "left"]);
    }));

  test("a cancel may come from outside of all greenlets", () =>
    virtual(function* () {
      const value = yield* cancelScope({}, function* (s) {
        const promise = Promise.resolve().then(() => s.cancel());
        yield* until(promise.then(() => new Promise<never>(() => {})));
        return "not reached";
      });
      assertEquals(value, undefined);
    }));

  test("the reason stands under cause; the first cancel wins", () =>
    virtual(function* () {
      let seen: unknown;
      yield* cancelScope({}, function* (s) {
        s.cancel("first");
        s.cancel("second");
        try {
          yield* suspend();
        } catch (e) {
          seen = e;
          throw e;
        }
      });
      assertInstanceOf(seen, GreenletExit);
      assertEquals(seen.cause, "first");
      assertEquals(isKill(seen), true);
    }));

  test("grace: cleanup that takes longer is cut off by the cancel, thrown again", () =>
    virtual(function* () {
      const clock: number[] = [];
      yield* cancelScope({ grace: 10 }, function* (s) {
        spawn(function* () {
          yield* sleep(1);
          s.cancel();
        });
        try {
          yield* suspend();
        } finally {
          yield* sleep(1_000);
          clock.push(0);
        }
      });
      assertEquals(clock, []);
    }));

  test("S-73: the cancel of a scope that was left is nothing any more", () =>
    virtual(function* () {
      let scope: CancelScope | undefined;
      yield* cancelScope({ timeout: 5 }, (s) => void (scope = s));
      scope?.cancel();
      yield* sleep(10);
      assertEquals(scope?.cancelledCaught, false);
    }));

  test("bad options and bodies are refused at the call", () => {
    assertThrows(() => cancelScope({ timeout: NaN }, () => 1), RangeError);
    assertThrows(() => cancelScope({ deadline: NaN }, () => 1), RangeError);
    assertThrows(() => cancelScope({ grace: NaN }, () => 1), RangeError);
    assertThrows(() => cancelScope({}, 1 as never), TypeError);
    const scope = new CancelScope();
    assertThrows(() => scope.run(undefined as never), TypeError);
    assertThrows(() => scope.deadline = NaN, RangeError);
  });
});
