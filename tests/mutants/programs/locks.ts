/** Programs around locks, conditions, events and barriers. */
import { expect, type Program } from "../kit.ts";

/** One at a time. */
export const oneAtATime: Program = ({ Lock, sleep, spawn }, { cell }) =>
  function* () {
    const lock = new Lock(), inside = cell(0);
    const visitors = ["a", "b", "c"].map((name) =>
      spawn({ name }, function* () {
        yield* lock.acquire();
        expect(++inside.value === 1, "one at a time");
        yield* sleep(0);
        inside.value--;
        lock.release();
      })
    );
    for (const one of visitors) yield* one;
  };

/** A greenlet ends with the lock in its hands: those who wait for it do not hang. */
export const ownerDies: Program = ({ BrokenLockError, Lock, sleep, spawn }) =>
  function* () {
    const lock = new Lock();
    const visitor = spawn({ name: "visitor" }, function* () {
      try {
        yield* lock.acquire();
        lock.release();
      } catch (e) {
        expect(e instanceof BrokenLockError, "the lock is broken");
      }
    });
    const owner = spawn({ name: "owner" }, function* () {
      yield* lock.acquire();
      yield* sleep(0);
    });
    yield* visitor;
    yield* owner;
    lock.reset();
  };

/** Held twice, released once: still held. */
export const heldTwice: Program = ({ RLock, sleep, spawn }, { cell }) =>
  function* () {
    const lock = new RLock(), inside = cell(false);
    spawn({ name: "visitor" }, () =>
      lock.withLock(() => {
        expect(!inside.value, "it waits for the last release");
      }));
    spawn({ name: "owner" }, () =>
      lock.withLock(function* () {
        inside.value = true;
        yield* lock.withLock(() => {});
        yield* sleep(0);
        inside.value = false;
      }));
  };

/** Whatever ends the wait for a condition, the lock is held again. */
export const comesBack: Program = ({ Condition, sleep, spawn }) =>
  function* () {
    const changed = new Condition();
    const waiter = spawn({ name: "waiter" }, function* () {
      yield* changed.acquire();
      try {
        yield* changed.wait();
      } finally {
        expect(changed.holds(), "the lock is held again");
        changed.release();
      }
    });
    spawn({ name: "killer" }, () => void waiter.kill());
    spawn({ name: "notifier" }, () =>
      changed.withLock(function* () {
        changed.notify();
        yield* sleep(0);
      }));
    yield* waiter.join();
  };

/** A notify between the release of the lock and the wait is not lost. */
export const notifiedAtOnce: Program = ({ Condition, spawn }, { cell }) =>
  function* () {
    const changed = new Condition(), stock = cell(0);
    spawn({ name: "seller" }, () =>
      changed.withLock(() => {
        stock.value++;
        changed.notify();
      }));
    yield* spawn({ name: "buyer" }, () => changed.withLock(() => changed.waitFor(() => stock.value > 0)));
  };

/** Whoever was notified looks again. */
export const lookAgain: Program = ({ Condition, sleep, spawn }, { cell }) =>
  function* () {
    const changed = new Condition(), stock = cell(0);
    spawn({ name: "seller" }, function* () {
      for (let i = 0; i < 2; i++) {
        yield* changed.withLock(() => {
          stock.value++;
          changed.notifyAll();
        });
        yield* sleep(1);
      }
    });
    for (const name of ["a", "b"]) {
      spawn({ name }, () =>
        changed.withLock(function* () {
          yield* changed.waitFor(() => stock.value > 0);
          expect(stock.value > 0, "there is something in stock");
          stock.value--;
        }));
    }
    yield* sleep(5);
  };

/** A set wakes all who wait. */
export const setForAll: Program = ({ Event, spawn }) =>
  function* () {
    const go = new Event();
    spawn({ name: "setter" }, () => go.set());
    for (const name of ["a", "b"]) spawn({ name }, () => go.wait());
    yield* go.wait();
  };

/** All who wait at the `set` are woken, though it is cleared before they run; and nobody waits for an event that is set. */
export const setAndClear: Program = ({ Event, sleep, spawn }, { cell }) =>
  function* () {
    const go = new Event(), passed = cell(0);
    spawn({ name: "setter" }, function* () {
      go.set();
      go.clear();
      yield* sleep(1);
      go.set();
    });
    for (const name of ["a", "b"]) {
      spawn({ name }, function* () {
        expect(yield* go.wait({ timeout: 10 }), "it was set");
        passed.value++;
      });
    }
    yield* sleep(20);
    expect(passed.value === 2, "both have passed");
  };

/** One who was killed while he waited at the barrier does not count. */
export const killedAtBarrier: Program = ({ Barrier, spawn }) =>
  function* () {
    const barrier = new Barrier(2);
    const victim = spawn({ name: "victim" }, () => barrier.wait());
    spawn({ name: "killer" }, () => void victim.kill());
    yield* victim.join();
    const pair = ["a", "b"].map((name) => spawn({ name }, () => barrier.wait()));
    for (const one of pair) yield* one;
  };
