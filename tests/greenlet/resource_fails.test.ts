/** Resources whose acquisition fails, or is no longer wanted. */
import {
  all,
  call,
  cancelScope,
  GreenletExit,
  type Op,
  resource,
  sleep,
  spawn,
  suspend,
  taskGroup,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "../assert.ts";
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

describe("resource: acquiring fails", () => {
  test("the error is the caller's; what was acquired before is released, last first", async () => {
    const log: string[] = [];
    const { value, reports } = await virtualReporting(() =>
      caught(cancelScope({}, function* () {
        yield* logged(log, "a");
        yield* logged(log, "b");
        yield* resource<string>(function* (_provide) {
          try {
            yield* sleep(1);
            throw new Error("no connection");
          } finally {
            yield* sleep(1);
            log.push("clean up the attempt");
          }
        });
      }))
    );
    assertEquals((value as Error).message, "no connection");
    assertEquals(log, ["open a", "open b", "clean up the attempt", "close b", "close a"]);
    assertEquals(reports, []);
  });

  test("the error may be caught, and the scope goes on, also inside a task group", () =>
    virtual(function* () {
      const log: string[] = [];
      const fails = () =>
        resource<string>(() => {
          throw new Error("no");
        });
      for (const block of [(body: () => Op<unknown>) => cancelScope({}, body), taskGroup]) {
        yield* block(() =>
          call(function* () {
            log.push(((yield* caught(fails())) as Error).message);
            yield* sleep(1);
            log.push("goes on");
          })
        );
      }
      assertEquals(log, ["no", "goes on", "no", "goes on"]);
    }));

  test("one that ends without providing anything is an error", () =>
    virtual(function* () {
      const error = yield* caught(cancelScope({}, () => resource<string>(() => {})));
      assertStringIncludes((error as Error).message, "provide");
    }));

  test("providing twice is an error", async () => {
    const { value } = await virtualReporting(() =>
      caught(cancelScope({}, function* () {
        yield* resource<number>(function* (provide) {
          yield* all([provide(1), provide(2)]);
        });
        yield* sleep(5);
      }))
    );
    assertInstanceOf(value, Error);
  });

  test("who is killed while it waits: the attempt is killed and cleaned up before the waiter ends", () =>
    virtual(function* () {
      const log: string[] = [];
      const waiter = spawn(function* () {
        try {
          yield* resource<string>(function* (provide) {
            try {
              yield* sleep(100);
              yield* provide("too late");
            } finally {
              yield* sleep(5);
              log.push("attempt cleaned up");
            }
          });
        } finally {
          log.push("waiter goes on");
        }
      });
      yield* settle();
      yield* waiter.kill();
      assertEquals(log, ["attempt cleaned up", "waiter goes on"]);
      assertInstanceOf(waiter.value, GreenletExit);
    }));

  test("a timeout around the acquisition ends the attempt; what was acquired before stays", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        yield* logged(log, "a");
        assertInstanceOf(yield* caught(withTimeout(5, logged(log, "slow", 50))), TimeoutError);
        log.push("goes on");
      });
      yield* sleep(100);
      assertEquals(log, ["open a", "goes on", "close a"]);
    }));

  test("who is killed after it was woken with the resource: it is released with the scope", () =>
    virtual(function* () {
      const log: string[] = [];
      const waiter = spawn(() => cancelScope({}, () => logged(log, "x", 5)));
      yield* settle();
      spawn(function* () {
        yield* sleep(5);
        waiter.kill();
      });
      yield* waiter.join();
      assertEquals(log.filter((line) => line.startsWith("open")).length, log.length / 2, log.join());
    }));

  test("the error of a killed attempt's cleanup is not lost", async () => {
    const lost = new Error("cleanup");
    const { value, reports } = await virtualReporting(function* () {
      const waiter = spawn(() =>
        resource<string>(function* () {
          try {
            yield* suspend();
          } catch {
            throw lost;
          }
        })
      );
      yield* settle();
      yield* waiter.kill();
      return waiter.exception;
    }).catch((e) => ({ value: e, reports: [] }));
    assert([value, ...reports].flatMap(errorsIn).includes(lost), "nobody was told");
  });

  test("refuses what is no function, at the call", () => {
    assertThrows(() => resource(5 as never), TypeError);
    assertThrows(() => resource(undefined as never), TypeError);
  });
});
