/** Classes whose objects are bound when they are made. */
import type { Callable } from "./layer.ts";

/**
 * A class that is `original` in all but that its objects are made by `construct`: the same prototype, so that `instanceof`
 * and subclasses work.
 *
 * No Proxy: what is noted on the replacement would be noted on the original.
 */
export function standIn(
  original: Callable,
  construct: (args: unknown[], make: (...args: unknown[]) => object) => object,
): Callable {
  const replacement: Callable = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return Reflect.apply(original, this, args); // throws
    const target: Callable = new.target === replacement ? original : new.target;
    return construct(args, (...args) => Reflect.construct(original, args, target) as object);
  };
  Object.setPrototypeOf(replacement, Object.getPrototypeOf(original));
  Object.defineProperty(replacement, "prototype", { value: original.prototype, writable: false });
  return replacement;
}
