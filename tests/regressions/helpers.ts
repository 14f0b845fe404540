/**
 * What the regression suites share: runs on a virtual clock, and a player of random schedules of kills.
 *
 * Every suite here is a set of other projects' bugs, told in our API. Each test cites the peer's issue, says in one line
 * what went wrong there, and names the rule (`S-n` of the semantics) that decides what must happen here. Where the peer
 * settled the matter otherwise than we did, the test asserts ours and says so.
 */
import fc from "fast-check";
import { type Greenlet, type Op, run, sleep } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";

/** A body as these suites write it. What it yields is the library's business. */
export type TestBody<T> = () => Generator<unknown, T, unknown>;

/** Runs `body` on a virtual clock, and fails if any greenlet died of an error that nobody asked for. */
export async function virtual<T>(body: TestBody<T>, clock: VirtualClock = new VirtualClock()): Promise<T> {
  const reports: unknown[] = [];
  const value = await run(body, { clock, onError: (error: unknown) => void reports.push(error) });
  assertEquals(reports, [], "reported to onError");
  return value;
}

/** Runs `body` on a virtual clock where reports to `onError` are part of the scene; gives them back beside the value. */
export async function virtualReporting<T>(body: TestBody<T>): Promise<{ value: T; reports: unknown[] }> {
  const reports: unknown[] = [];
  const value = await run(body, {
    clock: new VirtualClock(),
    onError: (error: unknown) => void reports.push(error),
  });
  return { value, reports };
}

/** Gives what `op` throws; an operation that ends normally is the failure. */
export function* caught(op: Op<unknown>): Generator<unknown, unknown, unknown> {
  let value: unknown;
  try {
    value = yield* op;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a throw, got ${String(value)}`);
}

/** An error, or all the errors inside an `AggregateError`, in order. */
export function errorsIn(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(errorsIn) : [error];
}

/** A schedule for `play`: any numbers do, so that shrinking finds short ones. */
export const schedules: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 999 }), { maxLength: 30 });

/**
 * Plays a schedule against `victims`: each number kills one of them at once, gives the others a turn, lets a millisecond
 * pass, or does `act`. No two steps are parted by a park unless the schedule says so, hence kills land on greenlets that
 * have not begun, that are parked, and that are woken and have not run yet.
 */
export function* play(
  schedule: readonly number[],
  victims: readonly Greenlet<unknown>[],
  act: (n: number) => Generator<unknown, void, unknown> | void,
  killed: (index: number) => void = () => {},
): Generator<unknown, void, unknown> {
  for (const n of schedule) {
    const step = n % (2 * victims.length + 4);
    const victim = victims[step];
    if (victim !== undefined) {
      killed(step);
      victim.kill();
    } else if (step === victims.length) {
      yield* sleep(0);
    } else if (step === victims.length + 1) {
      yield* sleep(1);
    } else {
      const more = act(n);
      if (more !== undefined) yield* more;
    }
  }
}

/** Checks `body` for random schedules, each on a clock of its own. */
export function forSchedules(body: (schedule: number[]) => Generator<unknown, void, unknown>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(schedules, (schedule) => virtual(() => body(schedule))),
    { numRuns: 200 },
  );
}

/** The numbers from 0 up to, without, `n`. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export function increasing(numbers: readonly number[]): boolean {
  return numbers.every((n, i) => i === 0 || (numbers[i - 1] as number) < n);
}
