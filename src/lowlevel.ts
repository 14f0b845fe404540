/**
 * What the library's own primitives are made of: enough to write a new one as good as ours. A primitive is a state and
 * one or more {@linkcode WaitLine}s; see `examples/lowlevel_primitive.ts`.
 *
 * @module
 */
export {
  type AlarmClient,
  type Chooser,
  type Clock,
  type Hooks,
  type LineOptions,
  type NotYet,
  type Op,
  type OpIterator,
  WAIT,
  Wait,
  Waiter,
  type Waiting,
  WaitLine,
} from "./core/mod.ts";
export {
  isGenerator,
  Lockable,
  op,
  park,
  type Parked,
  perform,
  type WaitOptions,
  waitTime,
  wake,
} from "./sync/mod.ts";
export { SystemClock } from "./host/mod.ts";
