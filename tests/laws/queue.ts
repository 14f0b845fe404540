/** The laws of queues: what holds for whatever hands items from putters to getters. */
import {
  all,
  collect,
  Event,
  forEach,
  type Greenlet,
  isKill,
  joinAll,
  moveOnAfter,
  select,
  sleep,
  spawn,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, outcomeOf, property, upTo, virtual } from "./kit.ts";
import { play, programs } from "./model.ts";
import { boundedLaws, iterationLaws } from "./queue_more.ts";
import { filled, inOrder, pair, type QueueLike, type QueueTraits, rendezvous } from "./queue_model.ts";

export type { QueueLike, QueueTraits };

/** Registers the laws for the queues that `make` makes. */
export function queueLaws(name: string, make: () => QueueLike, traits: QueueTraits): void {
  const { maxsize, order } = traits;
  const law = (title: string, body: (queue: QueueLike) => Gen<void>) =>
    test(title, () => virtual(() => body(make())));
  const fill = (queue: QueueLike) => filled(queue, maxsize);

  describe(name, () => {
    law(
      "S-59: an item that is put to waiting getters is the first one's; nobody steals it",
      function* (queue) {
        const log: string[] = [];
        const gs = ["a", "b"].map((n) => logging(log, n, queue.get()));
        yield* settle();
        queue.putNowait(7);
        assertEquals(outcomeOf(() => queue.getNowait()), "!QueueEmpty");
        const late = logging(log, "late", queue.get());
        yield* settle();
        assertEquals(log, ["a 7"]);
        queue.putNowait(8);
        queue.putNowait(9);
        yield* joinAll([...gs, late]);
        assertEquals(log, ["a 7", "b 8", "late 9"]);
      },
    );

    law("S-46: a put runs no getter, and a get no putter", function* (queue) {
      const log: string[] = [];
      const getter = logging(log, "getter", queue.get());
      yield* settle();
      queue.putNowait(1);
      log.push("after the put");
      yield* getter;
      yield* fill(queue);
      const gs = Number.isFinite(maxsize) ? [logging(log, "putter", queue.put(5))] : [];
      yield* settle();
      log.length = 0;
      queue.getNowait();
      log.push("after the get");
      yield* joinAll(gs);
      assertEquals(log, ["after the get", "putter ok"].slice(0, 1 + gs.length));
    });

    law("S-57: a get that is killed while parked leaves the queue as it was", function* (queue) {
      const log: string[] = [];
      const gs = ["a", "b", "c"].map((n) => logging(log, n, queue.get()));
      yield* settle();
      gs[1].kill();
      gs[0].kill();
      queue.putNowait(1);
      yield* settle();
      assertEquals(log, ["b !GreenletExit", "a !GreenletExit", "c 1"]);
      assertEquals(outcomeOf(() => queue.getNowait()), "!QueueEmpty");
    });

    law(
      "S-57: a get that is woken and then killed returns its item; the kill comes at the next park",
      function* (queue) {
        const log: unknown[] = [];
        const g = spawn(function* () {
          const item = yield* queue.get();
          log.push(item);
          try {
            yield* sleep(0);
            log.push("went on");
          } catch (e) {
            log.push(isKill(e));
            throw e;
          }
        });
        yield* settle();
        queue.putNowait(4);
        g.kill();
        yield* g.join();
        assertEquals(log, [4, true]);
        assertEquals(queue.qsize, 0);
      },
    );

    law(
      "S-57, S-58: a get that times out throws QueueEmpty and leaves the queue as it was",
      function* (queue) {
        const log: string[] = [];
        const gs = [0, -1, 5, 9].map((timeout) => logging(log, `${timeout}`, queue.get({ timeout })));
        yield* sleep(6);
        queue.putNowait(3);
        yield* joinAll(gs);
        assertEquals(log, ["0 !QueueEmpty", "-1 !QueueEmpty", "5 !QueueEmpty", "9 3"]);
        assertEquals(queue.qsize, 0);
      },
    );

    law("S-58: an outer timeout around a get is thrown as itself; the queue is as it was", function* (queue) {
      assertInstanceOf(yield* caught(withTimeout(5, queue.get({ timeout: 10 }))), TimeoutError);
      assertEquals(yield* moveOnAfter(5, () => queue.get({ timeout: 10 })), undefined);
      const getter = spawn(() => queue.get());
      yield* settle();
      queue.putNowait(1);
      assertEquals(yield* getter, 1);
    });

    law(
      "S-58: without a limit nobody gets QueueEmpty or QueueFull, however long it takes",
      function* (queue) {
        const getter = spawn(() => queue.get());
        yield* sleep(1e9);
        yield* queue.put(1);
        assertEquals(yield* getter, 1);
        if (maxsize === Infinity) return;
        yield* fill(queue);
        const putter = spawn(() => queue.put(9));
        yield* sleep(1e9);
        yield* queue.get();
        assertEquals(yield* putter.get(), undefined);
      },
    );

    if (maxsize < Infinity) boundedLaws(law, traits);

    law("an operation acts when it is delegated to, each time anew", function* (queue) {
      const getter = queue.get({ timeout: 5 });
      const gs = [spawn(() => getter), spawn(() => getter)];
      yield* settle();
      const put = queue.put(1, { timeout: 5 });
      yield* put;
      yield* put;
      assertEquals(yield* all(gs), [1, 1], "one operation in two greenlets at once is two waits");
      assertEquals(queue.qsize, 0);
    });

    law("S-15: the losing cases of a select take and give nothing", function* (queue) {
      const event = new Event();
      const chosen = spawn(() => select({ item: queue.get(), event }));
      yield* settle();
      event.set();
      assertEquals((yield* chosen).key, "event");
      const getter = spawn(() => select({ event: new Event(), item: queue }));
      yield* settle();
      queue.putNowait(6);
      const got = yield* getter;
      assertEquals([got.key, got.value], ["item", 6]);
      if (maxsize === Infinity) return;
      const items = yield* fill(queue);
      const putter = spawn(() => select({ event: new Event(), put: queue.put(9), late: sleep(5) }));
      assertEquals((yield* putter).key, "late");
      assertEquals(queue.qsize, items.length);
    });

    law("S-63: after shutdown puts fail at once, gets drain what is left and then fail", function* (queue) {
      const items = yield* fill(queue);
      queue.shutdown();
      assertEquals(outcomeOf(() => queue.putNowait(9)), "!QueueShutDown");
      const log: string[] = [];
      yield* logging(log, "put", queue.put(9));
      yield* logging(log, "timed put", queue.put(9, { timeout: 0 }));
      assertEquals(log, ["put !QueueShutDown", "timed put !QueueShutDown"]);
      const got: number[] = [];
      for (const _ of items) got.push(yield* queue.get());
      assertEquals(got, inOrder(items, order));
      yield* logging(log, "get", queue.get());
      yield* logging(log, "timed get", queue.get({ timeout: 0 }));
      assertEquals(log.slice(2), ["get !QueueShutDown", "timed get !QueueShutDown"]);
      assertEquals(outcomeOf(() => queue.getNowait()), "!QueueShutDown");
      queue.shutdown();
    });

    law("S-63: shutdown wakes all who wait", function* (queue) {
      const log: string[] = [];
      const gs: Greenlet<unknown>[] = upTo(3).map((i) => logging(log, `get ${i}`, queue.get()));
      const stepper = spawn(() => queue.next());
      yield* settle();
      queue.shutdown();
      yield* joinAll(gs);
      assertEquals(log, upTo(3).map((i) => `get ${i} !QueueShutDown`));
      assertEquals(yield* stepper, { done: true, value: undefined });
    });

    law("S-66: next, forEach and collect give each item once and end at the shutdown", function* (queue) {
      const feeder = spawn(function* () {
        for (const n of upTo(6)) yield* queue.put(n);
        queue.shutdown();
      });
      const seen: number[] = [];
      assertEquals(yield* queue.next(), { done: false, value: 0 });
      yield* forEach(queue, function* (n) {
        seen.push(n);
        yield* sleep(1);
      });
      assertEquals(seen.toSorted(), [1, 2, 3, 4, 5]);
      yield* feeder;
      assertEquals(yield* queue.next(), { done: true, value: undefined });
      assertEquals(yield* collect(queue), []);
    });

    if (traits.keeps) iterationLaws(law);

    if (maxsize === 0) {
      test("S-57, S-59, S-60: keeps to the model under random kills and timeouts", () =>
        property(programs(3), (program) => play(program, (model) => rendezvous(make(), model))));
    } else {
      test("S-57, S-59, S-61, S-63: keeps to the model under random kills and timeouts", () =>
        property(programs(3), (program) => play(program, () => pair(make(), traits))));
    }
  });
}
