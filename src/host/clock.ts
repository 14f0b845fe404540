/** The clock on the wall: monotonic milliseconds, one host timer for all deadlines of a loop. */
import type { AlarmClient, Clock } from "../core/mod.ts";
import { unref } from "./host.ts";

/** The host's timers take a signed 32-bit number of milliseconds; a later deadline is asked for again. */
const LONGEST = 2 ** 31 - 1;

/** See the top of the file. One for all loops: each client has its own alarm. */
export class SystemClock implements Clock {
  readonly #alarms: Map<AlarmClient, ReturnType<typeof setTimeout>> = new Map();

  now(): number {
    return performance.now();
  }

  alarm(client: AlarmClient, deadline: number, ref: boolean): void {
    const earlier = this.#alarms.get(client);
    if (earlier !== undefined) {
      clearTimeout(earlier);
      this.#alarms.delete(client);
    }
    if (deadline === Infinity) return;
    const set = (): void => {
      const handle = setTimeout(fire, Math.min(Math.max(0, Math.ceil(deadline - this.now())), LONGEST));
      if (!ref) unref(handle);
      this.#alarms.set(client, handle);
    };
    const fire = (): void => {
      if (this.now() < deadline) return set(); // the host rounds down, or the wait was too long for it
      this.#alarms.delete(client);
      client.ring();
    };
    set();
  }
}

export const systemClock: SystemClock = new SystemClock();
