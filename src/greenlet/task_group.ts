/** Greenlets that live and die together. */
import { duration, type Op, quickExit, reads, Scope } from "../core/mod.ts";
import { AsyncResult, type Body, call, needBody, op } from "../sync/mod.ts";
import { type SpawnOptions } from "./greenlet.ts";
import { cancelReason, isKill } from "./reasons.ts";
import { currentGreenlet, spawnInto } from "./spawn.ts";
import type { Greenlet } from "./types.ts";

/** Options of {@linkcode taskGroup}. */
export interface TaskGroupOptions {
  /** Milliseconds from the first failure until the kill is thrown again at every park. Default: that of the run. */
  grace?: number;
}

/** What a child of {@linkcode TaskGroup.start} calls once it is ready for use. */
export type Started<T> = (value: T) => void;

/** The children of one {@linkcode taskGroup} block. */
export class TaskGroup {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** How many children live. */
  get size(): number {
    reads(this.#scope);
    return this.#scope.children.size;
  }

  /** Starts `body` as a child. @throws `Error` if the group has closed (S-71). */
  spawn<T>(generator: Generator<unknown, T, unknown>): Greenlet<T>;
  spawn<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Greenlet<T>;
  spawn<A extends readonly unknown[], T>(options: SpawnOptions, body: Body<A, T>, ...args: A): Greenlet<T>;
  spawn(...args: readonly unknown[]): Greenlet<unknown> {
    return spawnInto(this.#scope, "TaskGroup.spawn", args);
  }

  /**
   * Starts `body` as a child and waits until it says `started(value)`, which is given. One that fails before throws here,
   * one that fails after throws in the group; one that ends without saying so is an error (S-72).
   */
  start<A extends readonly unknown[], T>(body: Body<[Started<T>, ...A], unknown>, ...args: A): Op<T> {
    needBody(body, "TaskGroup.start");
    return op(() => startChild(this.#scope, body, args));
  }

  /** Kills the children and ends the block, which throws nothing for it. Acts at the call. */
  cancel(reason?: unknown): void {
    this.#scope.cancel(cancelReason("the group", reason));
  }
}

function* startChild<A extends readonly unknown[], T>(
  scope: Scope,
  body: Body<[Started<T>, ...A], unknown>,
  args: A,
): Generator<unknown, T, unknown> {
  const first = new AsyncResult<T>();
  /** The caller waits: an error before `started` goes there. */
  let wanted = true;
  const child = spawnInto<unknown>(scope, "TaskGroup.start", [{ name: body.name || "start" }, function* () {
    let result: unknown;
    try {
      result = yield* call(body, (value: T) => first.set(value), ...args);
    } catch (e) {
      if (!wanted || first.ready || isKill(e)) throw e;
      first.setException(e);
      return undefined;
    }
    if (!first.ready) first.setException(new Error("the child ended without calling started(value)"));
    return result;
  }]);
  child.watch({
    taskEnded: () => {
      if (!first.ready) first.setException(quickExit("the child was killed before it had started"));
    },
  });
  try {
    return yield* first.get();
  } catch (e) {
    wanted = false;
    if (!child.dead) yield* child.kill();
    throw e;
  }
}

/**
 * A block whose greenlets live and die together: it ends when all of them have ended, the first failure kills the others,
 * and leaves through the block; several come as one `AggregateError`, the first in time in front (S-70).
 *
 * @example
 * ```ts
 * import { run, sleep, taskGroup } from "tendril";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => run(() => taskGroup(function* (group) {
 *   group.spawn(() => sleep(1_000_000));
 *   group.spawn(() => { throw new Error("first"); });
 * })), Error, "first");
 * ```
 */
export function taskGroup<T>(body: Body<[TaskGroup], T>, options?: TaskGroupOptions): Op<T> {
  needBody(body, "taskGroup");
  const grace = options?.grace === undefined ? undefined : duration(options.grace, "taskGroup's grace");
  return op(() => runGroup(body, grace));
}

function* runGroup<T>(body: Body<[TaskGroup], T>, grace: number | undefined): Generator<unknown, T, unknown> {
  const scope = new Scope(grace ?? currentGreenlet("taskGroup").loop.grace);
  scope.failed = (error) => {
    scope.errors.push(error);
    scope.cancel(quickExit("a greenlet of the group has failed"));
    return true;
  };
  return (yield* scope.run(call(body, new TaskGroup(scope)))) as T;
}
