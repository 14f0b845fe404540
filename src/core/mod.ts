/** The core: tasks, waits, timers, scopes and the loop. It knows no host and no promise. */
export { type Attended, type Binder, binder, type Bound, type OpenOperation, setBinder } from "./binder.ts";
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
  quickExit,
  show,
  TimeoutError,
  together,
} from "./errors.ts";
export { Heap, type Slotted } from "./heap.ts";
export { HARD, Interrupt, PENDING, THROWN, WHOLE_TASK } from "./interrupt.ts";
export { type Linked, List } from "./list.ts";
export { moment } from "./moment.ts";
export {
  activeLoops,
  type Chooser,
  DEFAULT_GRACE,
  type Host,
  Loop,
  type LoopOptions,
  type Picker,
} from "./loop.ts";
export { Settled } from "./settled.ts";
export { childrenOf } from "./tree.ts";
export { whoWaits } from "./deadlock.ts";
export { type LineOptions, Waiter, WaitLine } from "./line.ts";
export { BackgroundSleep, breath, Sleep, turn } from "./sleep.ts";
export { type Choice, type NotYet, type Op, type OpIterator, WAIT, Wait } from "./wait.ts";
export { COMMUTES, Lasting, type Probe, probe, READS, reads, setProbe, WRITES, writes } from "./probe.ts";
export { caught } from "./report.ts";
export { Ring } from "./ring.ts";
export { currentNursery, Scope } from "./scope.ts";
export type { Child } from "./unasked.ts";
export {
  apart,
  CALLED,
  current,
  currentTask,
  DONE,
  ENDS,
  type Frame,
  HAD_TURN,
  type Hooks,
  type Level,
  NEW,
  notYieldable,
  outside,
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
export { Alarm, Timer, Timers } from "./timers.ts";
export { setWatch, type Watch, watch } from "./watch.ts";
