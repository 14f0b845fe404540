/** The laws of who holds a lock: what he may do, what others may not, and what comes of his death. */
import { BrokenLockError, joinAll, type Op, sleep, spawn, suspend } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertFalse, assertInstanceOf } from "../assert.ts";
import { caught, type Gen, logging, outcome } from "./kit.ts";
import type { LockLike, LockTraits } from "./lock.ts";

/** Registers them by `law`. */
export function holderLaws(
  law: (title: string, body: (lock: LockLike) => Gen<void>) => void,
  traits: LockTraits,
): void {
  law("S-53: its holder acquires it again", function* (lock) {
    yield* lock.acquire();
    if (traits.again === "throws") {
      assertInstanceOf(yield* caught(lock.acquire()), Error);
      assertEquals(lock.tryAcquire(), false);
    } else if (traits.again === "counts") {
      assertEquals(yield* lock.acquire({ timeout: 0 }), true);
      assert(lock.tryAcquire());
      lock.release();
      lock.release();
    } else {
      assertEquals(yield* lock.acquire({ timeout: 5 }), false);
    }
    assert(lock.locked);
    lock.release();
    assertFalse(lock.locked);
  });

  law("S-53: a release by another greenlet", function* (lock) {
    yield* lock.acquire();
    const stranger = spawn(() => outcome(refused(() => lock.release())));
    const got = yield* stranger;
    assertEquals(got, traits.stranger === "throws" ? "!Error" : "ok");
    assertEquals(lock.locked, traits.stranger === "throws");
    if (lock.locked) lock.release();
  });

  law("S-54: its holder dies", function* (lock) {
    const log: string[] = [];
    const dies = spawn(function* () {
      yield* lock.acquire();
      yield* suspend();
    });
    yield* settle();
    const waiters = [logging(log, "a", lock.acquire()), logging(log, "b", lock.acquire({ timeout: 5 }))];
    yield* settle();
    yield* dies.kill();
    yield* settle();
    if (traits.deadHolder === "breaks") {
      assertEquals(log, ["a !BrokenLockError", "b !BrokenLockError"]);
      assertInstanceOf(yield* caught(lock.acquire()), BrokenLockError);
      assertInstanceOf(yield* caught(refused(() => lock.tryAcquire())), BrokenLockError);
    } else if (traits.deadHolder === "frees") {
      assertEquals(log, ["a true", "b true"], "a has ended as well");
      assert(lock.tryAcquire());
    } else {
      yield* sleep(5);
      assertEquals(log, ["b false"]);
      lock.release();
      yield* settle();
      assertEquals(log, ["b false", "a true"]);
    }
    yield* joinAll(waiters);
  });
}

/** A plain call as something to delegate to. */
export function refused(call: () => unknown): Op<unknown> {
  return spawn(function* () {
    return call();
  });
}
