/**
 * asyncio's races and cancellation bugs, in our API (CPython's tracker: `gh-` on GitHub, `bpo-` before it; `asyncio#` is
 * the library's own tracker, before it joined CPython). The great divide: asyncio may cancel a waiter that is already
 * woken, so each primitive must hand on what it held; here a wake commits, the operation returns, and the kill comes at
 * the next park. Tests that turn on it say so.
 */
import {
  all,
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  BrokenLockError,
  call,
  cancelScope,
  CapacityLimiter,
  Condition,
  Event,
  gather,
  getCurrent,
  type Greenlet,
  isKill,
  joinAll,
  killAll,
  Lock,
  moveOnAfter,
  type Op,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  Timeout,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import {
  caught,
  errorsIn,
  forSchedules,
  increasing,
  play,
  upTo,
  virtual,
  virtualReporting,
} from "./helpers.ts";

describe("asyncio: locks and semaphores", () => {
  // bpo-27585: the waiter that a release had chosen was cancelled before it ran, and nobody woke the next one.
  // Ours: the chosen one holds the lock; its `finally` hands it on.
  test("bpo-27585: a lock given to a waiter that is killed before it runs reaches the next one [S-51]", () =>
    virtual(function* () {
      const lock = new Lock();
      const log: string[] = [];
      yield* lock.acquire();
      const a = spawn(function* () {
        yield* lock.acquire();
        try {
          log.push("a holds");
          yield* sleep(0);
          log.push("a lives on");
        } finally {
          lock.release();
        }
      });
      const b = spawn(function* () {
        yield* lock.acquire();
        log.push("b holds");
        lock.release();
      });
      yield* settle();
      lock.release();
      a.kill();
      yield* joinAll([a, b]);
      assertEquals(log, ["a holds", "b holds"]);
      assertEquals(lock.locked, false);
    }));

  // bpo-32734 (gh-76915): a waiter cancelled in the same pass as the release let two tasks hold one lock.
  test("bpo-32734: release and kill in one pass never let two greenlets hold the lock [S-50, S-51]", () =>
    virtual(function* () {
      const lock = new Lock();
      let holders = 0;
      let most = 0;
      const worker = () =>
        spawn(function* () {
          yield* lock.acquire();
          try {
            most = Math.max(most, ++holders);
            yield* sleep(1);
          } finally {
            holders--;
            lock.release();
          }
        });
      yield* lock.acquire();
      const [a, b, c] = [worker(), worker(), worker()];
      yield* settle();
      b.kill();
      lock.release();
      assertEquals(lock.locked, true, "the lock is a's from the release on");
      a.kill();
      yield* joinAll([a, b, c, worker()]);
      assertEquals(most, 1);
      assertEquals(lock.locked, false);
    }));

  // bpo-43991 (gh-88157): a task cancelled between acquire and release kept the lock for ever; the others hung.
  // Closed there as the user's fault. Ours: the waiters are told.
  test("bpo-43991: the owner is killed without a finally; the waiters get BrokenLockError [S-54]", () =>
    virtual(function* () {
      const lock = new Lock();
      const owner = spawn(function* () {
        yield* lock.acquire();
        yield* suspend();
      });
      const waiter = spawn(() => caught(lock.acquire()));
      yield* settle();
      owner.kill();
      assertInstanceOf(yield* waiter, BrokenLockError);
    }));

  // asyncio#270: two waiters, one release, the woken one is cancelled before it runs: the other hung with a permit free.
  test("asyncio#270: a permit given to a killed waiter is not lost to the next [S-51]", () =>
    virtual(function* () {
      const sem = new Semaphore(0);
      const log: string[] = [];
      const holder = (name: string) =>
        spawn(() =>
          sem.withLock(function* () {
            log.push(name);
            yield* sleep(0);
            log.push(`${name} lives on`);
          })
        );
      const [a, b] = [holder("a"), holder("b")];
      yield* settle();
      sem.release();
      a.kill();
      yield* joinAll([a, b]);
      // Ours: a has the permit, so its body begins; asyncio would never let it begin.
      assertEquals(log, ["a", "b", "b lives on"]);
      assertEquals(sem.available, 1);
    }));

  // gh-90155 (bpo-45997): "Zero returns the key, then murders One at the door": the key was gone for good.
  test("gh-90155: the permit of a waiter killed right after the release is there for the next [S-51]", () =>
    virtual(function* () {
      const sem = new Semaphore(1);
      yield* sem.acquire();
      const one = spawn(() => sem.withLock(() => sleep(5)));
      yield* settle();
      sem.release();
      one.kill();
      yield* one.join();
      assertEquals(sem.available, 1);
      assertEquals(yield* sem.acquire({ timeout: 10 }), true);
    }));

  // bpo-45997: a task that releases and acquires again in a loop overtook the whole line.
  test("bpo-45997: releasing and re-acquiring in a loop starves nobody [S-50]", () =>
    virtual(function* () {
      const sem = new Semaphore(1);
      const log: string[] = [];
      const worker = (name: string) =>
        spawn(function* () {
          for (let round = 0; round < 3; round++) {
            yield* sem.acquire();
            log.push(name + round);
            yield* sleep(1);
            sem.release();
          }
        });
      yield* joinAll([worker("a"), worker("b"), worker("c")]);
      assertEquals(log, ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]);
    }));

  // gh-93222 (the fix of gh-90155): a newcomer took the permit between the wake of a waiter and its run.
  test("gh-93222: a newcomer does not take the permit of a waiter that is woken and has not run [S-50, S-51]", () =>
    virtual(function* () {
      const sem = new Semaphore(0);
      const log: string[] = [];
      const waiter = spawn(function* () {
        yield* sem.acquire();
        log.push("waiter");
        sem.release();
      });
      yield* settle();
      sem.release();
      assertEquals(sem.tryAcquire(), false, "the permit is the waiter's");
      yield* sem.acquire();
      log.push("newcomer");
      assertEquals(log, ["waiter", "newcomer"]);
      yield* waiter.join();
    }));

  // gh-97545: one release woke one waiter, which woke the next only when it ran: n permits took n passes.
  test("gh-97545: release(n) wakes n waiters in one pass, in order [S-46]", () =>
    virtual(function* () {
      const sem = new Semaphore(0);
      const log: number[] = [];
      const waiters = upTo(4).map((i) =>
        spawn(function* () {
          yield* sem.acquire();
          log.push(i);
        })
      );
      yield* settle();
      sem.release(3);
      yield* sleep(0);
      assertEquals(log, [0, 1, 2]);
      sem.release();
      yield* joinAll(waiters);
    }));

  // bpo-37658, the lock's side: `wait_for(lock.acquire())` cancelled just when the lock was granted: held by nobody.
  test("bpo-37658: an acquire inside withTimeout that was granted and then killed is not lost [S-15, S-51]", () =>
    virtual(function* () {
      const sem = new Semaphore(0);
      let granted = false;
      const waiter = spawn(function* () {
        yield* withTimeout(1000, sem.acquire());
        granted = true;
        try {
          yield* sleep(0);
        } finally {
          sem.release();
        }
      });
      yield* settle();
      sem.release();
      waiter.kill();
      yield* waiter.join();
      assertEquals(granted, true);
      assertEquals(sem.available, 1);
    }));

  // anyio#1170: between the release of a token and the run of the waiter that got it, a non-blocking acquire slipped in.
  test("anyio#1170: a limiter never lends more tokens than it has [S-50, S-51]", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1);
      let borrowed = 0;
      let most = 0;
      const borrow = () =>
        spawn(() =>
          limiter.withLock(function* () {
            most = Math.max(most, ++borrowed);
            yield* sleep(1);
            borrowed--;
          })
        );
      yield* joinAll([borrow(), borrow(), borrow()]);
      assertEquals(most, 1);
    }));

  // anyio#1145: a cancelled waiter at the head of the line hid a live one behind it from the release.
  test("anyio#1145: a killed head of the line does not hide the waiter behind it [S-51]", () =>
    virtual(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const head = spawn(() => lock.acquire());
      let got = false;
      const next = spawn(function* () {
        got = (yield* lock.acquire()) === true;
        lock.release();
      });
      yield* settle();
      head.kill();
      lock.release();
      yield* next.join();
      assertEquals(got, true);
    }));

  // gh-90155's kin for several permits: when the big one at the head gives up, the small ones behind must be asked.
  test("gh-90155: when a multi-permit head leaves, the line is asked again [S-51]", () =>
    virtual(function* () {
      const sem = new Semaphore(2);
      const log: string[] = [];
      const big = spawn(() => sem.acquire({ permits: 3 }));
      const small = spawn(function* () {
        yield* sem.acquire();
        log.push("small");
        sem.release();
      });
      yield* settle();
      assertEquals(log, [], "no barging");
      big.kill();
      yield* small.join();
      assertEquals(log, ["small"]);
      assertEquals(sem.available, 2, "the head held nothing while it waited");
    }));

  // The whole family at once.
  test("bpo-27585, gh-90155: random kills leak no permit, lend none twice, keep the line's order [S-50, S-51]", () =>
    forSchedules(function* (schedule) {
      const total = 3;
      const sem = new BoundedSemaphore(total);
      const order: number[] = [];
      const spared = new Set(upTo(6));
      let held = 0;
      let most = 0;
      yield* sem.acquire({ permits: total });
      const workers = upTo(6).map((i) =>
        spawn(function* () {
          const permits = i % total + 1;
          yield* sem.acquire({ permits });
          order.push(i);
          held += permits;
          most = Math.max(most, held);
          try {
            yield* sleep(i % 3);
          } finally {
            held -= permits;
            sem.release(permits);
          }
        })
      );
      yield* settle();
      let kept = total;
      const giveBack = () => {
        if (kept > 0) {
          sem.release();
          kept--;
        }
      };
      yield* play(schedule, workers, giveBack, (i) => spared.delete(i));
      while (kept > 0) giveBack();
      yield* joinAll(workers);
      assertEquals(sem.available, total);
      assert(most <= total, "lent twice");
      assert(increasing(order), `out of order: ${order}`);
      assert([...spared].every((i) => order.includes(i)), "a worker that nobody killed was lost");
    }));

  // asyncio has only wait_for(sem.acquire(), t), where the permit granted at the moment of the timeout was lost (bpo-37658).
  test("bpo-37658: acquires that time out, whenever the permits come, consume nothing [S-43, S-52]", () =>
    forSchedules(function* (schedule) {
      const sem = new Semaphore(0);
      let released = 0;
      let acquired = 0;
      let gaveUp = 0;
      const takers = schedule.map((n, i) =>
        spawn(function* () {
          const got = i % 2 === 0
            ? yield* sem.acquire({ timeout: n % 9 })
            : yield* withTimeout(n % 9, sem.acquire(), { value: false });
          if (got) acquired++;
          else gaveUp++;
        })
      );
      for (const n of schedule) {
        yield* sleep(n % 3);
        if (n % 2 === 0) {
          sem.release();
          released++;
        }
      }
      yield* joinAll(takers, { raiseError: true });
      assertEquals(acquired + gaveUp, schedule.length);
      assertEquals(sem.available, released - acquired);
    }));

  test("bpo-32734: random kills leave at most one owner, and the lock free at the end [S-50, S-51]", () =>
    forSchedules(function* (schedule) {
      const lock = new Lock();
      const order: number[] = [];
      let owners = 0;
      const workers = upTo(5).map((i) =>
        spawn(function* () {
          yield* lock.acquire();
          try {
            assertEquals(++owners, 1);
            order.push(i);
            yield* sleep(i % 2);
          } finally {
            owners--;
            lock.release();
          }
        })
      );
      yield* play(schedule, workers, () => {});
      yield* joinAll(workers, { raiseError: true });
      assertEquals(lock.locked, false);
      assert(increasing(order), `out of order: ${order}`);
    }));
});

