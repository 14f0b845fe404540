/** Writing a primitive on WaitLine: it gets fairness, timeouts, kills that leave no trace, and a name in reports. */
import {
  DeadlockError,
  getCurrent,
  type Greenlet,
  type Op,
  run,
  select,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  type WaitOptions,
} from "../../src/mod.ts";
import { type LineOptions, Lockable, WAIT, Waiter, WaitLine, waitTime } from "../../src/lowlevel.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual } from "../regressions/helpers.ts";

/** A counter that is waited for until it has reached some number. */
class Counter {
  #count = 0;
  asked = 0;
  readonly line: WaitLine<number, number> = new WaitLine<number, number>({
    name: () => `Counter at ${this.#count}`,
    rule: ({ payload: wanted }) => {
      this.asked++;
      return this.#count >= wanted ? this.#count : WAIT;
    },
  });

  reach(wanted: number, options?: WaitOptions): Op<number> {
    return this.line.wait(wanted, waitTime(options, "Counter.reach"));
  }

  add(n: number): void {
    this.#count += n;
    this.line.serve();
  }
}

/** A lock made of nothing but a line. */
class Gate extends Lockable {
  taken = false;
  readonly #line: WaitLine<boolean> = new WaitLine({
    name: "Gate",
    rule: () => {
      if (this.taken) return WAIT;
      this.taken = true;
      return true;
    },
    lapse: () => false,
  });

  acquire(options?: WaitOptions): Op<boolean> {
    return this.#line.wait(undefined, waitTime(options, "Gate.acquire"));
  }

  tryAcquire(): boolean {
    if (this.taken || this.#line.size > 0) return false;
    return this.taken = true;
  }

  release(): void {
    this.taken = false;
    this.#line.serve();
  }
}

describe("WaitLine: the rule", () => {
  test("a newcomer that it lets in does not wait; the others stand in the line, first come first served", () =>
    virtual(function* () {
      const counter = new Counter();
      const log: string[] = [];
      assertEquals(yield* counter.reach(0), 0);
      for (const wanted of [1, 2, 2, 3]) {
        spawn(function* () {
          log.push(`${wanted}: ${yield* counter.reach(wanted)}`);
        });
      }
      yield* settle();
      assertEquals([log, counter.line.size], [[], 4]);
      counter.add(2);
      assertEquals([log, counter.line.size], [[], 1], "serving only queues them");
      yield* settle();
      assertEquals(log, ["1: 2", "2: 2", "2: 2"]);
      counter.add(1);
      yield* settle();
      assertEquals(log.at(-1), "3: 3");
    }));

  test("S-50: nobody overtakes the head, though the rule would let him in", () =>
    virtual(function* () {
      const counter = new Counter();
      const log: number[] = [];
      const wait = (n: number) =>
        spawn(function* () {
          yield* counter.reach(n);
          log.push(n);
        });
      const [big, small] = [wait(5), wait(1)];
      yield* settle();
      counter.add(1);
      yield* settle();
      assertEquals([log, counter.line.size], [[], 2]);
      yield* big.kill();
      yield* small;
      assertEquals(log, [1], "the head has gone, so the line was asked again");
    }));

  test("one that throws fails this waiter alone, and the line goes on", () =>
    virtual(function* () {
      let open = false;
      const line = new WaitLine<string, string>({
        name: "line",
        rule: ({ payload }) => {
          if (!open) return WAIT;
          if (payload === "bad") throw new Error("refused");
          return payload;
        },
      });
      const waiters = ["a", "bad", "c"].map((name) => spawn(() => caughtOr(line.wait(name))));
      yield* settle();
      open = true;
      line.serve();
      const got: string[] = [];
      for (const g of waiters) got.push(yield* g);
      assertEquals(got, ["a", "refused", "c"]);
      assertEquals(yield* caughtOr(line.wait("bad")), "refused");
    }));

  test("it may look at who waits and with what", () =>
    virtual(function* () {
      const seen: unknown[] = [];
      const line = new WaitLine<number, { n: number }>({
        name: "line",
        rule: (waiter) => {
          seen.push(waiter.task?.name, waiter.payload.n, waiter instanceof Waiter);
          return 1;
        },
      });
      yield* spawn({ name: "asker" }, () => line.wait({ n: 7 }));
      assertEquals(seen, ["asker", 7, true]);
    }));

  test("overtakes lets a newcomer ask though others stand in the line", () =>
    virtual(function* () {
      const owner: unknown = getCurrent();
      const line = new WaitLine<string>({
        name: "line",
        rule: (waiter) => waiter.task === owner ? "owner" : WAIT,
        overtakes: (task) => task === owner,
      });
      const other = spawn(() => line.wait(undefined));
      yield* settle();
      assertEquals(yield* line.wait(undefined), "owner");
      assertEquals(other.dead, false);
      yield* other.kill();
    }));
});

function* caughtOr(op: Op<string>): Generator<unknown, string> {
  try {
    return yield* op;
  } catch (e) {
    return (e as Error).message;
  }
}

