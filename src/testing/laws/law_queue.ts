/** The laws of queues: what holds for whatever hands items from putters to getters. */
import { QueueEmpty, QueueFull } from "../../core/mod.ts";
import type { Greenlet } from "../../greenlet/mod.ts";
import { isKill, sleep, spawn } from "../../greenlet/mod.ts";
import { always } from "../demands.ts";
import { ended, type Gen, logging, need, outcomeOf, parked, same, upTo } from "./law_kit.ts";
import { queueExtras } from "./law_queue_extras.ts";
import {
  EMPTY,
  fill,
  FULL,
  inOrder,
  type QueueLawOptions,
  type QueueLike,
  type QueueSay,
  takeAll,
} from "./law_queue_kit.ts";
import { type Law, law, type LawSuite, membersOf, suiteOf } from "./law_suite.ts";
import { queueModelLaw } from "./law_queue_model.ts";
import { settle } from "../settle.ts";

function flowLaws(say: QueueSay, { maxsize = Infinity, order = "fifo" }: QueueLawOptions): Law[] {
  const laws = [
    say("S-15 nothing lost, nothing twice, whoever is killed", function* (queue) {
      const accepted: number[] = [], got: number[] = [];
      const producer = function* (first: number): Gen {
        for (const i of upTo(3)) {
          yield* queue.put(first + i);
          accepted.push(first + i);
          yield* sleep(0);
        }
      };
      const consumer = function* (): Gen {
        for (;;) {
          got.push(yield* queue.get());
          yield* sleep(0);
        }
      };
      const producers = [10, 20].map((first) => spawn({ name: `put ${first}` }, producer, first));
      for (const i of upTo(2)) spawn({ name: `get ${i}`, daemon: true }, consumer);
      yield* sleep(5);
      while (producers.some(({ dead }) => !dead) || queueHasMore(queue)) {
        got.push(...yield* takeAll(queue, 5));
      }
      got.push(...yield* takeAll(queue, 0));
      same(got.toSorted(), accepted.toSorted(), "what came out, of what was put");
    }, { kills: 3, small: true }),

    say("S-59 the line of getters is served in the order of arrival", function* (queue) {
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const i of upTo(3)) all.push(yield* logging(log, `getter ${i}`, () => queue.get()));
      for (const i of upTo(3)) yield* queue.put(i);
      yield* ended(all);
      same(log.toSorted(), ["getter 0 0", "getter 1 1", "getter 2 2"], "who got what");
    }),

    say("S-59 an item is that of the getter who waits for it: nobody steals it", function* (queue) {
      const log: string[] = [];
      const getter = yield* logging(log, "getter", () => queue.get());
      yield* queue.put(7);
      const thief = yield* logging(log, "thief", () => queue.get({ timeout: 0 }));
      yield* ended([getter, thief]);
      same(log.toSorted(), ["getter 7", `thief ${EMPTY}`], "who got what");
    }),
  ];
  if (order !== "none") {
    const how = { fifo: "first in, first out", lifo: "last in, first out", priority: "the least first" };
    laws.push(say(`S-65 order: ${how[order]}`, function* (queue) {
      for (const all of [[5, 3, 9, 3, 7], [3, 5, 1, 9, 5]]) { // rising and falling, also the first two
        const items = all.slice(0, Math.max(1, maxsize));
        const putters: Greenlet<void>[] = [];
        for (const item of items) putters.push(yield* parked(`put ${item}`, () => queue.put(item)));
        const got: number[] = [];
        for (const _ of items) got.push(yield* queue.get());
        yield* ended(putters);
        same(got, maxsize === 0 ? items : inOrder(items, order), "what came out");
      }
    }));
  }
  return laws;
}

function queueHasMore(queue: QueueLike): boolean {
  return (queue.qsize ?? 0) > 0;
}

function killLaws(say: QueueSay, { maxsize = Infinity }: QueueLawOptions): Law[] {
  return [
    say("S-57 a get that is killed while parked leaves the queue as it was", function* (queue) {
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const i of upTo(3)) all.push(yield* logging(log, `getter ${i}`, () => queue.get()));
      all[1].kill();
      all[0].kill();
      yield* queue.put(1);
      yield* ended(all);
      same(log, ["getter 2 1"], "who got what");
      same(yield* takeAll(queue, 0), [], "what is left");
    }),

    say("S-57 a get that is woken and then killed returns its item; the kill comes later", function* (queue) {
      const log: unknown[] = [];
      const getter = yield* parked("getter", function* () {
        log.push(yield* queue.get());
        try {
          yield* sleep(0);
          log.push("it went on");
        } catch (error) {
          log.push(isKill(error) ? "the kill came" : error);
          throw error;
        }
      });
      yield* queue.put(4);
      getter.kill();
      yield* ended([getter]);
      same(log, [4, "the kill came"], "what happened");
      same(yield* takeAll(queue, 0), [], "what is left");
    }),

    say("S-57 a put that was accepted is not undone by a kill", function* (queue) {
      const getter = maxsize > 0 ? undefined : yield* parked("getter", () => queue.get());
      const putter = spawn({ name: "putter" }, function* () {
        yield* queue.put(1);
        yield* sleep(1_000);
      });
      yield* settle();
      putter.kill();
      yield* ended([putter]);
      same(getter === undefined ? yield* queue.get({ timeout: 0 }) : yield* getter, 1, "what came out");
    }),
  ];
}