describe("asyncio: conditions and barriers", () => {
  // bpo-22970 (asyncio#346): cancelled after the notify, while waiting for the lock, `wait` returned without the lock.
  // bpo-32841 (gh-77022): the fix looped until it had the lock and swallowed the cancellation.
  // Ours: the notified waiter holds the lock, `wait` returns normally, and the kill comes at the next park.
  test("bpo-22970, bpo-32841: killed between notify and lock, wait returns with the lock, and the kill still comes [S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const log: string[] = [];
      const waiter = spawn(() =>
        lock.withLock(function* () {
          yield* condition.wait();
          log.push(`returned, locked ${lock.locked}`);
          yield* sleep(0);
          log.push("lives on");
        })
      );
      yield* settle();
      yield* lock.acquire();
      condition.notify();
      yield* sleep(0);
      waiter.kill();
      yield* sleep(0);
      assertEquals(log, [], "the lock is still ours");
      lock.release();
      yield* waiter.join();
      assertEquals(log, ["returned, locked true"]);
      assertEquals(lock.locked, false);
      assert(isKill(waiter.value));
    }));

  // gh-112202: a notify(1) whose receiver was cancelled woke nobody: lost wakeup. asyncio hands it to the next waiter.
  // Ours: a waiter killed while parked is no receiver; one killed after the notify has received it.
  test("gh-112202: a notify is lost neither to a killed waiter nor to a woken one [S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const log: string[] = [];
      const waiter = (name: string) =>
        spawn(() =>
          lock.withLock(function* () {
            yield* condition.wait();
            log.push(name);
          })
        );
      const [a, b, c] = [waiter("a"), waiter("b"), waiter("c")];
      yield* settle();
      a.kill();
      yield* a.join();
      yield* lock.withLock(() => condition.notify());
      b.kill();
      yield* b.join();
      assertEquals(log, ["b"], "a was killed while parked; b was notified");
      yield* lock.withLock(() => condition.notify());
      yield* c.join();
      assertEquals(log, ["b", "c"]);
    }));

  // gh-111693: a cancel during the re-acquire replaced the CancelledError in flight by another one.
  test("gh-111693: the first kill reason is the one that leaves wait, with the lock held [S-18, S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const [first, second] = [new Error("first"), new Error("second")];
      let lockedInFinally: boolean | undefined;
      const waiter = spawn(function* () {
        yield* lock.acquire();
        try {
          yield* condition.wait();
        } finally {
          lockedInFinally = lock.locked;
          lock.release();
        }
      });
      yield* settle();
      yield* lock.acquire();
      waiter.kill(first);
      yield* sleep(1);
      waiter.kill(second);
      yield* sleep(1);
      lock.release();
      assertStrictEquals(yield* caught(waiter.get()), first);
      assertEquals(lockedInFinally, true);
      assertEquals(lock.locked, false);
    }));

  // bpo-42600 (gh-86766), bpo-33638: `wait_for(condition.wait(), t)` inside `async with condition` ended before `wait` had
  // its lock again: "RuntimeError: Lock is not acquired".
  test("bpo-42600, bpo-33638: a timeout around wait comes out with the lock held, even a contended one [S-35, S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const log: string[] = [];
      const rival = spawn(function* () {
        yield* sleep(400);
        yield* lock.acquire();
        yield* sleep(1000);
        log.push("rival releases");
        lock.release();
      });
      yield* lock.withLock(function* () {
        assertInstanceOf(yield* caught(withTimeout(500, condition.wait())), TimeoutError);
        log.push("timed out");
        assertEquals(lock.locked, true);
      });
      assertEquals(log, ["rival releases", "timed out"]);
      assertEquals(lock.locked, false);
      yield* rival.join();
    }));

  test("gh-112202: for random kills exactly the notified waiters return from wait [S-55]", () =>
    forSchedules(function* (schedule) {
      const lock = new Lock();
      const condition = new Condition(lock);
      const returned: number[] = [];
      const waiters = upTo(4).map((i) =>
        spawn(() =>
          lock.withLock(function* () {
            yield* condition.wait();
            assertEquals(lock.locked, true);
            returned.push(i);
          })
        )
      );
      yield* settle();
      const line = upTo(4);
      const notified: number[] = [];
      const leave = (i: number) => {
        if (line.includes(i)) line.splice(line.indexOf(i), 1);
      };
      const notify = function* () {
        yield* lock.acquire();
        condition.notify();
        notified.push(...line.splice(0, 1));
        lock.release();
      };
      yield* play(schedule, waiters, notify, leave);
      for (const i of [...line]) waiters[i]?.kill();
      yield* joinAll(waiters, { raiseError: true });
      assertEquals(returned, notified);
      assertEquals(lock.locked, false);
    }));

  // gh-155233: a task cancelled while the barrier filled let two later ones share an index. We give no index; what must
  // hold is that the killed one counts no more and that the full number opens the barrier, once.
  test("gh-155233: a killed waiter counts no more, and the barrier still needs its full number [S-56]", () =>
    virtual(function* () {
      const barrier = new Barrier(3);
      const log: string[] = [];
      const party = (name: string) =>
        spawn(function* () {
          yield* barrier.wait();
          log.push(name);
        });
      const a = party("a");
      const b = party("b");
      yield* settle();
      a.kill();
      yield* a.join();
      const c = party("c");
      yield* settle();
      assertEquals(log, [], "two of three");
      const d = party("d");
      yield* joinAll([b, c, d]);
      assertEquals(log.toSorted(), ["b", "c", "d"]);
    }));
});

