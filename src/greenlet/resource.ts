/** Things that are given back when the scope ends. */
import { currentNursery, type Op, quickExit, Scope, Sleep } from "../core/mod.ts";
import { AsyncResult, type Body, call, needBody, op } from "../sync/mod.ts";
import { isKill } from "./reasons.ts";
import { currentGreenlet, spawnInto } from "./spawn.ts";

/** What an acquirer calls with the thing; it waits until the scope ends. */
export type Provide<T> = (value: T) => Op<never>;

/**
 * Acquires something that is given back when the innermost scope ends, last first: `acquire` provides it in a
 * `try` and releases it in the `finally`. (Model: Effection's `resource`.)
 *
 * @example
 * ```ts
 * import { cancelScope, resource, run } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 * await run(() => cancelScope({}, function* () {
 *   const db = yield* resource<string>(function* (provide) {
 *     try {
 *       yield* provide("db");
 *     } finally {
 *       log.push("closed");
 *     }
 *   });
 *   log.push(db);
 * }));
 * assertEquals(log, ["db", "closed"]);
 * ```
 */
export function resource<T>(acquire: Body<[Provide<T>], unknown>): Op<T> {
  needBody(acquire, "resource");
  return op(() => acquireIn(acquire));
}

function* acquireIn<T>(acquire: Body<[Provide<T>], unknown>): Generator<unknown, T, unknown> {
  const provided = new AsyncResult<T>();
  const provide = (value: T) =>
    op(function* () {
      provided.set(value);
      wanted = false;
      yield* new Sleep(Infinity);
      throw new Error("unreachable: a resource is held until its scope ends");
    });
  /** Somebody waits for it: an error of the acquisition goes there. */
  let wanted = true;
  const options = { name: acquire.name || "resource", daemon: true };
  const holder = spawnInto<void>(currentNursery("resource"), "resource", [options, function* () {
    try {
      // A scope of its own: what it acquires in turn is released after it.
      yield* new Scope(currentGreenlet("resource").loop.grace).run(call(acquire, provide));
    } catch (e) {
      if (!wanted || isKill(e)) throw e;
      provided.setException(e);
      return;
    }
    if (!provided.ready) {
      provided.setException(new Error("the resource ended without calling provide(value)"));
    }
  }]);
  holder.watch({
    taskEnded: () => {
      if (!provided.ready) {
        provided.setException(quickExit("the resource was killed before it was provided"));
      }
    },
  });
  try {
    return yield* provided.get();
  } catch (e) {
    wanted = false;
    if (!holder.dead) yield* holder.kill(quickExit("nobody waits for the resource any more"));
    throw e;
  }
}
