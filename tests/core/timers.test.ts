/** The timers of a loop, against a sorted list; rules S-43 (all of one instant fire before any greenlet runs) and S-76. */
import fc from "fast-check";
import { Timer, Timers } from "../../src/core/mod.ts";
import {
  cancelScope,
  DeadlockError,
  Event,
  run,
  sleep,
  spawn,
  suspend,
  Timeout,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual } from "../regressions/helpers.ts";

class Named extends Timer {
  readonly #name: number;
  readonly #fired: number[];
  readonly #ref: boolean;
  /** Done when it fires. */
  then: () => void = () => {};

  constructor(name: number, fired: number[], ref = true) {
    super();
    this.#name = name;
    this.#fired = fired;
    this.#ref = ref;
  }

  override get ref(): boolean {
    return this.#ref;
  }

  override fire(): void {
    this.#fired.push(this.#name);
    this.then();
  }
}

describe("Timers", () => {
  test("fire in the order of their deadlines, those of one in the order in which they were set", () => {
    const timers = new Timers(), fired: number[] = [];
    const deadlines = [5, 3, 5, 1, 3, 5];
    deadlines.forEach((at, i) => timers.add(new Named(i, fired), at));
    assertEquals([timers.next, timers.size, timers.refs], [1, 6, 6]);
    timers.fire(0.5);
    assertEquals(fired, []);
    timers.fire(3);
    assertEquals(fired, [3, 1, 4]);
    assertEquals([timers.next, timers.size, timers.refs], [5, 3, 3]);
    timers.fire(100);
    assertEquals(fired, [3, 1, 4, 0, 2, 5]);
    assertEquals([timers.next, timers.size, timers.refs], [Infinity, 0, 0]);
  });

  test("one that is removed does not fire; removing it again, or one that has fired, does nothing", () => {
    const timers = new Timers(), fired: number[] = [];
    const [a, b] = [new Named(0, fired), new Named(1, fired)];
    timers.remove(a);
    timers.add(a, 1);
    timers.add(b, 2);
    timers.remove(a);
    timers.remove(a);
    timers.fire(5);
    timers.remove(b);
    assertEquals([fired, timers.size, timers.refs], [[1], 0, 0]);
  });

  test("one that fires may remove and add others; what is due by then fires in the same go", () => {
    const timers = new Timers(), fired: number[] = [];
    const [a, b, c, d] = upTo(4).map((i) => new Named(i, fired)) as [Named, Named, Named, Named];
    a.then = () => {
      timers.remove(b);
      timers.add(c, 4);
      timers.add(d, 6);
    };
    timers.add(a, 1);
    timers.add(b, 2);
    timers.fire(5);
    assertEquals([fired, timers.next], [[0, 2], 6]);
  });

  test("clear takes all away", () => {
    const timers = new Timers(), fired: number[] = [];
    upTo(20).forEach((i) => timers.add(new Named(i, fired, i % 2 === 0), 20 - i));
    assertEquals(timers.refs, 10);
    timers.clear();
    timers.fire(100);
    assertEquals([fired, timers.size, timers.refs, timers.next], [[], 0, 0, Infinity]);
  });

  type Command = ["add" | "remove" | "move" | "pass", number, number];
  const commands: fc.Arbitrary<Command[]> = fc.array(
    fc.tuple(
      fc.constantFrom("add", "add", "remove", "move", "pass"),
      fc.nat({ max: 30 }),
      fc.nat({ max: 40 }),
    ),
    { maxLength: 120 },
  );

  test("random adding, cancelling, moving and passing of time agree with a sorted list", () => {
    fc.assert(
      fc.property(commands, fc.boolean(), (plan, someBackground) => {
        const timers = new Timers(), fired: number[] = [], expected: number[] = [];
        const all: Named[] = [];
        /** Sorted by deadline; of one deadline in the order of setting. */
        let model: { id: number; at: number }[] = [];
        let now = 0;
        const set = (id: number, at: number) => {
          const place = model.findIndex((other) => other.at > at);
          model.splice(place < 0 ? model.length : place, 0, { id, at });
        };
        const isRef = (id: number) => !someBackground || id % 3 !== 0;
        for (const [what, pick, by] of plan) {
          const id = all.length === 0 ? -1 : pick % all.length;
          if (what === "add") {
            const timer = new Named(all.length, fired, isRef(all.length));
            timers.add(timer, now + by);
            set(all.length, now + by);
            all.push(timer);
          } else if (what === "pass") {
            now += by;
            timers.fire(now);
            expected.push(...model.filter(({ at }) => at <= now).map((one) => one.id));
            model = model.filter(({ at }) => at > now);
          } else if (id >= 0) {
            timers.remove(all[id]!);
            model = model.filter((one) => one.id !== id);
            if (what === "move") {
              timers.add(all[id]!, now + by);
              set(id, now + by);
            }
          }
          assertEquals(fired, expected);
          assertEquals(timers.size, model.length);
          assertEquals(timers.next, model[0]?.at ?? Infinity);
          assertEquals(timers.refs, model.filter((one) => isRef(one.id)).length);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("timers in a run", () => {
  for (const sleeperFirst of [true, false]) {
    test(
      `S-43: a timeout and a sleep of one instant both end before either runs, the sleep ${
        sleeperFirst ? "first" : "last"
      }`,
      () =>
        virtual(function* () {
          const event = new Event();
          const sleeper = function* () {
            yield* sleep(10);
            event.set(); // too late for whoever waits until 10
          };
          if (sleeperFirst) spawn(sleeper);
          const waiter = spawn(() => event.wait({ timeout: 10 }));
          if (!sleeperFirst) spawn(sleeper);
          assertEquals(yield* waiter, false);
        }),
    );
  }

  test("S-43: sleeps, timeouts, Timeouts and deadlines of one instant: none can stop another", () =>
    virtual(function* () {
      const event = new Event();
      const over = [
        spawn(() => event.wait({ timeout: 10 })),
        spawn(() => withTimeout(10, event.wait(), { value: false })),
        spawn(function* () {
          using limit = Timeout.start(10);
          return (yield* caught(event.wait())) !== limit;
        }),
        spawn(() =>
          cancelScope({ timeout: 10 }, function* (scope) {
            try {
              yield* event.wait();
            } finally {
              assertEquals(scope.cancelCalled, true);
            }
          })
        ),
      ];
      const alarms = upTo(2).map(() =>
        spawn(function* () {
          yield* sleep(10);
          event.set();
          for (const g of over) g.kill(new Error("too late"));
        })
      );
      for (const alarm of alarms) yield* alarm;
      const values: unknown[] = [];
      for (const g of over) values.push(yield* g);
      assertEquals(values, [false, false, false, undefined]);
    }));

  test("S-43: overdue sleeps end in the order of their deadlines, then in that of their calls", async () => {
    const clock = new VirtualClock(), log: number[] = [];
    await run(function* () {
      [30, 10, 20, 10, 30].forEach((ms, i) =>
        spawn(function* () {
          yield* sleep(ms);
          log.push(i);
        })
      );
      yield* sleep(5);
      clock.tick(1_000);
    }, { clock });
    assertEquals(log, [1, 3, 2, 0, 4]);
  });

  test("S-43: what a woken greenlet sets for the same instant comes in a later pass", () =>
    virtual(function* () {
      const log: string[] = [];
      spawn(function* () {
        yield* sleep(10);
        log.push("a");
        yield* new Event().wait({ timeout: 0.001 });
        log.push("a again");
      });
      spawn(function* () {
        yield* sleep(10);
        log.push("b");
      });
      yield* sleep(20);
      assertEquals(log, ["a", "b", "a again"]);
    }));

  for (const system of [true, false]) {
    const clockName = system ? "the system's clock" : "a virtual clock";
    const options = () => system ? {} : { clock: new VirtualClock() };

    test(`S-76: a sleep with ref false keeps no run alive on ${clockName}`, async () => {
      let passed = 0;
      const { clock } = { clock: undefined, ...options() } as { clock: VirtualClock | undefined };
      await assertRejects(
        () =>
          run(function* () {
            spawn({ daemon: true }, function* () {
              while (passed++ < 1_000) yield* sleep(60_000, { ref: false });
            });
            yield* suspend();
          }, { clock }),
        DeadlockError,
      );
      assertEquals(passed, 1);
      assertEquals(clock?.now() ?? 0, 0, "time passed for a timer that counts for nothing");
    });

    test(`S-76: nor does the main greenlet's own on ${clockName}`, () =>
      assertRejects(() => run(() => sleep(60_000, { ref: false }), options()), DeadlockError).then(() => {}));
  }

  test("S-76: with something else alive a sleep with ref false ends in time", async () => {
    const clock = new VirtualClock();
    await virtual(function* () {
      const background = spawn(function* () {
        yield* sleep(10, { ref: false });
        return clock.now();
      });
      yield* sleep(20);
      assertStrictEquals(yield* background, 10);
    }, clock);
  });
});
