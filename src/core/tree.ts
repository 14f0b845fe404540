/** The tree of tasks: each holds, in its open scopes, those that were spawned in them. */
import type { Scope } from "./scope.ts";
import type { Level, Task } from "./task.ts";

/** The greenlets in the scopes that are open in the body of `task`. */
export function childrenOf(task: Task): Task[] {
  let all: Task[] = [];
  for (let s: Level | null = task.scope; s !== null && s.owner === task; s = s.parent) {
    all = [...(s as Scope).children.toArray(), ...all];
  }
  return all;
}

/** A task and all below it, parents before children. */
export function withDescendants(task: Task): Task[] {
  return [task, ...childrenOf(task).flatMap(withDescendants)];
}
