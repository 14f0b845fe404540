/** trio's cancel scopes, nurseries, locks and channels, in our API: scopes are `cancelScope`, a nursery is a `taskGroup`. */
import fc from "fast-check";
import {
  BrokenLockError,
  call,
  type CancelScope,
  cancelScope,
  CapacityLimiter,
  Condition,
  Event,
  failAfter,
  isKill,
  joinAll,
  killAll,
  Lock,
  moveOnAfter,
  Queue,
  QueueEmpty,
  race,
  Semaphore,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, upTo, virtual } from "./helpers.ts";

/** A block of some kind; `n` is its time in milliseconds. */
interface Block {
  kind: "sleep" | "scope" | "timeout" | "group" | "shield" | "race" | "call";
  n: number;
  kids: Block[];
}

const kinds = fc.constantFrom<Block["kind"][]>("scope", "timeout", "group", "shield", "race", "call");
const { tree: trees } = fc.letrec<{ tree: Block }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant<Block["kind"]>("sleep"),
      n: fc.nat({ max: 8 }),
      kids: fc.constant<Block[]>([]),
    }),
    fc.record({
      kind: kinds,
      n: fc.nat({ max: 20 }),
      kids: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

/** Runs `tree` in a greenlet that is killed at each of `kills`, and checks how it unwinds. */
function* unwinds(tree: Block, kills: readonly number[]): Generator<unknown, void, unknown> {
  let open = 0;
  let cleaning = 0;
  const outOfOrder: Block[] = [];
  const enter = function* (block: Block, stack: Block[]): Generator<unknown, void, unknown> {
    const { kind, n, kids } = block;
    const all = function* () {
      for (const kid of kids) yield* enter(kid, stack);
    };
    stack.push(block);
    open++;
    try {
      if (kind === "sleep") yield* sleep(n);
      else if (kind === "scope") yield* cancelScope({ timeout: n }, all);
      else if (kind === "timeout") yield* withTimeout(n, all, { value: undefined });
      else if (kind === "shield") yield* shield(all);
      else if (kind === "call") yield* call(all);
      else if (kind === "race") yield* race(kids.map((kid) => call(() => enter(kid, []))));
      else yield* taskGroup((tg) => kids.forEach((kid) => void tg.spawn(() => enter(kid, []))));
    } catch (error) {
      assert(isKill(error), String(error));
      cleaning++;
      yield* sleep(n % 3);
      cleaning--;
      throw error;
    } finally {
      open--;
      if (stack.pop() !== block) outOfOrder.push(block);
    }
  };
  const g = spawn(() => enter(tree, []));
  let now = 0;
  for (const at of kills) {
    yield* sleep(at - now);
    now = at;
    g.kill();
  }
  yield* g.get();
  assertEquals({ open, cleaning, outOfOrder }, { open: 0, cleaning: 0, outOfOrder: [] });
}

describe("trio: cancel scopes", () => {
  // trio#320: a scope entered with its deadline in the past let the first checkpoint through.
  test("trio#320: moveOnAfter(0) ends the first park, and only if there is one [S-38, S-40, S-73]", () =>
    virtual(function* () {
      let passed = 0;
      const result = yield* moveOnAfter(0, function* () {
        yield* sleep(0);
        passed++;
      });
      assertEquals(result, undefined);
      assertEquals(passed, 0);
      assertEquals(yield* moveOnAfter(-5, () => "no park"), "no park");
      assertInstanceOf(yield* caught(failAfter(0, () => sleep(0))), TimeoutError);
    }));

  // trio#837: a scope with the deadline -inf, and children that ended in it, crashed the scheduler (KeyError).
  test("trio#837: children that end in a scope whose deadline is long past crash nothing [S-38]", () =>
    virtual(function* () {
      for (const timeout of [-1, -Infinity]) {
        yield* cancelScope({ timeout }, function* (scope) {
          scope.deadline = -Infinity;
          yield* taskGroup((tg) => {
            for (const i of upTo(3)) tg.spawn(() => sleep(i));
          });
        });
      }
      yield* sleep(1);
    }));

  // trio#607: a scope could not be cancelled before it was entered.
  test("trio#607: a scope that is cancelled before its first park cancels there [S-73]", () =>
    virtual(function* () {
      let scope: CancelScope | undefined;
      let passed = false;
      yield* cancelScope({}, function* (s) {
        scope = s;
        s.cancel();
        s.cancel();
        yield* sleep(0);
        passed = true;
      });
      assertEquals(passed, false);
      assertEquals(scope?.cancelCalled, true);
      assertEquals(scope?.cancelledCaught, true);
    }));

  // trio test_cancel_scope_nesting: "if a scope is pending, but then gets popped off the stack, then it isn't delivered".
  test("trio test_cancel_scope_nesting: a cancel that found no park stays inside its scope [S-73]", () =>
    virtual(function* () {
      let scope: CancelScope | undefined;
      const value = yield* cancelScope({}, (s) => {
        scope = s;
        s.cancel();
        return "no park";
      });
      yield* sleep(0);
      yield* sleep(1);
      assertEquals(value, "no park");
      assertEquals(scope?.cancelledCaught, false);
    }));

  // trio#860: a Cancelled was bound to one scope when it was delivered; a further cancel or shield in flight let it escape.
  // trio#3291: with inner and outer both cancelled, the inner one ate it.
  test("trio#860, trio#3291: with several scopes cancelled at once the outermost absorbs it [S-39, S-73]", () =>
    virtual(function* () {
      const scopes: CancelScope[] = [];
      let leaked = false;
      let outerLives = false;
      yield* cancelScope({}, function* (outer) {
        scopes.push(outer);
        yield* cancelScope({}, function* (middle) {
          scopes.push(middle);
          yield* cancelScope({}, function* (inner) {
            scopes.push(inner);
            inner.cancel();
            middle.cancel();
            yield* suspend();
          });
          leaked = true;
        });
        yield* sleep(0);
        outerLives = true;
      });
      assertEquals(leaked, false);
      assertEquals(outerLives, true);
      assertEquals(scopes.map((s) => s.cancelledCaught), [false, true, false]);
    }));

  // trio#860: an outer cancel that arrives while the inner one's exception is on its way.
  test("trio#860: an outer cancel during the unwinding of an inner one is not lost [S-12, S-73]", () =>
    virtual(function* () {
      let leaked = false;
      let outerScope: CancelScope | undefined;
      yield* cancelScope({}, function* (outer) {
        outerScope = outer;
        yield* cancelScope({}, function* (inner) {
          try {
            inner.cancel();
            yield* suspend();
          } finally {
            outer.cancel();
            yield* sleep(1);
          }
        });
        yield* sleep(0);
        leaked = true;
      });
      assertEquals(leaked, false);
      assertEquals(outerScope?.cancelledCaught, true);
    }));

  // trio#1175: a scope that was not cancelled caught a Cancelled when shielding changed while it propagated.
  test("trio#1175: shielding a scope while an outer cancel passes through does not make it catch it [S-73]", () =>
    virtual(function* () {
      const scopes: CancelScope[] = [];
      yield* cancelScope({}, function* (outer) {
        scopes.push(outer);
        yield* cancelScope({}, function* (inner) {
          scopes.push(inner);
          outer.cancel();
          try {
            yield* sleep(0);
          } finally {
            inner.shield = true;
          }
        });
      });
      assertEquals(scopes.map((s) => s.cancelledCaught), [true, false]);
    }));

  // trio test_cancel_shield_abort: taking the shield away did not reach a task that was already asleep.
  test("trio test_cancel_shield_abort: removing a shield delivers the pending cancel to the sleeper [S-73]", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* (outer) {
        yield* cancelScope({ shield: true }, function* (inner) {
          outer.cancel();
          const remover = spawn(function* () {
            yield* sleep(5);
            log.push("unshield");
            inner.shield = false;
          });
          try {
            log.push("sleeping");
            yield* sleep(1000);
            log.push("slept");
          } finally {
            log.push("cancelled");
          }
          yield* remover.join();
        });
      });
      assertEquals(log, ["sleeping", "unshield", "cancelled"]);
    }));

  // trio test_cancel_shielding: the shield kept out the scope's own cancel, and that of scopes inside it.
  test("trio test_cancel_shielding: a shield blocks outer cancels only [S-73]", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* cancelScope({}, function* (outer) {
        yield* cancelScope({ shield: true }, function* (inner) {
          outer.cancel();
          yield* sleep(1);
          log.push("shielded");
          yield* cancelScope({}, function* (innermost) {
            innermost.cancel();
            yield* sleep(1);
            log.push("innermost passed");
          });
          yield* sleep(1);
          inner.cancel();
          yield* sleep(1);
          log.push("inner passed");
        });
        yield* sleep(0);
        log.push("outer passed");
      });
      assertEquals(log, ["shielded"]);
    }));

  // trio#2512: the deadline of move_on_after ran from the making of the scope, not from its entry.
  test("trio#2512: the time of an operation counts from where it is delegated to [S-37]", () =>
    virtual(function* () {
      const op = moveOnAfter(10, function* () {
        yield* sleep(5);
        return "in time";
      });
      yield* sleep(100);
      assertEquals(yield* op, "in time");
    }));

  // trio test_basic_timeout: a deadline that was moved while the task slept was not obeyed.
  test("trio test_basic_timeout: a deadline moves both ways while its scope waits [S-42]", () =>
    virtual(function* () {
      const order: string[] = [];
      const asleep = (name: string, timeout: number, move: (scope: CancelScope) => void) =>
        spawn(function* () {
          yield* cancelScope({ timeout }, function* (scope) {
            const start = scope.deadline - timeout;
            assertEquals(Number.isFinite(start), true);
            spawn(function* () {
              yield* sleep(1);
              move(scope);
            });
            yield* suspend();
          });
          order.push(name);
        });
      const later = asleep("later", 10, (scope) => scope.deadline += 100);
      const sooner = asleep("sooner", 1000, (scope) => scope.deadline -= 950);
      yield* joinAll([later, sooner]);
      assertEquals(order, ["sooner", "later"]);
    }));

  // trio#1235: more than 1,000 nested scopes: RecursionError.
  test("trio#1235: a thousand nested scopes can be cancelled from the outside [S-21]", () =>
    virtual(function* () {
      let unwound = 0;
      const nest = function* (n: number): Generator<unknown, void, unknown> {
        if (n === 0) yield* suspend();
        yield* cancelScope({}, function* () {
          try {
            yield* nest(n - 1);
          } finally {
            unwound++;
          }
        });
      };
      yield* moveOnAfter(10, () => nest(1000));
      assertEquals(unwound, 1000);
    }));

  // trio test_cancel_scope_nesting, by deadlines: two that expire at one instant, set in either order.
  test("trio test_cancel_scope_nesting: of two deadlines at one instant the outer one counts [S-39, S-43]", () =>
    virtual(function* () {
      for (const moved of [false, true]) {
        const log: string[] = [];
        const error = yield* caught(failAfter(moved ? 1000 : 10, function* (outer) {
          yield* moveOnAfter(10, function* (inner) {
            if (moved) outer.deadline = inner.deadline;
            yield* suspend();
          });
          log.push("went on after the inner one");
        }));
        assertInstanceOf(error, TimeoutError);
        assertEquals(log, []);
      }
    }));

  // trio#882, trio#860, effection#1190: whatever the nesting, whenever the kill: every block unwinds, in its order, each
  // cleanup of a kill runs to its end, and the program ends.
  test("trio#882, trio#860: any tree of scopes, groups and shields, killed at any time, unwinds in order [S-12, S-13, S-21]", () =>
    fc.assert(
      fc.asyncProperty(trees, fc.array(fc.nat({ max: 25 }), { maxLength: 3 }), async (tree, kills) => {
        const clock = new VirtualClock();
        await virtual(() => unwinds(tree, kills.toSorted((a, b) => a - b)), clock);
        assert(clock.now() < 5000, "some cleanup had to be killed again");
      }),
      { numRuns: 300 },
    ));

  // trio#1587: the autojump clock and wait_all_tasks_blocked raced: time jumped before the waiters for quiet were served.
  test("trio#1587: settle returns before the clock jumps", () =>
    virtual(function* () {
      const log: string[] = [];
      const sleeper = spawn(function* () {
        yield* sleep(1);
        log.push("woke");
      });
      yield* settle();
      yield* settle();
      log.push("settled");
      yield* sleeper.join();
      assertEquals(log, ["settled", "woke"]);
    }));
});

