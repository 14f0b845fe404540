/**
 * `yield* fetch(url)`: promises as operations.
 *
 * A promise gets an iterator, and only in the eyes of a greenlet that runs: for everybody else the property reads as
 * undefined, as those expect who ask a value whether it can be iterated (React's server rendering treats what can as a
 * list of children). A subclass of Promise would make every `await` 5 to 13 times slower.
 */
import { current } from "../core/mod.ts";
import type { OpIterator } from "../core/mod.ts";
import { until } from "../sync/mod.ts";

declare global {
  interface Promise<T> {
    /** Waits for the promise, inside of a greenlet and while something is patched: `const r = yield* fetch(url)`. */
    [Symbol.iterator](): OpIterator<T>;
  }
}

function iterate(this: Promise<unknown>): OpIterator<unknown> {
  return until(this)[Symbol.iterator]();
}

/** What a getter of ours knows, in whichever copy of this library: what it covers, and whether it still does. */
interface Cover {
  readonly below: PropertyDescriptor | undefined;
  isOn: boolean;
}

const COVER: unique symbol = Symbol.for("tendril.yieldable") as never;
type Getter = (() => unknown) & { [COVER]?: Cover };

/** Without those on top that are switched off. */
function uncovered(there: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  let top = there;
  for (let cover = coverOf(top); cover !== undefined && !cover.isOn; cover = coverOf(top)) top = cover.below;
  return top;
}

function coverOf(there: PropertyDescriptor | undefined): Cover | undefined {
  return (there?.get as Getter | undefined)?.[COVER];
}

/** Promises can be delegated to from now on. Gives the way back. */
export function makePromisesYieldable(): () => void {
  const { prototype } = Promise;
  const there = () => Object.getOwnPropertyDescriptor(prototype, Symbol.iterator);
  // What may be there is of a second copy of this library, which has greenlets of its own.
  const cover: Cover = { below: uncovered(there()), isOn: true };
  const get: Getter = function (this: unknown): unknown {
    return cover.isOn && current !== null ? iterate : cover.below?.get?.call(this);
  };
  get[COVER] = cover;
  Object.defineProperty(prototype, Symbol.iterator, { configurable: true, enumerable: false, get });
  return () => {
    cover.isOn = false;
    const before = there();
    const after = uncovered(before);
    if (after === before) return; // covered by another copy
    if (after === undefined) Reflect.deleteProperty(prototype, Symbol.iterator);
    else Object.defineProperty(prototype, Symbol.iterator, after);
  };
}
