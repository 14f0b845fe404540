import {
  BrokenLockError,
  Condition,
  DeadlockError,
  joinAll,
  Lock,
  RLock,
  run,
  sleep,
  spawn,
  suspend,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, upTo, virtual } from "../laws/kit.ts";

describe("Lock", () => {
  test("S-53: release by another greenlet, or by nobody's holder, throws and changes nothing", () =>
    virtual(function* () {
      const lock = new Lock();
      assertThrows(() => lock.release(), Error);
      assertFalse(lock.locked);
      yield* lock.acquire();
      const other = spawn(function* () {
        assertThrows(() => lock.release(), Error);
      });
      yield* other;
      assertEquals([lock.locked, lock.owner], [true, "main"]);
      lock.release();
      assertThrows(() => lock.release(), Error);
      assertEquals([lock.locked, lock.owner], [false, undefined]);
    }));

  test("S-53: re-acquire by the owner throws at once, with others in line and with a timeout, too", () =>
    virtual(function* () {
      const lock = new Lock(), log: string[] = [];
      yield* lock.acquire();
      const g = logging(log, "waiter", lock.acquire());
      yield* settle();
      assertInstanceOf(yield* caught(lock.acquire()), Error);
      assertInstanceOf(yield* caught(lock.acquire({ timeout: 5 })), Error);
      assertInstanceOf(yield* caught(lock.withLock(() => {})), Error);
      assertEquals(lock.owner, "main", "a failed withLock releases nothing");
      lock.release();
      yield* g;
      assertEquals(log, ["waiter true"]);
    }));

  test("needs a greenlet to be taken", () => {
    const lock = new Lock();
    assertThrows(() => lock.tryAcquire(), Error, "greenlet");
    assertThrows(() => lock.release(), Error, "greenlet");
  });

  test("S-75: two locks taken crosswise are a deadlock, named with its cycle", async () => {
    const [a, b] = [new Lock(), new Lock()];
    const both = (name: string, first: Lock, second: Lock) =>
      spawn({ name }, () =>
        first.withLock(function* () {
          yield* sleep(1);
          yield* second.acquire();
        }));
    const error = await assertRejects(
      () =>
        run(function* () {
          yield* joinAll([both("left", a, b), both("right", b, a)]);
        }, { clock: new VirtualClock(), onError: () => {} }),
      DeadlockError,
    );
    assert(/left → right → left|right → left → right/.test(error.message), error.message);
  });
});

describe("RLock", () => {
  test("S-53: counts: it is free after as many releases", () =>
    virtual(function* () {
      const lock = new RLock(), log: string[] = [];
      yield* lock.acquire();
      const g = logging(log, "waiter", lock.acquire());
      yield* settle();
      assertEquals(yield* lock.acquire(), true, "past the line: it is the owner's");
      assert(lock.tryAcquire());
      using held = yield* lock.hold();
      held.release();
      for (const _ of upTo(2)) {
        lock.release();
        yield* settle();
        assertEquals([log, lock.owner], [[], "main"]);
      }
      lock.release();
      yield* g;
      assertEquals(log, ["waiter true"]);
      assertThrows(() => lock.release(), Error);
    }));

  test("S-53: nested withLock, left by an error, counts right", () =>
    virtual(function* () {
      const lock = new RLock();
      const inner = () =>
        lock.withLock(() => {
          throw new Error("inner");
        });
      yield* lock.withLock(function* () {
        assertInstanceOf(yield* caught(inner()), Error);
        assertEquals(lock.owner, "main");
      });
      assertFalse(lock.locked);
    }));

  test("S-53: another greenlet's tryAcquire is refused however deep it is held", () =>
    virtual(function* () {
      const lock = new RLock();
      yield* lock.acquire();
      yield* lock.acquire();
      lock.release();
      assertEquals(yield* spawn(() => lock.tryAcquire()), false);
      lock.release();
      const other = spawn(function* () {
        assert(lock.tryAcquire());
        lock.release();
      });
      yield* other;
    }));
});

