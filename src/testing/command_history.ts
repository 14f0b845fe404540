/** What the commands of a model-based property gave, and whether that fits the model. */
import { isKill } from "../greenlet/mod.ts";
import { call } from "../sync/mod.ts";
import { type Command, labelOf } from "./command.ts";
import type { Execution } from "./execution.ts";
import { KILLED, type Operation, PENDING, RETURNED, Search, THREW } from "./linearizable.ts";
import { tellHistory } from "./model_history.ts";

/** Calls and returns, as they come. */
export class History<Model> {
  readonly operations: Operation<Model>[] = [];
  private readonly run: Execution;
  private now = 0;

  constructor(run: Execution) {
    this.run = run;
  }

  *perform<Real>(
    command: Command<Model, Real>,
    real: Real,
    who: string,
  ): Generator<unknown, void, unknown> {
    const operation: Operation<Model> = {
      ...labelOf(command),
      who,
      called: this.now++,
      ended: Infinity,
      how: PENDING,
      value: undefined,
      from: this.run.steps,
      to: 0,
    };
    this.operations.push(operation);
    let killed: { error: unknown } | null = null;
    try {
      operation.value = yield* call(() => command.run(real));
      operation.how = RETURNED;
    } catch (error) {
      if (isKill(error)) killed = { error };
      operation.how = killed === null ? THREW : KILLED;
      operation.value = error;
    }
    operation.ended = this.now++;
    operation.to = this.run.steps;
    if (killed !== null) throw killed.error;
  }
}

/** Throws where the history does not fit the model. */
export function judge<Model>(history: readonly Operation<Model>[], model: Model): void {
  const search = new Search(history, true);
  if (search.fits(model)) return;
  const isLost = new Search(history, false).fits(model);
  const what = isLost
    ? "a lost wake-up: somebody waits at the end who need not, in the model"
    : "the commands fit the model in no order";
  const error = new Error(`${what}\n${tellHistory(history, search.best)}`);
  error.name = isLost ? "LostWakeUp" : "NotLinearizable";
  throw error;
}
