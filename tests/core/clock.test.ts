/** The contract of a clock, for the virtual one and the system's; several runs on one clock; time by hand. */
import { DeadlockError, Event, run, sleep, spawn, until } from "../../src/mod.ts";
import { type AlarmClient, type Clock, SystemClock } from "../../src/lowlevel.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertLess, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo } from "../regressions/helpers.ts";

/** Rings are counted; `rung` is there for who waits for the next. */
class Client implements AlarmClient {
  readonly isIdle = true;
  rings = 0;
  at: number[] = [];
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.rings++;
    this.at.push(this.#clock.now());
    for (const wake of this.#waiting.splice(0)) wake();
  }

  rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const clocks: [name: string, make: () => Clock][] = [
  ["SystemClock", () => new SystemClock()],
  ["VirtualClock", () => new VirtualClock()],
];

for (const [name, make] of clocks) {
  describe(`${name} keeps the contract`, () => {
    test("rings once, at the deadline or soon after", async () => {
      const clock = make(), client = new Client(clock);
      const deadline = clock.now() + 3;
      clock.alarm(client, deadline, true);
      assertEquals(client.rings, 0, "never inside alarm()");
      await client.rung();
      const later = new Client(clock);
      clock.alarm(later, clock.now() + 2, true);
      await later.rung();
      assertEquals(client.rings, 1);
      assert(client.at[0]! >= deadline, `${client.at[0]} is before ${deadline}`);
    });

    test("a deadline that has passed rings soon", async () => {
      const clock = make(), client = new Client(clock);
      clock.alarm(client, clock.now() - 1_000, true);
      assertEquals(client.rings, 0);
      await client.rung();
      assertEquals(client.rings, 1);
    });

    test("a later alarm of one client replaces the earlier one; Infinity takes it away", async () => {
      const clock = make();
      const [moved, gone, last] = upTo(3).map(() => new Client(clock)) as [Client, Client, Client];
      const start = clock.now();
      clock.alarm(moved, start + 1, true);
      clock.alarm(gone, start + 1, true);
      clock.alarm(moved, start + 4, true);
      clock.alarm(gone, Infinity, true);
      clock.alarm(last, start + 8, true);
      await Promise.all([moved.rung(), last.rung()]);
      assertEquals([moved.rings, gone.rings, last.rings], [1, 0, 1]);
      assert(moved.at[0]! >= start + 4);
    });

    test("a client may set its next alarm while it is rung", async () => {
      const clock = make();
      const times: number[] = [];
      await new Promise<void>((resolve) => {
        const client = {
          isIdle: true,
          ring() {
            times.push(clock.now());
            if (times.length < 3) clock.alarm(client, clock.now() + 1, true);
            else resolve();
          },
        };
        clock.alarm(client, clock.now() + 1, true);
      });
      assertEquals(times.length, 3);
      assertEquals(times.toSorted((a, b) => a - b), times);
    });
  });
}

describe("SystemClock", () => {
  test("a deadline farther than the host's timers reach does not ring early", async () => {
    const clock = new SystemClock(), far = new Client(clock), near = new Client(clock);
    clock.alarm(far, clock.now() + 2 ** 40, true);
    clock.alarm(near, clock.now() + 5, true);
    await near.rung();
    clock.alarm(far, Infinity, true);
    assertEquals(far.rings, 0);
  });

  test("now never goes back", () => {
    const clock = new SystemClock();
    let last = clock.now();
    for (let i = 0; i < 1_000; i++) {
      const now = clock.now();
      assert(now >= last);
      last = now;
    }
  });
});

describe("VirtualClock", () => {
  test("alarms of several clients ring in the order of their deadlines", async () => {
    const clock = new VirtualClock(), order: number[] = [];
    const clients = [9, 3, 6].map((ms, i) => {
      const client = new Client(clock);
      clock.alarm(client, ms, true);
      return client.rung().then(() => order.push(i));
    });
    await Promise.all(clients);
    assertEquals(order, [1, 2, 0]);
    assertEquals(clock.now(), 9);
  });

  test("a run's time jumps from deadline to deadline", async () => {
    const clock = new VirtualClock(500);
    const seen: number[] = [];
    const begin = performance.now();
    await run(function* () {
      for (const hours of [1, 10, 1_000]) {
        yield* sleep(hours * 3_600_000);
        seen.push(clock.now() - 500);
      }
    }, { clock });
    assertEquals(seen, [1, 11, 1_011].map((hours) => hours * 3_600_000));
    assertLess(performance.now() - begin, 5_000);
  });

  test("time does not pass while somebody can run, or waits for settle()", async () => {
    const clock = new VirtualClock();
    await run(function* () {
      spawn(() => sleep(10));
      for (let i = 0; i < 2_000; i++) yield* sleep(0);
      assertEquals(clock.now(), 0);
      yield* settle();
      assertEquals(clock.now(), 0);
    }, { clock });
    assertEquals(clock.now(), 10);
  });

  test("time does not pass while a promise that is about to settle is waited for", async () => {
    const clock = new VirtualClock();
    await run(function* () {
      const slow = spawn(() => sleep(1_000));
      let turns = Promise.resolve();
      for (let i = 0; i < 50; i++) turns = turns.then(() => {});
      yield* until(turns);
      assertEquals(clock.now(), 0);
      yield* slow.kill();
    }, { clock });
  });

  test("several runs on one clock see one time, in one order", async () => {
    const clock = new VirtualClock(), log: [string, number][] = [];
    const ticker = (name: string, ms: number) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          yield* sleep(ms);
          log.push([name, clock.now()]);
        }
      }, { clock });
    await Promise.all([ticker("a", 10), ticker("b", 15), ticker("c", 4)]);
    assertEquals(log.map(([, at]) => at), [4, 8, 10, 12, 15, 20, 30, 30, 45]);
    assertEquals(log.filter(([name]) => name === "a").map(([, at]) => at), [10, 20, 30]);
  });

  test("a second run on a clock that has been used goes on from there", async () => {
    const clock = new VirtualClock();
    await run(() => sleep(10), { clock });
    await run(() => sleep(5), { clock });
    assertEquals(clock.now(), 15);
  });

  test("tick passes time by hand, in a run and from outside", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    await run(function* () {
      const event = new Event();
      spawn(function* () {
        yield* sleep(10);
        log.push("slept");
        event.set();
      });
      yield* settle();
      clock.tick(10);
      yield* event.wait();
      assertEquals(clock.now(), 10);
      const outside = new Promise<void>((resolve) =>
        queueMicrotask(() => {
          clock.tick(7);
          resolve();
        })
      );
      yield* until(outside);
      assertEquals(clock.now(), 17);
    }, { clock });
    assertEquals(log, ["slept"]);
  });

  test("a run that ends with a deadline still set takes its alarm along", async () => {
    const clock = new VirtualClock();
    await run(function* () {
      spawn({ daemon: true }, () => sleep(1_000));
      yield* sleep(1);
    }, { clock });
    await run(() => sleep(5), { clock });
    assertEquals(clock.now(), 6);
    await assertRejects(() => run(() => new Event().wait(), { clock }), DeadlockError);
    assertEquals(clock.now(), 6);
  });

  test("a run on the system's clock beside one on a virtual clock do not mix", async () => {
    const clock = new VirtualClock();
    const [fast, slow] = await Promise.all([
      run(function* () {
        yield* sleep(1e9);
        return clock.now();
      }, { clock }),
      run(function* () {
        yield* sleep(1);
        return "system";
      }),
    ]);
    assertEquals([fast, slow], [1e9, "system"]);
  });
});