describe("asyncio: wait_for", () => {
  // bpo-32751, asyncio#253, bpo-44371 (gh-88537): wait_for cancelled the task and returned at once, the task still running.
  test("bpo-32751, asyncio#253: withTimeout returns only after the inner body has ended [S-35]", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(withTimeout(100, function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(1000);
          log.push("cleaned up");
        }
      }));
      log.push("returned");
      assertInstanceOf(error, TimeoutError);
      assertEquals(log, ["cleaned up", "returned"]);
    }));

  // bpo-32751 again, for timeouts of zero and below (cpython PR 21895): no wait for the task there.
  test("bpo-32751: a timeout of zero or less does not start what is not started [S-34]", () =>
    virtual(function* () {
      for (const ms of [0, -1, -Infinity]) {
        let started = false;
        const error = yield* caught(withTimeout(ms, function* () {
          started = true;
          yield* sleep(1);
        }));
        assertInstanceOf(error, TimeoutError);
        assertEquals(started, false);
      }
      const q = new Queue<number>();
      q.putNowait(7);
      assertEquals(yield* q.get({ timeout: 0 }), 7, "a ready operation gives its value");
    }));

  // asyncio#107, asyncio#211: cancelling wait_for itself left the wrapped task running.
  test("asyncio#211: killing a greenlet in withTimeout ends the inner body too [S-21, S-41]", () =>
    virtual(function* () {
      let ended = false;
      const g = spawn(() =>
        withTimeout(1000, function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(1);
            ended = true;
          }
        })
      );
      yield* settle();
      yield* g.kill();
      assertEquals(ended, true);
      assert(isKill(g.value), "a foreign kill stays a kill");
    }));

  // bpo-37658: the inner task was done, the outer cancelled in the same step: the result was lost.
  // bpo-42130 (gh-86296): the fix returned the result and swallowed the cancellation.
  // Ours: both happen. The result is delivered, the kill comes at the next park.
  test("bpo-37658, gh-86296: result and kill in one step: the result is delivered and the kill is not swallowed [S-15]", () =>
    virtual(function* () {
      const ready = new AsyncResult<number>();
      const log: unknown[] = [];
      const g = spawn(function* () {
        log.push(yield* withTimeout(1000, ready.get()));
        yield* sleep(0);
        log.push("swallowed");
      });
      yield* settle();
      ready.set(42);
      g.kill();
      yield* g.join();
      assertEquals(log, [42]);
      assert(isKill(g.value));
    }));

  // bpo-37658, the other order: killed first, then the result comes: the kill had already ended the wait.
  test("bpo-37658: killed while parked, what the wait delivers later is ignored [S-14]", () =>
    virtual(function* () {
      const ready = new AsyncResult<number>();
      const log: unknown[] = [];
      const g = spawn(function* () {
        try {
          log.push(yield* withTimeout(1000, ready.get()));
        } finally {
          yield* sleep(1);
          log.push("cleanup");
        }
      });
      yield* settle();
      g.kill();
      ready.set(42);
      yield* g.join();
      assertEquals(log, ["cleanup"]);
    }));

  // gh-86296's test: an inner coroutine that returns without a suspension, in a task that is already cancelled.
  test("gh-86296: a body that never parks inside withTimeout does not eat a pending kill [S-15]", () =>
    virtual(function* () {
      const go = new Event();
      const log: string[] = [];
      const g = spawn(function* () {
        yield* go.wait();
        yield* withTimeout(1000, () => "at once");
        log.push("after withTimeout");
        yield* sleep(1000);
        log.push("swallowed");
      });
      yield* settle();
      go.set();
      g.kill();
      yield* g.join();
      assert(!log.includes("swallowed"));
      assert(isKill(g.value));
    }));

  // gh-134471: timeout(0) took a cancellation requested earlier for its own, and the task lived on.
  test("gh-134471: withTimeout(0) does not swallow an earlier kill [S-41]", () =>
    virtual(function* () {
      const go = new Event();
      let lives = false;
      const g = spawn(function* () {
        yield* go.wait();
        try {
          yield* withTimeout(0, sleep(1));
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
        yield* sleep(2);
        lives = true;
      });
      yield* settle();
      go.set();
      g.kill();
      yield* g.join();
      assertEquals(lives, false);
      assert(isKill(g.value));
    }));

  // bpo-40607 (gh-84787): an exception that the task raised while being cancelled for the timeout was dropped.
  test("bpo-40607: an error of the body after the timeout is not lost [S-41]", () =>
    virtual(function* () {
      const broken = new Error("cleanup broke");
      const error = yield* caught(withTimeout(10, function* () {
        try {
          yield* suspend();
        } finally {
          yield* sleep(1);
          // deno-lint-ignore no-unsafe-finally
          throw broken;
        }
      }));
      assert(errorsIn(error).includes(broken));
    }));

  // gh-95051: timeout(0) and timeout(-11) let the first await through.
  test("gh-95051: an expired timeout ends the first park, not the second [S-38]", () =>
    virtual(function* () {
      let parks = 0;
      const error = yield* caught(withTimeout(-11, function* () {
        yield* sleep(0);
        parks++;
        yield* sleep(0);
        parks++;
      }));
      assertInstanceOf(error, TimeoutError);
      assertEquals(parks, 0);
    }));

  // cpython PR 31394's counterexample: a timeout in the `finally` of a timed-out block must work of itself.
  test("bpo-46771: a timeout inside the cleanup of a timed-out block fires, and the outer one is still reported [S-12, S-39]", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(withTimeout(10, function* () {
        try {
          yield* suspend();
        } finally {
          const inner = yield* caught(withTimeout(10, sleep(10_000)));
          log.push(inner instanceof TimeoutError ? "inner timed out" : String(inner));
        }
      }));
      assertInstanceOf(error, TimeoutError);
      assertEquals(log, ["inner timed out"]);
    }));

  // bpo-46771's sequel: whatever ends a block must work in a cleanup as well, or no cleanup can be given a limit.
  test("bpo-46771: deadlines, timeouts and failing groups work inside the cleanup of a killed greenlet [S-12, S-22]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const ways: Record<string, () => Op<unknown>> = {
        moveOnAfter: () => moveOnAfter(10, suspend),
        shieldedScope: () => cancelScope({ timeout: 10, shield: true }, suspend),
        timeout: () =>
          call(function* () {
            const timeout = Timeout.start(10);
            assertStrictEquals(yield* caught(suspend()), timeout);
          }),
        group: () =>
          call(function* () {
            const error = yield* caught(taskGroup(function* (tg) {
              tg.spawn(function* () {
                yield* sleep(10);
                throw boom;
              });
              yield* suspend();
            }));
            assertStrictEquals(error, boom);
          }),
      };
      for (const [name, way] of Object.entries(ways)) {
        const g = spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* way();
          }
        });
        yield* settle();
        assertEquals(yield* g.kill(undefined, { timeout: 20 }), true, name);
        assert(isKill(g.value), name);
      }
    }));

  // asyncio#343, asyncio#201: a consumer that polls with wait_for(queue.get(), t) lost the items that came at the timeout.
  test("asyncio#343, asyncio#201: polling a queue with a timeout loses nothing, whenever the items come [S-57]", () =>
    forSchedules(function* (schedule) {
      const q = new Queue<number>();
      const got: number[] = [];
      const consumer = spawn(function* () {
        while (got.length < schedule.length) {
          try {
            got.push(yield* withTimeout(3, q.get()));
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          }
          try {
            if (got.length < schedule.length) got.push(yield* q.get({ timeout: 2 }));
          } catch (error) {
            if (!(error instanceof QueueEmpty)) throw error;
          }
        }
      });
      for (const [i, n] of schedule.entries()) {
        yield* sleep(n % 7);
        yield* q.put(i);
      }
      yield* consumer;
      assertEquals(got, upTo(schedule.length));
    }));
});

