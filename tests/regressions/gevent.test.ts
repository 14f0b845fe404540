/** gevent's lost items, kills that did not land, hanging pools and leaking timeouts, in our API. */
import {
  asCompleted,
  AsyncResult,
  BoundedSemaphore,
  Channel,
  collect,
  DeadlockError,
  Event,
  forEach,
  getCurrent,
  type Greenlet,
  GreenletExit,
  Group,
  isKill,
  iwait,
  joinAll,
  killAll,
  Lock,
  Pool,
  PoolFull,
  Queue,
  QueueEmpty,
  RLock,
  Semaphore,
  sleep,
  spawn,
  spawnLater,
  type Stream,
  suspend,
  Timeout,
  TimeoutError,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, forSchedules, play, upTo, virtual, virtualReporting } from "./helpers.ts";

describe("gevent: kill", () => {
  // gevent#330: killed before its first switch, the greenlet still ran.
  test("gevent#330: a greenlet killed before its first switch never runs [S-9]", () =>
    virtual(function* () {
      let ran = false;
      const g = spawn(() => {
        ran = true;
      });
      const told: string[] = [];
      g.link(() => told.push("link"));
      g.kill();
      yield* g.join();
      yield* settle();
      assertEquals(ran, false);
      assertEquals(told, ["link"]);
      assertEquals(g.successful, true);
      assertInstanceOf(g.value, GreenletExit);
    }));

  // gevent#1473: Greenlet.kill stopped an unstarted greenlet, killall let it run.
  test("gevent#1473: killAll withdraws what has not started [S-9, S-19]", () =>
    virtual(function* () {
      const ran: number[] = [];
      const gs = upTo(3).map((i) => spawn(() => void ran.push(i)));
      yield* killAll(gs);
      yield* settle();
      assertEquals(ran, []);
      assert(gs.every((g) => g.dead));
    }));

  // gevent#404: killall indexed its argument, so that a generator or a set failed or was used up.
  // gevent#64: duplicates in joinall and killall waited for ever.
  test("gevent#404, gevent#64: killAll and joinAll take any iterable, once, with duplicates and the dead [S-19, S-29]", () =>
    virtual(function* () {
      const [a, b, c] = upTo(3).map(() => spawn(suspend));
      assert(a !== undefined && b !== undefined && c !== undefined);
      yield* c.kill();
      assertEquals(
        yield* killAll((function* () {
          yield* [a, a, b, c];
        })()),
        [],
      );
      yield* joinAll([a, b, a, c]);
      yield* joinAll(new Set([a, b]).values());
      assertEquals(yield* wait([a, a]), [a]);
    }));

  // gevent#623: gevent.kill(g, error) raised the wrong thing in the target.
  // gevent PR 608: killed before it ran, with a reason of one's own, it counted as successful.
  test("gevent#623, gevent#608: a reason of one's own is the exception, started or not [S-4]", () =>
    virtual(function* () {
      const reason = new Error("mine");
      let seen: unknown;
      const started = spawn(function* () {
        try {
          yield* suspend();
        } catch (error) {
          seen = error;
          throw error;
        }
      });
      yield* settle();
      const fresh = spawn(suspend);
      started.kill(reason);
      fresh.kill(reason);
      for (const g of [started, fresh]) {
        assertStrictEquals(yield* caught(g.get()), reason);
        assertEquals(g.successful, false);
        assertStrictEquals(g.exception, reason);
      }
      assertStrictEquals(seen, reason);
    }));

  // gevent#1663: an exception instance, where a type was expected, printed an error and was lost.
  test("gevent#1663: a reason that is no Error is wrapped, the original under cause [S-18]", () =>
    virtual(function* () {
      const g = spawn(suspend);
      yield* settle();
      g.kill("because");
      const error = yield* caught(g.get());
      assertInstanceOf(error, Error);
      assertEquals(error.cause, "because");
    }));

  // gevent#2016: killing a greenlet that waits in Queue.get ended it, but the kill call never returned.
  test("gevent#2016: kill returns after killing a greenlet that waits in get or put [S-11, S-57]", () =>
    virtual(function* () {
      const empty = new Queue<number>();
      const full = new Queue<number>({ maxsize: 1 });
      full.putNowait(1);
      const getter = spawn(() => empty.get());
      const putter = spawn(() => full.put(2));
      yield* settle();
      assertEquals(yield* getter.kill(), true);
      assertEquals(yield* putter.kill(), true);
      assertEquals(full.qsize, 1);
    }));

  // gevent#1553: greenlets killed one at a time out of a pool left others of the same work running.
  test("gevent#1553: a group's kill ends all of them, also those that joined while it killed [S-19]", () =>
    virtual(function* () {
      const group = new Group();
      const ended: string[] = [];
      const worker = (name: string, more: boolean) =>
        function* () {
          try {
            yield* suspend();
          } finally {
            ended.push(name);
            if (more) group.spawn(worker("late", false));
          }
        };
      group.spawn(worker("a", true));
      group.spawn(worker("b", false));
      yield* settle();
      yield* group.kill();
      assertEquals(ended.slice(0, 2).toSorted(), ["a", "b"]);
      for (const g of group) g.kill();
      yield* group.join();
      assertEquals(group.size, 0);
    }));

  // gevent#1704: a RecursionError in a greenlet was reported unreliably, or ended more than the greenlet.
  test("gevent#1704: a stack overflow ends its own greenlet alone [S-8]", () =>
    virtual(function* () {
      const deep = (n: number): number => n + deep(n + 1);
      const g = spawn(() => deep(0));
      const other = spawn(function* () {
        yield* sleep(1);
        return "fine";
      });
      assertInstanceOf(yield* caught(g.get()), Error);
      assertEquals(yield* other, "fine");
    }));

  // gevent#1472: is `get` by several greenlets, or more than once, safe?
  test("gevent#1472: many gets of one greenlet give the same, the same error too [S-6]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const g = spawn(function* () {
        yield* sleep(1);
        throw boom;
      });
      const getters = upTo(3).map(() => spawn(() => caught(g.get())));
      for (const getter of getters) assertStrictEquals(yield* getter, boom);
      const stack = boom.stack;
      assertStrictEquals(yield* caught(g.get()), boom);
      assertEquals(boom.stack, stack);
    }));

  // gevent#143: links ran for joinall and not for join. (gevent runs them before a joiner that came later goes on; ours
  // says only that they run in their order, each once, and outside of the dying greenlet.)
  test("gevent#143: links run, in order, whether anybody joins or not; a late one still runs [S-36]", () =>
    virtual(function* () {
      for (const joined of [true, false]) {
        const log: string[] = [];
        const g = spawn(() => sleep(1));
        g.link(() => log.push("first"));
        g.link(() => log.push("second"));
        if (joined) yield* g.join();
        else yield* sleep(2);
        yield* settle();
        assertEquals(log, ["first", "second"]);
        g.link(() => log.push("late"));
        assertEquals(log.length, 2, "never inside the caller");
        yield* settle();
        assertEquals(log, ["first", "second", "late"]);
      }
    }));
});

