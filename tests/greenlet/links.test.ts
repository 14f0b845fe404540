/** Rule S-36: links. */
import {
  cancelScope,
  getCurrent,
  type Greenlet,
  GreenletExit,
  isKill,
  joinAll,
  run,
  sleep,
  spawn,
  suspend,
  until,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual, virtualReporting } from "../regressions/helpers.ts";
import { linksOf } from "./traces.ts";

describe("links", () => {
  test("S-36: run in the order added, each once, with the greenlet", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(() => sleep(1));
      for (const i of upTo(5)) g.link((which) => log.push(i, which === g));
      yield* g;
      yield* settle();
      assertEquals(log, upTo(5).flatMap((i) => [i, true]));
      yield* g.kill();
      yield* g.join();
      yield* settle();
      assertEquals(log.length, 10);
      assertEquals(linksOf(g), 0);
    }));

  test("S-36: do not run inside the dying greenlet's stack, nor inside the kill or the link that asks for them", () =>
    virtual(function* () {
      const log: string[] = [];
      const dies = spawn(function* () {
        yield* sleep(1);
        log.push("last step");
        return 1;
      });
      const current = () => {
        try {
          return getCurrent();
        } catch {
          return undefined;
        }
      };
      dies.link(() => log.push(current() === dies ? "inside" : "outside"));
      yield* dies;
      yield* settle();
      assertEquals(log, ["last step", "outside"]);
      const waiting = spawn(suspend), fresh = spawn(suspend);
      for (const [name, g] of [["fresh", fresh], ["waiting", waiting]] as const) {
        if (g === waiting) yield* settle();
        g.link(() => log.push(`link of ${name}`));
        g.kill();
        log.push(`${name} killed`);
        yield* settle();
        g.link(() => log.push(`late link of ${name}`));
        log.push("linked");
        yield* settle();
      }
      assertEquals(log.slice(2), [
        ...["fresh killed", "link of fresh", "linked", "late link of fresh"],
        ...["waiting killed", "link of waiting", "linked", "late link of waiting"],
      ]);
    }));

  test("S-5: ready, dead, value and exception are there before any link runs", async () => {
    const { value } = await virtualReporting(function* () {
      const seen: unknown[] = [], boom = new Error("boom");
      const look = (g: Greenlet<unknown>) =>
        seen.push([g.ready, g.dead, g.successful, g.value, g.exception === boom]);
      const fine = spawn(() => 7),
        bad = spawn(() => {
          throw boom;
        });
      fine.link(look);
      bad.link(look);
      yield* settle();
      return seen;
    });
    assertEquals(value, [[true, true, true, 7, false], [true, true, false, undefined, true]]);
  });

  test("S-36: a link added after the death still runs, later; one added by a link too", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(() => 1);
      yield* sleep(10);
      g.link(() => {
        log.push("first");
        g.link(() => log.push("from the link"));
        log.push("end of first");
      });
      g.link(() => log.push("second"));
      assertEquals(log, []);
      yield* settle();
      assertEquals(log, ["first", "end of first", "second", "from the link"]);
    }));

  test("S-36: a link that throws goes to onError with its greenlet, and the others still run", async () => {
    const reports: [unknown, Greenlet<unknown>][] = [];
    const log: string[] = [], bad = [new Error("one"), new Error("two")];
    let g: Greenlet<unknown> | undefined;
    await run(function* () {
      g = spawn({ name: "linked" }, suspend);
      g.link(() => log.push("a"));
      for (const error of bad) {
        g.link(() => {
          throw error;
        });
        g.link(() => log.push("b"));
      }
      yield* settle();
      yield* g.kill();
      yield* settle();
    }, { clock: new VirtualClock(), onError: (error, greenlet) => void reports.push([error, greenlet]) });
    assertEquals(log, ["a", "b", "b"]);
    assertEquals(reports.length, 2, "one report each, and the run ends well");
    for (const [i, [error, greenlet]] of reports.entries()) {
      assertStrictEquals(error, bad[i]);
      assertEquals(greenlet.name, "linked");
    }
  });

  test("S-36: unlink during the notification holds", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(() => 1);
      const second = () => void log.push("second"), third = () => void log.push("third");
      const first = () => {
        log.push("first");
        g.unlink(second);
        g.unlink(first);
      };
      for (const link of [first, second, third]) g.link(link);
      yield* settle();
      assertEquals(log, ["first", "third"]);
    }));

  test("S-36: unlink between the death and the notification holds", () =>
    virtual(function* () {
      const log: string[] = [];
      const gone = () => void log.push("gone"), stays = () => void log.push("stays");
      const g = spawn(suspend);
      g.link(gone);
      g.link(stays);
      g.kill(); // it had not begun, so it is dead
      assertEquals([g.dead, log], [true, []]);
      g.unlink(gone);
      yield* settle();
      assertEquals(log, ["stays"]);
    }));

  test("S-36: unlink before the death, twice, and of a stranger", () =>
    virtual(function* () {
      const log: string[] = [];
      const a = () => void log.push("a"), b = () => void log.push("b");
      const g = spawn(() => sleep(1));
      g.link(a);
      g.linkValue(b);
      g.unlink(a);
      g.unlink(a);
      g.unlink(() => {});
      yield* g;
      yield* settle();
      assertEquals(log, ["b"]);
    }));

  test("linkValue hears of results and plain kills, linkException of errors and reasons", async () => {
    const { value } = await virtualReporting(function* () {
      const log: string[] = [];
      const ends: [string, Greenlet<unknown>][] = [
        ["result", spawn(() => 1)],
        [
          "error",
          spawn(function* () {
            yield* sleep(1);
            throw new Error("boom");
          }),
        ],
        ["kill", spawn(suspend)],
        ["reason", spawn(suspend)],
      ];
      for (const [name, g] of ends) {
        g.linkValue(() => log.push(`${name}: value`));
        g.linkException(() => log.push(`${name}: exception`));
      }
      yield* settle();
      ends[2]![1].kill();
      ends[3]![1].kill(new Error("reason"));
      yield* sleep(5);
      assertInstanceOf(ends[2]![1].value, GreenletExit);
      return log.toSorted();
    });
    assertEquals(value, ["error: exception", "kill: value", "reason: exception", "result: value"]);
  });

  test("S-9: links of a greenlet that was killed before its first switch run", () =>
    virtual(function* () {
      const log: unknown[] = [];
      const g = spawn(() => void log.push("ran"));
      g.link((dead) => log.push(isKill(dead.value)));
      g.kill();
      yield* settle();
      assertEquals(log, [true]);
    }));

  test("S-36: the scope of the greenlet does not end before its links have run", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* () {
        const g = spawn(() => sleep(1));
        g.link(() => log.push("link"));
        yield* g.join();
      });
      log.push("after the scope");
      assertEquals(log, ["link", "after the scope"]);
    }));

  test("S-36: links of the main greenlet and of daemons run, whether these had begun or not", async () => {
    const log: string[] = [];
    await run(function* () {
      getCurrent().link(() => log.push("main"));
      spawn({ daemon: true }, suspend).link(() => log.push("daemon"));
      yield* sleep(1);
      spawn({ daemon: true }, suspend).link(() => log.push("fresh daemon"));
    }, { clock: new VirtualClock() });
    await run(() => sleep(0));
    assertEquals(log.toSorted(), ["daemon", "fresh daemon", "main"]);
  });

  test("S-36: a cancel of the scope does not take away the links of who has died already", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* (scope) {
        const g = spawn(suspend);
        g.link(() => log.push("link"));
        yield* settle();
        g.kill();
        yield* g.join();
        scope.cancel();
        yield* suspend();
      });
      yield* settle();
      assertEquals(log, ["link"]);
    }));

  test("S-36: a link may spawn, kill and set off more links", () =>
    virtual(function* () {
      const log: string[] = [];
      const victim = spawn(suspend);
      victim.link(() => log.push("victim"));
      const g = spawn(() => 1);
      g.link(() => {
        victim.kill();
        spawn(() => void log.push("spawned"));
      });
      yield* joinAll([g, victim]);
      yield* sleep(1);
      assertEquals(log.toSorted(), ["spawned", "victim"]);
    }));

  test("S-47: an async link that rejects goes to onError like one that throws", async () => {
    const boom = new Error("boom"), log: string[] = [];
    const { reports } = await virtualReporting(function* () {
      const g = spawn(() => 1);
      g.link(async () => {
        await Promise.resolve();
        throw boom;
      });
      g.link(() => log.push("next"));
      yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
    });
    assertEquals(log, ["next"]);
    assertEquals(reports, [boom]);
  });

  test("S-36: a link added after the whole run has ended still runs", async () => {
    const log: unknown[] = [];
    const [g] = await run(function* () {
      const g = spawn(() => 7);
      yield* g;
      return [g]; // alone, it would be waited for
    }, { clock: new VirtualClock() });
    g!.link((late) => log.push(late.value));
    assertEquals(log, []);
    await run(() => sleep(0));
    assertEquals(log, [7]);
  });

  test("a link that is no function is a TypeError at the call", () =>
    virtual(function* () {
      const g = spawn(() => 1);
      for (const wrong of [undefined, null, 1, {}]) {
        for (const method of ["link", "linkValue", "linkException"] as const) {
          assertThrows(() => g[method](wrong as unknown as () => void), TypeError);
        }
      }
      yield* g;
    }));
});
