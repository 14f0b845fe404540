/** Values that belong to one greenlet. */
import { greenletHere } from "./spawn.ts";

/** Options of a {@linkcode Local}. */
export interface LocalOptions {
  /** A greenlet that is spawned gets its spawner's value. Default false. */
  inherit?: boolean;
}

/**
 * A variable of which every greenlet has its own.
 *
 * @example
 * ```ts
 * import { Local, run, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const user = new Local(() => "nobody");
 *   user.set("ann");
 *   assertEquals([yield* spawn(() => user.get()), user.get()], ["nobody", "ann"]);
 * });
 * ```
 */
export class Local<T> {
  readonly #make: (() => T) | undefined;
  /** Part of `spawn`'s contract. */
  readonly inherited: boolean;

  /** @param make gives the first value in each greenlet. Default: undefined. */
  constructor(make?: () => T, options?: LocalOptions) {
    this.#make = make;
    this.inherited = options?.inherit ?? false;
  }

  /** This greenlet's value. @throws `Error` outside of a greenlet. */
  get(): T {
    const { locals } = greenletHere("Local.get");
    if (!locals.has(this) && this.#make !== undefined) locals.set(this, this.#make());
    return locals.get(this) as T;
  }

  set(value: T): void {
    greenletHere("Local.set").locals.set(this, value);
  }
}
