/**
 * A clock whose time jumps to the next deadline when everything is parked. All timers of one instant fire before any
 * greenlet runs (S-43): the loop sees to that.
 */
import type { AlarmClient, Clock } from "../core/mod.ts";
import { systemHost } from "../host/mod.ts";

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
  readonly #clients: Set<AlarmClient> = new Set();

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

  attach(client: AlarmClient): void {
    this.#clients.add(client);
  }

  detach(client: AlarmClient): void {
    this.#clients.delete(client);
    this.#scheduleJump();
  }

  alarm(client: AlarmClient, deadline: number, _ref: boolean): void {
    if (deadline === Infinity) this.#alarms.delete(client);
    else this.#alarms.set(client, deadline);
    this.#scheduleJump();
  }

  /** One run alone jumps at once; of several, the earliest alarm rings when all are parked. */
  advance(client: AlarmClient, deadline: number): boolean {
    if (this.#clients.size > 1) return false;
    if (deadline > this.#now) this.#now = deadline;
    this.#alarms.delete(client);
    return true;
  }

  #scheduleJump(): void {
    if (this.#alarms.size === 0) return;
    systemHost.macrotask(() => {
      for (const client of this.#clients) if (!client.isIdle) return; // it asks again when it is parked
      const next = Math.min(...this.#alarms.values());
      if (next !== Infinity) this.tick(Math.max(0, next - this.#now));
    });
  }
}