describe("gevent: waiting for many", () => {
  // gevent#467: a consumer of iwait that switched between two items got LoopExit or lost some.
  test("gevent#467: switching between two items of iwait loses nothing [S-28]", () =>
    virtual(function* () {
      const done = spawn(() => "done");
      yield* done.join();
      const gs = [...upTo(3).map((i) => spawn(() => sleep(i))), done];
      const stream = iwait(gs);
      const seen = new Set<unknown>();
      for (;;) {
        const item = yield* stream.next();
        if (item.done === true) break;
        seen.add(item.value);
        yield* sleep(5);
      }
      assertEquals(seen.size, 4);
    }));

  // gevent PR 1288, PR 1290: taking one item of iwait hung, and left links on the rest.
  test("gevent#1288, gevent#1290: one item of iwait can be had alone, the rest live on [S-27, S-66]", () =>
    virtual(function* () {
      const [quick, slow] = [spawn(() => sleep(1)), spawn(() => sleep(10))];
      const first = yield* iwait([slow, quick]).next();
      assertStrictEquals(first.value, quick);
      assertEquals(slow.dead, false);
      assertEquals(yield* slow.join(), true);
    }));

  // eventlet#91: the result that the consumer was waiting for when its timeout fired was gone.
  test("eventlet#91: a timed-out next of asCompleted does not lose the result it waited for [S-28]", () =>
    virtual(function* () {
      const gs = upTo(4).map((i) =>
        spawn(function* () {
          yield* sleep(10 * (i + 1));
          return i;
        })
      );
      const stream = asCompleted(gs);
      const got: unknown[] = [];
      for (;;) {
        let item: IteratorResult<unknown>;
        try {
          item = yield* withTimeout(7, stream.next());
        } catch (error) {
          assertInstanceOf(error, TimeoutError);
          continue;
        }
        if (item.done === true) break;
        got.push(item.value);
      }
      assertEquals(got, [0, 1, 2, 3]);
    }));

  // gevent PR 512: joinall ignored count unless raise_error was set.
  test("gevent#512: joinAll stops at count without raiseError too [S-27]", () =>
    virtual(function* () {
      const gs = upTo(3).map((i) => spawn(() => sleep(10 * i)));
      const ready = yield* joinAll(gs, { count: 1 });
      assertEquals(ready, [gs[0]]);
      assertEquals(gs.map((g) => g.dead), [true, false, false]);
    }));

  // gevent#36: join(timeout, raise_error=True) with an unfinished greenlet raised its missing exception: a TypeError.
  test("gevent#36: raiseError with a timeout throws no error that nobody threw [S-27, S-30]", () =>
    virtual(function* () {
      const gs: Greenlet<unknown>[] = [spawn(() => sleep(1)), spawn(() => sleep(Infinity))];
      assertEquals(yield* joinAll(gs, { timeout: 5, raiseError: true }), [gs[0]]);
      const boom = new Error("boom");
      const failing: Greenlet<unknown> = spawn(() => {
        throw boom;
      });
      assertStrictEquals(yield* caught(joinAll([...gs, failing], { timeout: 5, raiseError: true })), boom);
      yield* killAll(gs);
    }));

  // gevent#771: a waiter added by the callback of `set` was notified by the same round, though the event was clear again.
  test("gevent#771: a wait begun after clear is not ended by the earlier set [S-48]", () =>
    virtual(function* () {
      const event = new Event();
      const waiter = spawn(function* () {
        spawn(() => event.set());
        assertEquals(yield* event.wait(), true);
        event.clear();
        assertEquals(yield* wait([event], { timeout: 10 }), []);
        assertEquals(yield* event.wait({ timeout: 10 }), false);
        return event.isSet;
      });
      assertEquals(yield* waiter, false);
    }));

  // gevent#1540: `gevent.wait` on a set event, more than once, failed an assertion.
  test("gevent#1540: waiting twice on a set event gives it twice [S-27]", () =>
    virtual(function* () {
      const event = new Event();
      event.set();
      assertEquals(yield* wait([event]), [event]);
      assertEquals(yield* wait([event]), [event]);
      assertEquals(yield* event.wait({ timeout: 0 }), true);
    }));

  // gevent#1739: AsyncResult set from elsewhere than a greenlet could hang its waiter. Our elsewhere is the host.
  test("gevent#1739: a result set from a promise callback of the host wakes every waiter", () =>
    virtual(function* () {
      const result = new AsyncResult<number>();
      const waiters = upTo(3).map(() => spawn(() => result.get()));
      yield* settle();
      yield Promise.resolve().then(() => result.set(5));
      for (const g of waiters) assertEquals(yield* g, 5);
    }));
});

