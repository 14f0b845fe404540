/** Several operations at once: all, the first, or one after the other as they come to their end. */
import { currentNursery, currentTask, GreenletExit, type Op, quickExit, Scope } from "../core/mod.ts";
import { op, type Operand, perform, type Stream } from "../sync/mod.ts";
import { Collector } from "./collector.ts";
import { GreenletTask } from "./greenlet.ts";
import { create, currentGreenlet } from "./spawn.ts";
import { killAll, wait } from "./join.ts";

/** What an {@linkcode Operand} gives. */
export type OperandValue<O> = O extends Operand<infer T> ? T : never;
/** What each of several gives. */
export type OperandValues<O extends readonly unknown[]> = { -readonly [K in keyof O]: OperandValue<O[K]> };

/** A greenlet that does `operand`, in `scope`. */
function start<T>(scope: Scope, operand: Operand<T>, what: string, index: number): GreenletTask<T> {
  const todo = perform(operand, what);
  const greenlet = create<T>(what, scope, { name: `${what}[${index}]` }, () => todo, []);
  greenlet.loop.enqueue(greenlet);
  return greenlet;
}

/**
 * Runs all of `operands` at once and gives their results, in their order. The first failure kills the others; it is
 * thrown when all have ended.
 *
 * @example
 * ```ts
 * import { all, run, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * function* later(n: number) {
 *   yield* sleep(n);
 *   return n;
 * }
 * assertEquals(await run(() => all([later(2), later(1)])), [2, 1]);
 * ```
 */
export function all<const O extends readonly Operand<unknown>[]>(operands: O): Op<OperandValues<O>>;
export function all<T>(operands: Iterable<Operand<T>>): Op<T[]>;
export function all(operands: Iterable<Operand<unknown>>): Op<unknown[]> {
  const list = [...operands];
  return op(() => runAll(list));
}

/**
 * A scope that ends with its first failure. What fails by itself at the same moment says nothing new; what fails when it
 * is killed, in its cleanup, does.
 */
export function firstFailureScope(grace: number, reason: string): Scope {
  const scope = new Scope(grace);
  scope.failed = (error, child) => {
    if (scope.errors.length === 0 || child?.isLeaving === true) scope.errors.push(error);
    scope.cancel(quickExit(reason));
    return true;
  };
  return scope;
}

function* runAll(operands: readonly Operand<unknown>[]): Generator<unknown, unknown[], unknown> {
  const scope = firstFailureScope(currentGreenlet("all").loop.grace, "another part of all() has failed");
  const results = yield* scope.run(op(function* () {
    const children = operands.map((operand, i) => start(scope, operand, "all", i));
    const values: unknown[] = [];
    for (const child of children) values.push(yield* child.get());
    return values;
  }));
  return results as unknown[];
}

/**
 * Runs all of `operands` at once; the first that ends decides, with its result or its error. The others are killed, and
 * wholly cleaned up before `race` returns (S-23).
 */
export function race<const O extends readonly Operand<unknown>[]>(operands: O): Op<OperandValue<O[number]>>;
export function race<T>(operands: Iterable<Operand<T>>): Op<T>;
export function race(operands: Iterable<Operand<unknown>>): Op<unknown> {
  const list = [...operands];
  if (list.length === 0) {
    throw new RangeError("race needs at least one operation: with none it would wait for ever");
  }
  return op(() => runRace(list));
}

function* runRace(operands: readonly Operand<unknown>[]): Generator<unknown, unknown, unknown> {
  const scope = new Scope(currentGreenlet("race").loop.grace);
  let decided = false;
  // Who fails at the same moment as the winner has lost; who fails in its cleanup has something to say.
  scope.failed = (error) => {
    if (decided) scope.errors.push(error);
    return true;
  };
  return yield* scope.run(op(function* () {
    const children = operands.map((operand, i) => start(scope, operand, "race", i));
    const [first] = yield* wait(children, { count: 1 });
    decided = true;
    killAll(children.toReversed(), quickExit("lost the race"));
    return first.outcome();
  }));
}

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /** Errors stand among the results instead of being thrown. Default false. */
  returnExceptions?: boolean;
}

/**
 * Runs all of `operands` at once and gives their results, in their order. The first error leaves at once, and the others
 * run on; a kill of the gatherer kills all of them (S-31). Where nothing should run on, use `all`.
 */
export function gather<const O extends readonly Operand<unknown>[]>(
  operands: O,
  options?: { returnExceptions?: false },
): Op<OperandValues<O>>;
export function gather<T>(operands: Iterable<Operand<T>>, options?: { returnExceptions?: false }): Op<T[]>;
export function gather<T>(operands: Iterable<Operand<T>>, options: GatherOptions): Op<unknown[]>;
export function gather(operands: Iterable<Operand<unknown>>, options: GatherOptions): Op<unknown[]>;
export function gather(operands: Iterable<Operand<unknown>>, options?: GatherOptions): Op<unknown[]> {
  const list = [...operands];
  return op(() => runGather(list, options?.returnExceptions ?? false));
}

function* runGather(
  operands: readonly Operand<unknown>[],
  returnExceptions: boolean,
): Generator<unknown, unknown[], unknown> {
  const scope = currentNursery("gather");
  const children = operands.map((operand, i) =>
    operand instanceof GreenletTask ? operand : start(scope, operand, "gather", i)
  );
  const started = children.filter((child) => !operands.includes(child));
  for (const child of started) child.owned = true;
  const taken = new Set<unknown>();
  const letGo = () => {
    collector.close();
    for (const child of started) {
      if (!child.dead) child.owned = false;
      else if (child.failing && !taken.has(child)) { // in the same instant as the first
        child.asked = false;
        scope.keep(child);
        child.loop.report(child.inbox, child);
      }
    }
  };
  const collector = new Collector(children, (child) => child, Infinity, { asks: true });
  for (;;) {
    let step;
    try {
      step = yield* collector.next();
    } catch (kill) {
      letGo();
      yield* killAll(children.toReversed());
      throw kill;
    }
    if (step.done === true) break;
    const child = step.value;
    taken.add(child);
    const error = child.failing ? child.inbox : child.inbox instanceof GreenletExit ? child.inbox : undefined;
    if (error !== undefined && !returnExceptions) {
      letGo();
      throw error;
    }
  }
  return children.map((child) => child.inbox);
}

/**
 * Runs all of `operands` at once and streams the results as they come; an error is thrown at its turn and the rest goes
 * on. Closing the stream kills what still runs.
 */
export function asCompleted<T>(operands: Iterable<Operand<T>>): Stream<T> {
  const scope = currentNursery("asCompleted");
  currentTask("asCompleted");
  const started: GreenletTask<T>[] = [];
  const children = [...operands].map((operand, i) => {
    if (operand instanceof GreenletTask) return operand as GreenletTask<T>;
    const child = start(scope, operand, "asCompleted", i);
    child.owned = true;
    started.push(child);
    return child;
  });
  const close = () => {
    for (const child of started) if (!child.dead) child.owned = false; // an error of its cleanup is its own
    killAll(started.toReversed());
  };
  return new Collector(children, (child) => child.outcome(), Infinity, { whenClosed: close, asks: true });
}
