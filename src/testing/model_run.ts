/** One history of a model test: greenlets that do operations, and the verdict. */
import { type Greenlet, isKill, sleep, spawn } from "../greenlet/mod.ts";
import { isGenerator, type Operand, perform } from "../sync/mod.ts";
import { type Execution, running } from "./execution.ts";
import { KILLED, type Operation, PENDING, RETURNED, Search, THREW } from "./linearizable.ts";
import { tellHistory } from "./model_history.ts";
import { isLeftOut, planOf, type Step, type Verb } from "./model_plan.ts";

/** What all histories together had. */
export interface Tally {
  histories: number;
  operations: number;
  waiting: number;
  killed: number;
}

/** How large a program is. */
export interface Size {
  readonly greenlets: number;
  readonly length: number;
  /** Greenlets that kill others, where all schedules are run. */
  readonly kills: number;
}

/** What is held, to be given back. */
interface Held {
  readonly by: string;
  readonly args: readonly unknown[];
}

/** Longer than anybody waits. */
const FAR = 1e12;
/** One history. It is the body of a simulation. */
export function* history<S, M>(
  spec: { make(): S; model(): M },
  verbs: readonly Verb<S, M>[],
  size: Size,
  tally: Tally,
): Generator<unknown, void, unknown> {
  const run = running as Execution;
  run.drew = true; // each seed is another program
  const { seed } = run.conditions;
  const operations: Operation<M>[] = [];
  const moments = { now: 0 };
  const subject = spec.make();
  const greenlets: Greenlet<void>[] = planOf(verbs, size.greenlets, size.length, seed).map((steps, who) => {
    const name = nameOf(who);
    const actor = new Actor(run, subject, verbs, operations, moments, name);
    return spawn({ name, daemon: true }, () => actor.play(steps, seed));
  });
  for (let i = 0; i < size.kills; i++) {
    const victim = greenlets[(seed + i) % greenlets.length];
    spawn({ name: `killer of ${victim.name}`, daemon: true }, () => void victim.kill());
  }
  yield* rest(run);
  judge(operations, spec.model());
  tally.histories++;
  tally.operations += operations.length;
  for (const { how } of operations) {
    if (how === PENDING) tally.waiting++;
    else if (how === KILLED) tally.killed++;
  }
}

function nameOf(who: number): string {
  return who < 26 ? String.fromCharCode(97 + who) : `g${who}`;
}

/** Waits until nobody will ever go on: all are parked, and no timer of theirs is left. */
function* rest(run: Execution): Generator<unknown, void, unknown> {
  for (let before = -1; run.steps !== before + 1 || run.loop.ready.size > 0;) {
    before = run.steps;
    yield* sleep(FAR);
  }
}

/** A greenlet that does operations. */
class Actor<S, M> {
  private readonly run: Execution;
  private readonly subject: S;
  private readonly verbs: readonly Verb<S, M>[];
  private readonly history: Operation<M>[];
  private readonly moments: { now: number };
  private readonly name: string;
  private readonly held: Held[] = [];

  constructor(
    run: Execution,
    subject: S,
    verbs: readonly Verb<S, M>[],
    history: Operation<M>[],
    moments: { now: number },
    name: string,
  ) {
    this.run = run;
    this.subject = subject;
    this.verbs = verbs;
    this.history = history;
    this.moments = moments;
    this.name = name;
  }

  *play(steps: readonly Step<S, M>[], seed: number): Generator<unknown, void, unknown> {
    try {
      for (const { verb, args, index } of steps) {
        if (isLeftOut(index, seed)) continue;
        if (verb.unless.some((name) => this.held.some(({ by }) => by === name))) continue;
        if (verb.releases === undefined) yield* this.perform(verb, args);
        else if (!(yield* this.giveBack(verb))) continue;
        yield* sleep(0);
      }
    } finally {
      for (let i = this.held.length; i > 0; i--) {
        const { by } = this.held[this.held.length - 1];
        const back = this.verbs.find(({ releases }) => releases?.includes(by)) as Verb<S, M>;
        yield* this.giveBack(back);
      }
    }
  }

  private *giveBack(verb: Verb<S, M>): Generator<unknown, boolean, unknown> {
    const at = this.held.findLastIndex(({ by }) => verb.releases?.includes(by));
    if (at < 0) return false;
    const [{ args }] = this.held.splice(at, 1);
    yield* this.perform(verb, args);
    return true;
  }

  private *perform(verb: Verb<S, M>, args: readonly unknown[]): Generator<unknown, void, unknown> {
    const { run, moments } = this;
    const operation: Operation<M> = {
      kind: verb.kind,
      args,
      who: this.name,
      called: moments.now++,
      ended: Infinity,
      how: PENDING,
      value: undefined,
      from: run.steps,
      to: 0,
    };
    this.history.push(operation);
    const ended = (how: number, value: unknown): void => {
      operation.how = how;
      operation.value = value;
      operation.ended = moments.now++;
      operation.to = run.steps;
    };
    let value: unknown;
    try {
      value = verb.run(this.subject, ...args);
      if (isOperand(value)) value = yield* perform(value, verb.kind.name);
    } catch (error) {
      const killed = isKill(error);
      ended(killed ? KILLED : THREW, error);
      if (killed) throw error;
      return;
    }
    ended(RETURNED, value);
    if (verb.isHeld && value !== false && value !== undefined) {
      this.held.push({ by: verb.kind.name, args: [value, ...args] });
    }
  }
}

function isOperand(value: unknown): value is Operand<unknown> {
  return typeof value === "object" && value !== null &&
    ("~op" in value || isGenerator(value) || typeof (value as { then?: unknown }).then === "function");
}

/** Throws where the history does not fit the model. */
function judge<M>(history: readonly Operation<M>[], state: M): void {
  const search = new Search(history, true);
  if (search.fits(state)) return;
  const { best } = search;
  const isLost = new Search(history, false).fits(state);
  const what = isLost
    ? "a lost wake-up: somebody waits at the end who need not, in the model"
    : "the history is not linearizable: in no order does it fit the model";
  const error = new Error(`${what}\n${tellHistory(history, best)}`);
  error.name = isLost ? "LostWakeUp" : "NotLinearizable";
  throw error;
}
