/** Resources: acquired where they are needed, given back when the scope ends. */
import { cancelScope, type Op, resource, sleep, spawn, taskGroup, withTimeout } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, virtual, virtualReporting } from "../regressions/helpers.ts";

/** A resource that logs what happens to it; `open` and `close` take as many milliseconds. */
function logged(log: string[], name: string, open = 0, close = 0): Op<string> {
  return resource<string>(function* (provide) {
    if (open > 0) yield* sleep(open);
    log.push(`open ${name}`);
    try {
      yield* provide(name);
    } finally {
      if (close > 0) yield* sleep(close);
      log.push(`close ${name}`);
    }
  });
}

describe("resource: released when its scope ends", () => {
  test("gives what is provided, and holds it up to the end of the innermost scope", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        log.push(`got ${yield* logged(log, "db", 5)}`);
        yield* sleep(5);
        log.push("used");
      });
      assertEquals(log, ["open db", "got db", "used", "close db"]);
    }));

  test("resources are released last first, each wholly before the next", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        for (const [name, close] of [["a", 1], ["b", 9], ["c", 5]] as const) {
          yield* logged(log, name, 1, close);
        }
      });
      assertEquals(log.slice(3), ["close c", "close b", "close a"]);
    }));

  for (const how of ["cancelled", "killed", "failing", "timed out"] as const) {
    test(`resources are released last first from a scope that is ${how}`, () =>
      virtual(function* () {
        const log: string[] = [];
        const g = spawn(() =>
          cancelScope({ timeout: how === "timed out" ? 10 : undefined }, function* (s) {
            yield* logged(log, "a");
            yield* logged(log, "b", 0, 3);
            try {
              if (how === "cancelled") s.cancel();
              yield* sleep(10);
              if (how === "failing") throw new Error("body");
            } finally {
              log.push("body ends");
            }
          })
        );
        yield* sleep(5);
        if (how === "killed") g.kill();
        yield* how === "failing" ? caught(g) : g.join();
        assertEquals(log, ["open a", "open b", "body ends", "close b", "close a"]);
      }));
  }

  test("the greenlets of the scope end before its resources are released", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const db = yield* logged(log, "db");
        tg.spawn(function* () {
          yield* sleep(5);
          log.push(`child used ${db}`);
        });
      });
      assertEquals(log, ["open db", "child used db", "close db"]);
    }));

  test("one that is acquired in an inner scope is released there, in a timeout's block by the scope around it", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        yield* logged(log, "outer");
        yield* cancelScope({}, () => logged(log, "inner"));
        log.push("inner scope ended");
        yield* withTimeout(50, () => logged(log, "timed"));
        log.push("timeout's block ended");
      });
      assertEquals(log, [
        ...["open outer", "open inner", "close inner", "inner scope ended"],
        ...["open timed", "timeout's block ended", "close timed", "close outer"],
      ]);
    }));

  test("run is a scope: its resources are released before it returns", async () => {
    const log: string[] = [];
    const value = await virtual(function* () {
      return yield* logged(log, "db", 0, 5);
    });
    assertEquals([value, ...log], ["db", "open db", "close db"]);
  });

  test("each delegation acquires anew", () =>
    virtual(function* () {
      const log: string[] = [];
      const opening = logged(log, "x");
      yield* settle();
      assertEquals(log, []);
      yield* cancelScope({}, function* () {
        yield* opening;
        yield* opening;
      });
      assertEquals(log, ["open x", "open x", "close x", "close x"]);
    }));

  test("a resource may use another one, which outlives it", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        yield* resource<string>(function* (provide) {
          const inner = yield* logged(log, "connection");
          try {
            yield* provide(`pool of ${inner}`);
          } finally {
            log.push("close pool");
          }
        });
      });
      assertEquals(log, ["open connection", "close pool", "close connection"]);
    }));

  test("a failing release leaves through the scope; the others are released all the same", async () => {
    const log: string[] = [];
    const { value } = await virtualReporting(() =>
      caught(cancelScope({}, function* () {
        yield* logged(log, "a");
        yield* resource<void>(function* (provide) {
          try {
            yield* provide();
          } catch {
            throw new Error("release");
          }
        });
        yield* logged(log, "c");
      }))
    );
    assertEquals((value as Error).message, "release");
    assertEquals(log, ["open a", "open c", "close c", "close a"]);
  });

  test("a failing release does not replace the body's error", async () => {
    const { value } = await virtualReporting(() =>
      caught(cancelScope({}, function* () {
        yield* resource<void>(function* (provide) {
          try {
            yield* provide();
          } catch {
            throw new Error("release");
          }
        });
        throw new Error("body");
      }))
    );
    assertEquals(errorsIn(value).map((e) => (e as Error).message), ["body", "release"]);
  });
});
