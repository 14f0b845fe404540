import fc from "fast-check";
import {
  Broadcast,
  call,
  collect,
  forEach,
  joinAll,
  type Overflow,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  spawn,
  type Subscription,
  suspend,
  until,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, property, upTo, virtual } from "../laws/kit.ts";
import { type Pair, play, programs, type Verb } from "../laws/model.ts";

/** What is in a subscription, taken out. */
function drain<T>(subscription: Subscription<T>): T[] {
  const all: T[] = [];
  while (subscription.qsize > 0) all.push(subscription.getNowait());
  return all;
}

describe("Broadcast", () => {
  test("every subscriber gets every item that was put since it subscribed, in order", () =>
    virtual(function* () {
      const news = new Broadcast<number>();
      yield* news.put(0);
      const a = news.subscribe();
      yield* news.put(1);
      const b = news.subscribe();
      yield* news.put(2);
      news.putNowait(3);
      assertEquals([drain(a), drain(b), news.size], [[1, 2, 3], [2, 3], 2]);
    }));

  test("S-61: a put waits for the slowest, and reaches all or, killed or timed out before, none", () =>
    virtual(function* () {
      const news = new Broadcast<number>(), log: string[] = [];
      const fast = news.subscribe(), slow = news.subscribe({ maxsize: 1 });
      yield* news.put(1);
      assertThrows(() => news.putNowait(2), QueueFull);
      assertInstanceOf(yield* caught(news.put(2, { timeout: 5 })), QueueFull);
      const gs = [3, 4, 5].map((n) => logging(log, `${n}`, news.put(n)));
      yield* settle();
      gs[0].kill();
      yield* settle();
      assertEquals([drain(fast), log], [[1], ["3 !GreenletExit"]]);
      assertEquals(yield* slow.get(), 1);
      yield* settle();
      assertEquals([fast.qsize, slow.qsize, log.slice(1)], [1, 1, ["4 ok"]]);
      assertEquals(yield* slow.get(), 4);
      yield* joinAll(gs);
      assertEquals([drain(fast), drain(slow)], [[4, 5], [5]]);
    }));

  test("S-57, S-59: parked putters and parked getters: each item comes once, in order", () =>
    virtual(function* () {
      const news = new Broadcast<number>(), log: string[] = [];
      const early = news.subscribe(), full = news.subscribe({ maxsize: 1 }), late = news.subscribe();
      yield* news.put(0);
      assertEquals([yield* early.get(), yield* late.get()], [0, 0]);
      const gets = [early, late].flatMap((s, i) => upTo(2).map((n) => logging(log, `${i}.${n}`, s.get())));
      const puts = [1, 2].map((n) => logging(log, `put ${n}`, news.put(n)));
      yield* settle();
      assertEquals(log, []);
      assertEquals(yield* full.get(), 0);
      yield* settle();
      assertEquals(log.toSorted(), ["0.0 1", "1.0 1", "put 1 ok"]);
      assertEquals([yield* full.get(), yield* full.get()], [1, 2]);
      yield* joinAll([...gets, ...puts]);
      assertEquals(log.toSorted(), ["0.0 1", "0.1 2", "1.0 1", "1.1 2", "put 1 ok", "put 2 ok"]);
    }));

  test("overflow: dropOldest and dropNewest hold up no put", () =>
    virtual(function* () {
      const news = new Broadcast<number>();
      const oldest = news.subscribe({ maxsize: 2, overflow: "dropOldest" });
      const newest = news.subscribe({ maxsize: 2, overflow: "dropNewest" });
      for (const n of upTo(5)) yield* news.put(n, { timeout: 0 });
      assertEquals([drain(oldest), drain(newest)], [[3, 4], [0, 1]]);
    }));

  test("close takes what has come away, lets putters go on, and ends who waits", () =>
    virtual(function* () {
      const news = new Broadcast<number>(), log: string[] = [];
      const open = news.subscribe(), blocking = news.subscribe({ maxsize: 1 });
      yield* news.put(1);
      const gs = [2, 3].map((n) => logging(log, `put ${n}`, news.put(n)));
      yield* settle();
      blocking.close();
      blocking.close();
      yield* joinAll(gs);
      assertEquals([log, drain(open), news.size, blocking.closed], [
        ["put 2 ok", "put 3 ok"],
        [1, 2, 3],
        1,
        true,
      ]);
      assertEquals(blocking.qsize, 0);
      assertInstanceOf(yield* caught(blocking.get()), QueueShutDown);
      assertThrows(() => blocking.getNowait(), QueueShutDown);
      const waiting = logging(log, "get", open.get());
      const stepping = spawn(() => open.next());
      yield* settle();
      open.close();
      yield* waiting;
      assertEquals([log[2], yield* stepping], ["get !QueueShutDown", { done: true, value: undefined }]);
    }));

  test("using closes the subscription at the end of the block, also when killed", () =>
    virtual(function* () {
      const news = new Broadcast<number>();
      const g = spawn(function* () {
        using mine = news.subscribe();
        assertEquals(yield* mine.get(), 1);
        yield* suspend();
      });
      yield* settle();
      yield* news.put(1);
      yield* settle();
      assertEquals(news.size, 1);
      yield* g.kill();
      assertEquals(news.size, 0);
    }));

  test("S-63: after shutdown puts fail, subscribers read what is left and end; later ones get nothing", () =>
    virtual(function* () {
      const news = new Broadcast<number>(), log: string[] = [];
      const a = news.subscribe({ maxsize: 1 }), b = news.subscribe();
      yield* news.put(1);
      yield* b.get();
      const gs = [logging(log, "put", news.put(2)), logging(log, "get", b.get())];
      yield* settle();
      news.shutdown();
      news.shutdown();
      yield* joinAll(gs);
      assertEquals(log, ["put !QueueShutDown", "get !QueueShutDown"]);
      assertThrows(() => news.putNowait(3), QueueShutDown);
      assertInstanceOf(yield* caught(news.put(3)), QueueShutDown);
      assertEquals(yield* collect(a), [1]);
      assertThrows(() => a.getNowait(), QueueShutDown);
      assertEquals(yield* collect(news.subscribe()), []);
    }));

  test("S-66: an iteration that is left closes its subscription and costs the others nothing", () =>
    virtual(function* () {
      const news = new Broadcast<number>();
      const [a, b, c] = [news.subscribe({ maxsize: 3 }), news.subscribe(), news.subscribe({ maxsize: 3 })];
      for (const n of upTo(3)) yield* news.put(n);
      yield* forEach(a, (n) => n < 1);
      assertEquals([a.closed, news.size], [true, 2]);
      yield* until(
        (async () => {
          for await (const n of c) assertEquals(n, 0), await Promise.reject(new Error("left"));
        })().catch(() => {}),
      );
      assertEquals([c.closed, news.size], [true, 1]);
      yield* news.put(3, { timeout: 0 });
      assertEquals(drain(b), [0, 1, 2, 3]);
    }));

  test("without subscribers a put goes nowhere, at once", () =>
    virtual(function* () {
      const news = new Broadcast<number>();
      yield* news.put(1, { timeout: 0 });
      news.putNowait(2);
      const late = news.subscribe();
      assertEquals(late.qsize, 0);
      assertThrows(() => late.getNowait(), QueueEmpty);
    }));

  test("takes only options that make sense", () => {
    const news = new Broadcast<number>();
    for (const maxsize of [0, -1, 1.5, NaN]) assertThrows(() => news.subscribe({ maxsize }), RangeError);
    assertThrows(() => news.subscribe({ overflow: "explode" as Overflow }), TypeError);
    assertEquals(news.size, 0);
    assert(news.subscribe({ maxsize: Infinity }).maxsize === Infinity);
  });

  const options = fc.record({
    maxsize: fc.constantFrom(1, 2, Infinity),
    overflow: fc.constantFrom<Overflow>("wait", "wait", "dropOldest", "dropNewest"),
  });
  test("S-57, S-59, S-61: three subscribers keep to the model under random kills and timeouts", () =>
    property(
      fc.tuple(fc.array(options, { minLength: 3, maxLength: 3 }), programs(6)),
      ([wants, program]) => play(program, () => pair(wants)),
    ));
});