describe("gevent: semaphores and locks", () => {
  // gevent#39: acquire(timeout=…) on a locked semaphore failed an assertion instead of giving False.
  test("gevent#39: acquire gives false on its own timeout and consumes nothing [S-52]", () =>
    virtual(function* () {
      const sem = new Semaphore(0);
      assertEquals(yield* sem.acquire({ timeout: 10 }), false);
      sem.release();
      assertEquals(sem.available, 1);
      const lock = new Lock();
      const holder = spawn(() => lock.withLock(() => sleep(100)));
      yield* settle();
      assertEquals(yield* lock.acquire({ timeout: 10 }), false);
      yield* holder.join();
      assertEquals(lock.locked, false);
    }));

  // gevent#308: releasing an unlocked lock raised nothing, unlike the standard library's.
  test("gevent#308: releasing what one does not hold throws and changes nothing [S-53]", () =>
    virtual(function* () {
      const lock = new Lock();
      assertThrows(() => lock.release());
      assertEquals(lock.locked, false);
      const bounded = new BoundedSemaphore(2);
      assertThrows(() => bounded.release());
      assertEquals(bounded.available, 2);
      const holder = spawn(() => lock.withLock(() => sleep(10)));
      yield* settle();
      assertThrows(() => lock.release());
      assertEquals(lock.locked, true);
      yield* holder.join();
    }));

  // gevent#750: a second greenlet's RLock.acquire returned False at once instead of waiting.
  test("gevent#750: RLock makes another greenlet wait until the last release [S-53]", () =>
    virtual(function* () {
      const lock = new RLock();
      const log: string[] = [];
      const owner = spawn(function* () {
        yield* lock.acquire();
        yield* lock.acquire();
        yield* sleep(10);
        lock.release();
        log.push("released once");
        yield* sleep(10);
        log.push("released twice");
        lock.release();
      });
      yield* settle();
      assertEquals(yield* lock.acquire(), true);
      log.push("other");
      lock.release();
      assertEquals(log, ["released once", "released twice", "other"]);
      yield* owner.join();
    }));

  // gevent#1487: links were kept in a set: two greenlets that handed a semaphore to and fro starved a third for ever.
  test("gevent#1487: two greenlets that keep re-spawning acquirers cannot starve a third [S-50]", () =>
    virtual(function* () {
      const sem = new Semaphore(1);
      let rounds = 0;
      let served = false;
      const again = function* (): Generator<unknown, void, unknown> {
        while (!served && rounds < 100) {
          rounds++;
          yield* sem.acquire();
          yield* sleep(0);
          sem.release();
        }
      };
      const rivals = [spawn(again), spawn(again)];
      const third = spawn(function* () {
        yield* sem.acquire();
        served = true;
        sem.release();
      });
      yield* joinAll([...rivals, third]);
      assert(rounds <= 4, `waited for ${rounds} rounds of the others`);
    }));
});

