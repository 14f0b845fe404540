import fc from "fast-check";
import { collect, joinAll, PriorityQueue, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, property, upTo, virtual } from "../laws/kit.ts";

interface Job {
  urgency: number;
  id: number;
}
const compare = (a: Job, b: Job) => a.urgency - b.urgency;

describe("PriorityQueue", () => {
  test("S-65: keeps insertion order among equals", () =>
    virtual(function* () {
      const queue = new PriorityQueue<Job>({ compare });
      for (const id of upTo(30)) yield* queue.put({ urgency: [2, 0, 1][id % 3], id });
      queue.shutdown();
      const jobs = yield* collect(queue);
      assertEquals(jobs, jobs.toSorted((a, b) => compare(a, b) || a.id - b.id));
    }));

  test("S-65: equals that enter late, from parked puts and between gets, come after the earlier ones", () =>
    virtual(function* () {
      const queue = new PriorityQueue<Job>({ maxsize: 2, compare });
      const gs = upTo(6).map((id) => spawn(() => queue.put({ urgency: 1, id })));
      yield* settle();
      const got: number[] = [];
      for (const _ of upTo(3)) got.push((yield* queue.get()).id);
      gs.push(spawn(() => queue.put({ urgency: 1, id: 6 })));
      for (const _ of upTo(4)) got.push((yield* queue.get()).id);
      yield* joinAll(gs);
      assertEquals(got, upTo(7));
    }));

  test("S-65: for any items and any order of puts and gets", () =>
    property(
      fc.array(fc.option(fc.nat({ max: 4 }), { freq: 3 }), { maxLength: 60, size: "max" }),
      function* (program) {
        const queue = new PriorityQueue<Job>({ compare });
        const model: Job[] = [];
        for (const [id, urgency] of program.entries()) {
          if (urgency !== null) {
            const job = { urgency, id };
            queue.putNowait(job);
            model.push(job);
            model.sort(compare); // which is stable
          } else if (model.length > 0) {
            assertEquals([queue.peekNowait(), yield* queue.get()], [model[0], model.shift()]);
          }
          assertEquals(queue.qsize, model.length);
        }
      },
    ));

  test("without compare: numbers and strings in their order, arrays item by item", () =>
    virtual(function* () {
      const sorted = function* <T>(items: readonly T[]): Generator<unknown, T[], unknown> {
        const queue = new PriorityQueue<T>();
        for (const item of items) yield* queue.put(item);
        queue.shutdown();
        return yield* collect(queue);
      };
      assertEquals(yield* sorted([10, 9, -1, 100, 2]), [-1, 2, 9, 10, 100]);
      assertEquals(yield* sorted(["b", "a", "ab", ""]), ["", "a", "ab", "b"]);
      assertEquals(yield* sorted([[2, "a"], [1, "z"], [1, "b"], [1]]), [[1], [1, "b"], [1, "z"], [2, "a"]]);
      assertEquals(yield* sorted([3n, 1n, 2n]), [1n, 2n, 3n]);
    }));

  test("S-59: a getter that waits gets what comes, whatever comes after it", () =>
    virtual(function* () {
      const queue = new PriorityQueue<number>(), log: string[] = [];
      const gs = ["a", "b"].map((n) => logging(log, n, queue.get()));
      yield* settle();
      queue.putNowait(5);
      queue.putNowait(1);
      yield* joinAll(gs);
      assertEquals(log, ["a 5", "b 1"]);
    }));

  test("S-15: a compare that throws fails the put, and the queue is as it was", () =>
    virtual(function* () {
      const queue = new PriorityQueue<Job>({ maxsize: 4, compare });
      const bad = null as unknown as Job;
      for (const id of upTo(3)) yield* queue.put({ urgency: 3 - id, id });
      assertThrows(() => queue.putNowait(bad), TypeError);
      assert((yield* caught(queue.put(bad))) instanceof TypeError);
      assertEquals([queue.qsize, queue.unfinished], [3, 3]);
      yield* queue.put({ urgency: 0, id: 9 });
      const parked = spawn(() => caught(queue.put(bad)));
      const after = spawn(() => queue.put({ urgency: 9, id: 10 }));
      yield* settle();
      const got = [(yield* queue.get()).id];
      assert((yield* parked) instanceof TypeError, "the error is the putter's, not the getter's");
      yield* after;
      while (!queue.empty) got.push((yield* queue.get()).id);
      assertEquals(got, [9, 2, 1, 0, 10]);
    }));

  test("S-15: a compare that throws during a get loses nothing", () =>
    virtual(function* () {
      let broken = false;
      const queue = new PriorityQueue<number>({
        compare(a, b) {
          if (broken) throw new Error("not today");
          return a - b;
        },
      });
      for (const n of [4, 2, 3, 1]) yield* queue.put(n);
      broken = true;
      assertThrows(() => queue.getNowait(), Error, "not today");
      assert((yield* caught(queue.get())) instanceof Error);
      broken = false;
      assertEquals(queue.qsize, 4);
      queue.shutdown();
      assertEquals(yield* collect(queue), [1, 2, 3, 4]);
    }));

  test("needs a function to compare", () => {
    assertThrows(() => new PriorityQueue({ compare: 1 as unknown as () => number }), TypeError);
    assertThrows(() => new PriorityQueue({ maxsize: -1 }), RangeError);
  });

  test("S-57: a timed-out or killed get leaves the order as it was", () =>
    virtual(function* () {
      const queue = new PriorityQueue<number>(), log: string[] = [];
      const gs = [logging(log, "late", queue.get({ timeout: 5 })), logging(log, "killed", queue.get())];
      yield* sleep(6);
      gs[1].kill();
      for (const n of [2, 1]) queue.putNowait(n);
      yield* joinAll(gs);
      assertEquals([log, queue.getNowait(), queue.getNowait()], [
        ["late !QueueEmpty", "killed !GreenletExit"],
        1,
        2,
      ]);
    }));
});
