/**
 * Greenlets, synchronisation and pools: Python's ease, with cancellation that really cancels.
 *
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 * await run(function* () {
 *   const ticker = spawn(function* () {
 *     try {
 *       for (;;) {
 *         log.push("tick");
 *         yield* sleep(10);
 *       }
 *     } finally {
 *       log.push("stopped");
 *     }
 *   });
 *   yield* sleep(15);
 *   yield* ticker.kill();
 * });
 * assertEquals(log, ["tick", "tick", "stopped"]);
 * ```
 *
 * @module
 */
export { main } from "./host/mod.ts";
export { run, type RunOptions } from "./run.ts";
export {
  BrokenLockError,
  type Clock,
  DeadlockError,
  EOFError,
  GreenletExit,
  type Op,
  type OpIterator,
  PoolFull,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  TimeoutError,
} from "./core/mod.ts";
export {
  type AcquireOptions,
  AsyncResult,
  Barrier,
  type Body,
  BoundedSemaphore,
  Broadcast,
  call,
  CapacityLimiter,
  Channel,
  collect,
  Condition,
  Event,
  forEach,
  type Held,
  LifoQueue,
  Lock,
  type Operand,
  type OpLike,
  type Overflow,
  PriorityQueue,
  type PriorityQueueOptions,
  Queue,
  type QueueOptions,
  RLock,
  select,
  type SelectCase,
  type Selected,
  type SelectedCase,
  type SelectValue,
  Semaphore,
  type ShutdownOptions,
  type Steps,
  type Stream,
  type SubscribeOptions,
  Subscription,
  until,
  type WaitOptions,
} from "./sync/mod.ts";
export {
  all,
  asCompleted,
  CancelScope,
  cancelScope,
  type CancelScopeOptions,
  failAfter,
  gather,
  type GatherOptions,
  getCurrent,
  type Greenlet,
  type GreenletState,
  isKill,
  iwait,
  joinAll,
  type JoinAllOptions,
  killAll,
  type KillOptions,
  Local,
  type LocalOptions,
  moveOnAfter,
  type OperandValue,
  type OperandValues,
  type Provide,
  race,
  resource,
  shield,
  type ShieldOptions,
  sleep,
  type SleepOptions,
  spawn,
  spawnLater,
  type SpawnOptions,
  type Started,
  suspend,
  TaskGroup,
  taskGroup,
  type TaskGroupOptions,
  Timeout,
  type TimeoutOptions,
  wait,
  type Waitable,
  type WaitAllOptions,
  withTimeout,
  type WithTimeoutOptions,
} from "./greenlet/mod.ts";
export { Group, type ImapOptions, Pool, type PoolSpawnOptions } from "./pools/mod.ts";