describe("broken locks", () => {
  const ways: [how: string, body: () => Gen<void>][] = [
    ["is killed", function* () {
      yield* suspend();
    }],
    ["returns", function* () {}],
    ["fails", function* () {
      throw new Error("mine");
    }],
  ];
  for (const kind of [Lock, RLock] as const) {
    for (const [how, body] of ways) {
      test(`S-54: the owner of a ${kind.name} ${how}: the waiters get BrokenLockError`, async () => {
        const lock = new kind(), log: string[] = [];
        const reports: unknown[] = [];
        await run(function* () {
          const owner = spawn(function* () {
            yield* lock.acquire();
            yield* sleep(5);
            yield* body();
          });
          const reason = spawn(() => owner.join());
          const gs = ["a", "b"].map((n) => logging(log, n, lock.acquire()));
          const within = logging(log, "withLock", lock.withLock(() => {}));
          const killed = logging(log, "killed", lock.acquire());
          yield* sleep(6);
          killed.kill();
          owner.kill();
          yield* joinAll([...gs, within, reason]);
          yield* logging(log, "late", lock.acquire({ timeout: 5 }));
          assertThrows(() => lock.tryAcquire(), BrokenLockError);
          assertFalse(lock.locked);
          lock.reset();
          assertEquals(yield* lock.acquire(), true);
          lock.release();
        }, { clock: new VirtualClock(), onError: (e) => void reports.push(e) }).catch((e) => {
          if (how !== "fails") throw e;
        });
        const broken = ["a", "b", "withLock"].map((n) => `${n} !BrokenLockError`);
        assertEquals(log.filter((line) => !line.startsWith("killed")), [...broken, "late !BrokenLockError"]);
      });
    }
  }

  test("S-54: a nameless owner breaks it as well", () =>
    virtual(function* () {
      const lock = new Lock();
      yield* spawn({ name: "" }, function* () {
        yield* lock.acquire();
      });
      assertInstanceOf(yield* caught(lock.acquire()), BrokenLockError);
    }));

  test("S-51, S-54: one that was handed the lock and dies before it could do anything breaks it", () =>
    virtual(function* () {
      const lock = new Lock(), log: string[] = [];
      yield* lock.acquire();
      const dies = spawn(function* () {
        yield* lock.acquire();
        yield* suspend();
      });
      const next = logging(log, "next", lock.acquire());
      yield* settle();
      lock.release();
      dies.kill();
      yield* joinAll([dies, next]);
      assertEquals(log, ["next !BrokenLockError"]);
    }));

  test("S-54: a failure inside withLock releases, and breaks nothing", () =>
    virtual(function* () {
      const lock = new Lock();
      const failing = lock.withLock(() => {
        throw new TypeError("mine");
      });
      assertInstanceOf(yield* caught(failing), TypeError);
      assertEquals(yield* lock.acquire({ timeout: 0 }), true);
      lock.release();
    }));

  test("S-54, S-55: who waits on the condition of a lock that breaks gets BrokenLockError, and no other error", () =>
    virtual(function* () {
      const condition = new Condition();
      const errors = [
        spawn(() => caught(condition.withLock(() => condition.wait()))),
        spawn(function* () {
          return yield* caught(spawn(function* () {
            using _held = yield* condition.hold();
            yield* condition.wait();
          }));
        }),
      ];
      yield* settle();
      yield* spawn(function* () {
        yield* condition.acquire();
        condition.notifyAll();
      }).join();
      for (const g of errors) assertInstanceOf(yield* g, BrokenLockError);
    }));

  test("S-54: the holder that dies in the middle of a deeper hold breaks an RLock just the same", () =>
    virtual(function* () {
      const lock = new RLock();
      yield* spawn(function* () {
        yield* lock.acquire();
        yield* lock.acquire();
        lock.release();
      }).join();
      assertInstanceOf(yield* caught(lock.acquire()), BrokenLockError);
    }));
});
