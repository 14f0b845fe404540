import { forEach, joinAll, Queue, QueueEmpty, run, sleep, spawn, withTimeout } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, outcomeOf, property, upTo, virtual } from "../laws/kit.ts";
import { play, programs } from "../laws/model.ts";
import { everything } from "./queue_model.ts";

describe("Queue", () => {
  test("S-60: maxsize 0, Infinity and none are unbounded", () =>
    virtual(function* () {
      for (const options of [{ maxsize: 0 }, { maxsize: Infinity }, {}, undefined]) {
        const queue = new Queue<number>(options);
        for (const n of upTo(1000)) yield* queue.put(n, { timeout: 0 });
        assertEquals([queue.qsize, queue.full, queue.empty, queue.maxsize], [1000, false, false, Infinity]);
        for (const n of upTo(1000)) assertEquals(queue.getNowait(), n);
        assert(queue.empty);
      }
      for (const bad of [-1, 1.5, NaN]) assertThrows(() => new Queue({ maxsize: bad }), RangeError);
    }));

  test("S-61: full says whether a put would wait, and qsize stays within maxsize", () =>
    virtual(function* () {
      const queue = new Queue<number>({ maxsize: 2 });
      assertEquals([queue.full, queue.empty, queue.qsize], [false, true, 0]);
      yield* queue.put(1);
      yield* queue.put(2);
      const gs = upTo(5).map((n) => spawn(() => queue.put(n)));
      for (const _ of upTo(5)) {
        yield* settle();
        assertEquals([queue.full, queue.qsize], [true, 2]);
        queue.getNowait();
        assertEquals([queue.full, queue.qsize], [true, 2], "the room is taken in the same breath");
      }
      yield* joinAll(gs);
    }));

  test("S-62: peek neither consumes nor swallows a wake meant for a getter", () =>
    virtual(function* () {
      const queue = new Queue<number>({ maxsize: 1 }), log: string[] = [];
      const before = logging(log, "peek before", queue.peek());
      const getter = logging(log, "get", queue.get());
      yield* settle();
      queue.putNowait(7);
      yield* joinAll([before, getter]);
      assertEquals([log.toSorted(), queue.qsize], [["get 7", "peek before 7"], 0]);
      yield* queue.put(8);
      assertEquals([yield* queue.peek(), queue.peekNowait(), queue.qsize], [8, 8, 1]);
      const putter = logging(log, "put", queue.put(9));
      yield* queue.peek();
      yield* settle();
      assert(!log.includes("put ok"), "a peek makes no room");
      assertEquals([yield* queue.get(), yield* queue.get()], [8, 9]);
      yield* putter;
    }));

  test("S-62: a peek that is killed or times out changes nothing; it sees what the next get gives", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      assertThrows(() => queue.peekNowait(), QueueEmpty);
      for (const timeout of [-1, 0, 5]) assertInstanceOf(yield* caught(queue.peek({ timeout })), QueueEmpty);
      const peeker = spawn(() => queue.peek());
      const getter = spawn(() => queue.get());
      yield* settle();
      peeker.kill();
      queue.putNowait(1);
      queue.putNowait(2);
      assertEquals([yield* getter, yield* queue.peek(), yield* queue.get()], [1, 2, 2]);
    }));

  test("S-62: many may peek at one item", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: string[] = [];
      const gs = upTo(3).map((i) => logging(log, `${i}`, queue.peek()));
      yield* settle();
      queue.putNowait(4);
      yield* joinAll(gs);
      assertEquals([log, queue.qsize], [["0 4", "1 4", "2 4"], 1]);
    }));

  test("S-63: immediate drops what is left, and join still waits for what was taken", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: string[] = [];
      for (const n of upTo(3)) yield* queue.put(n);
      yield* queue.get();
      const joiner = logging(log, "join", queue.join());
      yield* settle();
      queue.shutdown({ immediate: true });
      yield* settle();
      assertEquals([queue.qsize, queue.unfinished, log], [0, 1, []]);
      assertEquals(outcomeOf(() => queue.getNowait()), "!QueueShutDown");
      yield* logging(log, "get", queue.get());
      yield* logging(log, "peek", queue.peek());
      yield* logging(log, "put", queue.put(1));
      assertEquals(outcomeOf(() => queue.peekNowait()), "!QueueShutDown");
      queue.taskDone();
      yield* joiner;
      assertEquals(log, ["get !QueueShutDown", "peek !QueueShutDown", "put !QueueShutDown", "join true"]);
    }));

  test("S-63: immediate with nothing taken ends the join, and a shutdown may become immediate later", () =>
    virtual(function* () {
      const queue = new Queue<number>({ maxsize: 2 }), log: string[] = [];
      for (const n of upTo(2)) yield* queue.put(n);
      const gs = [logging(log, "join", queue.join()), logging(log, "put", queue.put(9))];
      yield* settle();
      queue.shutdown();
      assertEquals([queue.isShutDown, queue.qsize], [true, 2]);
      queue.shutdown({ immediate: true });
      yield* joinAll(gs);
      assertEquals([log.toSorted(), queue.qsize], [["join true", "put !QueueShutDown"], 0]);
      assertThrows(() => queue.taskDone(), RangeError);
    }));

  test("S-63: immediate after a task that was reported early leaves nothing unfinished", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      queue.putNowait(1);
      queue.taskDone();
      queue.shutdown({ immediate: true });
      assertEquals([queue.unfinished, yield* queue.join()], [0, true]);
    }));

  test("S-63: a getter that was woken before the shutdown has its item", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: string[] = [];
      const gs = ["a", "b"].map((n) => logging(log, n, queue.get()));
      yield* settle();
      queue.putNowait(1);
      queue.shutdown({ immediate: true });
      yield* joinAll(gs);
      assertEquals(log, ["a 1", "b !QueueShutDown"]);
    }));

  test("S-64: taskDone beyond the puts throws; join on a fresh queue returns at once", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: string[] = [];
      let switched = false;
      spawn(() => {
        switched = true;
      });
      assertEquals([yield* queue.join(), switched], [true, false]);
      assertThrows(() => queue.taskDone(), RangeError);
      yield* queue.put(1);
      const gs = [logging(log, "a", queue.join()), logging(log, "late", queue.join({ timeout: 5 }))];
      yield* queue.get();
      yield* sleep(6);
      assertEquals(log, ["late false"], "taken is not done");
      queue.taskDone();
      yield* joinAll(gs);
      assertThrows(() => queue.taskDone(), RangeError);
      assertEquals(log, ["late false", "a true"]);
    }));

  test("S-64: a put that waits counts from the moment at which it enters", () =>
    virtual(function* () {
      const queue = new Queue<number>({ maxsize: 1 });
      yield* queue.put(1);
      const putter = spawn(() => queue.put(2));
      yield* settle();
      assertEquals(queue.unfinished, 1);
      yield* queue.get();
      assertEquals(queue.unfinished, 2);
      queue.taskDone();
      assertEquals(yield* queue.join({ timeout: 1 }), false);
      queue.taskDone();
      assertEquals(yield* queue.join({ timeout: 0 }), true);
      yield* putter;
    }));

  test("S-48, S-64: a joiner that is woken has joined, though more is put before it runs", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      yield* queue.put(1);
      const joiner = spawn(() => queue.join());
      yield* settle();
      queue.taskDone();
      queue.putNowait(2);
      assertEquals(yield* joiner, true);
    }));

  test("S-58: a timeout of 0 takes what is there; what is not there is QueueEmpty without a switch", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      queue.putNowait(1);
      let switched = false;
      spawn(() => {
        switched = true;
      });
      assertEquals(yield* queue.get({ timeout: 0 }), 1);
      assertInstanceOf(yield* caught(queue.get({ timeout: 0 })), QueueEmpty);
      assertEquals(switched, false);
      yield* queue.put(2);
      assertEquals(yield* withTimeout(0, queue.get()), 2, "S-34: what is ready has no need of time");
    }));

  test("S-43, S-57: an item that is put at the very instant of the timeout stays in the queue", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      for (const first of ["getter", "putter"]) {
        const put = () =>
          spawn(function* () {
            yield* sleep(5);
            yield* queue.put(1);
          });
        if (first === "putter") put();
        const getter = spawn(() => caught(queue.get({ timeout: 5 })));
        if (first === "getter") put();
        assertInstanceOf(yield* getter, QueueEmpty);
        yield* settle();
        assertEquals(queue.getNowait(), 1);
      }
    }));

  test("two runs at once hand items to each other through one queue", async () => {
    const [there, back] = [new Queue<number>({ maxsize: 1 }), new Queue<number>()];
    const echo = run(() => forEach(there, (n) => back.putNowait(n + 1)));
    const sums = await run(function* () {
      const got: number[] = [];
      for (const n of upTo(5)) {
        yield* there.put(n);
        got.push(yield* back.get());
      }
      there.shutdown();
      return got;
    });
    await echo;
    assertEquals(sums, [1, 2, 3, 4, 5]);
  });

  test("items are given as they are: undefined, null, promises, functions, errors", () =>
    virtual(function* () {
      const queue = new Queue<unknown>(), rejected = Promise.reject(new Error("nobody's"));
      rejected.catch(() => {});
      const items = [undefined, null, Promise.resolve(1), rejected, () => 1, new Error("an item"), sleep(1)];
      for (const item of items) {
        yield* queue.put(item);
        assertStrictEquals(yield* queue.get(), item);
        const getter = spawn(function* () {
          const got = yield* queue.get();
          return got === item;
        });
        yield* settle();
        queue.putNowait(item);
        assertEquals(yield* getter, true);
      }
    }));

  test("needs a greenlet only to wait", () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    assertEquals([queue.peekNowait(), queue.getNowait()], [1, 1]);
    queue.taskDone();
    assertThrows(() => queue.get()[Symbol.iterator]().next(), Error, "greenlet");
    queue.shutdown();
  });

  test("S-57 to S-64: keeps to the model with peek, taskDone, join and shutdown, under random kills and timeouts", () =>
    property(
      programs(6),
      (program) => play(program, () => everything(new Queue<number>({ maxsize: 2 }), 2)),
    ));
});
