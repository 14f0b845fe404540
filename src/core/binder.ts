/**
 * Who binds what tasks begin at the host: patched I/O, which has to know whose code runs also where no greenlet does, after
 * an `await` in somebody else's function. Where nothing is patched nobody does, and that costs one look at `binder`.
 */
import type { Interrupt } from "./interrupt.ts";

/** Something that a task has begun at the host and that is not over. */
export interface OpenOperation {
  /** `fetch GET`, `child process`. */
  readonly what: string;
  /** Where to: a URL, a path, a command line. */
  readonly target: string;
  /** When it began, in milliseconds of the host's clock. */
  readonly since: number;
}

/** What a {@linkcode Binder} knows of a task. */
export interface Bound {
  readonly operations: Iterable<OpenOperation>;
}

/** A task, as far as those who attend to it know. */
export interface Attended {
  readonly id: number;
  readonly name: string;
  /** Whatever the {@linkcode Binder} has put there. */
  binding: Bound | null;
  resume(): void;
}

/** Binds what a task begins at the host to that task. It must not throw. */
export interface Binder {
  /** It was made here, in the context of whoever runs. */
  spawned(task: Attended): void;
  /** Calls `task.resume()`, in the context of that task. */
  resume(task: Attended): void;
  /** Whose code runs where no task does: after an `await` of a function that it has called. */
  here(): Attended | null;
  /** The task that runs has opened a block: interrupts of this depth and moment, and those further out, end it. */
  opened(task: Attended, depth: number, since: number): void;
  /** That block is over. */
  closed(task: Attended, depth: number, since: number): void;
  /** What it waits in is given up: whatever it began inside of the block that this ends has to stop. */
  interrupted(task: Attended, interrupt: Interrupt): void;
  /** It has ended. */
  ended(task: Attended): void;
}

/** Null where nothing is patched. */
export let binder: Binder | null = null;

/** Gives the one before, to be put back. */
export function setBinder(next: Binder | null): Binder | null {
  const before = binder;
  binder = next;
  return before;
}
