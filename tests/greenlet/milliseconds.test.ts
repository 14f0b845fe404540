/** Rules S-37, S-38 and S-40: what a number of milliseconds means, wherever one is taken. */
import {
  AsyncResult,
  cancelScope,
  Channel,
  Event,
  failAfter,
  type Greenlet,
  iwait,
  joinAll,
  moveOnAfter,
  type Op,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
  Timeout,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, virtual } from "../regressions/helpers.ts";

/** Waits of at most `timeout` on something that never comes. */
const waits: [name: string, wait: (timeout: number | undefined) => Op<unknown>][] = [
  ["Event.wait", (timeout) => new Event().wait({ timeout })],
  ["AsyncResult.get", (timeout) => new AsyncResult<number>().get({ timeout })],
  ["Queue.get", (timeout) => new Queue<number>().get({ timeout })],
  ["Queue.peek", (timeout) => new Queue<number>().peek({ timeout })],
  ["Channel.put", (timeout) => new Channel<number>().put(1, { timeout })],
  ["Semaphore.acquire", (timeout) => new Semaphore(0).acquire({ timeout })],
  ["join", (timeout) => daemon().join({ timeout })],
  ["get", (timeout) => daemon().get({ timeout })],
  ["joinAll", (timeout) => joinAll([daemon()], { timeout })],
  ["wait", (timeout) => wait([new Event()], { timeout })],
  ["iwait", (timeout) => iwait([new Event()], { timeout }).next()],
  ["withTimeout", (timeout) => withTimeout(timeout, suspend())],
  ["moveOnAfter", (timeout) => moveOnAfter(timeout, suspend)],
  ["failAfter", (timeout) => failAfter(timeout, suspend)],
  ["cancelScope", (timeout) => cancelScope({ timeout }, suspend)],
];

function daemon(): Greenlet<unknown> {
  return spawn({ daemon: true }, suspend);
}

describe("milliseconds", () => {
  for (const [name, wait] of waits) {
    test(`S-37: the timeout of ${name} is measured from the call, not from the start of the loop's pass`, async () => {
      const clock = new VirtualClock(1_000);
      await run(function* () {
        yield* sleep(1);
        clock.tick(100); // the greenlet computes
        const op = wait(10);
        yield* withTimeout(10_000, ignoring(op));
        assertEquals(clock.now(), 1_111);
      }, { clock });
    });
  }

  test("S-37: sleep and Timeout too are measured from the call", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      clock.tick(100);
      yield* sleep(10);
      assertEquals(clock.now(), 110);
      clock.tick(100);
      using limit = Timeout.start(10);
      assertStrictEquals(yield* caught(suspend()), limit);
      assertEquals(clock.now(), 220);
      clock.tick(100);
      assertEquals(yield* spawnLater(10, () => clock.now()), 330);
      const stubborn = spawn(() => shield(() => sleep(1_000)));
      yield* settle();
      clock.tick(100);
      assertEquals(yield* stubborn.kill(undefined, { timeout: 10 }), false);
      assertEquals(clock.now(), 440);
    }, clock);
  });

  for (const [name, wait] of waits) {
    test(`S-38: NaN as the timeout of ${name} is a RangeError`, async () => {
      await run(function* () {
        assertInstanceOf(yield* caught((() => wait(NaN))()), RangeError);
      }, { clock: new VirtualClock() }).catch((e) => assertInstanceOf(e, RangeError));
    });
  }

  test("S-38: NaN is a RangeError at the call for all that takes a duration", () =>
    virtual(function* () {
      const calls: (() => unknown)[] = [
        () => new Timeout(NaN),
        () => Timeout.start(NaN),
        () => sleep(NaN),
        () => withTimeout(NaN, suspend()),
        () => moveOnAfter(NaN, suspend),
        () => failAfter(NaN, suspend),
        () => cancelScope({ timeout: NaN }, suspend),
        () => cancelScope({ deadline: NaN }, suspend),
        () => cancelScope({ grace: NaN }, suspend),
        () => shield(suspend, { timeout: NaN }),
        () => spawnLater(NaN, suspend),
        () => daemon().kill(undefined, { timeout: NaN }),
        () => daemon().kill(undefined, { grace: NaN }),
        () => run(suspend, { grace: NaN }),
        () => run(suspend, { sliceMs: NaN }),
      ];
      for (const call of calls) assertThrows(call, RangeError, undefined, String(call));
      yield* cancelScope({}, function* (scope) {
        assertThrows(() => scope.deadline = NaN, RangeError);
        assertEquals(scope.deadline, Infinity);
      });
    }));

  test("S-38: what is no number of milliseconds is a TypeError", () =>
    virtual(function* () {
      for (const wrong of ["10", null, {}, 10n] as unknown as number[]) {
        assertThrows(() => new Timeout(wrong), TypeError);
        assertThrows(() => sleep(wrong), TypeError);
        assertThrows(() => withTimeout(wrong, suspend()), TypeError);
        assertThrows(() => new Event().wait({ timeout: wrong }), TypeError);
      }
      yield* sleep(0);
    }));

  for (const forever of [Infinity, undefined]) {
    test(`S-38: a timeout of ${forever} never fires`, () =>
      virtual(function* () {
        using limit = Timeout.start(forever);
        for (const [, wait] of waits) {
          const waiter = spawn(() => wait(forever));
          assertEquals(yield* waiter.join({ timeout: 1e9 }), false);
          yield* waiter.kill();
        }
        assertEquals(limit.pending, false);
      }));
  }

  for (const ms of [0, -1, -Infinity]) {
    test(`S-38: Timeout(${ms}) fires at the next park, whichever`, () =>
      virtual(function* () {
        const ready = new Event();
        ready.set();
        for (const park of [() => sleep(0), () => sleep(5), suspend, () => new Event().wait()]) {
          using limit = Timeout.start(ms);
          assertEquals(yield* ready.wait(), true, "what is ready is no park");
          assertStrictEquals(yield* caught(park()), limit);
          yield* sleep(0);
        }
        for (
          const block of [
            moveOnAfter,
            (n: number, body: () => Op<unknown>) => cancelScope({ timeout: n }, body),
          ]
        ) {
          let parks = 0;
          yield* block(ms, function* () {
            yield* sleep(0);
            parks++;
          });
          assertEquals(parks, 0);
        }
      }));
  }

  test("S-40: a body that ends without parking after its deadline has not timed out", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const late = function* () {
        yield* sleep(1);
        clock.tick(100);
        return "done";
      };
      assertEquals(yield* withTimeout(10, late), "done");
      assertEquals(yield* moveOnAfter(10, late), "done");
      assertEquals(yield* failAfter(10, late), "done");
      assertEquals(yield* moveOnAfter(0, () => "done"), "done");
      yield* cancelScope({ timeout: 10 }, function* (scope) {
        yield* late();
        assertEquals([scope.cancelCalled, scope.cancelledCaught], [false, false]);
      });
      {
        using _ = Timeout.start(10);
        yield* late();
      }
      yield* sleep(1_000);
    }, clock);
  });
});

/** Waits for the end of `op`, however it ends. */
function* ignoring(op: Op<unknown>): Generator<unknown, void, unknown> {
  try {
    yield* op;
  } catch {
    // Only the time counts.
  }
}
