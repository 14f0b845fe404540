/** What the tests of greenlets share: runs on a virtual clock, a clock that remembers its jumps, a log of one victim. */
import { type Greenlet, type Op, run, type RunOptions, sleep, spawn, suspend } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";

export type Gen<T = void> = Generator<unknown, T, unknown>;

/** Runs `body` on a virtual clock, and fails if anything was reported. */
export async function virtual<T>(body: () => Gen<T>, options: RunOptions = {}): Promise<T> {
  const reports: unknown[] = [];
  const value = await run(body, {
    clock: new VirtualClock(),
    onError: (e) => void reports.push(e),
    ...options,
  });
  assertEquals(reports, [], "reported to onError");
  return value;
}

/** How a run came out. */
export interface Outcome<T> {
  value?: T;
  error?: unknown;
  reports: { error: unknown; name: string }[];
  /** Virtual milliseconds that it took. */
  ms: number;
}

/** Runs `body` on a virtual clock and gives everything that came of it; never rejects. */
export async function outcomeOf<T>(body: () => Gen<T>, options: RunOptions = {}): Promise<Outcome<T>> {
  const clock = new VirtualClock();
  const outcome: Outcome<T> = { reports: [], ms: 0 };
  const onError = (error: unknown, greenlet: Greenlet<unknown>) =>
    void outcome.reports.push({ error, name: greenlet.name });
  try {
    outcome.value = await run(body, { clock, onError, ...options });
  } catch (e) {
    outcome.error = e;
  }
  outcome.ms = clock.now();
  return outcome;
}

/** Remembers where it was asked to jump to: so a test sees the timers that are set, from outside. */
export class WatchedClock extends VirtualClock {
  readonly jumps: number[] = [];

  override advance(client: Parameters<VirtualClock["advance"]>[0], deadline: number): boolean {
    this.jumps.push(deadline);
    return super.advance(client, deadline);
  }

  /** Sleeps past every timer that could be left, and fails if there was one. */
  *assertNoTimers(): Gen {
    this.jumps.length = 0;
    const end = this.now() + 1e9;
    yield* sleep(1e9);
    assertEquals(this.jumps, [end], "jumps of the clock: timers were left");
  }
}

/** Gives what `op` throws; an operation that ends normally is the failure. */
export function* caught(op: Op<unknown> | Gen<unknown>): Gen<unknown> {
  let value: unknown;
  try {
    value = yield* op;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a throw, got ${String(value)}`);
}

/** What `body` throws at the call; nothing thrown is the failure. */
export function thrownBy(body: () => unknown): Error {
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`expected a throw, got ${String(value)}`);
}

/** A greenlet that waits in `wait`, and says in `log` how far it came. Its cleanup suspends. */
export function victimOf(log: unknown[], wait: () => Op<unknown> | Gen<unknown>): Greenlet<unknown> {
  return spawn({ name: "victim" }, function* () {
    try {
      log.push("in");
      log.push(["got", yield* wait()]);
      yield* sleep(5);
      log.push("next");
    } finally {
      log.push("finally");
      yield* sleep(1);
      log.push("cleaned");
    }
    log.push("behind");
  });
}

/** Spawns the victim, lets it come to its wait, kills it and waits for its end. */
export function* killedIn(log: unknown[], wait: () => Op<unknown> | Gen<unknown>): Gen<Greenlet<unknown>> {
  const victim = victimOf(log, wait);
  yield* settle();
  yield* victim.kill();
  assertEquals(victim.dead, true);
  return victim;
}

/** Throws, also in a `finally`. */
export function toss(error: unknown): never {
  throw error;
}

/** An error, or all the errors inside an `AggregateError`, in order. */
export function errorsIn(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(errorsIn) : [error];
}

/** Fails after `ms`. */
export const fail = (error: unknown, ms = 0) =>
  function* (): Gen {
    yield* sleep(ms);
    throw error;
  };
/** Waits, and throws when it is told to leave. */
export const failLeaving = (error: unknown, ms = 0) =>
  function* (): Gen {
    try {
      yield* suspend();
    } finally {
      if (ms > 0) yield* sleep(ms);
      toss(error);
    }
  };
/** Errors by their messages. */
export const named = (...names: string[]) => names.map((name) => new Error(name));

/** Waits; logs when it is told to leave and, `cleanup` milliseconds later, when it has left. */
export function* leaving(log: unknown[], name: string, cleanup = 0): Gen {
  try {
    yield* suspend();
  } finally {
    log.push(name);
    if (cleanup > 0) {
      yield* sleep(cleanup);
      log.push(`${name} left`);
    }
  }
}