describe("WaitLine: time and kills", () => {
  test("a wait that is over in time throws TimeoutError, which names the line; lapse may say otherwise", () =>
    virtual(function* () {
      const counter = new Counter();
      const error = yield* caught(counter.reach(1, { timeout: 5 }));
      assertInstanceOf(error, TimeoutError);
      assertStringIncludes(error.message, "Counter at 0");
      assertInstanceOf(yield* caught(counter.reach(1, { timeout: 0 })), TimeoutError);
      assertEquals(yield* counter.reach(0, { timeout: 0 }), 0);
      const gate = new Gate();
      assertEquals([yield* gate.acquire({ timeout: 0 }), yield* gate.acquire({ timeout: 5 })], [true, false]);
      assertThrows(() => gate.acquire({ timeout: NaN }), RangeError);
    }));

  test("S-51: the line is asked again when its head gives up for time", () =>
    virtual(function* () {
      const counter = new Counter();
      spawn(() => caught(counter.reach(9, { timeout: 5 })));
      const small = spawn(() => counter.reach(1));
      yield* settle();
      counter.add(1);
      yield* sleep(4);
      assertEquals(small.dead, false);
      yield* sleep(2);
      assertEquals(small.value, 1);
    }));

  test("a kill in the middle leaves the order of the rest; one after the wake comes at the next park", () =>
    virtual(function* () {
      const gate = new Gate();
      const log: string[] = [];
      yield* gate.acquire();
      const [a, b, c] = ["a", "b", "c"].map((name) =>
        spawn(function* () {
          yield* gate.acquire();
          try {
            log.push(name);
            yield* sleep(1);
            log.push(`${name} after its park`);
          } finally {
            gate.release();
          }
        })
      ) as [Greenlet<void>, Greenlet<void>, Greenlet<void>];
      yield* settle();
      yield* b.kill();
      gate.release();
      a.kill();
      yield* c;
      assertEquals(log, ["a", "c", "c after its park"]);
      assertEquals(gate.taken, false);
    }));

  test("waitFirmly is not withdrawn by a kill, which comes at the next park", () =>
    virtual(function* () {
      const log: string[] = [];
      const line = new WaitLine<string>({ name: "firm", rule: () => WAIT });
      const g = spawn(function* () {
        log.push(yield* line.waitFirmly(undefined));
        yield* sleep(0);
        log.push("not reached");
      });
      yield* settle();
      g.kill();
      yield* settle();
      assertEquals([g.dead, line.size], [false, 1]);
      line.wake("certain");
      yield* g.join();
      assertEquals(log, ["certain"]);
    }));

  test("wake gives a value to the first n, failAll an error to all, whatever the rule says", () =>
    virtual(function* () {
      const line = new WaitLine<string>({ name: "line", rule: () => WAIT });
      const waiters = upTo(5).map(() => spawn(() => caughtOr(line.wait(undefined))));
      yield* settle();
      assertEquals([line.wake("one", 1), line.size], [1, 4]);
      assertEquals(line.wake("two", 2), 2);
      line.failAll(new Error("broken"));
      assertEquals([line.size, line.wake("nobody")], [0, 0]);
      const got: string[] = [];
      for (const g of waiters) got.push(yield* g);
      assertEquals(got, ["one", "two", "two", "broken", "broken"]);
    }));

  test("one operation may be delegated to again and again, also by several at a time", () =>
    virtual(function* () {
      const counter = new Counter();
      const op = counter.reach(1);
      const waiters = upTo(3).map(() => spawn(() => op));
      yield* settle();
      assertEquals(counter.line.size, 3);
      counter.add(1);
      for (const g of waiters) assertEquals(yield* g, 1);
      assertEquals([yield* op, yield* op], [1, 1]);
    }));

  test("select stands in lines of any make, and leaves those that lose", () =>
    virtual(function* () {
      const [counter, gate] = [new Counter(), new Gate()];
      gate.taken = true;
      spawn(function* () {
        yield* sleep(5);
        counter.add(3);
      });
      const won = yield* select({ gate: gate.acquire(), counter: counter.reach(2), late: sleep(50) });
      assertEquals([won.key, won.value], ["counter", 3]);
      gate.release();
      assertEquals(gate.taken, false, "the gate was not taken for the one who has left");
    }));

  test("S-75: a deadlock names the line, and the cycle where the line knows on whom it depends", async () => {
    const error = await assertRejects(
      () =>
        run(function* () {
          const [a, b] = ["a", "b"].map((name) => {
            const owned: { owner: Greenlet<unknown> | null } = { owner: null };
            const line = new WaitLine<void>({
              name: `lock ${name}`,
              rule: () => WAIT,
              blocker: () => owned.owner as ReturnType<NonNullable<LineOptions<void, undefined>["blocker"]>>,
            });
            return { owned, line };
          });
          a.owned.owner = spawn({ name: "ann" }, () => b.line.wait(undefined));
          b.owned.owner = spawn({ name: "bob" }, () => a.line.wait(undefined));
          yield* suspend();
        }, { clock: new VirtualClock() }),
      DeadlockError,
    );
    assertStringIncludes(error.message, "lock a");
    assertStringIncludes(error.message, "lock b");
    assertMatch(error.message, /cycle: (ann → bob → ann|bob → ann → bob)/);
  });
});
