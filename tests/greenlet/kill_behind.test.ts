/** Nothing behind the killed `yield*` runs, in any frame. */
import { call, cancelScope, type Op, sleep, spawn, suspend, taskGroup, until } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, killedIn, virtual } from "./kit.ts";

describe("what is behind", () => {
  const cleanups: Record<string, () => Op<unknown> | Gen> = {
    nothing: () => call(() => {}),
    "sleep(0)": () => sleep(0),
    sleep: () => sleep(3),
    "a promise": () => until(Promise.resolve()),
    "a scope": () => cancelScope({}, () => sleep(1)),
  };
  const nestings: Record<string, (depth: number, inner: () => Gen, log: unknown[]) => Gen> = {
    *native(depth, inner, log) {
      if (depth === 0) yield* inner();
      else yield* nestings.native(depth - 1, inner, log);
      log.push(`behind ${depth}`);
    },
    *call(depth, inner, log) {
      if (depth === 0) yield* inner();
      else yield* call(nestings.call, depth - 1, inner, log);
      log.push(`behind ${depth}`);
    },
    *"scope and group"(depth, inner, log) {
      if (depth === 0) yield* inner();
      else yield* cancelScope({}, () => taskGroup(() => nestings["scope and group"](depth - 1, inner, log)));
      log.push(`behind ${depth}`);
    },
    *"try and finally"(depth, inner, log) {
      try {
        if (depth === 0) yield* inner();
        else yield* nestings["try and finally"](depth - 1, inner, log);
        log.push(`behind ${depth}`);
      } catch (e) {
        yield* sleep(0);
        throw e;
      } finally {
        yield* sleep(1);
      }
    },
  };
  for (const [nesting, nest] of Object.entries(nestings)) {
    for (const [cleanup, clean] of Object.entries(cleanups)) {
      test(`S-13: ${nesting}: nothing behind the killed yield* runs when a finally waits for ${cleanup}`, () =>
        virtual(function* () {
          const log: unknown[] = [];
          const victim = spawn(() =>
            nest(12, function* () {
              try {
                yield* suspend();
                log.push("behind the suspend");
              } finally {
                log.push("finally");
                yield* clean();
                log.push("cleaned");
              }
            }, log)
          );
          yield* settle();
          yield* victim.kill();
          yield* sleep(100);
          assertEquals(log, ["finally", "cleaned"]);
        }));
    }
  }
});

test("S-13: killed in an async iteration of its own making, the loop does not go round again", () =>
  virtual(function* () {
    const log: unknown[] = [];
    yield* killedIn(log, function* () {
      for (let i = 0;; i++) {
        log.push(i);
        yield* sleep(i === 3 ? 1e6 : 0);
      }
    });
    assertEquals(log, ["in", 0, 1, 2, 3, "finally", "cleaned"]);
  }));
