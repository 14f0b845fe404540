/** Waits in no line: for a moment, for a turn. */
import { current, currentTask, HAD_TURN, PARKED, type Task } from "./task.ts";
import { type NotYet, type Op, type OpIterator, WAIT, Wait } from "./wait.ts";

/** Waiting for a moment: a wait in no line. */
export class Sleep extends Wait<void> {
  protected readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }

  /** It parks anyway, so it gives no turn before: its time counts from the call (S-37). */
  override next(value?: unknown): IteratorResult<unknown, void> {
    if (this.task !== null) {
      this.task = null;
      return { done: true, value: value as undefined };
    }
    const task = current ?? currentTask(this.describe());
    this.enter(task);
    task.park(this);
    return PARKED;
  }

  attempt(): void | NotYet {
    return WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    if (this.ms !== Infinity) task.loop.timers.add(this, task.loop.now() + this.ms);
  }

  leave(): void {
    (this.task as Task).loop.timers.remove(this);
  }

  override get alone(): boolean {
    return true;
  }

  copy(): Sleep {
    return new Sleep(this.ms);
  }

  describe(): string {
    return this.ms === Infinity ? "suspend()" : `sleep(${this.ms})`;
  }
}

/** A sleep that keeps nothing alive (S-76). */
export class BackgroundSleep extends Sleep {
  override get ref(): boolean {
    return false;
  }

  override copy(): Sleep {
    return new BackgroundSleep(this.ms);
  }
}

/** `sleep(0)`: one turn for the others. It has no state, so there is one for all. */
class Turn implements Op<void>, OpIterator<void> {
  declare readonly "~result"?: () => void;

  get "~op"(): true {
    return true;
  }

  [Symbol.iterator](): OpIterator<void> {
    return this;
  }

  next(value?: unknown): IteratorResult<unknown, void> {
    if (value === HAD_TURN) return HAD_IT;
    (current ?? currentTask("sleep()")).giveTurn();
    return PARKED;
  }

  throw(error: unknown): never {
    throw error;
  }
}

const HAD_IT: IteratorReturnResult<void> = { done: true, value: undefined };

/** See {@linkcode Turn}. */
export const turn: Op<void> & OpIterator<void> = new Turn();

/** Begins a block that may not park at all: a turn if the slice is over (S-45), else nothing. */
class Breath extends Turn {
  override next(value?: unknown): IteratorResult<unknown, void> {
    if (value === HAD_TURN || !(current ?? currentTask("an operation")).turnIsDue()) return HAD_IT;
    return PARKED;
  }
}

/** See {@linkcode Breath}. */
export const breath: Op<void> & OpIterator<void> = new Breath();