/** A broadcast beside an array for each subscriber. */
function pair(wants: readonly { maxsize: number; overflow: Overflow }[]): Pair {
  const news = new Broadcast<number>();
  const subscriptions = wants.map((o) => news.subscribe(o));
  const models = wants.map((o) => ({ ...o, items: [] as number[], closed: false }));
  let down = false;
  const gets = Object.fromEntries(
    upTo(wants.length).map((i): [string, Verb] => [`get ${i}`, {
      start: (_n, o) => subscriptions[i].get(o),
      now: () => subscriptions[i].getNowait(),
      model() {
        const item = models[i].items.shift();
        return item !== undefined ? String(item) : down || models[i].closed ? "!QueueShutDown" : undefined;
      },
      late: "!QueueEmpty",
    }]),
  );
  const end = (n: number) => {
    if (n === 9) news.shutdown();
    else if (n === 8) subscriptions[2].close();
  };
  return {
    verbs: {
      ...gets,
      put: {
        start: (n, o) => news.put(n, o),
        now: (n) => news.putNowait(n),
        model(n) {
          if (down) return "!QueueShutDown";
          const open = models.filter((m) => !m.closed);
          if (open.some((m) => m.overflow === "wait" && m.items.length >= m.maxsize)) return undefined;
          for (const m of open) {
            const full = m.items.length >= m.maxsize;
            if (full && m.overflow === "dropNewest") continue;
            if (full) m.items.shift();
            m.items.push(n);
          }
          return "ok";
        },
        late: "!QueueFull",
      },
      end: {
        start: (n) => call(() => end(n)),
        now: end,
        model(n) {
          if (n === 9) down = true;
          else if (n === 8) {
            models[2].closed = true;
            models[2].items = [];
          }
          return "ok";
        },
        late: "",
      },
    },
    real: () => subscriptions.map((s) => s.qsize),
    expected: () => models.map((m) => m.items.length),
  };
}
