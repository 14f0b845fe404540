/** What the clock says in a simulation: the beginning of 2000, and the virtual time that has passed. */
import { running } from "../schedules/execution.ts";

/** 2000-01-01T00:00:00Z, the moment at which every run begins. */
export const EPOCH = 946_684_800_000;

/** Milliseconds since the run began; null where none goes on. */
function elapsed(): number | null {
  return running === null ? null : running.clock.now();
}

/** `Date`, with its `now` and with `new Date()`. Dates of either kind are instances of both. */
export function simulatedDate(real: DateConstructor): DateConstructor {
  const now = (): number => {
    const ms = elapsed();
    return ms === null ? real.now() : Math.floor(EPOCH + ms);
  };
  const simulated: DateConstructor = new Proxy(real, {
    construct: (target, args, made) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, made === simulated ? target : made),
    apply: () => new real(now()).toString(),
    get: (target, property, receiver) =>
      property === "now" ? now : Reflect.get(target, property, receiver === simulated ? target : receiver),
  });
  return simulated;
}

/** `performance.now` and `performance.timeOrigin`. */
export function simulatedPerformance(real: Performance): { now: () => number; timeOrigin: number } {
  const { timeOrigin } = real, now = real.now.bind(real);
  return {
    now: () => elapsed() ?? now(),
    get timeOrigin() {
      return running === null ? timeOrigin : EPOCH;
    },
  };
}

/** A moment of `Temporal`, as far as it is needed here. */
interface Instant {
  toZonedDateTimeISO(
    zone: unknown,
  ): { toPlainDateTime(): unknown; toPlainDate(): unknown; toPlainTime(): unknown };
}

/** `Temporal`, where there is one. */
export interface TemporalLike {
  readonly Instant: { fromEpochMilliseconds(ms: number): Instant };
  readonly Now: { instant(): Instant; timeZoneId(): string };
}

/** The functions of `Temporal.Now`. */
export function simulatedNow({ Instant, Now }: TemporalLike): Record<string, (zone?: unknown) => unknown> {
  const { instant: real, timeZoneId } = Now;
  const instant = (): Instant => {
    const ms = elapsed();
    return ms === null ? real.call(Now) : Instant.fromEpochMilliseconds(Math.floor(EPOCH + ms));
  };
  const zoned = (zone?: unknown) => instant().toZonedDateTimeISO(zone ?? timeZoneId.call(Now));
  return {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone) => zoned(zone).toPlainTime(),
  };
}
