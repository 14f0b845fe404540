/** The core: tasks, waits, timers, scopes and the loop. It knows no host and no promise. */
export { runLater } from "./callback.ts";
export type { AlarmClient, Clock } from "./clock.ts";
export {
  BrokenLockError,
  count,
  DeadlockError,
  duration,
  EOFError,
  GreenletExit,
  PoolFull,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  show,
  stackless,
  TimeoutError,
  together,
} from "./errors.ts";
export { Heap, type Slotted } from "./heap.ts";
export { HARD, Interrupt, moment, PENDING, THROWN, WHOLE_TASK } from "./interrupt.ts";
export { type Linked, List } from "./list.ts";
export {
  activeLoops,
  childrenOf,
  type Chooser,
  DEFAULT_GRACE,
  type Host,
  Loop,
  type LoopOptions,
  Settled,
} from "./loop.ts";
export {
  BackgroundSleep,
  breath,
  type Choice,
  type LineOptions,
  type NotYet,
  type Op,
  type OpIterator,
  Sleep,
  turn,
  WAIT,
  Wait,
  Waiter,
  WaitLine,
} from "./park.ts";
export { Ring } from "./ring.ts";
export { type Child, currentNursery, Scope } from "./scope.ts";
export {
  CALLED,
  current,
  currentTask,
  DONE,
  type Frame,
  type Hooks,
  type Level,
  NEW,
  notYieldable,
  PARKED,
  READY,
  RUNNING,
  type Scheduler,
  Task,
  type TaskWatcher,
  TURN,
  WAITING,
  type Waiting,
} from "./task.ts";
export { Timer, Timers } from "./timers.ts";
