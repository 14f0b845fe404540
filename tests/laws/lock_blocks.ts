/** The laws of the blocks that every lock has: withLock and hold. */
import { sleep, spawn, suspend } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertFalse, assertStrictEquals } from "../assert.ts";
import { caught, type Gen } from "./kit.ts";
import type { LockLike } from "./lock.ts";

/** Registers them by `law`. */
export function blockLaws(law: (title: string, body: (lock: LockLike) => Gen<void>) => void): void {
  law("withLock gives the body's result and releases, however the body ends", function* (lock) {
    assertEquals(yield* lock.withLock(() => 1), 1);
    assertEquals(
      yield* lock.withLock(function* () {
        assert(lock.locked);
        yield* sleep(1);
        return 2;
      }),
      2,
    );
    assertEquals(yield* lock.withLock(() => Promise.resolve(3)), 3);
    const error = new Error("mine");
    const failing = lock.withLock(() => {
      throw error;
    });
    assertStrictEquals(yield* caught(failing), error);
    assertFalse(lock.locked);
    const g = spawn(() => lock.withLock(() => suspend()));
    yield* settle();
    assert(lock.locked);
    yield* g.kill();
    assertFalse(lock.locked);
  });

  law("S-51: withLock and hold, killed in the line, release nothing that is not theirs", function* (lock) {
    yield* lock.acquire();
    let ran = false;
    const run = () => {
      ran = true;
    };
    const gs = [
      spawn(() => lock.withLock(run)),
      spawn(function* () {
        using _held = yield* lock.hold();
        run();
      }),
    ];
    yield* settle();
    for (const g of gs) yield* g.kill();
    assert(lock.locked && !ran);
    lock.release();
    assertFalse(lock.locked);
  });

  law("hold is given back at the end of the block, once, however it is left", function* (lock) {
    {
      using held = yield* lock.hold();
      assert(lock.locked);
      held.release();
      assertFalse(lock.locked);
      held.release();
    }
    assert(lock.tryAcquire(), "the end of the block released nothing of others");
    lock.release();
    const g = spawn(function* () {
      using _held = yield* lock.hold();
      yield* suspend();
    });
    yield* settle();
    assert(lock.locked);
    yield* g.kill();
    assertFalse(lock.locked);
  });

  law("S-51: hold, handed over and killed before it runs, is given back", function* (lock) {
    yield* lock.acquire();
    const g = spawn(function* () {
      using _held = yield* lock.hold();
      yield* suspend();
    });
    yield* settle();
    lock.release();
    yield* g.kill();
    assertFalse(lock.locked);
  });
}
