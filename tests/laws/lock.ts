/** The laws of locks: what holds for everything that lets one in at a time. */
import {
  type Body,
  type Greenlet,
  type Held,
  isKill,
  joinAll,
  moveOnAfter,
  type Op,
  sleep,
  spawn,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertFalse, assertInstanceOf } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, upTo, virtual } from "./kit.ts";
import { blockLaws } from "./lock_blocks.ts";
import { holderLaws, refused } from "./lock_holder.ts";
import { checkPlaces, type Places } from "./lock_model.ts";

/** A lock, whatever its name. */
export interface LockLike extends Places {
  withLock<T>(body: Body<[], T>): Op<T>;
  hold(): Op<Held>;
}

/** What is different from lock to lock. */
export interface LockTraits {
  /** What becomes of it when its holder dies: it is broken, free again, or stays taken (a semaphore has no holder). */
  deadHolder: "breaks" | "frees" | "keeps";
  /** What its holder gets who acquires it again. */
  again: "throws" | "counts" | "waits";
  /** Whether a stranger may release it. */
  stranger: "throws" | "releases";
}

/** Registers the laws for the locks that `make` makes. */
export function lockLaws(name: string, make: () => LockLike, traits: LockTraits): void {
  const law = (title: string, body: (lock: LockLike) => Gen<void>) =>
    test(title, () => virtual(() => body(make())));

  describe(name, () => {
    law("S-50: the line is served in the order of arrival", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const gs = upTo(5).map((i) => holder(lock, log, `${i}`));
      yield* settle();
      assertEquals(log, []);
      lock.release();
      yield* joinAll(gs, { raiseError: true });
      assertEquals(log, ["0", "1", "2", "3", "4"]);
      assertFalse(lock.locked);
    });

    law(
      "S-50: a newcomer gets nothing between the release and the run of who was handed it",
      function* (lock) {
        const log: string[] = [];
        yield* lock.acquire();
        const first = holder(lock, log, "first");
        yield* settle();
        lock.release();
        assert(lock.locked, "it is the first one's already");
        assertFalse(lock.tryAcquire());
        assertEquals(yield* lock.acquire({ timeout: 0 }), false);
        assertEquals(log, [], "not in its release, and not in a failed acquire");
        const late = holder(lock, log, "late");
        yield* joinAll([first, late]);
        assertEquals(log, ["first", "late"]);
      },
    );

    law(
      "S-50: two that release and re-acquire in a loop take turns, and a third one comes in",
      function* (lock) {
        const log: string[] = [];
        const loop = (who: string, times: number) =>
          spawn(function* () {
            for (let i = 0; i < times; i++) {
              yield* lock.acquire();
              log.push(who);
              yield* sleep(0);
              lock.release();
            }
          });
        yield* joinAll([loop("a", 4), loop("b", 4), loop("c", 1)], { raiseError: true });
        assertEquals(log.join(""), "abcababab");
      },
    );

    law("S-50: one that never parks while it has the lock starves nobody", function* (lock) {
      let turns = 0;
      let done = false;
      const greedy = spawn(function* () {
        while (!done && turns < 5_000_000) {
          turns++;
          yield* lock.acquire();
          lock.release();
        }
      });
      const other = spawn(function* () {
        yield* lock.acquire();
        lock.release();
        done = true;
      });
      yield* joinAll([greedy, other], { raiseError: true });
      assert(done && turns < 5_000_000, `${turns} turns`);
    });

    law("S-46: a release runs nobody", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const g = holder(lock, log, "waiter");
      yield* settle();
      lock.release();
      log.push("after the release");
      yield* g;
      assertEquals(log, ["after the release", "waiter"]);
    });

    law(
      "S-51: one that is handed the lock and killed before it runs holds it, and releases it",
      function* (lock) {
        const log: string[] = [];
        yield* lock.acquire();
        const a = spawn(function* () {
          const got = yield* lock.acquire();
          try {
            log.push(`a: ${got}`);
            yield* sleep(0);
            log.push("a went on");
          } catch (e) {
            log.push(`a: killed ${isKill(e)}`);
            throw e;
          } finally {
            lock.release();
          }
        });
        const b = holder(lock, log, "b");
        yield* settle();
        lock.release();
        a.kill();
        yield* joinAll([a, b], { raiseError: true });
        assertEquals(log, ["a: true", "a: killed true", "b"]);
        assertFalse(lock.locked);
      },
    );

    law(
      "S-51: a waiter that is killed in the middle leaves the order of the rest, at the call",
      function* (lock) {
        const log: string[] = [];
        yield* lock.acquire();
        const gs = upTo(4).map((i) => holder(lock, log, `${i}`));
        yield* settle();
        gs[1].kill();
        gs[0].kill();
        lock.release();
        assert(lock.locked, "handed to the third one");
        yield* joinAll(gs);
        assertEquals(log, ["2", "3"]);
        assertFalse(lock.locked);
      },
    );

    law("S-51: a kill of the last waiter leaves the lock to the world", function* (lock) {
      yield* lock.acquire();
      const g = holder(lock, [], "waiter");
      yield* settle();
      g.kill();
      lock.release();
      assert(lock.tryAcquire());
      lock.release();
      yield* g.join();
      assertFalse(lock.locked);
    });

    law("S-52: acquire gives false on its own timeout and consumes nothing", function* (lock) {
      yield* lock.acquire();
      const log: string[] = [];
      const gs = [0, -1, 5].map((timeout) => logging(log, `${timeout}`, lock.acquire({ timeout })));
      yield* joinAll(gs);
      assertEquals(log, ["0 false", "-1 false", "5 false"]);
      lock.release();
      assertFalse(lock.locked);
      assertEquals(yield* lock.acquire({ timeout: 0 }), true, "what is free needs no time");
      lock.release();
    });

    law("S-52: a timed-out waiter is passed over", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const late = logging(log, "late", lock.acquire({ timeout: 5 }));
      const next = holder(lock, log, "next");
      yield* sleep(10);
      lock.release();
      yield* joinAll([late, next]);
      assertEquals(log, ["late false", "next"]);
    });

    law("S-52: an outer timeout is thrown as itself, and nothing is consumed", function* (lock) {
      yield* lock.acquire();
      const log: string[] = [];
      const g = spawn(function* () {
        assertInstanceOf(yield* caught(withTimeout(5, lock.acquire({ timeout: 10 }))), TimeoutError);
        assertEquals(yield* moveOnAfter(5, () => lock.acquire({ timeout: 10 })), undefined);
        log.push("both");
      });
      yield* g;
      assertEquals(log, ["both"]);
      lock.release();
      assertFalse(lock.locked);
    });

    law("S-52: tryAcquire never parks", function* (lock) {
      let ran = false;
      spawn(() => {
        ran = true;
      });
      assert(lock.tryAcquire());
      lock.release();
      assert(lock.tryAcquire());
      const other = spawn(() => lock.tryAcquire());
      assertFalse(ran);
      assertEquals(yield* other, false);
      lock.release();
      assertFalse(lock.locked);
    });

    law("S-38: a timeout that is no number of milliseconds throws at the call", function* (lock) {
      assertInstanceOf(yield* caught(refused(() => lock.acquire({ timeout: NaN }))), RangeError);
      assertInstanceOf(
        yield* caught(refused(() => lock.acquire({ timeout: "5" as unknown as number }))),
        TypeError,
      );
      assertFalse(lock.locked);
    });

    law("an operation acts when it is delegated to, each time anew", function* (lock) {
      const acquire = lock.acquire({ timeout: 1 });
      assertFalse(lock.locked);
      const block = lock.withLock(() => lock.locked);
      assertEquals([yield* block, yield* block], [true, true]);
      assertEquals(yield* acquire, true);
      const log: string[] = [];
      const gs = ["a", "b"].map((n) => logging(log, n, acquire));
      yield* joinAll(gs);
      assertEquals(log, ["a false", "b false"], "one operation in two greenlets at once is two waits");
      lock.release();
    });

    holderLaws(law, traits);
    blockLaws(law);

    test("S-50, S-51, S-52: keeps to the model under random kills, timeouts and hand-overs", () =>
      checkPlaces(() => make(), 1));
  });
}

/** A greenlet that takes the lock, writes its name, gives the others a turn and releases. */
function holder(lock: LockLike, log: string[], name: string): Greenlet<void> {
  return spawn({ name }, function* () {
    yield* lock.acquire();
    try {
      log.push(name);
      yield* sleep(0);
    } finally {
      lock.release();
    }
  });
}
