import { Condition, joinAll, Lock, RLock, sleep, spawn, TimeoutError, withTimeout } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, property, upTo, virtual } from "../laws/kit.ts";
import { play, steps, waiter } from "./condition_model.ts";

describe("Condition", () => {
  test("S-55: wait lets go of the lock, and holds it again when it returns or throws", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const gs = [
        waiter(condition, lock, log, "notified"),
        waiter(condition, lock, log, "late", 5),
        waiter(condition, lock, log, "killed"),
      ];
      yield* settle();
      assert(!lock.locked, "all of them wait, none holds it");
      yield* lock.acquire();
      condition.notify();
      gs[2].kill();
      yield* sleep(10);
      assertEquals(log, [], "the lock is not theirs yet");
      lock.release();
      yield* joinAll(gs);
      assertEquals(log, ["notified true", "killed !GreenletExit", "late false"]);
      assertEquals(lock.locked, false);
    }));

  test("S-55: a notify never goes to a waiter that was killed while parked", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const [a, b] = ["a", "b"].map((n) => waiter(condition, lock, log, n));
      yield* settle();
      yield* lock.acquire();
      a.kill();
      condition.notify();
      lock.release();
      yield* joinAll([a, b]);
      assertEquals(log, ["a !GreenletExit", "b true"]);
    }));

  test("S-55: a notify never goes to a waiter whose time was over", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const gs = [waiter(condition, lock, log, "a", 5), waiter(condition, lock, log, "b")];
      yield* settle();
      yield* lock.acquire();
      yield* sleep(5);
      condition.notify();
      lock.release();
      yield* joinAll(gs);
      assertEquals(log, ["a false", "b true"]);
    }));

  test("S-55: one that was notified and then killed returns normally, the kill comes at its next park", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const [early, late] = ["early", "late"].map((n) => waiter(condition, lock, log, n));
      yield* settle();
      yield* lock.acquire();
      condition.notify(2);
      early.kill();
      yield* sleep(1);
      late.kill();
      yield* sleep(1);
      assertEquals(log, [], "both wait for the lock, no kill takes them out of that line");
      lock.release();
      yield* joinAll([early, late]);
      assertEquals(log, ["early true", "late true", "early killed true", "late killed true"]);
      assertEquals(lock.locked, false);
    }));

  test("S-22, S-55: not even the end of the grace takes a waiter away from its lock", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const g = waiter(condition, lock, log, "g");
      yield* settle();
      yield* lock.acquire();
      assertEquals(yield* g.kill(undefined, { grace: 5, timeout: 50 }), false);
      lock.release();
      yield* g.join();
      assertEquals(
        log,
        ["g !GreenletExit", "g killed true"],
        "out of the wait with the lock; the next park hears it again",
      );
    }));

  test("S-55: an outer timeout comes out with the lock held", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock);
      yield* lock.acquire();
      assertInstanceOf(yield* caught(withTimeout(5, () => condition.wait())), TimeoutError);
      assertEquals(lock.owner, "main");
      assertInstanceOf(yield* caught(withTimeout(5, condition.wait({ timeout: 10 }))), TimeoutError);
      assertEquals(lock.owner, "main");
      assertEquals(yield* condition.wait({ timeout: 0 }), false);
      lock.release();
    }));

  test("S-55: an RLock is let go of wholly, and held as deep as before", () =>
    virtual(function* () {
      const lock = new RLock(), condition = new Condition(lock);
      yield* lock.acquire();
      yield* lock.acquire();
      const notifier = spawn(() => lock.withLock(() => condition.notify()));
      assertEquals(yield* condition.wait(), true);
      yield* notifier;
      for (const _ of upTo(2)) {
        assertEquals(lock.owner, "main");
        lock.release();
      }
      assertEquals(lock.locked, false);
    }));

  test("S-46: notify wakes as many as it says, in order; notifyAll the rest", () =>
    virtual(function* () {
      const lock = new Lock(), condition = new Condition(lock), log: string[] = [];
      const gs = upTo(5).map((i) => waiter(condition, lock, log, `${i}`));
      yield* settle();
      const notify = (body: () => void) => condition.withLock(body);
      yield* notify(() => condition.notify(0));
      yield* notify(() => condition.notify());
      yield* notify(() => condition.notify(2));
      yield* settle();
      assertEquals(log, ["0 true", "1 true", "2 true"]);
      yield* notify(() => condition.notifyAll());
      yield* notify(() => condition.notify(9));
      yield* joinAll(gs);
      assertEquals(log.slice(3), ["3 true", "4 true"]);
    }));

  test("a notify that nobody waits for is forgotten", () =>
    virtual(function* () {
      const condition = new Condition();
      yield* condition.acquire();
      condition.notifyAll();
      assertEquals(yield* condition.wait({ timeout: 5 }), false);
      condition.release();
    }));

  test("S-53: without the lock, wait, waitFor, notify and notifyAll throw", () =>
    virtual(function* () {
      const condition = new Condition();
      assertInstanceOf(yield* caught(condition.wait()), Error);
      assertInstanceOf(yield* caught(condition.waitFor(() => false)), Error);
      assertThrows(() => condition.notify(), Error);
      assertThrows(() => condition.notifyAll(), Error);
      yield* condition.acquire();
      yield* spawn(function* () {
        assertThrows(() => condition.notify(), Error);
        assertInstanceOf(yield* caught(condition.wait()), Error);
      });
      for (const bad of [-1, 1.5, NaN]) assertThrows(() => condition.notify(bad), RangeError);
      condition.release();
    }));

  test("waitFor looks after each notify, and gives false when its time is over", () =>
    virtual(function* () {
      const condition = new Condition(), log: string[] = [];
      let stock = 0, looks = 0;
      const buyer = (name: string, timeout?: number) =>
        spawn(() =>
          condition.withLock(function* () {
            const got = yield* condition.waitFor(() => (looks++, stock >= 2), { timeout });
            log.push(`${name} ${got}`);
          })
        );
      const patient = buyer("patient"), hasty = buyer("hasty", 5);
      const supply = () =>
        condition.withLock(() => {
          stock++;
          condition.notifyAll();
        });
      yield* sleep(2);
      yield* supply();
      yield* sleep(8);
      assertEquals(log, ["hasty false"], "the first notify did not give it its time again");
      yield* supply();
      yield* joinAll([patient, hasty]);
      assertEquals(log, ["hasty false", "patient true"]);
      yield* condition.acquire();
      assertEquals(
        [yield* condition.waitFor(() => true), looks],
        [true, looks],
        "what holds is not waited for",
      );
      condition.release();
    }));

  test("two conditions share one lock", () =>
    virtual(function* () {
      const lock = new Lock(), log: string[] = [];
      const [full, empty] = [new Condition(lock), new Condition(lock)];
      const gs = [waiter(full, lock, log, "full"), waiter(empty, lock, log, "empty")];
      yield* settle();
      yield* lock.withLock(() => empty.notifyAll());
      yield* settle();
      assertEquals(log, ["empty true"]);
      yield* full.withLock(() => full.notify());
      yield* joinAll(gs);
      assertEquals(log, ["empty true", "full true"]);
    }));

  test("S-55: keeps to the model under random notifies, kills and timeouts", () =>
    property(steps, (program) => play(program)));
});
