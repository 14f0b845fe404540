/**
 * A clock whose time jumps to the next deadline when everything is parked. All timers of one instant fire before any
 * greenlet runs (S-43): the loop sees to that.
 */
import type { AlarmClient, Clock } from "../core/mod.ts";

/**
 * See the top of the file. Pass it as `run(body, { clock })`; an hour of sleeping then takes no time.
 *
 * @example
 * ```ts
 * import { run, sleep } from "tendril";
 * import { VirtualClock } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * await run(() => sleep(3_600_000), { clock });
 * assertEquals(clock.now(), 3_600_000);
 * ```
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #alarms: Map<AlarmClient, number> = new Map();

  /** @param start where time begins, in milliseconds. Default 0. */
  constructor(start: number = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Time passes by hand. What becomes due by it fires when its loop looks at the clock next. */
  tick(ms: number): void {
    this.#now += ms;
    for (const [client, deadline] of [...this.#alarms]) {
      if (deadline <= this.#now) {
        this.#alarms.delete(client);
        client.ring();
      }
    }
  }

  alarm(client: AlarmClient, deadline: number, _ref: boolean): void {
    if (deadline === Infinity) this.#alarms.delete(client);
    else this.#alarms.set(client, deadline);
    this.#scheduleJump();
  }

  /** Jumps if no other run that uses this clock has an earlier deadline. */
  advance(client: AlarmClient, deadline: number): boolean {
    for (const [other, earlier] of this.#alarms) {
      if (other !== client && earlier < deadline) return false;
    }
    if (deadline > this.#now) this.#now = deadline;
    this.#alarms.delete(client);
    return true;
  }

  /** Several runs on one clock: the earliest alarm rings when all of them are parked. */
  #scheduleJump(): void {
    queueMicrotask(() => {
      const next = Math.min(...this.#alarms.values());
      if (next === Infinity) return;
      if (next > this.#now) this.#now = next;
      this.tick(0);
    });
  }
}
