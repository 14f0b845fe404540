/** Several steps behind one promise, as an async function would write them; its own promises are not the host's. */
import { deferred, type SimulatedPromise } from "./simulated_promise.ts";

/** What a script is made of: it yields promises. */
export type Script<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Waits for a promise, with its type. */
export function* wait<T>(promise: PromiseLike<T>): Script<T> {
  return (yield promise) as T;
}

/** Runs a script. It begins at once. */
export function script<T>(make: () => Script<T>): SimulatedPromise<T> {
  const { promise, resolve, reject } = deferred<T>();
  let steps: Script<T>;
  const go = (next: () => IteratorResult<PromiseLike<unknown>, T>): void => {
    let step;
    try {
      step = next();
    } catch (error) {
      return reject(error);
    }
    if (step.done === true) return resolve(step.value);
    step.value.then((value) => go(() => steps.next(value)), (error) => go(() => steps.throw(error)));
  };
  go(() => {
    steps = make();
    return steps.next();
  });
  return promise;
}