describe("gevent: queues", () => {
  // gevent#45: JoinableQueue.join hung on a queue that was already empty.
  test("gevent#45: join on a fresh queue returns at once; taskDone beyond the puts throws [S-64]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      yield* q.join();
      q.putNowait(1);
      yield* q.get();
      q.taskDone();
      yield* q.join();
      assertThrows(() => q.taskDone());
    }));

  // gevent#103: Queue(None).full() was True.
  test("gevent#103: an unbounded queue is never full [S-60]", () =>
    virtual(function* () {
      for (const q of [new Queue<number>(), new Queue<number>({ maxsize: 0 })]) {
        for (const i of upTo(50)) yield* q.put(i);
        assertEquals(q.full, false);
        assertEquals(q.qsize, 50);
      }
    }));

  // gevent#647: a parked peek raised ValueError when the put came. gevent#643: peek on an empty queue: AttributeError.
  test("gevent#647, gevent#643: a parked peek sees the item, consumes it not, and takes no getter's wake [S-62]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      assertInstanceOf(yield* caught(q.peek({ timeout: 5 })), QueueEmpty);
      assertThrows(() => q.peekNowait(), QueueEmpty);
      const peeker = spawn(() => q.peek());
      const getter = spawn(() => q.get());
      yield* settle();
      q.putNowait(1);
      assertEquals(yield* getter, 1);
      q.putNowait(2);
      assertEquals(typeof (yield* peeker), "number");
      assertEquals(yield* q.peek(), 2);
      assertEquals(yield* q.get(), 2);
    }));

  // gevent#1017: Empty was raised though one item was left.
  test("gevent#1017: no QueueEmpty while there is an item, whatever the number of getters [S-58, S-59]", () =>
    virtual(function* () {
      const q = new Queue<number>({ maxsize: 4 });
      for (const i of upTo(4)) q.putNowait(i);
      const getters = upTo(4).map(() => spawn(() => q.get({ timeout: 0 })));
      const got: number[] = [];
      for (const g of getters) got.push(yield* g);
      assertEquals(got, [0, 1, 2, 3]);
      assertInstanceOf(yield* caught(q.get({ timeout: 0 })), QueueEmpty);
    }));

  // gevent tests/test__queue.py, test_two_waiters_one_dies: the getter that timed out swallowed the item.
  test("gevent test_two_waiters_one_dies: an item goes past a getter that timed out [S-57]", () =>
    virtual(function* () {
      for (const dying of [1, 2]) {
        const q = new Queue<string>();
        const dead = upTo(dying).map(() => spawn(() => caught(q.get({ timeout: 5 }))));
        const waiter = spawn(() => q.get());
        yield* sleep(10);
        q.putNowait("hi");
        for (const g of dead) assertInstanceOf(yield* g, QueueEmpty);
        assertEquals(yield* waiter, "hi");
      }
    }));

  // gevent tests/test__queue.py, TestChannel: put on a channel came back before anyone had the item.
  test("gevent TestChannel: put returns once a getter took the item, and a killed side takes nothing along [S-60]", () =>
    virtual(function* () {
      const channel = new Channel<string>();
      const log: string[] = [];
      const sender = (item: string) =>
        spawn(function* () {
          yield* channel.put(item);
          log.push(`sent ${item}`);
        });
      const [a, b] = [sender("a"), sender("b")];
      yield* settle();
      assertEquals(log, []);
      a.kill();
      yield* a.join();
      assertEquals(yield* channel.get(), "b");
      yield* b.join();
      assertEquals(log, ["sent b"]);
      const getter = spawn(() => channel.get());
      yield* settle();
      getter.kill();
      yield* getter.join();
      const c = sender("c");
      yield* settle();
      assertEquals(log, ["sent b"], "the killed getter is not there any more");
      assertEquals(yield* channel.get(), "c");
      yield* c.join();
    }));

  test("gevent TestChannel: with random kills of both sides exactly what was sent was taken [S-60]", () =>
    forSchedules(function* (schedule) {
      const channel = new Channel<number>();
      const sent: number[] = [];
      const got: number[] = [];
      const senders = upTo(4).map((i) =>
        spawn(function* () {
          yield* channel.put(i);
          sent.push(i);
        })
      );
      yield* settle();
      const getters = upTo(4).map(() =>
        spawn(function* () {
          yield* sleep(1);
          got.push(yield* channel.get());
        })
      );
      const everyone = [...senders, ...getters];
      yield* play(schedule, everyone, () => {});
      yield* sleep(10);
      yield* killAll(everyone);
      assertEquals(sent.toSorted(), got.toSorted());
    }));
});