function timeLaws(say: QueueSay): Law[] {
  return [
    say("S-58 a get whose time is over throws QueueEmpty, not before, and takes nothing", function* (queue) {
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const ms of [0, -1, 5, 20]) {
        all.push(yield* logging(log, `${ms} ms`, () => queue.get({ timeout: ms })));
      }
      same(log, [`0 ms ${EMPTY}`, `-1 ms ${EMPTY}`], "who gave up at once");
      yield* sleep(10);
      same(log.slice(2), [`5 ms ${EMPTY}`], "who gave up within 10 ms");
      yield* queue.put(3);
      yield* ended(all);
      same(log.slice(3), ["20 ms 3"], "who got it");
      same(yield* takeAll(queue, 0), [], "what is left");
    }),

    say("S-57 the race: an item that comes at the last moment is got or stays", function* (queue) {
      for (const ms of [4, 5]) {
        const got: number[] = [];
        const getter = spawn({ name: "getter" }, function* () {
          try {
            got.push(yield* queue.get({ timeout: 5 }));
          } catch (error) {
            need(error instanceof QueueEmpty, `a get that times out throws QueueEmpty, not ${error}`);
          }
        });
        const bystander = spawn({ name: "bystander" }, () => sleep(6)); // so that time can pass
        yield* sleep(ms);
        let accepted = true;
        try {
          yield* queue.put(1, { timeout: 0 });
        } catch (error) {
          need(error instanceof QueueFull, `a put that times out throws QueueFull, not ${error}`);
          accepted = false;
        }
        yield* ended([getter, bystander]);
        got.push(...yield* takeAll(queue, 0));
        same(got, accepted ? [1] : [], "what came out");
      }
    }, { timeouts: 2, small: true }),
  ];
}

function boundLaws(say: QueueSay, { maxsize = Infinity }: QueueLawOptions): Law[] {
  if (maxsize === Infinity) return [];
  const laws = [
    say("S-57 a put that is killed while parked takes its item along", function* (queue) {
      const items = yield* fill(queue, maxsize);
      const putter = yield* parked("putter", () => queue.put(99));
      const next = yield* parked("next", () => queue.put(98));
      putter.kill();
      yield* ended([putter]);
      const got = yield* takeAll(queue, 5);
      yield* ended([next]);
      same(got.toSorted(), [...items, 98].toSorted(), "what came out");
    }),

    say("S-58 a put whose time is over throws QueueFull, not before, and leaves nothing", function* (queue) {
      const items = yield* fill(queue, maxsize);
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const ms of [0, 5]) all.push(yield* logging(log, `${ms} ms`, () => queue.put(9, { timeout: ms })));
      same(log, [`0 ms ${FULL}`], "who gave up at once");
      yield* ended(all);
      same(log.slice(1), [`5 ms ${FULL}`], "who gave up later");
      same((yield* takeAll(queue, 0)).toSorted(), items.toSorted(), "what is in it");
    }),
  ];
  if (maxsize === 0) {
    return [
      ...laws,
      say("S-60 a put returns when its item was taken, and not before", function* (queue) {
        const log: string[] = [];
        const putter = yield* logging(log, "putter", () => queue.put(1));
        yield* sleep(10);
        same(log, [], "puts that returned before the get");
        same(yield* queue.get(), 1, "the item");
        yield* ended([putter]);
        same(log, ["putter ok"], "puts that returned");
      }),
    ];
  }
  return [
    ...laws,
    say("S-61 it holds maxsize items, never more", function* (queue) {
      let inside = 0;
      if (queue.qsize !== undefined) always(() => (queue.qsize as number) <= maxsize, "qsize <= maxsize");
      const putters = upTo(maxsize + 2).map((i) =>
        spawn({ name: `put ${i}` }, function* () {
          yield* queue.put(i);
          inside++;
        })
      );
      yield* settle();
      same(inside, maxsize, "puts that returned before the first get");
      for (const _ of putters) yield* queue.get();
      yield* ended(putters);
    }),

    say("S-61 putters that wait enter in the order of arrival, and nobody before them", function* (queue) {
      yield* fill(queue, maxsize);
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const i of [5, 4, 3]) all.push(yield* logging(log, `${i}`, () => queue.put(i)));
      for (const i of [5, 4, 3]) {
        yield* queue.get();
        if (queue.putNowait !== undefined) same(outcomeOf(() => queue.putNowait?.(99)), FULL, "a newcomer");
        yield* settle();
        same(log.at(-1), `${i} ok`, "who entered last");
      }
      yield* ended(all);
    }),
  ];
}

function lawsOf(make: () => QueueLike, options: QueueLawOptions): Law[] {
  const say: QueueSay = (name, body, trials) => law(name, options, () => body(make()), trials);
  const has = membersOf(make, ["putNowait", "shutdown", "peek", "taskDone", "join", "next"]);
  return [
    ...flowLaws(say, options),
    ...boundLaws(say, options),
    ...killLaws(say, options),
    ...timeLaws(say),
    ...queueExtras(say, options, has),
    ...queueModelLaw(make, options),
  ];
}

/** See `laws`. */
export const queueLaws: LawSuite<() => QueueLike, QueueLawOptions> = suiteOf("queues", lawsOf, {});
