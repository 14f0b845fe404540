/** Groups: a view on greenlets, which forgets those that end. */
import {
  type Greenlet,
  GreenletExit,
  Group,
  isKill,
  run,
  shield,
  sleep,
  spawn,
  suspend,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual, virtualReporting } from "../regressions/helpers.ts";

describe("Group: members", () => {
  test("spawn starts at the call and adds; size, has and iteration follow the order of the adds", () =>
    virtual(function* () {
      const group = new Group();
      const log: string[] = [];
      const a = group.spawn((word: string) => void log.push(word), "a");
      const b = group.spawn({ name: "bee" }, function* () {
        yield* sleep(1);
        return 2;
      });
      assertEquals([a.name.startsWith("greenlet"), b.name], [true, "bee"]);
      assertEquals(group.size, 2);
      assertEquals([...group], [a, b] as Greenlet<unknown>[]);
      assertEquals([group.has(a), group.has(b)], [true, true]);
      assertEquals(log, []);
      yield* settle();
      assertEquals(log, ["a"]);
      assertEquals([...group], [b] as Greenlet<unknown>[]);
      assertEquals(yield* b, 2);
      assertEquals(group.size, 0);
    }));

  test("spawn takes a generator too, and throws TypeError at the call for what cannot run", () =>
    virtual(function* () {
      const group = new Group();
      const g = group.spawn(function* () {
        yield* sleep(1);
        return "gen";
      }());
      assertEquals(yield* g, "gen");
      assertThrows(() => group.spawn(5 as never), TypeError);
      assertThrows(() => group.spawn({} as never), TypeError);
      assertThrows(() => group.spawn(undefined as never), TypeError);
      assertEquals(group.size, 0);
    }));

  test("spawn outside of a greenlet throws and names itself", () => {
    assertThrows(() => new Group().spawn(() => 1), Error, "Group.spawn");
  });

  test("add takes a greenlet that runs already, once, and no dead one; it may be in several groups", () =>
    virtual(function* () {
      const [one, two] = [new Group(), new Group()];
      const g = spawn(() => sleep(5));
      one.add(g);
      one.add(g);
      two.add(g);
      assertEquals([one.size, two.size], [1, 1]);
      yield* g;
      assertEquals([one.size, two.size], [0, 0]);
      one.add(g);
      assertEquals(one.size, 0);
    }));

  test("discard takes a greenlet out without touching it, and ends the wait for an empty group", () =>
    virtual(function* () {
      const group = new Group();
      const g = group.spawn(() => sleep(50));
      const joiner = spawn(() => group.join());
      yield* settle();
      group.discard(g);
      group.discard(g);
      assertEquals(group.size, 0);
      yield* settle();
      assertEquals([joiner.dead, joiner.value, g.dead], [true, true, false]);
      yield* g;
      assertEquals(g.successful, true);
    }));

  test("a discarded greenlet that was the pick of another group stays there", () =>
    virtual(function* () {
      const [one, two] = [new Group(), new Group()];
      const g = one.spawn(() => sleep(1));
      two.add(g);
      one.discard(g);
      assertEquals([...two], [g] as Greenlet<unknown>[]);
      yield* two.join();
      assertEquals(g.dead, true);
    }));

  test("a member has left before its joiners run, killed before its first switch too", () =>
    virtual(function* () {
      const group = new Group();
      const quick = group.spawn(() => sleep(1));
      yield* quick.join();
      assertEquals(group.size, 0);
      const unborn = group.spawn(() => suspend());
      unborn.kill();
      assertEquals(group.size, 0);
    }));

  test("a failing member leaves the group; its failure stays that greenlet's", async () => {
    const { value, reports } = await virtualReporting(function* () {
      const group = new Group();
      const bad = group.spawn(() => {
        throw new Error("member");
      });
      const good = group.spawn(() => sleep(3));
      assertEquals(yield* group.join(), true);
      assertEquals([good.successful, bad.successful], [true, false]);
      return yield* caught(bad);
    });
    assertEquals((value as Error).message, "member");
    assertEquals(reports, [value]);
  });
});

