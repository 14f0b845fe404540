/** Pools: a limit on how many greenlets run at once. */
import {
  Event,
  type Greenlet,
  Group,
  joinAll,
  Pool,
  PoolFull,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertNotStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual } from "../regressions/helpers.ts";

describe("Pool: size and state", () => {
  test("is a Group, without limit by default; sizes that are none are refused", () => {
    assertInstanceOf(new Pool(2), Group);
    const free = new Pool();
    assertEquals([free.full, free.freeCount, free.size], [false, Infinity, 0]);
    for (const bad of [0, -1, 1.5, NaN]) assertThrows(() => new Pool(bad), RangeError);
    assertThrows(() => new Pool("2" as never), TypeError);
  });

  test("size, full and freeCount say how it stands", () =>
    virtual(function* () {
      const pool = new Pool(2);
      assertEquals([pool.size, pool.full, pool.freeCount], [0, false, 2]);
      const a = yield* pool.spawn(() => sleep(1));
      assertEquals([pool.size, pool.full, pool.freeCount], [1, false, 1]);
      const b = yield* pool.spawn(() => sleep(2));
      assertEquals([pool.size, pool.full, pool.freeCount], [2, true, 0]);
      assertEquals([...pool], [a, b] as Greenlet<unknown>[]);
      yield* a;
      assertEquals([pool.size, pool.full, pool.freeCount], [1, false, 1]);
      assertEquals(yield* pool.join(), true);
      assertEquals(pool.size, 0);
    }));

  test("add takes a slot though the pool be full, and freeCount is never negative", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const outsiders = [spawn(() => sleep(1)), spawn(() => sleep(2))];
      for (const g of outsiders) pool.add(g);
      assertEquals([pool.size, pool.full, pool.freeCount], [2, true, 0]);
      const waiting = spawn(() => pool.spawn(() => "in"));
      yield* (outsiders[0] as Greenlet<void>);
      yield* settle();
      assertEquals(waiting.dead, false, "one over the limit has ended: it is full still");
      yield* (outsiders[1] as Greenlet<void>);
      assertEquals(yield* yield* waiting, "in");
    }));

  test("waitAvailable waits for a free slot and takes none; false when the timeout came first", () =>
    virtual(function* () {
      const pool = new Pool(1);
      assertEquals(yield* pool.waitAvailable(), true);
      assertEquals(pool.freeCount, 1);
      yield* pool.spawn(() => sleep(10));
      assertEquals(yield* pool.waitAvailable({ timeout: 0 }), false);
      assertEquals(yield* pool.waitAvailable({ timeout: 5 }), false);
      assertEquals(yield* pool.waitAvailable({ timeout: 50 }), true);
      assertEquals([pool.freeCount, pool.size], [1, 0]);
    }));
});

