/** What the laws say with: demands, and outcomes as text. */
import { type Op, show } from "../../core/mod.ts";
import { type Greenlet, isKill, spawn } from "../../greenlet/mod.ts";
import { isEqual } from "../models/model_state.ts";
import { settle } from "../settle.ts";

/** A body of a law. */
export type Gen<T = void> = Generator<unknown, T, unknown>;

/** Fails with `what`, which says what should be, unless `holds`. */
export function need(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Fails unless both say the same. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isEqual(actual, expected)) throw new Error(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

/** How something ended, as text: its value, or `!` and its error's name. A kill goes through. */
export function* outcome(op: Op<unknown> | Gen<unknown>): Gen<string> {
  try {
    return text(yield* op);
  } catch (error) {
    if (isKill(error)) throw error;
    return `!${error instanceof Error ? error.name : show(error)}`;
  }
}

/** The same for a plain call. */
export function outcomeOf(call: () => unknown): string {
  try {
    return text(call());
  } catch (error) {
    return `!${error instanceof Error ? error.name : show(error)}`;
  }
}

function text(value: unknown): string {
  return value === undefined ? "ok" : typeof value === "string" ? value : show(value);
}

/** A greenlet that does `body`, once all that ran before it are parked: so it stands behind them. */
export function* parked<T>(name: string, body: () => Gen<T> | Op<T>): Gen<Greenlet<T>> {
  const greenlet = spawn({ name }, body) as Greenlet<T>;
  yield* settle();
  return greenlet;
}

/** A greenlet that writes into `log` how `op` ended, under its name, once all before it are parked. */
export function logging(log: string[], name: string, op: () => Op<unknown>): Gen<Greenlet<void>> {
  return parked(name, function* () {
    log.push(`${name} ${yield* outcome(op())}`);
  });
}

/** Waits for the ends of all, and throws the first failure that is no kill. */
export function* ended(greenlets: Iterable<Greenlet<unknown>>): Gen {
  for (const greenlet of greenlets) {
    yield* greenlet.join();
    const { exception } = greenlet;
    if (exception !== undefined && !isKill(exception)) throw exception;
  }
}

/** The numbers from 0 up to, without, `n`. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