describe("trio: task groups", () => {
  // trio test_cancel_scope_exceptiongroup_filtering: MultiError filtering let Cancelled of siblings through, or dropped a
  // real error among them.
  test("trio test_cancel_scope_exceptiongroup_filtering: only real errors leave a group [S-70]", () =>
    virtual(function* () {
      const crash = new Error("crash");
      const error = yield* caught(moveOnAfter(1000, () =>
        taskGroup(function* (tg) {
          for (const _ of upTo(3)) tg.spawn(suspend);
          tg.spawn(function* () {
            yield* sleep(1);
            throw crash;
          });
          yield* suspend();
        })));
      assertStrictEquals(error, crash);
    }));

  test("trio test_two_child_crashes: every failure is kept, the first one first [S-70]", () =>
    virtual(function* () {
      const [first, second, late] = [new Error("first"), new Error("second"), new Error("in cleanup")];
      const error = yield* caught(taskGroup(function* (tg) {
        tg.spawn(function* () {
          yield* sleep(1);
          throw first;
        });
        tg.spawn(function* () {
          yield* sleep(1);
          throw second;
        });
        tg.spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(1);
            // deno-lint-ignore no-unsafe-finally
            throw late;
          }
        });
        yield* suspend();
      }));
      const all = errorsIn(error);
      assertStrictEquals(all[0], first);
      assert(all.includes(late));
      // The second one was to run in the pass in which the first killed it: woken, so its own error is its end.
      assertEquals(all.length, 3);
      assert(all.includes(second));
    }));

  // trio#1457: a nursery whose host was cancelled while it waited for its children raised Cancelled though all of them
  // had ended well. Ours: a kill of the host that waits at the end of a group kills the children, and stays a kill.
  test("trio#1457: killing the host that waits for its group ends the children first and stays a kill [S-21, S-41]", () =>
    virtual(function* () {
      const log: string[] = [];
      const host = spawn(function* () {
        try {
          yield* taskGroup((tg) => {
            for (const name of ["first", "second"]) {
              tg.spawn(function* () {
                try {
                  yield* suspend();
                } finally {
                  yield* sleep(1);
                  log.push(name);
                }
              });
            }
          });
          log.push("after the group");
        } finally {
          log.push("host");
        }
      });
      yield* settle();
      yield* host.kill();
      assertEquals(log, ["second", "first", "host"], "last born first, each awaited");
      assert(isKill(host.value));
    }));

  // trio#2611, trio#2844: an error before started() came out of start wrapped, once per nursery in between.
  // trio#3261: and lost its cause.
  test("trio#2611, trio#3261: an error before started leaves start as it is, cause and all [S-72]", () =>
    virtual(function* () {
      const early = new Error("early", { cause: new Error("root") });
      yield* taskGroup(function* (tg) {
        const error = yield* caught(tg.start(function* () {
          yield* sleep(1);
          throw early;
        }));
        assertStrictEquals(error, early);
        assertInstanceOf(early.cause, Error);
      });
    }));

  test("trio test_nursery_start: started gives its value, ending without it is an error, later errors are the group's [S-72]", () =>
    virtual(function* () {
      const late = new Error("late");
      const log: unknown[] = [];
      const error = yield* caught(taskGroup(function* (tg) {
        log.push(
          yield* tg.start(function* (started: (value: number) => void) {
            yield* sleep(10);
            started(7);
            yield* sleep(10);
            log.push("child ended");
          }),
        );
        assertInstanceOf(yield* caught(tg.start(() => sleep(1))), Error);
        yield* tg.start(function* (started: (value: number) => void) {
          started(1);
          yield* sleep(50);
          throw late;
        });
        yield* suspend();
      }));
      assertStrictEquals(error, late);
      assertEquals(log, [7, "child ended"]);
    }));

  // trio test_nursery_start_keeps_nursery_open: the only thing in the group was a child that had not yet said started.
  test("trio test_nursery_start_keeps_nursery_open: a child on its way into a group keeps it open [S-71, S-72]", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (outer) {
        yield* taskGroup(function* (inner) {
          const begin = () =>
            inner.start(function* (started: (value: void) => void) {
              yield* sleep(2);
              started();
              yield* sleep(3);
              log.push("child ended");
            });
          outer.spawn(begin);
          yield* sleep(1);
          outer.spawn(begin);
          // The second `start` is not even begun when this body ends; its spawn above must get there first.
          yield* settle();
        });
        log.push("inner closed");
      });
      assertEquals(log, ["child ended", "child ended", "inner closed"]);
    }));

  // trio#2895: start() cancelled while the child shielded its work: started() was a no-op and both waited for ever.
  test("trio#2895: killing the caller of start does not hang on a child that shields itself [S-22, S-72]", () =>
    virtual(function* () {
      const log: string[] = [];
      yield* taskGroup(function* (tg) {
        const caller = spawn(() =>
          tg.start(function* (started: (value: void) => void) {
            yield* cancelScope({ shield: true }, function* () {
              yield* sleep(10);
              started();
              yield* sleep(10);
              log.push("shielded work done");
            });
          })
        );
        yield* sleep(1);
        yield* caller.kill();
      });
      assertEquals(log, ["shielded work done"]);
    }));

  // trio test_nursery_start_with_cancelled_nursery: the group was cancelled just before, or just after, started().
  test("trio test_nursery_start_with_cancelled_nursery: a cancel around started reaches the child [S-72, S-73]", () =>
    virtual(function* () {
      for (const before of [true, false]) {
        let lives = false;
        yield* taskGroup(function* (tg) {
          tg.spawn(() =>
            tg.start(function* (started: (value: void) => void) {
              yield* sleep(1);
              if (before) tg.cancel();
              started();
              yield* suspend();
              lives = true;
            })
          );
          yield* sleep(5);
          tg.cancel();
          yield* suspend();
        });
        assertEquals(lives, false);
      }
    }));

  // trio test_nursery_start: a closed nursery took a start and hung.
  test("trio test_nursery_start: start on a closed group throws at once [S-71]", () =>
    virtual(function* () {
      const tg = yield* taskGroup((tg) => tg);
      let ran = false;
      const body = function* (started: (value: void) => void) {
        ran = true;
        started();
        yield* sleep(7);
      };
      let error: unknown;
      try {
        yield* tg.start(body);
      } catch (e) {
        error = e;
      }
      assertInstanceOf(error, Error);
      assertEquals(ran, false);
    }));

  // trio test_cancel_inheritance: cancellation reached the children of nested nurseries late, or not all of them.
  test("trio test_cancel_inheritance: a cancelled group ends the leaves of the groups inside it [S-21]", () =>
    virtual(function* () {
      const ended: string[] = [];
      yield* taskGroup(function* (tg) {
        for (const worker of ["w1", "w2"]) {
          tg.spawn(() =>
            taskGroup((inner) => {
              for (const leaf of ["l1", "l2"]) {
                inner.spawn(function* () {
                  try {
                    yield* suspend();
                  } finally {
                    ended.push(`${worker}-${leaf}`);
                  }
                });
              }
            })
          );
        }
        yield* settle();
        tg.cancel();
      });
      assertEquals(ended.toSorted(), ["w1-l1", "w1-l2", "w2-l1", "w2-l2"]);
    }));
});

