/** Parking by hand, for primitives that are no line. */
import { type NotYet, type Op, probe, reads, type Task, WAIT, Wait, writes } from "../core/mod.ts";

/** A parked greenlet, for whoever has what it waits for. */
export interface Parked<T> {
  /** Ends the wait with a value; false when it has ended already. */
  wake(value: T): boolean;
  /** Ends the wait with an error; false when it has ended already. */
  fail(error: unknown): boolean;
}

class Park<T> extends Wait<T> {
  readonly #name: string;
  readonly #enter: (parked: Parked<T>) => (() => void) | void;
  #withdraw: (() => void) | void = undefined;
  #round = 0;

  constructor(name: string, enter: (parked: Parked<T>) => (() => void) | void) {
    super();
    this.#name = name;
    this.#enter = enter;
  }

  attempt(): T | NotYet {
    return WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    if (probe !== null) probe.born(this);
    const round = ++this.#round;
    const end = (how: () => void) => {
      reads(this);
      if (this.#round !== round) return false;
      how();
      return true;
    };
    this.#withdraw = this.#enter({
      wake: (value) => end(() => this.wake(value)),
      fail: (error) => end(() => this.fail(error)),
    });
  }

  leave(): void {
    writes(this);
    this.#round++;
  }

  override abandon(): void {
    super.abandon();
    this.#withdraw?.();
  }

  copy(): Park<T> {
    return new Park(this.#name, this.#enter);
  }

  describe(): string {
    return this.#name;
  }
}

/**
 * Parks the running greenlet until somebody wakes it. `enter` is called with its handle; what it returns is called when
 * the wait is withdrawn by a kill or a timeout. It must not wake in the same call.
 *
 * @param name what dumps and deadlock reports say that it waits on.
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { park, type Parked, wake } from "tendril/lowlevel";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   let waiting: Parked<string> | undefined;
 *   const sleeper = spawn(() => park<string>("a word", (parked) => { waiting = parked; }));
 *   spawn(() => wake(waiting!, "hello"));
 *   assertEquals(yield* sleeper, "hello");
 * });
 * ```
 */
export function park<T>(name: string, enter: (parked: Parked<T>) => (() => void) | void): Op<T> {
  return new Park(name, enter);
}

/** Queues a parked greenlet with what its wait gives; it never runs inside of this call. False: its wait was over. */
export function wake<T>(parked: Parked<T>, value: T): boolean {
  return parked.wake(value);
}
