/** Places behind `maxOpenFiles`: of a file that is open, or of a call that opens one for itself. */
import type { Binding } from "./binding.ts";
import { type BoundCall, boundCall } from "./call.ts";
import { fileGate, type Gate } from "./limits.ts";

/** One place; it may be waited for, held, and given back once. */
export class Place {
  private gate: Gate | null = null;
  private leaveLine: (() => void) | null = null;

  /** Whether there is one at once. */
  take(): boolean {
    if (!fileGate.tryEnter()) return false;
    this.gate = fileGate;
    return true;
  }

  /** Calls `ready` with it: now, or when its turn in the line comes. `ready` must not throw. */
  wait(ready: () => void): void {
    if (this.take()) return ready();
    const gate = fileGate;
    this.leaveLine = gate.wait(() => {
      this.leaveLine = null;
      this.gate = gate;
      ready();
    });
  }

  /** Gives it back, or leaves the line. */
  leave(): void {
    const { gate, leaveLine } = this;
    this.gate = this.leaveLine = null;
    leaveLine?.();
    gate?.leave();
  }

  get isWaiting(): boolean {
    return this.leaveLine !== null;
  }

  /** Leaves the line, if it stands there; a call that has begun keeps its place until it ends. */
  leaveIfWaiting(): void {
    if (this.isWaiting) this.leave();
  }
}

/** Begins a call that ends with its promise when there is a place: at once, or in the order of asking. */
function throughPlace<T>(place: Place, start: () => PromiseLike<T>): PromiseLike<T> {
  if (place.take()) {
    try {
      return start();
    } catch (error) {
      place.leave();
      throw error;
    }
  }
  return new Promise<T>((resolve, reject) => {
    place.wait(() => {
      try {
        start().then(resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** A bound call that holds a place until it ends; a kill takes it out of the line, and leaves alone what has begun. */
export function gatedCall<T>(binding: Binding, call: Omit<BoundCall<T>, "stop">): Promise<T> {
  const place = new Place();
  const leave = () => place.leave();
  return boundCall(binding, {
    ...call,
    start() {
      const started = throughPlace(place, () => call.start());
      started.then(leave, leave);
      return started;
    },
    stop: () => place.leaveIfWaiting(),
  });
}

/** The same for one that opens something: `opened` gets it together with its place, which is kept until that is closed. */
export function gatedOpen<T>(
  binding: Binding,
  call: Omit<BoundCall<T>, "stop">,
  opened: (open: T, place: Place) => T,
): Promise<T> {
  const place = new Place();
  return boundCall(binding, {
    ...call,
    start: () =>
      throughPlace(place, () => call.start()).then((open) => opened(open, place), (error) => {
        place.leave();
        throw error;
      }),
    stop: () => place.leaveIfWaiting(),
  });
}