describe("trio: synchronisation", () => {
  // trio#3035: the owner of a lock ended without releasing it, and everyone in line waited for ever.
  test("trio#3035: waiters of a lock whose owner ended get BrokenLockError, and so does who comes later [S-54]", () =>
    virtual(function* () {
      const lock = new Lock();
      const owner = spawn(() => lock.acquire());
      const waiters = upTo(2).map(() => spawn(() => caught(lock.acquire())));
      yield* owner.join();
      for (const g of waiters) assertInstanceOf(yield* g, BrokenLockError);
    }));

  // trio#548: a cancelled acquire stayed among the limiter's pending borrowers.
  test("trio#548: a killed acquirer of a limiter leaves nothing behind [S-51, S-52]", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1);
      let inside = 0;
      const holder = spawn(() => limiter.withLock(() => sleep(10)));
      yield* settle();
      const killed = upTo(5).map(() => spawn(() => limiter.withLock(() => void inside++)));
      yield* settle();
      yield* killAll(killed);
      yield* holder.join();
      assertEquals(inside, 0);
      yield* limiter.withLock(() => void inside++);
      assertEquals(inside, 1);
    }));

  // anyio#646: raising the total of a limiter let newcomers in and left the line asleep. trio#3243 has one paused at zero;
  // ours goes down to one.
  test("anyio#646, trio#3243: raising a limiter's total serves the line, in order, lowering it lets nobody in [S-50]", () =>
    virtual(function* () {
      const limiter = new CapacityLimiter(1);
      const log: number[] = [];
      yield* limiter.acquire();
      const gs = upTo(6).map((i) =>
        spawn(() =>
          limiter.withLock(function* () {
            log.push(i);
            yield* sleep(10);
          })
        )
      );
      yield* settle();
      limiter.total = 3;
      yield* sleep(5);
      assertEquals(log, [0, 1]);
      limiter.total = 1;
      limiter.release();
      yield* sleep(10);
      assertEquals(log, [0, 1, 2], "three gave theirs back, one came");
      limiter.total = 3;
      yield* settle();
      assertEquals(log, [0, 1, 2, 3, 4]);
      yield* joinAll(gs);
      assertEquals(log, upTo(6));
    }));

  // trio test_Condition: "After being cancelled still hold the lock (!)".
  test("trio test_Condition: a wait that is cancelled comes out with the lock [S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      let held: boolean | undefined;
      yield* cancelScope({}, (scope) =>
        lock.withLock(function* () {
          scope.cancel();
          try {
            yield* condition.wait();
          } finally {
            held = lock.locked;
          }
        }));
      assertEquals(held, true);
      assertEquals(lock.locked, false);
      assertInstanceOf(yield* caught(condition.wait()), Error, "without the lock");
      assertThrows(() => condition.notify(), Error);
    }));

  // trio test_Condition, notify(2) of 3: who is notified waits for the lock, in order; who is not stays in the line.
  test("trio test_Condition: notify(2) moves two of three, in order [S-46, S-55]", () =>
    virtual(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const finished: number[] = [];
      const waiters = upTo(3).map((i) =>
        spawn(() =>
          lock.withLock(function* () {
            yield* condition.wait();
            finished.push(i);
          })
        )
      );
      yield* settle();
      yield* lock.withLock(() => condition.notify(2));
      yield* settle();
      assertEquals(finished, [0, 1]);
      yield* lock.withLock(() => condition.notifyAll());
      yield* joinAll(waiters);
      assertEquals(finished, [0, 1, 2]);
    }));

  // trio test_generic_lock_fifo_fairness, over everything that can serve as a lock.
  test("trio test_generic_lock_fifo_fairness: loops over one lock take turns [S-50]", () =>
    virtual(function* () {
      const locks = { lock: new Lock(), semaphore: new Semaphore(1), limiter: new CapacityLimiter(1) };
      for (const [name, lock] of Object.entries(locks)) {
        const log: string[] = [];
        const loop = (who: string) =>
          spawn(function* () {
            for (const _ of upTo(3)) {
              yield* lock.withLock(function* () {
                log.push(who);
                yield* sleep(0);
              });
            }
          });
        yield* joinAll([loop("a"), loop("b"), loop("c")]);
        assertEquals(log.join(""), "abcabcabc", name);
      }
    }));

  // trio#182's measure: a lock is handed over at the release, it is not free in between.
  test("trio test_lock_handover: between release and the next owner's run the lock is not free [S-50, S-51]", () =>
    virtual(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const next = spawn(() => lock.withLock(() => {}));
      yield* settle();
      lock.release();
      assertEquals(lock.locked, true);
      assertThrows(() => lock.release(), Error, undefined, "it is no longer ours");
      yield* next.join();
      assertEquals(lock.locked, false);
    }));

  // trio#553: a cancelled receive stayed in the channel's list; the next send crashed.
  test("trio#553: a receive that timed out does not disturb the next put [S-57]", () =>
    virtual(function* () {
      const q = new Queue<string>({ maxsize: 1 });
      assertEquals(yield* moveOnAfter(10, () => q.get()), undefined);
      yield* q.put("Test for PR #553");
      assertEquals(q.qsize, 1);
      assertEquals(yield* q.get(), "Test for PR #553");
    }));

  // trio test_channel_fairness: a task that ran earlier took the item, or the slot, of one that was already in line.
  test("trio test_channel_fairness: nobody takes the item or the slot of who is in line [S-59, S-61]", () =>
    virtual(function* () {
      const q = new Queue<number>({ maxsize: 1 });
      q.putNowait(1);
      assertEquals(q.getNowait(), 1);
      const getter = spawn(() => q.get());
      yield* settle();
      q.putNowait(2);
      assertThrows(() => q.getNowait(), QueueEmpty);
      assertEquals(yield* getter, 2);

      q.putNowait(3);
      const putter = spawn(() => q.put(4));
      yield* settle();
      assertEquals(q.getNowait(), 3);
      assertEquals(q.full, true, "the slot is the putter's");
      assertEquals(yield* q.get(), 4);
      yield* putter.join();
    }));

  // trio#1559: leaving the iteration of an async generator early lost items, or left its background task running.
  test("trio#1559: leaving an iteration over a queue early loses no item [S-66]", () =>
    virtual(function* () {
      const q = new Queue<number>();
      for (const i of upTo(4)) q.putNowait(i);
      const first = yield* q.next();
      assertEquals(first.value, 0);
      const reader = spawn(function* () {
        yield* q.next();
        yield* suspend();
      });
      yield* settle();
      yield* reader.kill();
      q.shutdown();
      assertEquals(yield* q.get(), 2);
      assertEquals((yield* q.next()).value, 3);
      assertEquals((yield* q.next()).done, true);
    }));

  // trio test_Event: a task cancelled in the pass in which the event was set.
  test("trio test_Event: set and kill in one pass: the wait returns, the others are woken too [S-14, S-48]", () =>
    virtual(function* () {
      const event = new Event();
      const log: number[] = [];
      const gs = upTo(3).map((i) =>
        spawn(function* () {
          yield* event.wait();
          log.push(i);
        })
      );
      yield* settle();
      event.set();
      event.clear();
      gs[1]?.kill();
      yield* joinAll(gs);
      assertEquals(log, [0, 1, 2]);
      assertInstanceOf(yield* caught(withTimeout(1, event.wait())), TimeoutError);
    }));
});
