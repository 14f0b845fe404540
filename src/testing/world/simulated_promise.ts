/**
 * A promise whose reactions run in the simulated event loop: a simulation is one synchronous call, in which no native
 * promise ever comes to an end.
 *
 * It is a subclass, so that `instanceof`, `Promise.all` and all other functions that go by `then` work with it. The
 * native promise inside never settles and nobody looks at it.
 */
import { probe, show, writes } from "../../core/mod.ts";
import { running } from "../schedules/execution.ts";
import { type Rejected, Turns } from "./turns.ts";

const NativePromise: PromiseConstructor = globalThis.Promise;
const queue = globalThis.queueMicrotask;

/** Queues a reaction: in the run that goes on, else at the host. */
function queueJob(job: () => void): void {
  if (running === null) queue(job);
  else Turns.of(running).job(job);
}

const PENDING = 0, FULFILLED = 1, REJECTED = 2;

type Resolve<T> = (value: T | PromiseLike<T>) => void;
type Reject = (reason?: unknown) => void;

/**
 * What `fetch`, files and timers give in a simulation, and what `Promise` is there: `yield* until(promise)` waits for it.
 * Outside of simulations its reactions run in microtasks, as those of any promise.
 *
 * @example
 * ```ts
 * import { spawn, until } from "tendril";
 * import { simulate, SimulatedPromise } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * simulate(function* () {
 *   const { promise, resolve } = Promise.withResolvers<number>();
 *   assertEquals(promise instanceof SimulatedPromise, true);
 *   spawn(() => resolve(20));
 *   const [a, b] = yield* until(Promise.all([promise, new Promise<number>((done) => setTimeout(done, 5, 1))]));
 *   assertEquals(a + b, 21);
 * });
 * ```
 */
export class SimulatedPromise<T> extends NativePromise<T> implements Rejected {
  #state: number = PENDING;
  #result: unknown = undefined;
  #reactions: (() => void)[] = [];
  /** Somebody has asked for its outcome. */
  #asked = false;

  constructor(executor: (resolve: Resolve<T>, reject: Reject) => void) {
    if (typeof executor !== "function") {
      throw new TypeError(`a promise needs a function (resolve, reject) => …, not ${show(executor)}`);
    }
    super(() => {});
    if (probe !== null) probe.born(this);
    const { resolve, reject } = this.#handles();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** Where `Promise` means this class, native promises are promises, too: those of async functions. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof NativePromise;
  }

  get isHandled(): boolean {
    return this.#asked;
  }

  get reason(): unknown {
    return this.#result;
  }

  /** As in the language's specification, 27.2.1.3: the first of the two that is called counts. */
  #handles(): { resolve: Resolve<T>; reject: Reject } {
    let open = true;
    const once = (settle: (value: unknown) => void) => (value?: unknown): void => {
      if (!open) return;
      open = false;
      settle(value);
    };
    return {
      resolve: once((value) => this.#resolve(value)),
      reject: once((reason) => this.#settle(REJECTED, reason)),
    };
  }

  #resolve(value: unknown): void {
    if (value === this) {
      return this.#settle(REJECTED, new TypeError("a promise cannot be resolved with itself"));
    }
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return this.#settle(FULFILLED, value);
    }
    let then: unknown;
    try {
      then = (value as { then?: unknown }).then;
    } catch (error) {
      return this.#settle(REJECTED, error);
    }
    if (typeof then !== "function") return this.#settle(FULFILLED, value);
    queueJob(() => {
      const { resolve, reject } = this.#handles();
      try {
        (then as (resolve: Resolve<T>, reject: Reject) => void).call(value, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(state: number, result: unknown): void {
    writes(this);
    this.#state = state;
    this.#result = result;
    for (const reaction of this.#reactions) queueJob(reaction);
    this.#reactions = [];
    if (state !== REJECTED || this.#asked) return;
    if (running !== null) Turns.of(running).reject(this);
    else queue(() => this.#asked || void NativePromise.reject(result)); // the host says that nobody handles it
  }

  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    writes(this);
    this.#asked = true;
    return new SimulatedPromise<A | B>((resolve, reject) => {
      const react = () => {
        const handler = this.#state === FULFILLED ? onValue : onError;
        if (typeof handler !== "function") {
          return this.#state === FULFILLED ? resolve(this.#result as A) : reject(this.#result);
        }
        try {
          resolve((handler as (result: unknown) => A | B)(this.#result));
        } catch (error) {
          reject(error);
        }
      };
      if (this.#state === PENDING) this.#reactions.push(react);
      else queueJob(react);
    });
  }
}

/** A promise with its handles. */
export interface Deferred<T> {
  readonly promise: SimulatedPromise<T>;
  readonly resolve: Resolve<T>;
  readonly reject: Reject;
}

/** A promise that somebody else settles. */
export function deferred<T>(): Deferred<T> {
  let resolve!: Resolve<T>, reject!: Reject;
  const promise = new SimulatedPromise<T>((a, b) => {
    resolve = a;
    reject = b;
  });
  return { promise, resolve, reject };
}
