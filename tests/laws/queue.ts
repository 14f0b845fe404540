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
  type Op,
  select,
  sleep,
  spawn,
  type Stream,
  suspend,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, outcomeOf, property, upTo, virtual } from "./kit.ts";
import { type Pair, play, programs } from "./model.ts";

/** A queue, whatever its name. */
export interface QueueLike extends Stream<number> {
  put(item: number, options?: { timeout?: number }): Op<void>;
  get(options?: { timeout?: number }): Op<number>;
  putNowait(item: number): void;
  getNowait(): number;
  /** How many are in it; in a rendezvous, how many wait to hand over. */
  readonly qsize: number;
  shutdown(): void;
}

/** What is different from queue to queue. */
export interface QueueTraits {
  /** How many items it holds; 0 for a rendezvous. */
  maxsize: number;
  /** Which item comes out next. */
  order: "first" | "last" | "least";
  /** False where leaving an iteration gives up what is left, as with a subscription. */
  keeps: boolean;
}

/** Takes the next item out of `items`, by the queue's order. */
function next(items: number[], order: QueueTraits["order"]): number | undefined {
  if (order === "first") return items.shift();
  if (order === "last") return items.pop();
  const least = Math.min(...items);
  return items.length === 0 ? undefined : items.splice(items.indexOf(least), 1)[0];
}

/** The queue beside a plain array. */
function pair(queue: QueueLike, { maxsize, order }: QueueTraits): Pair {
  const items: number[] = [];
  let down = false;
  return {
    verbs: {
      get: {
        start: (_n, o) => queue.get(o),
        now: () => queue.getNowait(),
        model() {
          const item = next(items, order);
          return item === undefined ? (down ? "!QueueShutDown" : undefined) : String(item);
        },
        late: "!QueueEmpty",
      },
      put: {
        start: (n, o) => queue.put(n, o),
        now: (n) => queue.putNowait(n),
        model(n) {
          if (down) return "!QueueShutDown";
          if (items.length >= maxsize) return undefined;
          items.push(n);
          return "ok";
        },
        late: "!QueueFull",
      },
      shutdown: {
        start: (n) => spawn(() => n === 0 ? queue.shutdown() : undefined),
        // Rarely, or the programs would have nothing else to do.
        now: (n) => n === 0 ? queue.shutdown() : undefined,
        model(n) {
          down ||= n === 0;
          return "ok";
        },
        late: "",
      },
    },
    real: () => queue.qsize,
    expected: () => items.length,
  };
}

/** A rendezvous beside two lines. */
function rendezvous(channel: QueueLike, model: Parameters<Parameters<typeof play>[1]>[0]): Pair {
  let down = false;
  /** Takes the first who stands in `line` out of it. */
  const partner = (line: "get" | "put") => model().line(line).shift();
  return {
    verbs: {
      get: {
        start: (_n, o) => channel.get(o),
        now: () => channel.getNowait(),
        model() {
          const putter = partner("put");
          if (putter === undefined) return down ? "!QueueShutDown" : undefined;
          model().ended(putter, "ok");
          return String(putter.n);
        },
        late: "!QueueEmpty",
      },
      put: {
        start: (n, o) => channel.put(n, o),
        now: (n) => channel.putNowait(n),
        model(n) {
          if (down) return "!QueueShutDown";
          const getter = partner("get");
          if (getter === undefined) return undefined;
          model().ended(getter, String(n));
          return "ok";
        },
        late: "!QueueFull",
      },
      shutdown: {
        start: (n) => spawn(() => n === 0 ? channel.shutdown() : undefined),
        now: (n) => n === 0 ? channel.shutdown() : undefined,
        model(n) {
          if (n === 0) {
            down = true;
            for (const line of ["put", "get"] as const) {
              for (let w = partner(line); w !== undefined; w = partner(line)) model().ended(w, "!QueueShutDown");
            }
          }
          return "ok";
        },
        late: "",
      },
    },
    real: () => channel.qsize,
    expected: () => model().line("put").length,
  };
}

