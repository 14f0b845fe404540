import fc from "fast-check";
import {
  AsyncResult,
  Barrier,
  Broadcast,
  Channel,
  Condition,
  Event,
  isKill,
  joinAll,
  Lock,
  type Op,
  Queue,
  QueueEmpty,
  QueueShutDown,
  select,
  Semaphore,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, logging, property, upTo, virtual } from "../laws/kit.ts";
import { play, programs, type Step } from "../laws/model.ts";
import { pair } from "./select_model.ts";

describe("select", () => {
  test("of several that are ready the first case wins, and the others have not happened", () =>
    virtual(function* () {
      const [a, b] = [new Queue<number>(), new Queue<string>()], event = new Event();
      b.putNowait("x");
      event.set();
      a.putNowait(1);
      const semaphore = new Semaphore(1);
      const got = yield* select({ b, a, event, permit: semaphore.acquire(), put: a.put(2) });
      assertEquals([got.index, got.key, got.value], [0, "b", "x"]);
      assertEquals([a.qsize, b.qsize, semaphore.available], [1, 0, 1]);
      const second = yield* select([b, a.get(), semaphore.acquire()]);
      assertEquals([second.index, second.key, second.value, semaphore.available], [1, 1, 1, 1]);
    }));

  test("takes all that parks: queues, channels, events, locks, results, greenlets, promises, time", () =>
    virtual(function* () {
      const never = { never: suspend() };
      const won = function* (op: Op<unknown> | PromiseLike<unknown>, act: () => void): Gen<unknown> {
        const g = spawn(() => select({ ...never, op }));
        yield* settle();
        assert(!g.dead);
        act();
        return (yield* g).value;
      };
      const queue = new Queue<number>({ maxsize: 1 }), channel = new Channel<number>(), event = new Event();
      const lock = new Lock(), semaphore = new Semaphore(0), result = new AsyncResult<number>();
      const subscription = new Broadcast<number>().subscribe(), resolvers = Promise.withResolvers<number>();
      const gate = new Event(),
        child = spawn(function* () {
          yield* gate.wait();
          return 9;
        });
      assertEquals(yield* won(queue.get(), () => queue.putNowait(1)), 1);
      assertEquals(yield* won(queue.peek(), () => queue.putNowait(2)), 2);
      assertEquals(yield* won(queue.put(3), () => queue.getNowait()), undefined);
      assertEquals(yield* won(queue.join(), () => upTo(3).forEach(() => queue.taskDone())), true);
      assertEquals(yield* won(channel.get(), () => channel.putNowait(4)), 4);
      assertEquals(yield* won(channel.put(5), () => assertEquals(channel.getNowait(), 5)), undefined);
      assertEquals(yield* won(event.wait(), () => event.set()), true);
      assertEquals(yield* won(semaphore.acquire(), () => semaphore.release()), true);
      yield* lock.acquire();
      assertEquals(yield* won(lock.acquire(), () => lock.release()), true);
      assertEquals(yield* won(result.get(), () => result.set(6)), 6);
      assertEquals(yield* won(subscription.next(), () => subscription.close()), {
        done: true,
        value: undefined,
      });
      assertEquals(yield* won(child, () => gate.set()), 9);
      assertEquals(yield* won(resolvers.promise, () => resolvers.resolve(7)), 7);
      assertEquals(yield* won(sleep(5), () => {}), undefined);
    }));

  test("S-15: two cases that become ready at once: the first wake wins, the other has not happened", () =>
    virtual(function* () {
      const [a, b] = [new Queue<number>(), new Queue<number>()], semaphore = new Semaphore(0);
      const g = spawn(() => select({ a, b, permit: semaphore.acquire() }));
      yield* settle();
      b.putNowait(2);
      a.putNowait(1);
      semaphore.release();
      const got = yield* g;
      assertEquals([got.key, got.value], ["b", 2]);
      assertEquals([a.qsize, b.qsize, semaphore.available], [1, 0, 1]);
    }));

  test("S-59: an item goes past a select that has been won elsewhere, to the next getter", () =>
    virtual(function* () {
      const queue = new Queue<number>(), event = new Event(), log: string[] = [];
      const chosen = spawn(() => select({ queue, event }));
      yield* settle();
      const next = logging(log, "next", queue.get());
      yield* settle();
      event.set();
      queue.putNowait(1);
      yield* joinAll([chosen, next]);
      assertEquals([(yield* chosen).key, log], ["event", ["next 1"]]);
    }));

  test("S-51: when a case that headed its line is withdrawn, that line is asked again", () =>
    virtual(function* () {
      const semaphore = new Semaphore(1), event = new Event(), log: string[] = [];
      const chosen = spawn(() => select({ many: semaphore.acquire({ permits: 3 }), event }));
      yield* settle();
      const one = logging(log, "one", semaphore.acquire());
      yield* settle();
      assertEquals(log, []);
      event.set();
      yield* joinAll([chosen, one]);
      assertEquals([log, semaphore.available], [["one true"], 0]);
    }));

  test("S-57: killed while parked it stands in no line any more", () =>
    virtual(function* () {
      const [a, b] = [new Queue<number>(), new Channel<number>()];
      const g = spawn(() => select({ a, b, put: b.put(1), late: sleep(50) }));
      yield* settle();
      g.kill();
      a.putNowait(1);
      assertEquals([a.qsize, b.qsize], [1, 0]);
      assertThrows(() => b.putNowait(1));
      yield* g.join();
    }));

  test("S-57: woken and then killed it returns its item, and the kill comes at the next park", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: unknown[] = [];
      const g = spawn(function* () {
        log.push((yield* select({ never: suspend(), queue })).value);
        try {
          yield* sleep(0);
        } catch (e) {
          log.push(isKill(e));
          throw e;
        }
      });
      yield* settle();
      queue.putNowait(3);
      g.kill();
      yield* g.join();
      assertEquals(log, [3, true]);
    }));

  test("the winner's error is thrown, the losers have not happened", () =>
    virtual(function* () {
      const queue = new Queue<number>(), other = new Queue<number>(), error = new Error("mine");
      const down = spawn(() => caught(select({ other, queue })));
      const failing = spawn(() => caught(select({ other, child: until(Promise.reject(error)) })));
      yield* settle();
      queue.shutdown();
      assertInstanceOf(yield* down, QueueShutDown);
      assertStrictEquals(yield* failing, error);
      assertInstanceOf(
        yield* caught(select({ other, queue })),
        QueueShutDown,
        "also where it is so from the start",
      );
      other.putNowait(1);
      assertEquals(yield* other.get(), 1);
    }));

  test("S-58: a case's own timeout ends it as it would alone; an outer one is thrown as itself", () =>
    virtual(function* () {
      const queue = new Queue<number>(), event = new Event();
      assertInstanceOf(yield* caught(select({ a: queue.get({ timeout: 5 }), event })), QueueEmpty);
      const timed = yield* select({ queue, event: event.wait({ timeout: 5 }) });
      assertEquals([timed.key, timed.value], ["event", false]);
      assertInstanceOf(yield* caught(withTimeout(5, select({ queue, event }))), TimeoutError);
      queue.putNowait(1);
      assertEquals(queue.qsize, 1);
    }));

  test("sleep(0) loses to what is ready, and wins otherwise", () =>
    virtual(function* () {
      const queue = new Queue<number>();
      assertEquals((yield* select({ queue, turn: sleep(0) })).key, "turn");
      queue.putNowait(1);
      assertEquals((yield* select({ turn: sleep(0), queue })).key, "queue");
      assertEquals((yield* select({ queue, late: sleep(5) })).key, "late");
    }));

  test("the signal of a promise that loses is aborted, that of one that wins is not", () =>
    virtual(function* () {
      const signals: AbortSignal[] = [], event = new Event();
      const watched = (p: Promise<number>) =>
        until((signal) => {
          signals.push(signal);
          return p;
        });
      const forever = new Promise<number>(() => {});
      event.set();
      yield* select({ p: watched(forever), event });
      event.clear();
      const g = spawn(() => select({ p: watched(forever), event }));
      yield* settle();
      event.set();
      yield* g;
      assertEquals((yield* select({ p: watched(Promise.resolve(1)), never: suspend() })).value, 1);
      assertEquals(signals.map((s) => s.aborted), [true, true, false]);
    }));

  test("one operation in two selects, in one select twice, and beside a select", () =>
    virtual(function* () {
      const queue = new Queue<number>(), get = queue.get(), both = select([get, get]);
      const gs = [spawn(() => both), spawn(() => both)], alone = spawn(() => get);
      yield* settle();
      for (const n of upTo(3)) queue.putNowait(n);
      assertEquals([(yield* gs[0]).value, (yield* gs[1]).value, yield* alone], [0, 1, 2]);
      queue.putNowait(9);
      assertEquals((yield* both).value, 9, "and again");
      assertEquals(queue.qsize, 0);
    }));

  test("a select in a loop with a deadline loses nothing", () =>
    virtual(function* () {
      const queue = new Queue<number>(), seen: number[] = [];
      const feeder = spawn(function* () {
        for (const n of upTo(10)) {
          yield* sleep(n % 4);
          yield* queue.put(n);
        }
        queue.shutdown();
      });
      for (;;) {
        const got = yield* select({ step: queue.next(), late: sleep(2) });
        if (got.key === "late") continue;
        if (got.value.done) break;
        seen.push(got.value.value);
      }
      yield* feeder;
      assertEquals(seen, upTo(10));
    }));

  test("needs cases, and says what cannot be one", () => {
    assertThrows(() => select({}), RangeError);
    assertThrows(() => select([]), RangeError);
    assertThrows(() => select(null as unknown as Queue<number>[]), TypeError);
    for (const bad of [1, "x", null, undefined, {}, () => 1, new Condition(), new Barrier(2).parties]) {
      const error = assertThrows(() => select({ bad: bad as unknown as Op<number> }), TypeError);
      assert(error.message.includes("bad"), error.message);
    }
  });

  // A select waits in one line of its own here: nobody else gets from these queues.
  test("S-15, S-57: between two queues, under random kills and timeouts, it keeps to the model", () => {
    const patient = (step: Step): Step =>
      step.do === "start" && step.timeout === 0 ? { ...step, timeout: 3 } : step;
    return property(
      fc.tuple(programs(3), fc.boolean()),
      ([program, second]) => play(program.map(patient), () => pair(second)),
    );
  });
});
