/** Data from fast-check, schedules from here: see property_check.ts. */
import { show } from "../../core/mod.ts";
import { type Body, needBody } from "../../sync/mod.ts";
import { type ArbitraryLike, type FastCheck, needArbitrary, needFastCheck } from "./fast_check.ts";
import { type Checked, Property, type PropertyOptions } from "./property_check.ts";

/** What arbitraries draw. */
export type ValuesOf<A extends readonly ArbitraryLike<unknown>[]> = {
  [K in keyof A]: A[K] extends ArbitraryLike<infer T> ? T : never;
};

/**
 * Checks `body` for data that fast-check generates, under many schedules for each. When it fails, fast-check shrinks the
 * data; then the schedule of the least data is shrunk; and one error tells both.
 *
 * To have the data again, give the `seed` and `path` that the error prints, or the data themselves as `examples`. With
 * them in place, `replay` and `TENDRIL_REPLAY` repeat the schedule, too.
 *
 * @param fc the module: `import fc from "fast-check"`.
 * @param arbitraries one for each parameter of the body.
 * @param body what is run, as in {@linkcode simulate}; it must not change its data, which are those of the next run, too.
 *   `fc.pre` may refuse data.
 * @throws {@linkcode SimulationError} for the least data that fail; `TypeError` and `RangeError` for bad arguments; `Error`
 *   when `fc.pre` refuses nearly all data.
 * @example
 * ```ts
 * import { Semaphore, sleep, spawn } from "tendril";
 * import { property } from "tendril/testing";
 * import { assert, assertThrows } from "@std/assert";
 * import fc from "fast-check";
 *
 * const jobs = fc.array(fc.nat(20), { maxLength: 5 });
 * function* most(limit: number, times: readonly number[]) {
 *   const semaphore = new Semaphore(limit);
 *   let inside = 0, most = 0;
 *   const all = times.map((ms) => spawn(() => semaphore.withLock(function* () {
 *     most = Math.max(most, ++inside);
 *     yield* sleep(ms);
 *     inside--;
 *   })));
 *   for (const one of all) yield* one;
 *   return most;
 * }
 * const { data } = property(fc, [fc.integer({ min: 1, max: 3 }), jobs], function* (limit, times) {
 *   assert((yield* most(limit, times)) <= limit);
 * });
 * assert(data === 100);
 *
 * assertThrows(
 *   () => property(fc, [jobs], function* (times) {
 *     assert((yield* most(3, times)) < 3);
 *   }),
 *   Error,
 *   "With times = [0,0,0]",
 * );
 * ```
 */
export function property<A extends readonly ArbitraryLike<unknown>[]>(
  fc: FastCheck,
  arbitraries: readonly [...A],
  body: Body<ValuesOf<A>, unknown>,
  options: PropertyOptions<ValuesOf<A>> = {},
): Checked {
  const module = needFastCheck(fc, "property");
  if (!Array.isArray(arbitraries) || arbitraries.length === 0) {
    throw new TypeError(
      `property needs an array of arbitraries, one for each parameter of its body, not ${show(arbitraries)}`,
    );
  }
  arbitraries.forEach((one, i) => needArbitrary(one, `property's arbitrary ${i + 1}`));
  needBody(body, "property");
  return new Property(module, body as unknown as Body<readonly unknown[], unknown>, options).check(
    arbitraries,
  );
}