describe("gevent: pools and imap", () => {
  // gevent#138: imap_unordered over an empty iterator hung.
  test("gevent#138: an empty input ends imap and imapUnordered at once [S-69]", () =>
    virtual(function* () {
      const pool = new Pool(2);
      assertEquals(yield* collect(pool.imapUnordered((x: number) => x, [])), []);
      assertEquals(yield* collect(pool.imap((x: number) => x, [].values())), []);
      assertEquals(yield* pool.map((x: number) => x, []), []);
    }));

  // gevent#311, gevent#423: the last worker was done before the input ended: nobody put the end mark: hang.
  test("gevent#311, gevent#423: an input that ends after the last result ends the iteration [S-69]", () =>
    virtual(function* () {
      for (const method of ["imap", "imapUnordered"] as const) {
        const pool = new Pool(3);
        const input = new Queue<number>();
        for (const i of upTo(3)) input.putNowait(i);
        spawnLater(20, () => input.shutdown());
        assertEquals((yield* collect(pool[method]((x: number) => x * x, input))).toSorted(), [0, 1, 4]);
        assertEquals(pool.freeCount, 3);
      }
    }));

  // gevent#216: imap_unordered dropped the errors of its workers.
  test("gevent#216: imap throws a worker's error at its position and goes on after it [S-69]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const pool = new Pool(2);
      const work = (x: number) => {
        if (x === 1) throw boom;
        return x;
      };
      const read = function* (stream: Stream<number>) {
        const seen: unknown[] = [];
        for (;;) {
          try {
            const item = yield* stream.next();
            if (item.done === true) return seen;
            seen.push(item.value);
          } catch (error) {
            seen.push(error);
          }
        }
      };
      assertEquals(yield* read(pool.imap(work, upTo(4))), [0, boom, 2, 3]);
      const unordered = yield* read(pool.imapUnordered(work, upTo(4)));
      assertEquals(unordered.length, 4);
      assert(unordered.includes(boom));
      assertStrictEquals(yield* caught(pool.map(work, upTo(4))), boom);
      assertEquals(pool.freeCount, 2);
    }));

  // gevent#638: imap's results piled up without bound while the consumer was slow.
  test("gevent#638: maxsize bounds what imap has made and nobody has taken [S-69]", () =>
    virtual(function* () {
      for (const method of ["imap", "imapUnordered"] as const) {
        const pool = new Pool(2);
        let finished = 0;
        const stream = pool[method](
          (x: number) => {
            finished++;
            return x;
          },
          upTo(50),
          { maxsize: 1 },
        );
        const got: number[] = [];
        for (;;) {
          const item = yield* stream.next();
          if (item.done === true) break;
          got.push(item.value);
          yield* sleep(10);
          assert(finished <= got.length + 3, `${finished} made, ${got.length} taken`);
        }
        assertEquals(got.toSorted((a, b) => a - b), upTo(50));
      }
    }));

  // gevent#368: workers that spawn into their own full pool wait for themselves: LoopExit, which named nobody.
  test("gevent#368: workers that spawn into their own full pool are a deadlock, told by name [S-67, S-75]", async () => {
    const error = await assertRejects(() =>
      virtualReporting(function* () {
        const pool = new Pool(2);
        const worker = function* () {
          getCurrent().name = "greedy";
          yield* sleep(0);
          yield* pool.spawn(() => {});
        };
        yield* pool.spawn(worker);
        yield* pool.spawn(worker);
        yield* pool.join();
      })
    );
    assertInstanceOf(error, DeadlockError);
    assertStringIncludes(error.message, "greedy");
  });

  // gevent#131 (its threadpool), and Pool.apply: a nested apply in a full pool waited for its own slot.
  test("gevent#131: apply from inside a full pool's own worker does not deadlock [S-68]", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const result = yield* pool.apply(function* () {
        const inner = yield* pool.apply(function* () {
          yield* sleep(1);
          return 20;
        });
        return inner + 1;
      });
      assertEquals(result, 21);
      assertEquals(pool.freeCount, 1);
    }));

  // gevent PR 1032: no way to give up on a full pool; here: what timed out must not start later.
  test("gevent#1032: a spawn that timed out on a full pool starts nothing, now or later [S-67]", () =>
    virtual(function* () {
      const pool = new Pool(1);
      let started = false;
      const busy = yield* pool.spawn(() => sleep(100));
      assertInstanceOf(
        yield* caught(pool.spawn({ timeout: 10 }, () => {
          started = true;
        })),
        PoolFull,
      );
      const waiting = spawn(() =>
        pool.spawn(() => {
          started = true;
        })
      );
      yield* settle();
      assertEquals(yield* waiting.kill(), true);
      yield* busy.join();
      yield* pool.join();
      assertEquals(started, false);
      assertEquals(pool.freeCount, 1);
    }));

  // gevent#1479's shape: slots that are not freed by workers that fail or are killed leave the pool shut for ever.
  test("gevent#1479: with random kills a pool never runs more than its size and ends with every slot free [S-67]", () =>
    forSchedules(function* (schedule) {
      const size = 2;
      const pool = new Pool(size);
      let running = 0;
      let most = 0;
      const spawners = upTo(6).map((i) =>
        spawn(function* () {
          const g = yield* pool.spawn(function* () {
            most = Math.max(most, ++running);
            try {
              yield* sleep(i % 3);
            } finally {
              running--;
            }
          });
          try {
            yield* g.join();
          } finally {
            g.kill();
          }
        })
      );
      yield* play(schedule, spawners, () => {});
      yield* joinAll(spawners);
      yield* pool.join();
      assert(most <= size, `${most} at once`);
      assertEquals(pool.freeCount, size);
      assertEquals(pool.size, 0);
    }));

  // gevent's imap feeders lived on when the consumer walked away.
  test("gevent#423: abandoning imap stops the feeder and kills what is in flight [S-69]", () =>
    virtual(function* () {
      const pool = new Pool(2);
      const ended: number[] = [];
      let fed = 0;
      const input = function* () {
        for (const i of upTo(50)) {
          fed++;
          yield i;
        }
      };
      const work = function* (x: number) {
        try {
          yield* sleep(x === 0 ? 1 : 1000);
          return x;
        } finally {
          ended.push(x);
        }
      };
      const consumer = spawn(() => forEach(pool.imap(work, input()), suspend));
      yield* sleep(10);
      yield* consumer.kill();
      yield* sleep(5000);
      assert(fed < 10, `${fed} fed after the consumer had gone`);
      assertEquals(ended, [0, 1, 2]);
      assertEquals(pool.freeCount, 2);
    }));
});

