/** The suites of laws that anybody can run over an implementation of his own. */
import { type ClockLaws, clockLaws } from "./law_clock.ts";
import { lockLaws } from "./law_lock.ts";
import type { LockLawOptions, LockLike } from "./law_lock_kit.ts";
import { type PoolLawOptions, poolLaws } from "./law_pool.ts";
import type { PoolLike } from "./law_pool_kit.ts";
import { type MakePorts, portLaws } from "./law_port.ts";
import { queueLaws } from "./law_queue.ts";
import type { QueueLawOptions, QueueLike } from "./law_queue_kit.ts";
import { type MakeStore, type StoreLawOptions, storeLaws } from "./law_store.ts";
import type { LawOptions, LawSuite } from "./law_suite.ts";

/** See {@linkcode laws}. */
export interface Laws {
  /** One in at a time, in the order of arrival: S-50 to S-54. */
  readonly lock: LawSuite<() => LockLike, LockLawOptions>;
  /** Nothing lost, nothing twice, in order: S-57 to S-66. */
  readonly queue: LawSuite<() => QueueLike, QueueLawOptions>;
  /** So many jobs at once, each done once: S-67 to S-69. `make` gets the size. */
  readonly pool: LawSuite<(size: number) => PoolLike, PoolLawOptions>;
  /** Jobs that outlive workers. `make` gets how many attempts a job has. */
  readonly store: LawSuite<MakeStore, StoreLawOptions>;
  /** Messages between two ends: S-81, S-84. `make` gives both. */
  readonly port: LawSuite<MakePorts, LawOptions>;
  /** Where time comes from. `real` is for clocks whose time passes by itself. */
  readonly clock: ClockLaws;
}

/**
 * What holds for every lock, queue, pool, store, port and clock: run it over your own. Each suite calls `make` inside of
 * simulated runs, for a fresh one each time, and checks every law under many schedules, with greenlets killed, and the
 * small ones under all schedules with two preemptions. It is one synchronous call: `laws.lock(make)` gives the names of the
 * laws that hold, or throws one `LawsBroken` that names those that do not. `laws.lock.cases(make)` gives them one by one,
 * as `{ name, check }`, for a test runner that shows a test for each.
 *
 * @example
 * ```ts
 * import { Lock, type Op } from "tendril";
 * import { laws, LawsBroken } from "tendril/testing";
 * import { assert, assertThrows } from "@std/assert";
 *
 * laws.lock(() => new Lock(), { deadHolder: "breaks" });
 *
 * class Barging {
 *   #lock = new Lock();
 *   acquire(o?: { timeout?: number }): Op<boolean> {
 *     return this.#lock.acquire(o);
 *   }
 *   release() {
 *     this.#lock.release();
 *     if (this.#lock.tryAcquire()) return; // for whom?
 *   }
 * }
 * const { broken } = assertThrows(() => laws.lock(() => new Barging()), LawsBroken);
 * assert(broken.some((law) => law.startsWith("S-50")));
 * ```
 */
export const laws: Laws = {
  lock: lockLaws,
  queue: queueLaws,
  pool: poolLaws,
  store: storeLaws,
  port: portLaws,
  clock: clockLaws,
};
