/**
 * Threads: pools of them, whose jobs have the handle of a greenlet; threads by hand; and what they share.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { ThreadPool } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * // In a program: pool.module<typeof import("./work.ts")>(new URL("work.ts", import.meta.url))
 * const url = new URL("data:text/javascript,export const add = (a, b) => a + b");
 * await run(function* () {
 *   const pool = new ThreadPool({ size: 2 });
 *   const work = pool.module<{ add(a: number, b: number): number }>(url);
 *   assertEquals(yield* work.add(1, 2), 3);
 *   assertEquals(yield* pool.starmap(work.add, [[1, 2], [3, 4]]), [3, 7]);
 *   yield* pool.close();
 * });
 * ```
 *
 * @module
 */
export { capabilities, cpuCount, type ResourceLimits } from "../host/io.ts";
export { cancelled, cancelSignal, proxy, reportProgress, transfer, WorkerDiedError } from "../wire/mod.ts";
export type { Awaitable } from "../host/mod.ts";
export { Job, type JobOptions } from "./job.ts";
export type {
  Initializer,
  MapOptions,
  ThreadImapOptions,
  ThreadPoolOptions,
  ThreadSpawnOptions,
} from "./options.ts";
export { ThreadPool } from "./pool.ts";
export { parallelMap, type ParallelOptions, parallelReduce, parallelSort } from "./parallel.ts";
export type { NumberArray } from "./parallel_parts.ts";
export type { JobOf, RemoteFunction, RemoteModule, ResultOf } from "./remote.ts";
export type { PoolStats, Summary } from "./stats.ts";
export { pipe, PipeEnd, type PipeOptions } from "./pipe.ts";
export { SharedArray } from "./shared_array.ts";
export { SharedBarrier } from "./shared_barrier.ts";
export { SharedCondition } from "./shared_condition.ts";
export { SharedEvent } from "./shared_event.ts";
export type { Shared, SharedHandle, SharedKind } from "./shared_handle.ts";
export { SharedLock, SharedRLock } from "./shared_lock.ts";
export type { SharedOptions } from "./shared_options.ts";
export { SharedQueue, type SharedQueueOptions } from "./shared_queue.ts";
export { takePass, threadDied, type ThreadPass, threadPass } from "./shared_seat.ts";
export { SharedSemaphore } from "./shared_semaphore.ts";
export type { NumberOf, NumberType } from "./shared_types.ts";
export { SharedValue, type ValueOf, type ValueType } from "./shared_value.ts";
export {
  currentThread,
  Thread,
  type ThreadInfo,
  threadLocal,
  type ThreadOptions,
  type ThreadTarget,
} from "./thread.ts";
