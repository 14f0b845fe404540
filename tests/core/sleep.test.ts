import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Event, run, sleep, spawn } from "../../src/mod.ts";
import type { AlarmClient, Clock } from "../../src/lowlevel.ts";

/** Time that passes where a greenlet says so, and with the alarms. */
class HandClock implements Clock {
  time: number = performance.now();

  now(): number {
    return this.time;
  }

  alarm(client: AlarmClient, deadline: number): void {
    if (deadline === Infinity) return;
    setTimeout(() => {
      this.time = Math.max(this.time, deadline);
      client.ring();
    }, 0);
  }
}

describe("sleep", () => {
  test("S-37: counts from the call, also where the slice ends there", async () => {
    for (let before = 0; before < 40; before++) {
      const clock = new HandClock();
      const order: string[] = [];
      await run(function* () {
        const ready = new Event();
        ready.set();
        spawn(function* () {
          for (let i = 0; i < before; i++) yield* ready.wait(); // somewhere in a stride
          clock.time += 11; // longer than a slice
          yield* sleep(5);
          order.push("first");
        });
        spawn(function* () {
          yield* sleep(5);
          order.push("second");
        });
      }, { clock });
      assertEquals(order, ["first", "second"], `after ${before} operations`);
    }
  });
});
