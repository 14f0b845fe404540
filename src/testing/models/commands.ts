/**
 * Sequences of commands that fast-check draws and shrinks, dealt to several greenlets and done at the same time. What they
 * gave is compared with a sequential model by the search for an order that fits: see linearizable.ts.
 */
import { type Op, show } from "../../core/mod.ts";
import { type Greenlet, killAll, spawn } from "../../greenlet/mod.ts";
import { op } from "../../sync/mod.ts";
import { type Command, labelOf, needCommand, textOf } from "./command.ts";
import { type Execution, running } from "../schedules/execution.ts";
import {
  type Arbitrary,
  type ArbitraryLike,
  type FastCheck,
  needArbitrary,
  needFastCheck,
} from "../data/fast_check.ts";
import { History, judge, nameOfActor } from "./history.ts";
import { killAt, type KillPoint } from "../data/kill_at.ts";
import { BLOCKED } from "./linearizable.ts";
import { copyOf } from "./model_state.ts";
import { whole } from "../schedules/program.ts";

/** Options of {@linkcode commands}. */
export interface CommandsOptions {
  /** How many greenlets they are dealt to, at most. Default 3. */
  greenlets?: number;
  /** How many commands, at most. Default 8. */
  maxCommands?: number;
}

/** Options of {@linkcode Commands.run}. */
export interface CommandsRunOptions {
  /** One of the greenlets is killed there. */
  kill?: KillPoint;
}

/** Commands for several greenlets. */
export interface Commands<Model, Real> {
  /** For each greenlet what it does, in order. */
  readonly programs: readonly (readonly Command<Model, Real>[])[];
  /**
   * Does all commands, until nobody can go on, and compares. Those who still wait then must have to wait in the model, too;
   * they are killed.
   *
   * @param real a fresh one.
   * @param model the state of a fresh model: plain data, arrays, maps, sets, or an instance with a `clone()`.
   * @throws `Error` for what fits the model in no order, or outside of a simulation.
   */
  run(real: Real, model: Model, options?: CommandsRunOptions): Op<void>;
}

/**
 * Commands for a model-based {@linkcode property}: fast-check draws and shrinks which there are, and who does them; all
 * greenlets do theirs at the same time, and some order of all of them must give in the model what they gave. Where fast-check
 * has the model changed beside the real thing, here `model` stands apart from `run`: which one comes first is only known
 * afterwards.
 *
 * @param fc the module: `import fc from "fast-check"`.
 * @param arbitraries of the commands.
 * @throws `TypeError` and `RangeError` for bad arguments.
 * @example
 * ```ts
 * import { sleep } from "tendril";
 * import { commands, property } from "tendril/testing";
 * import { assertThrows } from "@std/assert";
 * import fc from "fast-check";
 *
 * class Account {
 *   balance = 0;
 *   *deposit(n: number) {
 *     const read = this.balance;
 *     yield* sleep(0);
 *     return this.balance = read + n;
 *   }
 * }
 * const deposit = fc.integer({ min: 1, max: 100 }).map((n) => ({
 *   run: (account: Account) => account.deposit(n),
 *   model: (state: { balance: number }) => state.balance += n,
 *   toString: () => `deposit(${n})`,
 * }));
 * assertThrows(
 *   () => property(fc, [commands(fc, [deposit])], (all) => all.run(new Account(), { balance: 0 })),
 *   Error,
 *   "With all = a: deposit(1); b: deposit(1)",
 * );
 * ```
 */
export function commands<Model, Real>(
  fc: FastCheck,
  arbitraries: readonly ArbitraryLike<Command<Model, Real>>[],
  options: CommandsOptions = {},
): Arbitrary<Commands<Model, Real>> {
  const f = needFastCheck(fc, "commands");
  if (!Array.isArray(arbitraries) || arbitraries.length === 0) {
    throw new TypeError(`commands needs an array of arbitraries of commands, not ${show(arbitraries)}`);
  }
  arbitraries.forEach((one, i) => needArbitrary(one, `commands' arbitrary ${i + 1}`));
  const greenlets = whole(options.greenlets, "commands' greenlets", 1, 3);
  const maxLength = whole(options.maxCommands, "commands' maxCommands", 1, 8);
  const one: Arbitrary<Card<Model, Real>> = f.record({
    who: f.integer({ min: 0, max: greenlets - 1 }),
    command: f.oneof<Command<Model, Real>>(...arbitraries),
  });
  return f.array(one, { maxLength }).map((dealt) => {
    const all = new Dealt<Model, Real>(dealt);
    return Object.defineProperty(all, f.toStringMethod, { value: () => all.toString() });
  });
}

interface Card<Model, Real> {
  readonly who: number;
  readonly command: Command<Model, Real>;
}

class Dealt<Model, Real> implements Commands<Model, Real> {
  private readonly cards: readonly Card<Model, Real>[];

  constructor(cards: readonly Card<Model, Real>[]) {
    for (const { command } of cards) needCommand(command);
    this.cards = cards;
  }

  get programs(): readonly (readonly Command<Model, Real>[])[] {
    return programsOf(this.cards);
  }

  toString(): string {
    const texts = this.programs.map((program, i) => `${nameOfActor(i)}: ${program.map(textOf).join(", ")}`);
    return texts.length === 0 ? "no commands" : texts.join("; ");
  }

  run(real: Real, model: Model, options?: CommandsRunOptions): Op<void> {
    if (running === null) {
      throw new Error("commands run inside the body of property, simulate, explore or replay");
    }
    const run = running;
    return op(() => this.perform(run, real, model, options));
  }

  private *perform(
    run: Execution,
    real: Real,
    model: Model,
    options: CommandsRunOptions | undefined,
  ): Generator<unknown, void, unknown> {
    const history = new History<Model>(run);
    const greenlets: Greenlet<unknown>[] = programsOf(useful(this.cards, model)).map((program, i) => {
      const name = nameOfActor(i);
      return spawn({ name }, function* () {
        for (const command of program) {
          yield* history.record(labelOf(command), name, () => command.run(real));
        }
      });
    });
    if (options?.kill !== undefined) killAt(options.kill, greenlets);
    yield* history.rest(greenlets);
    const copies = history.operations.map((one) => ({ ...one })); // before those who wait are killed
    yield* killAll(greenlets);
    judge(copies, model);
  }
}

/** Those that pass their check, one after the other. */
function useful<Model, Real>(
  cards: readonly Card<Model, Real>[],
  model: Model,
): readonly Card<Model, Real>[] {
  if (cards.every(({ command }) => command.check === undefined)) return cards;
  let state = copyOf(model);
  return cards.filter(({ command }) => {
    if (command.check !== undefined && !command.check(copyOf(state))) return false;
    const next = copyOf(state);
    try {
      if (command.model(next) !== BLOCKED) state = next;
    } catch {
      // as an answer it is as good as any, and a state that it may have changed half is not used
    }
    return true;
  });
}

/** By greenlet; those without any are left out, so that fewer greenlets look like fewer. */
function programsOf<Model, Real>(cards: readonly Card<Model, Real>[]): Command<Model, Real>[][] {
  const programs: Command<Model, Real>[][] = [];
  for (const { who, command } of cards) (programs[who] ??= []).push(command);
  return programs.filter((program) => program !== undefined);
}