describe("asyncio: queues", () => {
  // asyncio#201, the `wait(…, FIRST_COMPLETED)` half: of two gets that were ready in one step, the loser's item was dropped.
  test("asyncio#201: select over several queues, killed at random, takes one item at a time and loses none [S-15, S-57]", () =>
    forSchedules(function* (schedule) {
      const [a, b, c] = [new Queue<number>(), new Queue<number>(), new Queue<number>()];
      const queues = [a, b, c];
      const got: number[] = [];
      let next = 0;
      const consumers = upTo(3).map(() =>
        spawn(function* () {
          for (;;) {
            const first = yield* select({ a, b, c, late: sleep(2) });
            if (first.key !== "late") got.push(first.value);
          }
        })
      );
      yield* play(schedule, consumers, (n) => {
        // Two at a time: several arms of one select become ready in one step.
        queues[n % 3]?.putNowait(next++);
        queues[(n + 1) % 3]?.putNowait(next++);
      });
      yield* settle();
      yield* killAll(consumers);
      for (const q of queues) {
        while (!q.empty) got.push(q.getNowait());
      }
      assertEquals(got.toSorted((a, b) => a - b), upTo(next));
    }));

  // bpo-23812 (asyncio#256): put_nowait handed the item to a getter that was cancelled before it ran: item lost.
  // asyncio puts it to the next getter; ours: the getter has it, `get` returns, the kill comes at the next park.
  test("bpo-23812: an item given to a getter that is then killed is not lost [S-57, S-59]", () =>
    virtual(function* () {
      const q = new Queue<string>();
      const log: string[] = [];
      const getter = (name: string) =>
        spawn(function* () {
          log.push(`${name} ${yield* q.get()}`);
          yield* sleep(0);
          log.push(`${name} lives on`);
        });
      const [a, b] = [getter("a"), getter("b")];
      yield* settle();
      q.putNowait("x");
      a.kill();
      q.putNowait("y");
      yield* joinAll([a, b]);
      assertEquals(log, ["a x", "b y", "b lives on"]);
      assertEquals(q.qsize, 0);
    }));

  // asyncio#269: the putter that a freed slot had woken was cancelled, and the next putter slept on beside the free slot.
  // gh-108042: put and get did not wake the next when they were interrupted.
  test("asyncio#269, gh-108042: a freed slot is never lost, whether its putter is parked or woken when killed [S-57, S-61]", () =>
    virtual(function* () {
      const q = new Queue<string>({ maxsize: 1 });
      const done: string[] = [];
      const putter = (item: string) =>
        spawn(function* () {
          yield* q.put(item);
          done.push(item);
        });
      q.putNowait("first");
      const [a, b, c] = [putter("a"), putter("b"), putter("c")];
      yield* settle();
      assertEquals(q.getNowait(), "first");
      a.kill(); // woken: its item is in the queue
      b.kill(); // parked: its item is gone
      yield* settle();
      assertEquals(q.getNowait(), "a");
      yield* joinAll([a, b, c]);
      assertEquals(q.getNowait(), "c");
      assertEquals(done, ["a", "c"]);
      assertEquals(q.empty, true);
    }));

  // bpo-32574: cancelled putters stayed in the queue's list of putters for ever.
  test("bpo-32574: a killed putter leaves nothing behind [S-57]", () =>
    virtual(function* () {
      const q = new Queue<number>({ maxsize: 1 });
      q.putNowait(-1);
      const putters = upTo(20).map((i) => spawn(() => q.put(i)));
      yield* settle();
      for (const g of putters) g.kill();
      yield* joinAll(putters);
      assertEquals(q.getNowait(), -1);
      assertThrows(() => q.getNowait(), QueueEmpty);
      q.putNowait(99);
      assertEquals(yield* q.get(), 99);
    }));

  // bpo-23812's wait_for side: a timed out get must leave the line, or it swallows the next item.
  test("bpo-23812: a getter that timed out swallows no later item [S-57, S-58]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      assertInstanceOf(yield* caught(q.get({ timeout: 5 })), QueueEmpty);
      assertInstanceOf(yield* caught(withTimeout(5, q.get())), TimeoutError);
      q.putNowait(1);
      assertEquals(q.qsize, 1);
      assertEquals(yield* q.get(), 1);
    }));

  // The putter's side of it.
  test("asyncio#269: a putter that timed out puts nothing [S-57, S-58]", () =>
    virtual(function* () {
      const q = new Queue<number>({ maxsize: 1 });
      q.putNowait(1);
      assertInstanceOf(yield* caught(q.put(2, { timeout: 5 })), QueueFull);
      assertInstanceOf(yield* caught(withTimeout(5, q.put(3))), TimeoutError);
      assertEquals(yield* q.get(), 1);
      assertEquals(q.empty, true);
    }));

  // gh-117531: shutdown() without immediate left the parked getters asleep.
  test("gh-117531: shutdown wakes the parked getters and putters [S-63]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      const getters = upTo(3).map(() => spawn(() => caught(q.get())));
      const full = new Queue<number>({ maxsize: 1 });
      full.putNowait(1);
      const putter = spawn(() => caught(full.put(2)));
      yield* settle();
      q.shutdown();
      full.shutdown();
      for (const g of getters) assertInstanceOf(yield* g, QueueShutDown);
      assertInstanceOf(yield* putter, QueueShutDown);
      assertEquals(yield* full.get(), 1, "getters drain what is left");
      assertInstanceOf(yield* caught(full.get()), QueueShutDown);
    }));

  // gh-96471: what immediate shutdown drops counts as done; what was taken does not.
  test("gh-96471: after an immediate shutdown join waits for what was taken, and for nothing else [S-63]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      const log: string[] = [];
      for (const i of upTo(3)) q.putNowait(i);
      yield* q.get();
      const joiner = spawn(function* () {
        yield* q.join();
        log.push("joined");
      });
      yield* settle();
      q.shutdown({ immediate: true });
      yield* settle();
      assertEquals(log, []);
      assertInstanceOf(yield* caught(q.get()), QueueShutDown);
      q.taskDone();
      yield* joiner.join();
      assertEquals(log, ["joined"]);
    }));

  test("bpo-23812: with random kills of getters nothing is lost or doubled, and the line is served in order [S-57, S-59]", () =>
    forSchedules(function* (schedule) {
      const q = new Queue<number>();
      const got: number[] = [];
      const served: number[] = [];
      let next = 0;
      const getters = upTo(6).map((i) =>
        spawn(function* () {
          const item = yield* q.get();
          got.push(item);
          served.push(i);
        })
      );
      yield* settle();
      yield* play(schedule, getters, () => q.putNowait(next++));
      yield* settle();
      for (const g of getters) g.kill();
      yield* joinAll(getters);
      while (!q.empty) got.push(q.getNowait());
      assertEquals(got, upTo(next));
      assert(increasing(served), `served out of turn: ${served}`);
    }));

  test("asyncio#269: with random kills of putters exactly the accepted items come out, in order [S-57, S-61]", () =>
    forSchedules(function* (schedule) {
      const q = new Queue<number>({ maxsize: 2 });
      const accepted: number[] = [];
      const got: number[] = [];
      const take = () => {
        assert(q.qsize <= 2);
        if (!q.empty) got.push(q.getNowait());
      };
      for (const i of [-2, -1]) {
        q.putNowait(i);
        accepted.push(i);
      }
      const putters = upTo(7).map((i) =>
        spawn(function* () {
          yield* q.put(i);
          accepted.push(i);
        })
      );
      yield* settle();
      yield* play(schedule, putters, take);
      while (putters.some((g) => !g.dead)) {
        yield* settle();
        take();
      }
      while (!q.empty) take();
      assertEquals(got, accepted);
      assert(increasing(got));
    }));
});

