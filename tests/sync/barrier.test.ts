import fc from "fast-check";
import {
  Barrier,
  type Greenlet,
  isKill,
  joinAll,
  sleep,
  spawn,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, property, upTo, virtual } from "../laws/kit.ts";

describe("Barrier", () => {
  test("lets nobody pass until all have come, then all, each with its place", () =>
    virtual(function* () {
      const barrier = new Barrier(3), log: string[] = [];
      const gs = ["a", "b"].map((n) => logging(log, n, barrier.wait()));
      yield* settle();
      assertEquals([log, barrier.waiting, barrier.parties], [[], 2, 3]);
      gs.push(logging(log, "c", barrier.wait()));
      yield* joinAll(gs);
      assertEquals([log.toSorted(), barrier.waiting], [["a 0", "b 1", "c 2"], 0]);
    }));

  test("is ready for the next round, also for the same greenlets at once", () =>
    virtual(function* () {
      const barrier = new Barrier(3), log: number[] = [];
      const gs = upTo(3).map(() =>
        spawn(function* () {
          for (const round of upTo(4)) {
            log.push(round);
            yield* barrier.wait();
          }
        })
      );
      yield* joinAll(gs, { raiseError: true });
      assertEquals(log, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    }));

  test("S-56: a killed waiter lowers the count", () =>
    virtual(function* () {
      const barrier = new Barrier(3), log: string[] = [];
      const [a, b] = ["a", "b"].map((n) => logging(log, n, barrier.wait()));
      yield* settle();
      a.kill();
      assertEquals(barrier.waiting, 1, "at the call");
      const c = logging(log, "c", barrier.wait());
      yield* settle();
      assertEquals(log, ["a !GreenletExit"], "two of three");
      const d = logging(log, "d", barrier.wait());
      yield* joinAll([a, b, c, d]);
      assertEquals(log.slice(1).toSorted(), ["b 0", "c 1", "d 2"], "the places close up");
    }));

  test("S-56: so does one whose time is over; it gets TimeoutError", () =>
    virtual(function* () {
      const barrier = new Barrier(2);
      for (const timeout of [-1, 0, 5]) {
        assertInstanceOf(yield* caught(barrier.wait({ timeout })), TimeoutError);
      }
      assertInstanceOf(yield* caught(withTimeout(5, barrier.wait({ timeout: 10 }))), TimeoutError);
      assertEquals(barrier.waiting, 0);
      const other = spawn(() => barrier.wait());
      yield* settle();
      assertEquals([yield* barrier.wait({ timeout: 0 }), yield* other], [1, 0], "the last one needs no time");
    }));

  test("S-56: one that is let through and then killed has passed; the kill comes at its next park", () =>
    virtual(function* () {
      const barrier = new Barrier(2), log: string[] = [];
      const g = spawn(function* () {
        log.push(`place ${yield* barrier.wait()}`);
        try {
          yield* sleep(0);
        } catch (e) {
          log.push(`killed ${isKill(e)}`);
          throw e;
        }
      });
      const last = spawn(function* () {
        yield* barrier.wait();
        g.kill();
      });
      yield* joinAll([g, last]);
      assertEquals([log, barrier.waiting], [["place 0", "killed true"], 0]);
    }));

  test("a barrier of one holds nobody up; less than one makes no sense", () =>
    virtual(function* () {
      const barrier = new Barrier(1);
      assertEquals([yield* barrier.wait(), yield* barrier.wait({ timeout: 0 })], [0, 0]);
      for (const bad of [0, -1, 1.5, NaN]) assertThrows(() => new Barrier(bad), RangeError);
      assertThrows(() => barrier.wait({ timeout: NaN }), RangeError);
    }));

  test("S-56: passes in full rounds only, under random kills and timeouts", () =>
    property(
      fc.tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.constantFrom("come", "come", "kill", "settle", "pass"), fc.nat({ max: 9 })), {
          maxLength: 40,
        }),
      ),
      ([parties, program]) => play(parties, program),
    ));
});

function* play(parties: number, program: readonly (readonly [string, number])[]): Gen<void> {
  const barrier = new Barrier(parties), log: string[] = [], expected: string[] = [];
  const gs: Greenlet<void>[] = [];
  let line: { id: number; deadline: number }[] = [], time = 0;
  for (const [what, n] of program) {
    if (what === "settle") yield* settle();
    else if (what === "kill") {
      gs[n]?.kill();
      if (line.some((w) => w.id === n)) expected.push(`${n} !GreenletExit`);
      line = line.filter((w) => w.id !== n);
    } else if (what === "pass") {
      time++;
      for (const { id } of line.filter((w) => w.deadline === time)) expected.push(`${id} !TimeoutError`);
      line = line.filter((w) => w.deadline !== time);
      yield* sleep(1);
    } else {
      const timeout = n < 4 ? n + 1 : Infinity, id = gs.length;
      line.push({ id, deadline: time + timeout });
      if (line.length === parties) {
        line.forEach((w, place) => expected.push(`${w.id} ${place}`));
        line = [];
      }
      gs.push(logging(log, `${id}`, barrier.wait({ timeout })));
      yield* settle();
    }
    assertEquals(barrier.waiting, line.length);
  }
  yield* settle();
  assertEquals(log.toSorted(), expected.toSorted());
  for (const g of gs) yield* g.kill();
}
