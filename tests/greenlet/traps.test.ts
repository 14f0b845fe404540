/** Traps of the language: what would go wrong with generators if nobody looked. */
import {
  AsyncResult,
  Barrier,
  call,
  cancelScope,
  CapacityLimiter,
  Channel,
  Condition,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  isKill,
  Lock,
  moveOnAfter,
  type Op,
  Pool,
  Queue,
  run,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { WAIT, WaitLine } from "../../src/lowlevel.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, outcomeOf, victimOf, virtual } from "./kit.ts";

describe("throw", () => {
  const ops: Record<string, () => Op<unknown>> = {
    sleep: () => sleep(1),
    "sleep(0)": () => sleep(0),
    "sleep without ref": () => sleep(1, { ref: false }),
    suspend,
    until: () => until(new Promise(() => {})),
    call: () => call(() => {}),
    "Event.wait": () => new Event().wait(),
    "AsyncResult.get": () => new AsyncResult().get(),
    "Queue.get": () => new Queue().get(),
    "Queue.put": () => new Queue().put(1),
    "Queue.peek": () => new Queue().peek(),
    "Queue.next": () => new Queue().next(),
    "Queue.join": () => new Queue().join(),
    "Channel.get": () => new Channel().get(),
    "Channel.put": () => new Channel().put(1),
    "Lock.acquire": () => new Lock().acquire(),
    "Lock.withLock": () => new Lock().withLock(() => {}),
    "Lock.hold": () => new Lock().hold(),
    "Semaphore.acquire": () => new Semaphore(1).acquire(),
    "CapacityLimiter.acquire": () => new CapacityLimiter(1).acquire(),
    "Condition.wait": () => new Condition().wait(),
    "Barrier.wait": () => new Barrier(2).wait(),
    select: () => select([sleep(1)]),
    settle: () => settle(),
    "Pool.spawn": () => new Pool(1).spawn(() => {}),
    withTimeout: () => withTimeout(1, sleep(1)),
    cancelScope: () => cancelScope({}, () => {}),
    taskGroup: () => taskGroup(() => {}),
    "a line of one's own": () => new WaitLine({ name: "mine", rule: () => WAIT }).wait(undefined),
  };
  test("trap: the iterator of every operation has a throw that throws what it is given", () => {
    const mine = new GreenletExit("mine");
    for (const [name, make] of Object.entries(ops)) {
      const iterator = make()[Symbol.iterator]();
      assertEquals(typeof iterator.throw, "function", name);
      assertStrictEquals(assertThrows(() => iterator.throw(mine)), mine, name);
    }
  });

  test("trap: the iterator of a greenlet has one too", () =>
    virtual(function* () {
      const g = spawn(() => 1);
      const mine = new GreenletExit("mine");
      assertStrictEquals(assertThrows(() => g[Symbol.iterator]().throw(mine)), mine);
      assertEquals(yield* g, 1, "the greenlet itself has not noticed");
    }));

  test("trap: a kill in a delegated iterator without throw ends the greenlet all the same, finally and all", async () => {
    const log: unknown[] = [];
    await outcomeOf(function* () {
      const victim = spawn(function* () {
        try {
          const inner = sleep(1_000)[Symbol.iterator]();
          yield* { [Symbol.iterator]: () => ({ next: (value?: unknown) => inner.next(value) }) } as Iterable<
            unknown
          >;
          log.push("behind");
        } finally {
          log.push("finally");
        }
      });
      yield* settle();
      assertEquals(yield* victim.kill(), true);
      log.push(victim.dead, victim.exception instanceof TypeError);
    });
    assertEquals(log, ["finally", true, true]);
  });
});

describe("running generators", () => {
  /** Kills its own greenlet from deep inside plain code, while its generator runs. */
  const ways: Record<string, (kill: () => void) => void> = {
    "a getter": (kill) =>
      void ({
        get x(): void {
          return kill();
        },
      }).x,
    "toString": (kill: () => void) => void `${{ toString: () => `${kill()}` }}`,
    "a comparator": (kill) => void [2, 1].sort(() => (kill(), 0)),
    "another generator": (kill) =>
      void [...(function* () {
        yield kill();
      })()],
    "an abort listener": (kill) => {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", kill);
      controller.abort();
    },
    "its own abort listener": (kill: () => void) => {
      getCurrent().signal.addEventListener("abort", kill);
      getCurrent().kill();
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    test(`trap: a kill of the running greenlet out of ${name} is thrown at its next park, by the loop`, () =>
      virtual(function* () {
        const log: unknown[] = [];
        const g: Greenlet<unknown> = spawn(function* () {
          yield* (function* () {
            way(() => void g.kill());
            log.push("runs on");
            try {
              yield* sleep(0);
            } catch (e) {
              log.push(e instanceof GreenletExit);
              throw e;
            }
            log.push("behind");
          })();
        });
        yield* g.join();
        assertEquals([log, isKill(g.value)], [["runs on", true], true]);
      }));
  }

  test("trap: what wakes the running greenlet's own wait in advance is not lost, and does not re-enter it", () =>
    virtual(function* () {
      const event = new Event(), q = new Queue<number>();
      const g = spawn(function* () {
        event.set();
        q.putNowait(1);
        return [yield* event.wait(), yield* q.get()];
      });
      assertEquals(yield* g, [true, 1]);
    }));
});

describe("finally { return }", () => {
  function* hiding(log: unknown[]): Gen<string> {
    try {
      yield* suspend();
    } finally {
      log.push("hidden");
      // deno-lint-ignore no-unsafe-finally
      return "v";
    }
  }

  test("trap: it hides a kill in flight: the frames around go on, until the grace is over", async () => {
    const outcome = await outcomeOf(function* () {
      const log: unknown[] = [];
      const g = spawn(function* () {
        log.push(yield* hiding(log));
        for (let i = 0;; i++) {
          yield* sleep(1_000);
          log.push(i);
        }
      });
      yield* settle();
      const end = g.kill();
      yield* sleep(1);
      assertEquals([g.dead, g.signal.aborted], [false, true], "the kill stays on the greenlet");
      yield* end;
      assertEquals([log, isKill(g.value)], [["hidden", "v", 0, 1, 2, 3], true]);
    });
    assertEquals([outcome.error, outcome.ms], [undefined, 5_000]);
  });

  test("trap: in a loop with continue it is told again at every park after the grace, and is given up in the end", async () => {
    const outcome = await outcomeOf(function* () {
      const g = spawn({ name: "evader" }, function* () {
        for (;;) {
          try {
            yield* suspend();
          } finally {
            // deno-lint-ignore no-unsafe-finally
            continue;
          }
        }
      });
      yield* settle();
      yield* g.kill();
      assertEquals(g.dead, true);
    });
    assertEquals([outcome.error, outcome.ms, outcome.reports.length], [undefined, 5_000, 1]);
  });

  test("trap: hidden from a scope's cancel or a timeout, the block still ends, and its greenlets with it", () =>
    virtual(function* () {
      const log: unknown[] = [], child: unknown[] = [];
      const value = yield* cancelScope({ timeout: 5 }, function* (scope) {
        victimOf(child, suspend);
        const hidden = yield* hiding(log);
        assertEquals([scope.cancelCalled, scope.cancelledCaught], [true, false]);
        return hidden;
      });
      assertEquals([value, child], ["v", ["in", "finally", "cleaned"]]);
      assertEquals(yield* moveOnAfter(5, () => hiding(log)), "v");
      assertEquals(yield* withTimeout(5, hiding(log)), "v");
    }));

  test("trap: a second kill while the first is hidden comes after the grace of the first at the latest", async () => {
    const outcome = await outcomeOf(function* () {
      const g = spawn(function* () {
        yield* hiding([]);
        yield* sleep(1e6);
      });
      yield* settle();
      g.kill();
      yield* sleep(10);
      yield* g.kill(undefined, { grace: 50 });
    });
    assertEquals(outcome.ms, 60);
  });
});

test("trap: a shield inside cleanup, killed again and again, is not broken", async () => {
  const clock = new VirtualClock();
  const log: unknown[] = [];
  await run(function* () {
    const g = spawn(function* () {
      try {
        yield* suspend();
      } finally {
        log.push(yield* shield(() => withTimeout(9_000, sleep(7_000), { value: "late" })));
        log.push(clock.now());
      }
    });
    yield* settle();
    g.kill();
    for (let i = 0; i < 6; i++) {
      yield* sleep(1_000);
      g.kill(new Error("again"), { grace: 0 });
    }
    yield* g.join();
  }, { clock });
  assertEquals(log, [undefined, 7_000]);
});
