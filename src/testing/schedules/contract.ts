/** What the parts of a simulation know of each other. */
import { DEFAULT_GRACE, type Loop, type Probe, type Ring, type Task } from "../../core/mod.ts";

/** A run, as those see it who choose and those who watch. */
export interface Run {
  readonly loop: Loop;
  /** Steps so far; while one runs, it counts. */
  readonly steps: number;
  /** Choices so far, also those between one and itself. */
  readonly choices: number;
  /** Who may be killed from outside: main, and all below it. */
  victims(): readonly Task[];
  /** Ends the run here and now. */
  stop(fault: Fault | null): never;
}

/** A choice: the place of the task in the run queue, or one of those below 0. */
export type Choice = number;
/** Time passes to the next deadline though somebody could run. */
export const PASS_TIME = -1;
/** And from here down: the n-th living greenlet is killed. */
export const KILL = -2;

/** What makes the choices. */
export interface Policy {
  /** Asked also where there is only one. */
  readonly always: boolean;
  /** A run begins. */
  begin(run: Run): void;
  /** Asked again after a choice below 0. */
  choose(run: Run, ready: Ring<Task>): Choice;
  /** Nobody can go on, and time is about to pass: 0, or a kill that comes before. Asked again after a kill. */
  idle?(run: Run): Choice;
}

/** Hears of everything, where somebody wants to know. Its calls come in the order in which things happen. */
export interface Witness extends Probe {
  /** `task` is about to go on. */
  stepBegins(run: Run, task: Task): void;
  stepEnds(run: Run): void;
  /** `task` is ready to go on. */
  queued(task: Task): void;
  spawned(task: Task): void;
  /** Something was done to the run between two steps. */
  noted?(text: string): void;
  woken(task: Task): void;
  parked(task: Task): void;
  ended(task: Task): void;
}

/** A witness to whom nothing matters: others say what does. */
export class Unmoved implements Witness {
  stepBegins(_run: Run, _task: Task): void {}
  stepEnds(_run: Run): void {}
  queued(_task: Task): void {}
  spawned(_task: Task): void {}
  woken(_task: Task): void {}
  parked(_task: Task): void {}
  ended(_task: Task): void {}
  touched(_subject: object, _how: number): void {}
  born(_subject: object): void {}
  stirred(_task: object): void {}
  timed(_deadline: number, _alone: boolean): void {}
  idle(): void {}
  made(_left: () => string | undefined): void {}
}

/** Where a choice departs from FIFO. */
export interface Departure {
  /** The number of choices before it. */
  readonly at: number;
  readonly choice: Choice;
}

/** What went wrong. */
export interface Fault {
  readonly kind: "error" | "unhandled" | "deadlock" | "always" | "eventually" | "leak" | "endless" | "host";
  readonly error: unknown;
  /** Whose error, where it is not main's. */
  readonly of?: string;
}

/** What a run is made of, besides its choices. */
export interface Conditions {
  readonly seed: number;
  /** A run with more steps does not end. */
  readonly maxSteps: number;
  /** What must not be left over at the end. */
  readonly leaks: boolean;
  /** Told of errors that nobody asked for; undefined: they are faults. */
  readonly onError: ((error: unknown, name: string) => void) | undefined;
  /** Fail when nobody can go on. */
  readonly deadlocks: boolean;
  readonly grace: number;
}

export const DEFAULT_CONDITIONS: Conditions = {
  seed: 0,
  maxSteps: 10_000,
  leaks: true,
  deadlocks: true,
  onError: undefined,
  grace: DEFAULT_GRACE,
};

/** The error for a body that did something else although it got the same choices. */
export function fickle(): Error {
  return new Error(
    "the body does not do the same each time: it depends on something besides its schedule (a variable outside of it," +
      " the real clock, real random numbers). Make all that it uses inside of it",
  );
}