/** Registers the laws for the queues that `make` makes. */
export function queueLaws(name: string, make: () => QueueLike, traits: QueueTraits): void {
  const { maxsize, order } = traits;
  const law = (title: string, body: (queue: QueueLike) => Gen<void>) =>
    test(title, () => virtual(() => body(make())));
  /** As many puts as go in at once; gives what is in it. */
  const fill = function* (queue: QueueLike): Gen<number[]> {
    const items = upTo(Math.min(maxsize, 3));
    for (const item of items) yield* queue.put(item);
    return items;
  };
  const inOrder = (items: readonly number[]): number[] => {
    const rest = [...items];
    return items.map(() => next(rest, order) as number);
  };

  describe(name, () => {
    law("S-59: an item that is put to waiting getters is the first one's; nobody steals it", function* (queue) {
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
    });

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

    law("S-57: a get that is woken and then killed returns its item; the kill comes at the next park", function* (queue) {
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
    });

    law("S-57, S-58: a get that times out throws QueueEmpty and leaves the queue as it was", function* (queue) {
      const log: string[] = [];
      const gs = [0, -1, 5, 9].map((timeout) => logging(log, `${timeout}`, queue.get({ timeout })));
      yield* sleep(6);
      queue.putNowait(3);
      yield* joinAll(gs);
      assertEquals(log, ["0 !QueueEmpty", "-1 !QueueEmpty", "5 !QueueEmpty", "9 3"]);
      assertEquals(queue.qsize, 0);
    });

    law("S-58: an outer timeout around a get is thrown as itself; the queue is as it was", function* (queue) {
      assertInstanceOf(yield* caught(withTimeout(5, queue.get({ timeout: 10 }))), TimeoutError);
      assertEquals(yield* moveOnAfter(5, () => queue.get({ timeout: 10 })), undefined);
      const getter = spawn(() => queue.get());
      yield* settle();
      queue.putNowait(1);
      assertEquals(yield* getter, 1);
    });

    law("S-58: without a limit nobody gets QueueEmpty or QueueFull, however long it takes", function* (queue) {
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
    });

    if (maxsize < Infinity) boundedLaws();

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
      assertEquals(got, inOrder(items));
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

    if (traits.keeps) iterationLaws();

    if (maxsize === 0) {
      test("S-57, S-59, S-60: keeps to the model under random kills and timeouts", () =>
        property(programs(3), (program) => play(program, (model) => rendezvous(make(), model))));
    } else {
      test("S-57, S-59, S-61, S-63: keeps to the model under random kills and timeouts", () =>
        property(programs(3), (program) => play(program, () => pair(make(), traits))));
    }
  });

  function boundedLaws(): void {
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

    law("S-57: a put that was accepted and then killed is not undone; the kill comes at the next park", function* (queue) {
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
    });

    law("S-57, S-58: a put that times out throws QueueFull and leaves the queue as it was", function* (queue) {
      const items = yield* fill(queue);
      const log: string[] = [];
      const gs = [0, -1, 5, 9].map((timeout) => logging(log, `${timeout}`, queue.put(20 + timeout, { timeout })));
      yield* sleep(6);
      const got = [yield* queue.get()];
      yield* joinAll(gs);
      assertEquals(log, ["0 !QueueFull", "-1 !QueueFull", "5 !QueueFull", "9 ok"]);
      for (const _ of upTo(items.length)) got.push(yield* queue.get());
      assertEquals(got.toSorted((a, b) => a - b), [...items, 29]);
    });

    law("S-58: an outer timeout around a put is thrown as itself; the queue is as it was", function* (queue) {
      const items = yield* fill(queue);
      assertInstanceOf(yield* caught(withTimeout(5, queue.put(9, { timeout: 10 }))), TimeoutError);
      assertEquals(yield* moveOnAfter(5, () => queue.put(9, { timeout: 10 })), undefined);
      assertEquals(queue.qsize, items.length);
    });

    law("S-61: blocked putters enter in the order in which they came, and nobody before them", function* (queue) {
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
    });

    law("S-63: shutdown fails the putters that wait; their items are gone", function* (queue) {
      const items = yield* fill(queue);
      const log: string[] = [];
      const gs = [11, 12].map((n) => logging(log, `${n}`, queue.put(n)));
      yield* settle();
      queue.shutdown();
      yield* joinAll(gs);
      assertEquals(log, ["11 !QueueShutDown", "12 !QueueShutDown"]);
      assertEquals(yield* collect(queue), inOrder(items));
    });
  }

  function iterationLaws(): void {
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
}
