/** Several waits of which the first wins: it stands in all their lines, and leaves the others when one wakes it. */
import { type Choice, type NotYet, type Op, show, Sleep, type Task, turn, WAIT, Wait } from "../core/mod.ts";
import { Until } from "./until.ts";

/** What a case may be: an operation that parks (`q.get()`, `sleep(5)`, a greenlet, …), a promise, or something with `get` or `wait`. */
export type SelectCase<T> =
  | { readonly "~result"?: () => T; [Symbol.iterator](): Iterator<unknown, unknown, unknown> }
  | PromiseLike<T>
  | { get(): Op<T> }
  | { wait(): Op<T> };

/** What a case gives. */
export type SelectValue<C> = C extends { readonly "~result"?: () => infer T } ? T
  : C extends PromiseLike<infer T> ? T
  : C extends { get(): Op<infer T> } ? T
  : C extends { wait(): Op<infer T> } ? T
  : never;

/** Which case won, and with what: for a record by its keys, for an array by its places. */
export type Selected<C> = C extends readonly (infer E)[]
  ? number extends C["length"] ? SelectedCase<number, E>
  : { [K in keyof C & `${number}`]: SelectedCase<NumberIn<K>, C[K]> }[keyof C & `${number}`]
  : { [K in keyof C]: SelectedCase<K, C[K]> }[keyof C];

type NumberIn<K> = K extends `${infer N extends number}` ? N : never;

/** One case that won. */
export interface SelectedCase<K, E> {
  readonly index: number;
  readonly key: K;
  readonly value: SelectValue<E>;
}

class Select extends Wait<unknown> implements Choice {
  readonly #keys: readonly (string | number)[];
  readonly #arms: readonly Wait<unknown>[];

  constructor(keys: readonly (string | number)[], arms: readonly Wait<unknown>[]) {
    super();
    this.#keys = keys;
    this.#arms = arms;
  }

  attempt(task: Task): unknown | NotYet {
    for (let i = 0; i < this.#arms.length; i++) {
      let got: unknown = WAIT;
      try {
        got = this.#arms[i].attempt(task);
      } finally {
        if (got !== WAIT) { for (let k = 0; k < i; k++) this.#arms[k].forget(); }
      }
      if (got !== WAIT) return this.#result(i, got);
    }
    return WAIT;
  }

  enter(task: Task): void {
    for (const arm of this.#arms) {
      arm.choice = this;
      arm.enter(task);
    }
  }

  leave(): void {
    for (const arm of this.#arms) {
      if (arm.task === null) continue;
      arm.abandon();
      arm.task = null;
    }
  }

  chosen(arm: Wait<unknown>, value: unknown, failed: boolean): void {
    arm.task = null; // it has left already
    if (failed) this.fail(value);
    else this.wake(this.#result(this.#arms.indexOf(arm), value));
  }

  copy(): Select {
    return new Select(this.#keys, this.#arms.map((arm) => arm.copy()));
  }

  describe(): string {
    return `select(${this.#arms.map((arm) => arm.describe()).join(", ")})`;
  }

  #result(index: number, value: unknown): unknown {
    return { index, key: this.#keys[index], value };
  }
}

/**
 * Waits for several things at once; the first that is ready wins, in the order of the cases when several are. What loses
 * has not happened: no item is taken, no permit consumed.
 *
 * @param cases a record or an array of operations that park, promises, queues (their `get`) and events (their `wait`).
 *   For arbitrary generators use `race`, which runs each as a greenlet.
 * @returns `{ index, key, value }` of the winner; its error is thrown.
 * @example
 * ```ts
 * import { Queue, run, select, sleep } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const [a, b] = [new Queue<number>(), new Queue<string>()];
 *   b.putNowait("x");
 *   const first = yield* select({ a: a.get(), b, late: sleep(100) });
 *   assertEquals([first.key, first.value], ["b", "x"]);
 * });
 * ```
 */
export function select<
  const C extends { readonly [key: string]: SelectCase<unknown> } | readonly SelectCase<unknown>[],
>(
  cases: C,
): Op<Selected<C>> {
  if (typeof cases !== "object" || cases === null) {
    throw new TypeError(`select needs a record or an array of cases, not ${show(cases)}`);
  }
  const array = Array.isArray(cases);
  const keys = Object.keys(cases).map((key) => array ? Number(key) : key);
  if (keys.length === 0) {
    throw new RangeError("select needs at least one case: with none it would wait for ever");
  }
  const arms = Object.values(cases).map((value, i) => armOf(value, keys[i]));
  return new Select(keys, arms) as unknown as Op<never>;
}

function armOf(value: unknown, key: string | number): Wait<unknown> {
  if (typeof value === "object" && value !== null) {
    if ((value as unknown) === turn) return new Sleep(0);
    if ("~op" in value) {
      const arm: unknown = (value as unknown as Op<unknown>)[Symbol.iterator]();
      if (arm instanceof Wait) return arm.copy();
    } else {
      const { get, wait, then } = value as { get?: unknown; wait?: unknown; then?: unknown };
      if (typeof then === "function") return new Until(value as PromiseLike<unknown>);
      const method = typeof get === "function" ? get : wait;
      const arm: unknown = typeof method === "function" ? method.call(value) : undefined;
      if (arm instanceof Wait) return arm.copy();
    }
  }
  throw new TypeError(
    `select's case ${
      show(key)
    } must be a single wait (get, put, acquire, join, sleep, Event.wait …), a promise, a queue` +
      ` or an event, not ${
        show(value)
      }: for generators and for what takes several steps (Condition.wait, Barrier.wait,` +
      ` blocks) use race`,
  );
}
