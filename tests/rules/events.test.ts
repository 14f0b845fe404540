/** Rules S-48 and S-49: events and results that come later. */
import { AsyncResult, Event, joinAll, sleep, spawn, TimeoutError } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

rule("S-48", "set and clear in one breath wakes all who waited, and none who comes later", function* () {
  const event = new Event(), waiting: string[] = [], woken: string[] = [];
  const waiter = (name: string) =>
    spawn({ name }, function* () {
      waiting.push(name);
      assertEquals(yield* event.wait(), true);
      woken.push(name);
    });
  const waiters = ["a", "b", "c"].map(waiter);
  yield* sleep(0);
  const before = [...waiting];
  event.set();
  assertEquals(woken, [], "nobody runs inside of set");
  event.clear();
  yield* settle();
  assertEquals(woken.toSorted(), before.toSorted());
  assertEquals(event.isSet, false);
  event.set();
  yield* joinAll(waiters);
  assertEquals(woken.length, 3);
  return before.length;
}, { reached: [0, 1, 2, 3] });

rule(
  "S-48",
  "one that was woken and is then killed has been woken, one that was killed before has not",
  function* () {
    const event = new Event();
    let waits = false, set = false, got = false, went = false, killedWhen = "";
    const waiter = spawn({ name: "waiter" }, function* () {
      waits = true;
      got = yield* event.wait();
      yield* sleep(0);
      went = true;
    });
    const other = spawn({ name: "other" }, () => event.wait());
    const killer = spawn({ name: "killer" }, () => {
      killedWhen = waiter.dead ? "dead" : got ? "back" : !waits ? "unborn" : set ? "woken" : "parked";
      waiter.kill();
    });
    yield* sleep(0);
    set = waits; // only then is the waiter among those who are woken here
    event.set();
    event.clear();
    yield* settle();
    event.set();
    yield* joinAll([waiter, other, killer]);
    if (killedWhen === "unborn") assertEquals(got, false);
    if (killedWhen === "parked") assertEquals(got, false);
    if (killedWhen === "woken") assertEquals(got, true);
    assertEquals(went, killedWhen === "dead");
    return killedWhen;
  },
  { reached: ["unborn", "parked", "woken", "back"] },
);

rule(
  "S-48",
  "whoever sets, clears and dies meanwhile, a waiter that gets true was there for a set",
  function* () {
    const event = new Event();
    let sets = 0, woken = 0;
    const waiter = (name: string) =>
      spawn({ name }, function* () {
        const seen = sets;
        if (event.isSet) return;
        if (yield* event.wait({ timeout: 5 })) {
          assert(sets > seen, "set while it waited");
          woken++;
        }
      });
    const setter = (name: string) =>
      spawn({ name }, function* () {
        sets++;
        event.set();
        yield* sleep(0);
        event.clear();
      });
    yield* joinAll([waiter("a"), waiter("b"), setter("setter"), setter("other setter")]);
    return woken;
  },
  { kills: 1, timeouts: 1, reached: [0, 1, 2] },
);

rule("S-49", "Event.wait gives false when its time is over, and true when set comes first", function* () {
  const event = new Event();
  const waiter = (name: string, timeout: number) => spawn({ name }, () => event.wait({ timeout }));
  const [short, equal, long, never] = [
    waiter("short", 3),
    waiter("equal", 5),
    waiter("long", 7),
    waiter("none", 0),
  ];
  yield* sleep(5);
  event.set();
  yield* joinAll([short, equal, long, never]);
  // At 5 the timers fire before anybody runs, so also before the set.
  assertEquals([yield* short, yield* equal, yield* long, yield* never], [false, false, true, false]);
  assertEquals(yield* event.wait({ timeout: 0 }), true);
});