describe("gevent: timeouts", () => {
  // gevent#1861: is the timeout I caught mine, or one from further up the stack?
  test("gevent#1861: an outer timeout that fires inside a wait with a timeout is thrown as itself [S-26, S-39]", () =>
    virtual(function* () {
      const outer = new Timeout(5);
      outer.start();
      try {
        const event = new Event();
        yield* event.wait({ timeout: 1000 });
        throw new Error("not reached");
      } catch (error) {
        assertStrictEquals(error, outer);
      } finally {
        outer.cancel();
      }
    }));

  test("gevent#1861: the timeout that fired is the one thrown, and only its own block catches it [S-39]", () =>
    virtual(function* () {
      const outer = new Timeout(5);
      const inner = new Timeout(100);
      outer.start();
      inner.start();
      assertStrictEquals(yield* caught(sleep(1000)), outer);
      inner.cancel();
      outer.cancel();
      yield* sleep(1000);
    }));

  // gevent#1890: cancel and start again did not begin anew from now.
  test("gevent#1890: cancel and start count from the new start [S-37, S-42]", () =>
    virtual(function* () {
      const timeout = new Timeout(50);
      timeout.start();
      for (let i = 0; i < 6; i++) {
        yield* sleep(20);
        timeout.cancel();
        timeout.start();
      }
      assertEquals(timeout.pending, true);
      assertStrictEquals(yield* caught(sleep(60)), timeout);
      assertEquals(timeout.pending, false);
    }));

  // gevent#1805: cancelled timeouts were not taken down and fired into whatever came next.
  test("gevent#1805: a timeout that was left behind does not fire into later waits [S-42]", () =>
    virtual(function* () {
      for (let i = 0; i < 100; i++) {
        const timeout = new Timeout(10);
        timeout.start();
        timeout.cancel();
        yield* withTimeout(10, sleep(1));
      }
      yield* sleep(100);
    }));

  // The timeout of a greenlet that is dead must hit nobody.
  test("gevent#1805: a timeout of a killed greenlet fires into no other [S-42]", () =>
    virtual(function* () {
      const g = spawn(function* () {
        const timeout = new Timeout(10);
        timeout.start();
        yield* suspend();
      });
      yield* settle();
      yield* g.kill();
      assert(isKill(g.value));
      yield* sleep(100);
    }));
});
