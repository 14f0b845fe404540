/** What passes arguments to other threads: shared primitives go as handles and come back as instances. */
import { PipeEnd } from "./pipe.ts";
import { SharedArray } from "./shared_array.ts";
import { SharedBarrier } from "./shared_barrier.ts";
import { SharedCondition } from "./shared_condition.ts";
import { SharedEvent } from "./shared_event.ts";
import { isShared, type Shared, type SharedHandle, type SharedKind } from "./shared_handle.ts";
import { SharedLock, SharedRLock } from "./shared_lock.ts";
import { SharedQueue } from "./shared_queue.ts";
import { SharedSemaphore } from "./shared_semaphore.ts";
import { SharedValue } from "./shared_value.ts";

const KINDS: { readonly [K in SharedKind]: (handle: SharedHandle) => Shared } = {
  SharedLock: SharedLock.from,
  SharedRLock: SharedRLock.from,
  SharedSemaphore: SharedSemaphore.from,
  SharedEvent: SharedEvent.from,
  SharedCondition: SharedCondition.from,
  SharedBarrier: SharedBarrier.from,
  SharedQueue: SharedQueue.from,
  SharedValue: SharedValue.from,
  SharedArray: SharedArray.from,
  PipeEnd: PipeEnd.from,
};

/** What stands for a shared primitive in a message; undefined for anything else. */
export function encodeShared(value: unknown): SharedHandle | undefined {
  return isShared(value) ? value.handle : undefined;
}

/** Whether it is what {@linkcode encodeShared} gave. */
export function isSharedHandle(value: unknown): value is SharedHandle {
  return typeof value === "object" && value !== null && "~tendril" in value &&
    Object.hasOwn(KINDS, String(value["~tendril"]));
}

/** The instance of a handle, in the thread to which it came. @throws `TypeError` if it is none. */
export function reviveShared(handle: SharedHandle): Shared {
  if (isSharedHandle(handle)) return KINDS[handle["~tendril"]](handle);
  throw new TypeError("reviveShared needs what encodeShared gave");
}
