import { Channel, joinAll, QueueEmpty, QueueFull, select, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, upTo, virtual } from "../laws/kit.ts";

describe("Channel", () => {
  test("S-60: put returns once a getter took the item, not before", () =>
    virtual(function* () {
      const channel = new Channel<number>(), log: string[] = [];
      const putter = logging(log, "put", channel.put(1));
      yield* sleep(1e6);
      assertEquals([log, channel.qsize], [[], 1]);
      log.push(`got ${yield* channel.get()}`);
      yield* putter;
      assertEquals([log, channel.qsize], [["got 1", "put ok"], 0]);
      const getter = logging(log, "get", channel.get());
      yield* settle();
      yield* channel.put(2, { timeout: 0 });
      log.push("put at once");
      yield* getter;
      assertEquals(log.slice(2), ["put at once", "get 2"]);
    }));

  test("S-60: it holds nothing: without a partner nothing goes in or out", () =>
    virtual(function* () {
      const channel = new Channel<number>();
      assertThrows(() => channel.putNowait(1), QueueFull);
      assertThrows(() => channel.getNowait(), QueueEmpty);
      assertInstanceOf(yield* caught(channel.put(1, { timeout: 0 })), QueueFull);
      assertInstanceOf(yield* caught(channel.get({ timeout: 0 })), QueueEmpty);
      const putter = spawn(() => channel.put(7));
      yield* settle();
      assertThrows(() => channel.putNowait(8), QueueFull);
      assertEquals(channel.getNowait(), 7);
      yield* putter;
    }));

  test("S-59, S-60: both sides are served in the order in which they came", () =>
    virtual(function* () {
      const channel = new Channel<number>(), log: string[] = [];
      const puts = upTo(3).map((n) => logging(log, `put ${n}`, channel.put(n)));
      yield* settle();
      const got = [yield* channel.get(), yield* channel.get(), yield* channel.get()];
      yield* joinAll(puts);
      assertEquals([got, log], [[0, 1, 2], ["put 0 ok", "put 1 ok", "put 2 ok"]]);
      log.length = 0;
      const gets = upTo(3).map((n) => logging(log, `get ${n}`, channel.get()));
      yield* settle();
      for (const n of upTo(3)) yield* channel.put(n);
      yield* joinAll(gets);
      assertEquals(log, ["get 0 0", "get 1 1", "get 2 2"]);
    }));

  test("S-60: two loops hand over one by one", () =>
    virtual(function* () {
      const channel = new Channel<number>(), log: string[] = [];
      const producer = spawn(function* () {
        for (const n of upTo(4)) {
          yield* channel.put(n);
          log.push(`put ${n}`);
        }
        channel.shutdown();
      });
      for (let step = yield* channel.next(); !step.done; step = yield* channel.next()) {
        log.push(`got ${step.value}`);
        yield* sleep(1);
      }
      yield* producer;
      assert(log.indexOf("put 1") > log.indexOf("got 0"), log.join());
      assertEquals(log.filter((l) => l.startsWith("got")), upTo(4).map((n) => `got ${n}`));
    }));

  test("S-63: shutdown fails those who wait to put: there is nothing that is left to drain", () =>
    virtual(function* () {
      const channel = new Channel<number>(), log: string[] = [];
      const gs = [logging(log, "a", channel.put(1)), logging(log, "b", channel.put(2))];
      yield* settle();
      channel.shutdown();
      yield* joinAll(gs);
      yield* logging(log, "get", channel.get());
      assertEquals(log, ["a !QueueShutDown", "b !QueueShutDown", "get !QueueShutDown"]);
      assertEquals([channel.isShutDown, channel.qsize], [true, 0]);
    }));

  test("S-59, S-63: an exchange that has happened is not undone by a shutdown", () =>
    virtual(function* () {
      const channel = new Channel<number>(), log: string[] = [];
      const getter = logging(log, "get", channel.get());
      yield* settle();
      const putter = logging(log, "put", channel.put(1));
      const closer = spawn(() => channel.shutdown());
      yield* joinAll([getter, putter, closer]);
      assertEquals(log.toSorted(), ["get 1", "put ok"]);
    }));

  test("S-60: a select that offers and asks on one channel meets others, in either way", () =>
    virtual(function* () {
      for (const meet of ["get", "put", "getNowait", "putNowait"] as const) {
        const channel = new Channel<number>();
        const both = spawn(() => select({ put: channel.put(1), get: channel.get() }));
        yield* settle();
        assert(!both.dead, "never with itself");
        if (meet === "get") assertEquals(yield* channel.get(), 1);
        else if (meet === "put") yield* channel.put(2);
        else if (meet === "getNowait") assertEquals(channel.getNowait(), 1);
        else channel.putNowait(2);
        const { key, value } = yield* both;
        assertEquals<unknown>([key, value], meet.startsWith("get") ? ["put", undefined] : ["get", 2]);
        assertEquals(channel.qsize, 0);
        assertInstanceOf(yield* caught(channel.get({ timeout: 5 })), QueueEmpty);
        assertInstanceOf(yield* caught(channel.put(3, { timeout: 5 })), QueueFull);
      }
    }));

  test("S-60: many selects that offer and ask on one channel pair off, and none is left over", () =>
    virtual(function* () {
      const channel = new Channel<number>(), given: number[] = [], taken: number[] = [];
      const exchange = function* (n: number): Gen<void> {
        const { key, value } = yield* select({ put: channel.put(n), get: channel.get() });
        if (key === "put") given.push(n);
        else taken.push(value as number);
      };
      yield* joinAll(upTo(10).map((n) => spawn(exchange, n)), { raiseError: true });
      assertEquals(given.length, 5);
      assertEquals(given.toSorted(), taken.toSorted());
    }));

  test("S-60: a select between two channels takes from one only", () =>
    virtual(function* () {
      const [a, b] = [new Channel<number>(), new Channel<string>()];
      const first = spawn(() => select({ a, b }));
      yield* settle();
      const puts = [spawn(() => b.put("x")), spawn(() => a.put(1))];
      const { key, value } = yield* first;
      assertEquals([key, value], ["b", "x"]);
      yield* settle();
      assertEquals([puts[0].dead, puts[1].dead, a.qsize], [true, false, 1]);
      assertEquals(yield* a.get(), 1);
      yield* joinAll(puts);
    }));
});
