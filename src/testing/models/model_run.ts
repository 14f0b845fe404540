/** One history of a model test: greenlets that do operations, and the verdict. */
import { type Greenlet, sleep, spawn } from "../../greenlet/mod.ts";
import { type Execution, running } from "../schedules/execution.ts";
import { History, judge, nameOfActor } from "./history.ts";
import { KILLED, PENDING, RETURNED } from "./linearizable.ts";
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

/** One history. It is the body of a simulation. */
export function* oneHistory<S, M>(
  spec: { make(): S; model(): M },
  verbs: readonly Verb<S, M>[],
  size: Size,
  tally: Tally,
): Generator<unknown, void, unknown> {
  const run = running as Execution;
  run.drew = true; // each seed is another program
  const { seed } = run.conditions;
  const history = new History<M>(run);
  const subject = spec.make();
  const greenlets: Greenlet<void>[] = planOf(verbs, size.greenlets, size.length, seed).map((steps, who) => {
    const name = nameOfActor(who);
    const actor = new Actor(history, subject, verbs, name);
    return spawn({ name, daemon: true }, () => actor.play(steps, seed));
  });
  for (let i = 0; i < size.kills; i++) {
    const victim = greenlets[(seed + i) % greenlets.length];
    spawn({ name: `killer of ${victim.name}`, daemon: true }, () => void victim.kill());
  }
  yield* history.rest(greenlets);
  const { operations } = history;
  judge(operations, spec.model());
  tally.histories++;
  tally.operations += operations.length;
  for (const { how } of operations) {
    if (how === PENDING) tally.waiting++;
    else if (how === KILLED) tally.killed++;
  }
}

/** A greenlet that does operations. */
class Actor<S, M> {
  private readonly history: History<M>;
  private readonly subject: S;
  private readonly verbs: readonly Verb<S, M>[];
  private readonly name: string;
  private readonly held: Held[] = [];

  constructor(history: History<M>, subject: S, verbs: readonly Verb<S, M>[], name: string) {
    this.history = history;
    this.subject = subject;
    this.verbs = verbs;
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
    const { kind, isHeld } = verb;
    const { how, value } = yield* this.history.record(
      { kind, args },
      this.name,
      () => verb.run(this.subject, ...args),
    );
    if (isHeld && how === RETURNED && value !== false && value !== undefined) {
      this.held.push({ by: kind.name, args: [value, ...args] });
    }
  }
}
