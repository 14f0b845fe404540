/** What operations of several greenlets gave, when they are all over, and whether that fits a model. */
import { Settled, type Task } from "../../core/mod.ts";
import { type Greenlet, isKill } from "../../greenlet/mod.ts";
import { type Body, call } from "../../sync/mod.ts";
import type { Execution } from "../schedules/execution.ts";
import { KILLED, type Kind, type Operation, PENDING, RETURNED, Search, THREW } from "./linearizable.ts";
import { tellHistory } from "./model_history.ts";

/** Calls and returns, as they come. */
export class History<M> {
  readonly operations: Operation<M>[] = [];
  private readonly run: Execution;
  private now = 0;

  constructor(run: Execution) {
    this.run = run;
  }

  /** Does `body`, which is what `who` calls, and notes what comes of it. Only a kill goes through. */
  *record(
    { kind, args }: { readonly kind: Kind<M>; readonly args: readonly unknown[] },
    who: string,
    body: Body<[], unknown>,
  ): Generator<unknown, Operation<M>, unknown> {
    const operation: Operation<M> = {
      kind,
      args,
      who,
      called: this.now++,
      ended: Infinity,
      how: PENDING,
      value: undefined,
      from: this.run.steps,
      to: 0,
    };
    this.operations.push(operation);
    try {
      const value = yield* call(body);
      this.ended(operation, RETURNED, value);
    } catch (error) {
      this.ended(operation, isKill(error) ? KILLED : THREW, error);
      if (isKill(error)) throw error;
    }
    return operation;
  }

  private ended(operation: Operation<M>, how: number, value: unknown): void {
    operation.how = how;
    operation.value = value;
    operation.ended = this.now++;
    operation.to = this.run.steps;
  }

  /** Waits until the greenlets have ended, or nobody will ever go on. */
  *rest(greenlets: readonly Greenlet<unknown>[]): Generator<unknown, void, unknown> {
    const { ready, timers } = this.run.loop;
    const haveEnded = () => greenlets.every(({ dead }) => dead);
    const isOver = () => timers.size === 0 || haveEnded();
    // A kill may come between the wake and the step.
    do yield* new Rest(isOver); while (!haveEnded() && (ready.size > 0 || timers.size > 0));
  }
}

/** Waits until everybody else is parked and `isOver` says yes. Time goes on as if nobody waited here. */
class Rest extends Settled {
  private readonly isOver: () => boolean;

  constructor(isOver: () => boolean) {
    super();
    this.isOver = isOver;
  }

  /** Everybody is parked. Those who settle keep the clock from jumping, so it lets time pass before it looks again. */
  override wake(value: unknown): void {
    if (this.isOver()) return super.wake(value);
    this.leave();
    const { timers } = (this.task as Task).loop;
    timers.add(this, timers.next);
  }

  override fire(): void {
    this.enter(this.task as Task);
  }

  override leave(): void {
    if (this.slot >= 0) (this.task as Task).loop.timers.remove(this);
    else super.leave();
  }

  override copy(): Rest {
    return new Rest(this.isOver);
  }

  override describe(): string {
    return "the end of all operations";
  }
}

/** Throws where the history does not fit the model. */
export function judge<M>(history: readonly Operation<M>[], model: M): void {
  const search = new Search(history, true);
  if (search.fits(model)) return;
  const isLost = new Search(history, false).fits(model);
  const what = isLost
    ? "somebody waits at the end who need not, in the model"
    : "the operations fit the model in no order";
  const error = new Error(`${what}\n${tellHistory(history, search.best)}`);
  error.name = isLost ? "LostWakeUp" : "NotLinearizable";
  throw error;
}

/** What those are called who do operations. */
export function nameOfActor(who: number): string {
  return who < 26 ? String.fromCharCode(97 + who) : `g${who}`;
}
