/** What the programs of several rules share. */
import { cancelScope, type Greenlet } from "../../src/mod.ts";
import type { Gen } from "../greenlet/kit.ts";

/** An operation of any type as a generator. */
export function* gen(op: Iterable<unknown>): Gen<unknown> {
  return yield* op as Gen<unknown>;
}

/** The moment of the run's clock. */
export function* now(): Gen<number> {
  const far = 1e9;
  return (yield* cancelScope({ timeout: far }, (scope) => scope.deadline - far)) as number;
}

/** Says in `log` when it is told to leave: in the moment of the kill, whoever runs next. */
export function told<T>(log: string[], greenlet: Greenlet<T>): Greenlet<T> {
  greenlet.signal.addEventListener("abort", () => log.push(greenlet.name));
  return greenlet;
}