rule(
  "S-49",
  "Event.wait gives false only if it was not set in time, also when time passes early",
  function* () {
    const event = new Event();
    let set = false;
    const waiter = (name: string) =>
      spawn({ name }, function* () {
        const wasSet = set;
        const got = yield* event.wait({ timeout: 5 });
        assert(got ? set : !wasSet);
        return got;
      });
    const waiters = [waiter("a"), waiter("b")];
    yield* sleep(0);
    set = true;
    event.set();
    yield* joinAll(waiters);
    return [yield* waiters[0], yield* waiters[1]];
  },
  { timeouts: 2, reached: [[true, true]] },
);

rule("S-49", "of two who set a result one succeeds, the other throws, and all get the same", function* () {
  const result = new AsyncResult<string>(), got: string[] = [];
  let winner = "", losers = 0;
  const setter = (name: string, set: () => void) =>
    spawn({ name }, function* () {
      yield* sleep(0);
      const before = result.ready;
      if (before) {
        assertThrows(set, Error, "already");
        losers++;
      } else {
        set();
        winner = name;
      }
    });
  const getter = (name: string) =>
    spawn({ name }, function* () {
      try {
        got.push(yield* result.get());
      } catch (error) {
        got.push((error as Error).message);
      }
    });
  yield* joinAll([
    setter("value", () => result.set("value")),
    getter("a"),
    setter("error", () => result.setException(new Error("error"))),
    getter("b"),
  ]);
  assertEquals(losers, 1);
  assertEquals(got, [winner, winner]);
  assertEquals(result.successful, winner === "value");
  return winner;
}, { reached: ["value", "error"] });

rule("S-49", "getNowait throws before the result, and never parks", function* () {
  const result = new AsyncResult<number>();
  let others = 0;
  const asker = (name: string) =>
    spawn({ name }, function* () {
      for (let i = 0; i < 2; i++) {
        const before = others;
        if (result.ready) assertEquals(result.getNowait(), 1);
        else assertThrows(() => result.getNowait(), Error, "no result yet");
        assertEquals(others, before);
        others++;
        yield* sleep(0);
      }
    });
  const askers = [asker("a"), asker("b")];
  yield* sleep(0);
  result.set(1);
  others++;
  yield* joinAll(askers);
});

rule(
  "S-49",
  "AsyncResult: wait gives false on its own timeout, get throws TimeoutError, both leave the rest",
  function* () {
    const result = new AsyncResult<number>();
    let set = false;
    const waiter = spawn({ name: "waiter" }, function* () {
      const got = yield* result.wait({ timeout: 5 });
      assert(got ? set : true);
      return got;
    });
    const getter = spawn({ name: "getter" }, function* () {
      try {
        return yield* result.get({ timeout: 5 });
      } catch (error) {
        assert(error instanceof TimeoutError, String(error));
        return 0;
      }
    });
    const patient = spawn({ name: "patient" }, () => result.get());
    yield* sleep(0);
    set = true;
    result.set(7);
    yield* joinAll([waiter, getter, patient]);
    assertEquals(yield* patient, 7);
    return [yield* waiter, yield* getter];
  },
  { timeouts: 2, reached: [[true, 7]] },
);

rule("S-49", "AsyncResult: a getter that was woken and is then killed has the value", function* () {
  const result = new AsyncResult<number>();
  let waits = false, woken = false, got = 0, killedWhen = "";
  const getter = spawn({ name: "getter" }, function* () {
    waits = true;
    got = yield* result.get();
    yield* sleep(0);
  });
  const killer = spawn({ name: "killer" }, () => {
    killedWhen = getter.dead || got !== 0 ? "after" : !waits ? "unborn" : woken ? "woken" : "parked";
    getter.kill();
  });
  yield* sleep(0);
  woken = waits;
  result.set(7);
  yield* joinAll([getter, killer]);
  assertEquals(got, ["after", "woken"].includes(killedWhen) ? 7 : 0);
  return killedWhen;
}, { reached: ["after", "unborn", "woken", "parked"] });

complete("events");