describe("asyncio: task groups", () => {
  // gh-94398: a task created while the group shut down ran on and held the group open. asyncio refuses it.
  // Ours: while a child lives the group is open; what cleanup spawns has the grace, and no more.
  test("gh-94398: a greenlet spawned while its group shuts down does not hold it open for ever [S-22, S-70, S-71]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      let late: Greenlet<unknown> | undefined;
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(function* () {
          yield* sleep(1);
          throw boom;
        });
        tg.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            late = tg.spawn(suspend);
          }
        });
        yield* suspend();
      }));
      assertStrictEquals(error, boom);
      assertEquals(late?.dead, true);
    }));

  // gh-116048: a task created after the group had finished in the same step was dropped silently.
  test("gh-116048, gh-115957: spawning into a closed group throws and runs nothing [S-71]", () =>
    virtual(function* () {
      let ran = false;
      const tg = yield* taskGroup((tg) => tg);
      assertThrows(() =>
        tg.spawn(() => {
          ran = true;
        })
      );
      yield* settle();
      assertEquals(ran, false);
    }));

  // gh-95289: the cancel that the group sent to its own host stayed on the host when a child failed at the very end.
  test("gh-95289: the kill that a group sends to its body does not leak out of the block [S-14, S-70]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(function* () {
          yield* sleep(0);
          throw boom;
        });
        yield* sleep(0);
      }));
      assertStrictEquals(error, boom);
      yield* sleep(0);
      yield* sleep(1);
    }));

  // gh-116720: inner and outer group failed in one step; the inner block swallowed the outer's cancellation.
  test("gh-116720: a nested group does not swallow the outer group's kill [S-39, S-70]", () =>
    virtual(function* () {
      const [inner, outer] = [new Error("inner"), new Error("outer")];
      let lives = false;
      const failAtOne = (error: Error) =>
        function* () {
          yield* sleep(1);
          throw error;
        };
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(failAtOne(outer));
        try {
          yield* taskGroup(function* (tg2) {
            tg2.spawn(failAtOne(inner));
            yield* suspend();
          });
        } catch (error) {
          if (isKill(error)) throw error; // what a catch that handles errors has to let through
        }
        yield* sleep(1000);
        lives = true;
      }));
      assertEquals(lives, false);
      assert(errorsIn(error).includes(outer));
    }));

  // gh-155433: after tg.cancel() the block ate a cancellation from outside that came while it waited for its children.
  // asyncio throws at the block's end. Ours, like trio#1457: not before a park, but then it does come.
  test("gh-155433: an outer timeout that expires while a cancelled group cleans up is not swallowed [S-12, S-15, S-35]", () =>
    virtual(function* () {
      const log: string[] = [];
      const error = yield* caught(withTimeout(500, function* () {
        yield* taskGroup(function* (tg) {
          tg.spawn(function* () {
            try {
              yield* suspend();
            } finally {
              yield* sleep(1000);
              log.push("cleaned up");
            }
          });
          yield* sleep(100);
          tg.cancel();
          yield* suspend();
        });
        yield* sleep(0);
        log.push("lives on");
      }));
      assertInstanceOf(error, TimeoutError);
      assertEquals(log, ["cleaned up"]);
    }));

  // gh-155418: a child that cancelled its group before its first suspension was missed by the cancel: the group hung.
  test("gh-155418: a child that cancels the group before its first park is cancelled too [S-71, S-73]", () =>
    virtual(function* () {
      let lives = false;
      yield* taskGroup(function* (tg) {
        tg.spawn(function* () {
          tg.cancel();
          yield* suspend();
          lives = true;
        });
      });
      assertEquals(lives, false);
    }));

  // gh-128550: a child still being created when its own child failed was never cancelled: deadlock.
  test("gh-128550: a child that spawned a failing sibling and waits is killed with the rest [S-70]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(function* () {
          tg.spawn(() => {
            throw boom;
          });
          yield* suspend();
        });
      }));
      assertStrictEquals(error, boom);
    }));

  // anyio#155: a child that raised before its first await did not cancel siblings spawned after it.
  test("anyio#155: a child that fails without parking kills siblings spawned after it [S-70]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      let lives = false;
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(() => {
          throw boom;
        });
        tg.spawn(function* () {
          yield* sleep(3000);
          lives = true;
        });
      }));
      assertStrictEquals(error, boom);
      assertEquals(lives, false);
    }));

  // anyio#49: a crash after the host had reached the end of the block did not cancel the siblings.
  test("anyio#49: a crash kills the siblings also when the body has already returned [S-70]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const ended: string[] = [];
      const error = yield* caught(taskGroup((tg) => {
        tg.spawn(function* () {
          yield* sleep(1);
          throw boom;
        });
        tg.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(1);
            ended.push("sibling");
          }
        });
      }));
      assertStrictEquals(error, boom);
      assertEquals(ended, ["sibling"]);
    }));
});

