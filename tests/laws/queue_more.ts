/** More laws of queues: of those that can be full, and of iterations that are left early. */
import {
  collect,
  forEach,
  type Greenlet,
  joinAll,
  moveOnAfter,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf } from "../assert.ts";
import { caught, type Gen, logging, outcomeOf, upTo } from "./kit.ts";
import { filled, inOrder, type QueueLike, type QueueTraits } from "./queue_model.ts";

type Law = (title: string, body: (queue: QueueLike) => Gen<void>) => void;

/** What holds for a queue with an end to its room. */
export function boundedLaws(law: Law, { maxsize, order }: QueueTraits): void {
  const fill = (queue: QueueLike) => filled(queue, maxsize);

  law("S-57: a parked put that is killed takes its item along", function* (queue) {
    const items = yield* fill(queue);
    const log: string[] = [];
    const gs = [11, 12, 13].map((n) => logging(log, `${n}`, queue.put(n)));
    yield* settle();
    gs[1].kill();
    yield* settle();
    const got: number[] = [];
    for (const _ of upTo(items.length + 2)) got.push(yield* queue.get());
    yield* settle();
    assertEquals(got.toSorted((a, b) => a - b), [...items, 11, 13]);
    assertEquals(log, ["12 !GreenletExit", "11 ok", "13 ok"]);
    assertEquals(queue.qsize, 0);
  });

  law(
    "S-57: a put that was accepted and then killed is not undone; the kill comes at the next park",
    function* (queue) {
      const items = yield* fill(queue);
      const log: string[] = [];
      const g = spawn(function* () {
        yield* queue.put(9);
        log.push("put");
        yield* sleep(0);
        log.push("went on");
      });
      yield* settle();
      const got = [queue.getNowait()];
      g.kill();
      yield* g.join();
      assertEquals(log, ["put"]);
      for (const _ of upTo(items.length)) got.push(yield* queue.get({ timeout: 0 }));
      assertEquals(got.toSorted(), [...items, 9]);
    },
  );

  law(
    "S-57, S-58: a put that times out throws QueueFull and leaves the queue as it was",
    function* (queue) {
      const items = yield* fill(queue);
      const log: string[] = [];
      const gs = [0, -1, 5, 9].map((timeout) =>
        logging(log, `${timeout}`, queue.put(20 + timeout, { timeout }))
      );
      yield* sleep(6);
      const got = [yield* queue.get()];
      yield* joinAll(gs);
      assertEquals(log, ["0 !QueueFull", "-1 !QueueFull", "5 !QueueFull", "9 ok"]);
      for (const _ of upTo(items.length)) got.push(yield* queue.get());
      assertEquals(got.toSorted((a, b) => a - b), [...items, 29]);
    },
  );

  law("S-58: an outer timeout around a put is thrown as itself; the queue is as it was", function* (queue) {
    const items = yield* fill(queue);
    assertInstanceOf(yield* caught(withTimeout(5, queue.put(9, { timeout: 10 }))), TimeoutError);
    assertEquals(yield* moveOnAfter(5, () => queue.put(9, { timeout: 10 })), undefined);
    assertEquals(queue.qsize, items.length);
  });

  law(
    "S-61: blocked putters enter in the order in which they came, and nobody before them",
    function* (queue) {
      yield* fill(queue);
      const log: string[] = [];
      const gs = [5, 4, 3].map((n) => logging(log, `${n}`, queue.put(n)));
      yield* settle();
      assert(queue.qsize <= Math.max(maxsize, gs.length));
      while (log.length < 3) {
        queue.getNowait();
        assertEquals(outcomeOf(() => queue.putNowait(99)), "!QueueFull", "the room is the first one's");
        if (maxsize > 0) assertEquals(queue.qsize, maxsize);
        yield* settle();
      }
      yield* joinAll(gs);
      assertEquals(log, ["5 ok", "4 ok", "3 ok"]);
    },
  );

  law("S-63: shutdown fails the putters that wait; their items are gone", function* (queue) {
    const items = yield* fill(queue);
    const log: string[] = [];
    const gs = [11, 12].map((n) => logging(log, `${n}`, queue.put(n)));
    yield* settle();
    queue.shutdown();
    yield* joinAll(gs);
    assertEquals(log, ["11 !QueueShutDown", "12 !QueueShutDown"]);
    assertEquals(yield* collect(queue), inOrder(items, order));
  });
}

/** What holds where leaving an iteration leaves the rest to others. */
export function iterationLaws(law: Law): void {
  /** As many items as `more` wants stand ready: those in it and putters with one each. */
  const stock = function* (queue: QueueLike, count: number): Gen<Greenlet<void>[]> {
    const gs = upTo(count).map((n) => spawn(() => queue.put(n)));
    yield* settle();
    return gs;
  };

  law("S-66: leaving forEach early loses no item", function* (queue) {
    const gs = yield* stock(queue, 4);
    const seen: number[] = [];
    const take = (n: number) => void seen.push(n);
    yield* forEach(queue, (n) => (take(n), false));
    assertEquals(seen.length, 1);
    const failing = forEach(queue, (n) => {
      take(n);
      throw new Error("enough");
    });
    assertInstanceOf(yield* caught(failing), Error);
    const killed = spawn(() =>
      forEach(queue, function* (n) {
        take(n);
        yield* suspend();
      })
    );
    yield* settle();
    yield* killed.kill();
    take(yield* queue.get());
    yield* joinAll(gs);
    assertEquals(seen.toSorted(), [0, 1, 2, 3]);
    assertEquals(queue.qsize, 0);
  });

  law("S-66: a forEach that is woken with an item and killed still sees that item", function* (queue) {
    const seen: number[] = [];
    const g = spawn(() => forEach(queue, (n) => void seen.push(n)));
    yield* settle();
    queue.putNowait(1);
    g.kill();
    yield* g.join();
    assertEquals([seen, queue.qsize], [[1], 0]);
  });

  law("S-66: breaking out of for await loses no item", function* (queue) {
    const gs = yield* stock(queue, 3);
    const seen: number[] = [];
    yield* until((async () => {
      for await (const n of queue) {
        seen.push(n);
        break;
      }
      for await (const n of queue) {
        seen.push(n);
        if (seen.length === 2) break;
      }
    })());
    seen.push(yield* queue.get());
    yield* joinAll(gs);
    assertEquals(seen.toSorted(), [0, 1, 2]);
  });

  law("S-66: a step of the async iterator that is given up takes no item", function* (queue) {
    const iterator = queue[Symbol.asyncIterator]();
    const step = iterator.next();
    yield* until(Promise.resolve(iterator.return?.()));
    const put = spawn(() => queue.put(1));
    yield* settle();
    assertEquals(yield* queue.get({ timeout: 0 }), 1);
    assertEquals(yield* until(step), { done: true, value: undefined });
    yield* put;
  });
}
