/** What the suites of the synchronisation primitives share: runs on a virtual clock, outcomes as text, properties. */
import fc from "fast-check";
import process from "node:process";
import { type Greenlet, type Op, run, spawn } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";

/** A generator as these suites write it; what it yields is the library's business. */
export type Gen<T> = Generator<unknown, T, unknown>;

/** Runs `body` on a virtual clock, and fails if any greenlet died of an error that nobody asked for. */
export async function virtual<T>(body: () => Gen<T>): Promise<T> {
  const reports: unknown[] = [];
  const value = await run(body, {
    clock: new VirtualClock(),
    onError: (error: unknown) => void reports.push(error),
  });
  assertEquals(reports, [], "reported to onError");
  return value;
}

/** Gives what `op` throws; an operation that ends normally is the failure. */
export function* caught(op: Op<unknown>): Gen<unknown> {
  let value: unknown;
  try {
    value = yield* op;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a throw, got ${String(value)}`);
}

/** How something ended, as text: its value, or `!` and its error's name. */
export function* outcome(op: Op<unknown>): Gen<string> {
  try {
    return text(yield* op);
  } catch (error) {
    return `!${(error as Error).name}`;
  }
}

/** The same for a plain call. */
export function outcomeOf(call: () => unknown): string {
  try {
    return text(call());
  } catch (error) {
    return `!${(error as Error).name}`;
  }
}

function text(value: unknown): string {
  return value === undefined ? "ok" : String(value);
}

/** A greenlet that writes into `log` how `op` ended, under its name. */
export function logging(log: string[], name: string, op: Op<unknown>): Greenlet<void> {
  return spawn({ name }, function* () {
    log.push(`${name} ${yield* outcome(op)}`);
  });
}

/** The numbers from 0 up to, without, `n`. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** More of them with `TENDRIL_RUNS=5000`. */
const RUNS = Number(process.env.TENDRIL_RUNS ?? 150);

/**
 * Checks `body`, on a clock of its own, for random arguments. A failure prints the shrunk arguments and the seed;
 * `TENDRIL_SEED` plays it again.
 */
export function property<A>(arbitrary: fc.Arbitrary<A>, body: (argument: A) => Gen<void>): Promise<void> {
  const given = process.env.TENDRIL_SEED;
  const seed = given === undefined ? {} : { seed: Number(given) };
  return fc.assert(
    fc.asyncProperty(arbitrary, (argument) => virtual(() => body(argument))),
    { numRuns: RUNS, ...seed },
  );
}

/** The same for a body that is plain code. */
export function sequences<A>(arbitrary: fc.Arbitrary<A>, body: (argument: A) => void): void {
  const given = process.env.TENDRIL_SEED;
  fc.assert(fc.property(arbitrary, body), {
    numRuns: RUNS,
    ...(given === undefined ? {} : { seed: Number(given) }),
  });
}
