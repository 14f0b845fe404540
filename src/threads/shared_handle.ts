/**
 * How shared primitives go from thread to thread. Cloning a message strips classes, so an instance gives a plain object,
 * its handle, which holds its memory, and the other side makes an instance of it. What comes back to a thread that has
 * an instance is that instance.
 */
import { show } from "../core/mod.ts";
import type { Seat } from "./shared_guard.ts";
import { SharedMemory } from "./shared_memory.ts";
import { type LocalSeat, ownSeat, seatAt } from "./shared_seat.ts";

/** What can be shared. */
export type SharedKind =
  | "SharedLock"
  | "SharedRLock"
  | "SharedSemaphore"
  | "SharedEvent"
  | "SharedCondition"
  | "SharedBarrier"
  | "SharedQueue"
  | "SharedValue"
  | "SharedArray"
  | "PipeEnd";

/** A shared primitive as it goes through `postMessage`. */
export interface SharedHandle {
  readonly "~tendril": SharedKind;
  /** The threads that may use it. */
  readonly table: SharedArrayBuffer;
  /** Its number in that table. */
  readonly object: number;
  readonly buffer: SharedArrayBuffer;
  /** What else it is made of. */
  readonly parts: readonly SharedHandle[];
  /** What it is besides its memory: a type of numbers, the side of a pipe. */
  readonly detail: string;
}

/** Where an instance lives. */
export interface Place {
  readonly handle: SharedHandle;
  readonly seat: LocalSeat;
  readonly memory: SharedMemory;
  /** Its memory has to be filled. */
  readonly isNew: boolean;
}

/** What can be sent to other threads. */
export interface Shared {
  /** It as a plain object that can be posted; the class's `from` makes an instance of it on the other side. */
  readonly handle: SharedHandle;
}

const instances = new Map<string, WeakRef<object>>();
const gone = new FinalizationRegistry<string>((key) => {
  if (instances.get(key)?.deref() === undefined) instances.delete(key);
});
const all = new WeakSet<object>();

/** The place of the instance that is being made of a handle. Constructors are public: it is no parameter of theirs. */
let arriving: Place | null = null;

/** In a constructor, first of all: where the new instance lives. */
export function settleIn(
  self: object,
  kind: SharedKind,
  make: () => { bytes: number; parts?: readonly SharedHandle[]; detail?: string },
): Place {
  let place = arriving;
  arriving = null;
  if (place === null) {
    const { bytes, parts = [], detail = "" } = make();
    const seat = ownSeat();
    const buffer = new SharedArrayBuffer(bytes);
    const handle = {
      "~tendril": kind,
      table: seat.buffer,
      object: seat.table.nextObject(),
      buffer,
      parts,
      detail,
    };
    place = { handle, seat, memory: new SharedMemory(buffer), isNew: true };
  }
  const key = keyOf(place.seat, place.handle);
  instances.set(key, new WeakRef(self));
  gone.register(self, key);
  all.add(self);
  return place;
}

/** The instance of a handle: the one that is there, or a new one. @throws `TypeError` if it is no handle of `kind`. */
export function revive<T extends object>(handle: SharedHandle, kind: SharedKind, make: () => T): T {
  if (typeof handle !== "object" || handle === null || handle["~tendril"] !== kind) {
    throw new TypeError(`${kind}.from needs what \`handle\` of a ${kind} gave, not ${what(handle)}`);
  }
  const seat = seatAt(handle.table);
  const there = instances.get(keyOf(seat, handle))?.deref();
  if (there !== undefined) return there as T;
  arriving = { handle, seat, memory: new SharedMemory(handle.buffer), isNew: false };
  try {
    return make();
  } finally {
    arriving = null;
  }
}

/** Whether it is one of ours. */
export function isShared(value: unknown): value is Shared {
  return typeof value === "object" && value !== null && all.has(value);
}

function keyOf(seat: Seat, handle: SharedHandle): string {
  return `${seat.table.name} ${handle.object}`;
}

function what(value: unknown): string {
  const kind = typeof value === "object" && value !== null
    ? (value as Partial<SharedHandle>)["~tendril"]
    : undefined;
  return kind === undefined ? show(value) : `the handle of a ${kind}`;
}