describe("Group: join", () => {
  test("an empty group is joined at once", () =>
    virtual(function* () {
      assertEquals(yield* new Group().join(), true);
      assertEquals(yield* new Group().join({ timeout: 0 }), true);
    }));

  test("gives false when the timeout came first; the members run on", () =>
    virtual(function* () {
      const group = new Group();
      const g = group.spawn(() => sleep(10));
      assertEquals(yield* group.join({ timeout: 0 }), false);
      assertEquals(yield* group.join({ timeout: 9 }), false);
      assertEquals(g.dead, false);
      assertEquals(yield* group.join({ timeout: 2 }), true);
    }));

  test("waits for those who were added while it waited", () =>
    virtual(function* () {
      const group = new Group();
      const log: string[] = [];
      group.spawn(function* () {
        yield* sleep(1);
        group.spawn(function* () {
          yield* sleep(5);
          log.push("late member");
        });
      });
      yield* group.join();
      log.push("joined");
      assertEquals(log, ["late member", "joined"]);
    }));

  test("several joiners are woken in their order; a killed one leaves no trace", () =>
    virtual(function* () {
      const group = new Group();
      const g = group.spawn(() => sleep(5));
      const log: number[] = [];
      const joiners = upTo(3).map((i) =>
        spawn(function* () {
          yield* group.join();
          log.push(i);
        })
      );
      yield* settle();
      yield* (joiners[1] as Greenlet<void>).kill();
      assertEquals(g.dead, false);
      yield* g;
      yield* settle();
      assertEquals(log, [0, 2]);
    }));
});

describe("Group: kill", () => {
  test("kills all at the call and waits for their ends", () =>
    virtual(function* () {
      const group = new Group();
      const log: string[] = [];
      for (const name of ["a", "b"]) {
        group.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(5);
            log.push(name);
          }
        });
      }
      yield* settle();
      const killing = group.kill();
      yield* sleep(6);
      assertEquals(log, ["a", "b"], "it acts though nobody waits");
      assertEquals(yield* killing, []);
      assertEquals(group.size, 0);
    }));

  test("members that have not started never run", () =>
    virtual(function* () {
      const group = new Group();
      const log: string[] = [];
      const members = upTo(3).map((i) => group.spawn(() => void log.push(`ran ${i}`)));
      assertEquals(yield* group.kill(), []);
      yield* settle();
      assertEquals(log, []);
      assert(members.every((g) => g.dead && g.value instanceof GreenletExit));
    }));

  test("S-19: with a timeout gives back who survived it, and does not throw for it", () =>
    virtual(function* () {
      const group = new Group();
      const stubborn = group.spawn(() => shield(() => sleep(100)));
      const weak = group.spawn(() => suspend());
      yield* settle();
      assertEquals(yield* group.kill(undefined, { timeout: 10 }), [stubborn] as Greenlet<unknown>[]);
      assertEquals([weak.dead, group.size], [true, 1]);
      yield* stubborn.join();
    }));

  test("a reason of one's own is the exception of all of them", () =>
    virtual(function* () {
      const group = new Group();
      const members = upTo(2).map(() => group.spawn(() => suspend()));
      yield* settle();
      const reason = new Error("enough");
      yield* group.kill(reason);
      for (const g of members) assertStrictEquals(g.exception, reason);
    }));

  test("from one of its own members kills the others and then the killer", () =>
    virtual(function* () {
      const group = new Group();
      const log: string[] = [];
      const other = group.spawn(() => suspend());
      const killer = group.spawn(function* () {
        yield* sleep(1);
        try {
          yield* group.kill();
          log.push("went on");
        } catch (e) {
          assert(isKill(e));
          log.push("killed");
          throw e;
        }
      });
      assertEquals(yield* group.join({ timeout: 100 }), true);
      assertEquals(log, ["killed"]);
      assertInstanceOf(other.value, GreenletExit);
      assertInstanceOf(killer.value, GreenletExit);
    }));

  test("an empty group is killed at once", () =>
    virtual(function* () {
      assertEquals(yield* new Group().kill(), []);
      assertEquals(yield* new Group().kill(new Error("unused"), { timeout: 0 }), []);
    }));
});

test("Group: it is a view, not a scope: the members live where they were spawned", async () => {
  const group = new Group();
  const log: string[] = [];
  await run(function* () {
    group.spawn(function* () {
      yield* sleep(10);
      log.push("ended with its run");
    });
  }, { clock: new VirtualClock() });
  assertEquals(log, ["ended with its run"]);
  assertEquals(group.size, 0);
});
