/** Synchronisation: everything here is a line and a rule. */
export { AsyncResult } from "./async_result.ts";
export { Barrier } from "./barrier.ts";
export {
  type Body,
  call,
  claim,
  frameFor,
  Given,
  isGenerator,
  makesGenerators,
  needBody,
  op,
  type Operand,
  type OpLike,
  perform,
  type Steps,
} from "./body.ts";
export { Broadcast, type Overflow, type SubscribeOptions, Subscription } from "./broadcast.ts";
export { Channel } from "./channel.ts";
export { Condition } from "./condition.ts";
export { Event } from "./event.ts";
export { Lock, OwnedLock, type ReentrantState, RLock } from "./lock.ts";
export { type Held, Lockable } from "./lockable.ts";
export { type WaitOptions, waitTime } from "./options.ts";
export { park, type Parked, wake } from "./park.ts";
export type { Buffer } from "./buffers.ts";
export { BufferedQueue, LifoQueue, Queue, type QueueOptions, type ShutdownOptions } from "./queue.ts";
export { PriorityQueue, type PriorityQueueOptions } from "./priority_queue.ts";
export { select, type SelectCase, type Selected, type SelectedCase, type SelectValue } from "./select.ts";
export { type AcquireOptions, BoundedSemaphore, CapacityLimiter, Semaphore } from "./semaphore.ts";
export { asyncIterator, collect, END, forEach, type Stream } from "./stream.ts";
export { noteRun, ownPromise, type PromiseOwner, Until, until } from "./until.ts";
