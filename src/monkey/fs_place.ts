/** Places behind `maxOpenFiles`: of a file that is open, or of a call that opens one for itself. */
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
}

/** Begins a call that ends with its promise when there is a place: at once, or in the order of asking. */
export function throughPlace<T>(place: Place, start: () => PromiseLike<T>): PromiseLike<T> {
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