describe("Pool: spawn", () => {
  test("S-67: spawn parks while the pool is full, and goes on in the order of the calls", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const log: number[] = [];
      for (const i of upTo(6)) {
        spawn(() =>
          pool.spawn(function* () {
            log.push(i);
            yield* sleep(10);
          })
        );
      }
      yield* settle();
      assertEquals(log.toSorted(), [0, 1]);
      yield* sleep(15);
      assertEquals(log.slice(2), [2, 3]);
      yield* sleep(10);
      assertEquals(log.slice(4), [4, 5]);
    }));

  test("S-67: with a timeout spawn throws PoolFull, and nothing was started", () =>
    virtual(function* () {
      const pool = new Pool(1);
      let started = 0;
      const body = () => void started++;
      const first = yield* pool.spawn(() => sleep(100));
      assertInstanceOf(yield* caught(pool.spawn({ timeout: 0 }, body)), PoolFull);
      assertInstanceOf(yield* caught(pool.spawn({ timeout: -1 }, body)), PoolFull);
      const error = yield* caught(pool.spawn({ timeout: 20 }, body));
      assertInstanceOf(error, PoolFull);
      assertEquals((error as PoolFull).name, "PoolFull");
      yield* first;
      assertEquals([started, pool.freeCount], [0, 1]);
      yield* pool.spawn({ timeout: 0 }, body);
      yield* settle();
      assertEquals(started, 1);
      assertThrows(() => pool.spawn({ timeout: NaN }, body), RangeError);
    }));

  test("S-67: a slot is free again when the joiners of the finished greenlet run", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const free: number[] = [];
      const ends: (() => Generator<unknown, void>)[] = [
        function* () {
          yield* sleep(1);
        },
        function* () {
          yield* sleep(1);
          throw new Error("failing");
        },
        function* () {
          getKilled.set();
          yield* suspend();
        },
      ];
      const getKilled = new Event();
      for (const end of ends) {
        const g = yield* pool.spawn(end);
        g.link(() => free.push(pool.freeCount));
        const joiner = spawn(function* () {
          yield* g.join();
          free.push(pool.freeCount);
        });
        if (end === ends[2]) {
          yield* getKilled.wait();
          g.kill();
        }
        yield* joiner;
        yield* settle();
      }
      assertEquals(free, [1, 1, 1, 1, 1, 1]);
    }));

  test("S-67: killed workers free their slots, whether parked, not started or ending by themselves", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const parked = yield* pool.spawn(() => suspend());
      yield* settle();
      yield* parked.kill();
      assertEquals(pool.freeCount, 1);
      const unborn = yield* pool.spawn(() => suspend());
      unborn.kill();
      assertEquals(pool.freeCount, 1);
      const suicide: Greenlet<void> = yield* pool.spawn(function* () {
        yield* sleep(1);
        yield* suicide.kill();
      });
      yield* suicide.join();
      assertEquals(pool.freeCount, 1);
      const slow = yield* pool.spawn(function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(10);
        }
      });
      yield* settle();
      slow.kill();
      yield* sleep(5);
      assertEquals(pool.full, true, "it cleans up still, in its slot");
      assertEquals(yield* pool.kill(), []);
      assertEquals(pool.freeCount, 1);
    }));

  test("S-67: killing one who waits for a slot starts nothing; the slot goes to the next", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const log: string[] = [];
      const first = yield* pool.spawn(() => suspend());
      const waiters = ["a", "b", "c"].map((name) => spawn(() => pool.spawn(() => void log.push(name))));
      yield* settle();
      yield* (waiters[0] as Greenlet<unknown>).kill();
      first.kill();
      yield* joinAll(waiters);
      yield* pool.join();
      assertEquals(log, ["b", "c"]);
    }));

  test("S-67: a slot is promised when its waiter is woken: no newcomer takes it, and a kill comes later", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const log: string[] = [];
      const first = yield* pool.spawn(() => suspend());
      const waiter = spawn(function* () {
        yield* pool.spawn(() => void log.push("the waiter's"));
        log.push("spawn returned");
        yield* sleep(0);
        log.push("not reached");
      });
      yield* settle();
      pool.discard(first);
      assertEquals([pool.freeCount, pool.full], [0, true]);
      assertInstanceOf(yield* caught(pool.spawn({ timeout: 0 }, () => log.push("newcomer"))), PoolFull);
      waiter.kill();
      yield* waiter.join();
      yield* settle();
      assertEquals(log, ["spawn returned", "the waiter's"]);
      assertEquals(pool.freeCount, 1);
      yield* first.kill();
    }));

  test("S-67: discard frees the slot for those who wait", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const first = yield* pool.spawn(() => sleep(50));
      const next = spawn(() => pool.spawn(() => "next"));
      yield* settle();
      pool.discard(first);
      assertEquals(yield* yield* next, "next");
      assertEquals(first.dead, false);
    }));

  test("spawn acts when it is delegated to, each time anew", () =>
    virtual(function* () {
      const pool = new Pool(3);
      let runs = 0;
      const spawning = pool.spawn(() => void runs++);
      yield* settle();
      assertEquals([runs, pool.size], [0, 0]);
      const [a, b] = [yield* spawning, yield* spawning];
      yield* pool.join();
      assertNotStrictEquals(a, b);
      assertEquals(runs, 2);
    }));

  test("spawn takes a name, arguments and a generator, and refuses what cannot run", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const named = yield* pool.spawn({ name: "worker", timeout: 5 }, (a: number, b: number) => a + b, 1, 2);
      assertEquals([named.name, yield* named], ["worker", 3]);
      const made = yield* pool.spawn(function* () {
        yield* sleep(1);
        return "made";
      }());
      assertEquals(yield* made, "made");
      assertThrows(() => pool.spawn(3 as never), TypeError);
      assertThrows(() => pool.spawn({ name: "x" }, undefined as never), TypeError);
      assertInstanceOf(
        yield* caught(function* () {
          yield* pool.spawn({} as never);
        }()),
        TypeError,
      );
      assertEquals(pool.freeCount, 2, "no slot is lost to a body that cannot run");
    }));

  test("an outer timeout ends the wait for a slot as itself", () =>
    virtual(function* () {
      const pool = new Pool(1);
      yield* pool.spawn(() => sleep(100));
      const error = yield* caught(withTimeout(10, pool.spawn({ timeout: 50 }, () => 1)));
      assertInstanceOf(error, TimeoutError);
      assertEquals(yield* pool.waitAvailable({ timeout: 0 }), false);
    }));
});