describe("asyncio: gather, shield, tasks", () => {
  // bpo-32684 (gh-76865): gather(return_exceptions=True) gave its own cancellation back as a result and lived on.
  test("bpo-32684: a killed gatherer with returnExceptions dies, and kills every child [S-31]", () =>
    virtual(function* () {
      const ended: string[] = [];
      const child = (name: string) =>
        call(function* () {
          try {
            yield* suspend();
          } finally {
            ended.push(name);
          }
        });
      let lives = false;
      const g = spawn(function* () {
        yield* gather([child("a"), child("b")], { returnExceptions: true });
        yield* sleep(0);
        lives = true;
      });
      yield* settle();
      yield* g.kill();
      assertEquals(ended.toSorted(), ["a", "b"]);
      assertEquals(lives, false);
      assert(isKill(g.value));
    }));

  // bpo-37703 (gh-81884): what becomes of the siblings after the first error was said in two ways.
  test("bpo-37703: after the first error of a gather the siblings run on [S-31]", () =>
    virtual(function* () {
      const boom = new Error("boom");
      const slow = spawn(function* () {
        yield* sleep(100);
        return "slow";
      });
      const quick = spawn(function* () {
        yield* sleep(1);
        throw boom;
      });
      assertStrictEquals(yield* caught(gather([slow, quick])), boom);
      assertEquals(slow.dead, false);
      assertEquals(yield* slow, "slow");
    }));

  // bpo-42636 (gh-86802): the waiter of a shield was cancelled, then the shielded task failed: nobody was told.
  test("bpo-42636: a shielded greenlet runs on after its waiter's kill, and its error can still be had [S-32]", () =>
    virtualReporting(function* () {
      const boom = new Error("boom");
      const inner = spawn(function* () {
        yield* sleep(10);
        throw boom;
      });
      const waiter = spawn(() => shield(inner));
      yield* settle();
      yield* waiter.kill();
      assertEquals(inner.dead, false);
      yield* inner.join();
      assertStrictEquals(inner.exception, boom);
      assertStrictEquals(yield* caught(inner.get()), boom);
    }).then(() => {}));

  // bpo-35125 (gh-79306): each cancelled shield left a callback on the inner future.
  test("bpo-35125: killed waiters of a shield or a join leave nothing on the inner greenlet [S-25]", () =>
    virtual(function* () {
      const resumed: string[] = [];
      const inner = spawn(() => sleep(10));
      const waiters = [shield(inner), inner.join(), inner.get()].map((op, i) =>
        spawn(function* () {
          try {
            yield* op;
            resumed.push(`returned ${i}`);
          } finally {
            yield* sleep(20);
            resumed.push(`cleaned up ${i}`);
          }
        })
      );
      yield* settle();
      for (const g of waiters) g.kill();
      yield* joinAll([inner, ...waiters]);
      assertEquals(resumed, ["cleaned up 0", "cleaned up 1", "cleaned up 2"]);
    }));

  // bpo-30048 (gh-74234): a task that cancelled itself and returned without an await counted as finished.
  // asyncio made that a cancellation. Ours: it ended normally.
  test("bpo-30048: a greenlet that is killed after its last park has ended normally [S-15, S-17]", () =>
    virtual(function* () {
      const go = new Event();
      const g = spawn(function* () {
        yield* go.wait();
        return 42;
      });
      yield* settle();
      go.set();
      g.kill();
      assertEquals(yield* g.join(), true);
      assertEquals(g.successful, true);
      assertEquals(g.value, 42);
    }));

  // bpo-34872: a task that had cancelled itself and then awaited an inner task did not cancel that one.
  test("bpo-34872: a kill of oneself ends at the call, before anything else is awaited [S-16]", () =>
    virtual(function* () {
      const log: string[] = [];
      const g = spawn(function* () {
        try {
          yield* getCurrent().kill();
          log.push("after the kill");
          yield* all([sleep(1000)]);
        } finally {
          log.push("finally");
        }
      });
      yield* g.join();
      assertEquals(log, ["finally"]);
      assert(isKill(g.value));
    }));
});
