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
  readonly #alarms: Map<AlarmClient, { deadline: number; ref: boolean }> = new Map();
  readonly #clients: Set<AlarmClient> = new Set();

  /** @param start where time begins, in milliseconds. Default 0. */
  constructor(start: number = 0) {
    if (!Number.isFinite(start)) {
      throw new RangeError(`a VirtualClock starts at a number of milliseconds, not ${start}`);
    }
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Time passes by hand. What becomes due by it fires when its loop looks at the clock next. */
  tick(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) {
      throw new RangeError(`time passes by a number of milliseconds of at least 0, not ${ms}`);
    }
    this.#now += ms;
    for (const client of [...this.#alarms.keys()]) {
      const alarm = this.#alarms.get(client); // another one's ring may have taken it away
      if (alarm === undefined || alarm.deadline > this.#now) continue;
      this.#alarms.delete(client);
      client.ring();
    }
  }

  attach(client: AlarmClient): void {
    this.#clients.add(client);
  }

  detach(client: AlarmClient): void {
    this.#clients.delete(client);
    this.#scheduleJump();
  }

  alarm(client: AlarmClient, deadline: number, ref: boolean): void {
    if (deadline === Infinity) this.#alarms.delete(client);
    else this.#alarms.set(client, { deadline, ref });
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
    const alarms = () => [...this.#alarms.values()];
    if (!alarms().some((alarm) => alarm.ref)) return; // the others keep nothing going
    systemHost.macrotask(() => {
      for (const client of this.#clients) if (!client.isIdle) return; // it asks again when it is parked
      const next = Math.min(...alarms().map((alarm) => alarm.deadline));
      if (next !== Infinity) this.tick(Math.max(0, next - this.#now));
    });
  }
}
