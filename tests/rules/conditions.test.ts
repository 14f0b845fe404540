/** Rules S-55 and S-56: conditions and barriers. */
import {
  Barrier,
  Condition,
  Event,
  joinAll,
  Lock,
  RLock,
  sleep,
  spawn,
  TimeoutError,
} from "../../src/mod.ts";
import { always, settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

const LOCKS = { Lock: () => new Lock(), RLock: () => new RLock() } as const;

for (const [kind, make] of Object.entries(LOCKS)) {
  rule("S-55", `${kind}: whoever leaves a wait holds the lock, also when it was killed`, function* () {
    const condition = new Condition(make());
    let inside = 0, left = 0;
    always(() => inside <= 1, "one holder");
    const waiter = (name: string) =>
      spawn({ name }, () =>
        condition.withLock(function* () {
          try {
            yield* condition.wait();
          } finally {
            assert(condition.holds(), `${name} holds it`);
            left++;
            inside++;
            yield* sleep(0);
            inside--;
          }
        }));
    const waiters = [waiter("a"), waiter("b")];
    const killer = spawn({ name: "killer" }, () => void waiters[0].kill());
    yield* settle();
    yield* condition.withLock(() => condition.notifyAll());
    yield* joinAll([...waiters, killer]);
    assertEquals(condition.locked, false);
    return left;
  }, { kills: 1, reached: [1, 2] });

  rule(
    "S-55",
    `${kind}: a notify goes to the first who still waits; he then returns, though killed`,
    function* () {
      const condition = new Condition(make());
      const line: string[] = [], notified: string[] = [], returned: string[] = [], wentOn: string[] = [];
      let killedWhen = "";
      const waiter = (name: string) =>
        spawn({ name }, () =>
          condition.withLock(function* () {
            // A kill that is pending is thrown at this park: then it does not wait.
            if (name === "b" || killedWhen === "") line.push(name);
            assertEquals(yield* condition.wait(), true);
            returned.push(name);
            yield* sleep(0);
            wentOn.push(name);
          }));
      const a = waiter("a"), b = waiter("b");
      const killer = spawn({ name: "killer" }, () => {
        const waits = line.indexOf("a");
        killedWhen = waits >= 0
          ? "waiting"
          : a.dead
          ? "dead"
          : returned.includes("a")
          ? "back"
          : notified.includes("a")
          ? "notified"
          : "before";
        if (waits >= 0) line.splice(waits, 1);
        a.kill();
      });
      const notify = () =>
        condition.withLock(() => {
          notified.push(...line.splice(0, 1));
          condition.notify();
        });
      const notifier = spawn({ name: "notifier" }, notify);
      yield* settle();
      assertEquals(returned.toSorted(), notified.toSorted());
      while (line.length > 0) yield* notify();
      yield* joinAll([a, b, killer, notifier]);
      assertEquals(returned.toSorted(), notified.toSorted());
      assertEquals(wentOn.includes("b"), true);
      assertEquals(wentOn.includes("a"), killedWhen === "dead");
      return killedWhen;
    },
    {
      reached: ["waiting", "notified", "back", "before", "dead"],
      explore: { maxSchedules: 20_000 },
    },
  );

  rule(
    "S-55",
    `${kind}: a wait whose time is over gives false, with the lock held, and takes no notify`,
    function* () {
      const condition = new Condition(make());
      let both = 0;
      const waiter = (name: string, timeout?: number) =>
        spawn({ name }, () =>
          condition.withLock(function* () {
            both++;
            const got = yield* condition.wait(timeout === undefined ? undefined : { timeout });
            assert(condition.holds());
            return got;
          }));
      const hasty = waiter("hasty", 5), patient = waiter("patient");
      yield* settle();
      assertEquals(both, 2);
      yield* sleep(5); // both timers fire before anybody runs: the hasty one is out of the line
      yield* condition.withLock(() => condition.notify());
      yield* joinAll([hasty, patient]);
      assertEquals([yield* hasty, yield* patient], [false, true]);
    },
  );

  rule("S-55", `${kind}: of one notify and one timeout there is one each, or a notify is left`, function* () {
    const condition = new Condition(make());
    const waiter = (name: string) =>
      spawn({ name }, () =>
        condition.withLock(function* () {
          const got = yield* condition.wait({ timeout: 5 });
          assert(condition.holds());
          return got;
        }));
    const waiters = [waiter("a"), waiter("b")];
    const notifier = spawn({ name: "notifier" }, () => condition.withLock(() => condition.notify()));
    yield* joinAll([...waiters, notifier]);
    const got = [yield* waiters[0], yield* waiters[1]].filter((it) => it).length;
    assert(got <= 1);
    return got;
  }, { timeouts: 2, reached: [0, 1] });
}

rule("S-55", "RLock: a wait leaves it wholly, and comes back as deep as it was", function* () {
  const lock = new RLock(), condition = new Condition(lock);
  let inside = 0;
  always(() => inside <= 1, "one holder");
  const waiter = spawn({ name: "waiter" }, function* () {
    yield* lock.acquire();
    yield* lock.acquire();
    try {
      yield* condition.wait();
    } finally {
      inside++;
      yield* sleep(0);
      inside--;
      lock.release();
      assert(lock.holds());
      lock.release();
      assert(!lock.holds());
    }
  });
  const other = spawn({ name: "other" }, () =>
    lock.withLock(function* () {
      inside++;
      yield* sleep(0);
      inside--;
    }));
  const killer = spawn({ name: "killer" }, () => void waiter.kill());
  yield* settle();
  if (!waiter.dead) yield* condition.withLock(() => condition.notify());
  yield* joinAll([waiter, other, killer]);
  assertEquals(lock.locked, false);
});

rule("S-55", "waitFor returns when its condition holds, with the lock, however many were told", function* () {
  const condition = new Condition();
  let stock = 0, taken = 0;
  always(() => stock >= 0, "never sold twice");
  const buyer = (name: string) =>
    spawn({ name }, () =>
      condition.withLock(function* () {
        yield* condition.waitFor(() => stock > 0);
        assert(condition.holds());
        stock--;
        taken++;
      }));
  const buyers = [buyer("a"), buyer("b")];
  const seller = spawn({ name: "seller" }, function* () {
    for (let i = 0; i < 2; i++) {
      yield* condition.withLock(() => {
        stock++;
        condition.notifyAll();
      });
      yield* sleep(0);
    }
  });
  yield* joinAll([...buyers, seller]);
  assertEquals([stock, taken], [0, 2]);
});

rule("S-55", "a notify without the lock throws and wakes nobody", function* () {
  const condition = new Condition();
  let returned = false;
  const waiter = spawn({ name: "waiter" }, () =>
    condition.withLock(function* () {
      yield* condition.wait();
      returned = true;
    }));
  const rogue = spawn({ name: "rogue" }, () => {
    assertThrows(() => condition.notify(), Error, "rogue");
    assertThrows(() => condition.notifyAll(), Error, "rogue");
  });
  yield* settle();
  assertEquals(returned, false);
  yield* condition.withLock(() => condition.notify());
  yield* joinAll([waiter, rogue]);
});

rule(
  "S-56",
  "one that is killed while it waits is not counted, one that was let through passes",
  function* () {
    const barrier = new Barrier(2), places: number[] = [], passed: string[] = [];
    always(() => barrier.waiting < 2, "never full");
    const party = (name: string) =>
      spawn({ name }, function* () {
        places.push(yield* barrier.wait());
        passed.push(name);
        yield* sleep(0);
      });
    const parties = ["a", "b", "c"].map(party);
    const killer = spawn({ name: "killer" }, () => void parties[0].kill());
    yield* settle();
    assertEquals(places.toSorted(), [0, 1]);
    assertEquals(passed.length, 2);
    const isIn = passed.includes("a");
    assertEquals(barrier.waiting, isIn ? 1 : 0);
    for (const one of parties) one.kill();
    assertEquals(barrier.waiting, 0);
    yield* joinAll([...parties, killer]);
    return isIn;
  },
  { reached: [true, false] },
);

rule("S-56", "whoever is killed, as many pass as come in full", function* () {
  const barrier = new Barrier(2);
  let passed = 0;
  always(() => barrier.waiting < 2, "never full");
  const party = (name: string) =>
    spawn({ name }, function* () {
      yield* barrier.wait();
      passed++;
    });
  const parties = ["a", "b", "c", "d"].map(party);
  yield* sleep(1); // passes when nobody can go on
  assertEquals(passed % 2, 0);
  const alive = parties.filter((one) => !one.dead).length;
  assertEquals(barrier.waiting, alive);
  for (const one of parties) one.kill();
  yield* joinAll(parties);
  assertEquals(barrier.waiting, 0);
}, { kills: 2 });

rule("S-56", "one whose time is over is not counted any more", function* () {
  const barrier = new Barrier(2), passed: string[] = [], allCame = new Event();
  let came = 0;
  const hasty = spawn({ name: "hasty" }, function* () {
    try {
      yield* barrier.wait({ timeout: 5 });
      passed.push("hasty");
    } catch (error) {
      assert(error instanceof TimeoutError, String(error));
    }
  });
  const party = (name: string, ms: number) =>
    spawn({ name }, function* () {
      yield* sleep(ms);
      if (++came === 2) allCame.set();
      yield* barrier.wait();
      passed.push(name);
    });
  const parties = [party("a", 5), party("b", 6)];
  yield* hasty.join();
  yield* allCame.wait();
  yield* settle();
  assertEquals(passed.length, 2);
  assertEquals(barrier.waiting, passed.includes("hasty") ? 1 : 0);
  for (const one of parties) one.kill();
  yield* joinAll(parties);
  return passed.includes("hasty");
}, { timeouts: 2, reached: [false] });

rule("S-56", "it is ready for the next round, and nobody is a round ahead", function* () {
  const barrier = new Barrier(2);
  const rounds = [0, 0];
  always(() => Math.abs(rounds[0] - rounds[1]) <= 1, "together");
  const party = (i: number) =>
    spawn({ name: `${i}` }, function* () {
      for (let n = 0; n < 3; n++) {
        yield* barrier.wait();
        rounds[i]++;
      }
    });
  yield* joinAll([party(0), party(1)]);
  assertEquals(rounds, [3, 3]);
});

complete("conditions");
