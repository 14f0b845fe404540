/** Cancel scopes: what their end says, and that it comes once and in order. */
import { CancelScope, cancelScope, GreenletExit, sleep, spawn, suspend } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";

describe("cancelScope: cancelledCaught", () => {
  /** How a scope ends whose body meets its cancel in some way. */
  function* end(
    body: (s: CancelScope) => Generator<unknown, unknown>,
  ): Generator<unknown, [unknown, unknown, boolean]> {
    const scope = new CancelScope();
    let [value, error]: unknown[] = [];
    try {
      value = yield* scope.run(() => body(scope));
    } catch (e) {
      error = (e as Error).message;
    }
    return [value, error, scope.cancelledCaught];
  }

  test("S-73: it is true only if this scope absorbed the cancel", () =>
    virtual(function* () {
      assertEquals(
        yield* end(function* (s) {
          s.cancel();
          yield* sleep(1);
        }),
        [undefined, undefined, true],
      );
      assertEquals(
        yield* end(function* (s) {
          s.cancel();
          return "ended without a park";
        }),
        ["ended without a park", undefined, false],
      );
      assertEquals(
        yield* end(function* (s) {
          s.cancel();
          try {
            yield* sleep(1);
            return "not reached";
          } catch {
            return "swallowed";
          }
        }),
        ["swallowed", undefined, false],
      );
      assertEquals(
        yield* end(function* (s) {
          s.cancel();
          try {
            yield* sleep(1);
          } catch {
            throw new Error("of cleanup");
          }
        }),
        [undefined, "of cleanup", false],
      );
      assertEquals(
        yield* end(function* () {
          throw new Error("foreign");
        }),
        [undefined, "foreign", false],
      );
    }));

  test("S-73: a foreign kill passes through a scope, also one that was cancelled at the same time", () =>
    virtual(function* () {
      for (const cancelled of [false, true]) {
        const scope = new CancelScope();
        let after = false;
        const g = spawn(function* () {
          yield* scope.run(() => suspend());
          after = true;
        });
        yield* settle();
        if (cancelled) scope.cancel();
        g.kill();
        yield* g.join();
        assertEquals([after, scope.cancelledCaught], [false, false]);
        assertInstanceOf(g.value, GreenletExit);
      }
    }));

  test("S-73: an outer scope's cancel passes through the inner ones, and the outer one absorbs it", () =>
    virtual(function* () {
      const [outer, middle, inner] = [new CancelScope(), new CancelScope(), new CancelScope()];
      let passed = 0;
      yield* outer.run(function* () {
        yield* middle.run(function* () {
          spawn(() => outer.cancel());
          yield* inner.run(() => suspend());
          passed++;
        });
        passed++;
      });
      assertEquals([outer, middle, inner].map((s) => s.cancelledCaught), [true, false, false]);
      assertEquals(passed, 0);
    }));

  test("S-73: an inner scope's cancel stays inside it", () =>
    virtual(function* () {
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      const value = yield* outer.run(function* () {
        spawn(() => inner.cancel());
        assertEquals(yield* inner.run(() => suspend()), undefined);
        yield* sleep(1);
        return "outer";
      });
      assertEquals([value, outer.cancelledCaught, inner.cancelledCaught], ["outer", false, true]);
    }));
});

describe("cancelScope: once, and in order", () => {
  test("S-74: a scope is used once: entering it again, or twice at a time, is an error and runs nothing", () =>
    virtual(function* () {
      let runs = 0;
      const scope = new CancelScope();
      const value = yield* scope.run(function* () {
        runs++;
        assertInstanceOf(yield* caught(scope.run(() => runs++)), Error);
        const other = spawn(() => caught(scope.run(() => runs++)));
        assertInstanceOf(yield* other, Error);
        return "unharmed";
      });
      assertEquals(value, "unharmed");
      const error = yield* caught(scope.run(() => runs++));
      assertStringIncludes((error as Error).message, "once");
      assertEquals(runs, 1);
    }));

  test("S-74: the operation of cancelScope makes a scope of its own each time", () =>
    virtual(function* () {
      const scopes = new Set<CancelScope>();
      const twice = cancelScope({ timeout: 5 }, function* (s) {
        scopes.add(s);
        yield* suspend();
      });
      yield* twice;
      yield* twice;
      assertEquals([...scopes].map((s) => s.cancelledCaught), [true, true]);
    }));

  test("S-74: leaving out of order is a loud error: an inner scope that was dropped", async () => {
    const { message } = await virtual(function* () {
      yield* cancelScope({}, function* () {
        const inner = cancelScope({}, () => sleep(5))[Symbol.iterator]() as Generator<unknown, void>;
        yield inner.next().value;
        inner.return();
      });
    }).then(() => new Error("nothing was said"), (e) => e as Error);
    assertStringIncludes(message, "order");
  });

  test("S-74: leaving out of order is a loud error: the outer one of two that are driven by hand", async () => {
    const { message } = await virtual(function* () {
      const drive = (ms: number) =>
        cancelScope({}, () => sleep(ms))[Symbol.iterator]() as Generator<unknown, void>;
      const [outer, inner] = [drive(1), drive(5)];
      yield outer.next().value;
      yield inner.next().value;
      outer.next();
    }).then(() => new Error("nothing was said"), (e) => e as Error);
    assertStringIncludes(message, "order");
  });
});
