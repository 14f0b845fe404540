/** Greenlets, and what is made of them. */
export {
  CancelScope,
  cancelScope,
  type CancelScopeOptions,
  shield,
  type ShieldOptions,
} from "./cancel_scope.ts";
export { Collector, type Waitable } from "./collector.ts";
export {
  all,
  asCompleted,
  firstFailureScope,
  gather,
  type GatherOptions,
  type OperandValue,
  type OperandValues,
  race,
} from "./combine.ts";
export { GreenletTask, type SpawnOptions } from "./greenlet.ts";
export { isKill, killReason, originOf } from "./reasons.ts";
export {
  create,
  currentGreenlet,
  getCurrent,
  isSpawnOptions,
  spawn,
  spawnInto,
  spawnLater,
} from "./spawn.ts";
export { iwait, joinAll, type JoinAllOptions, killAll, wait, type WaitAllOptions } from "./join.ts";
export { type LinkListener, Links, type LinkWants, needListener } from "./links.ts";
export { Local, type LocalOptions } from "./local.ts";
export { type Provide, resource } from "./resource.ts";
export { type Started, TaskGroup, taskGroup, type TaskGroupOptions } from "./task_group.ts";
export { sleep, type SleepOptions, suspend } from "./time.ts";
export {
  failAfter,
  moveOnAfter,
  Timeout,
  type TimeoutOptions,
  withTimeout,
  type WithTimeoutOptions,
} from "./timeout.ts";
export type { Greenlet, GreenletState, KillOptions } from "./types.ts";
