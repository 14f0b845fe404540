/**
 * Sequences of commands that fast-check draws and shrinks, dealt to several greenlets and done at the same time. What they
 * gave is compared with a sequential model by the search for an order that fits: see linearizable.ts.
 */
import { type Op, show } from "../core/mod.ts";
import { type Greenlet, isKill, joinAll, killAll, spawn } from "../greenlet/mod.ts";
import { call, op } from "../sync/mod.ts";
import { type Execution, running } from "./execution.ts";
import {
  type Arbitrary,
  type ArbitraryLike,
  type FastCheck,
  needArbitrary,
  needFastCheck,
} from "./fast_check.ts";
import { killAt, type KillPoint } from "./kill_at.ts";
import {
  BLOCKED,
  KILLED,
  type Kind,
  type Operation,
  PENDING,
  RETURNED,
  Search,
  THREW,
} from "./linearizable.ts";
import { tellHistory } from "./model_history.ts";
import { copyOf } from "./model_state.ts";
import { whole } from "./program.ts";

/** Something that can be done to `Real`, and what it does to its model. Its `toString` is what a failure shows. */
export interface Command<Model, Real> {
  /** Does it. An operation, a generator or a promise that it gives is waited for. */
  run(real: Real): unknown;
  /**
   * What a sequential program would get: it changes `state` and gives a value or throws. `BLOCKED`: it cannot happen in
   * this state. Errors are compared by name, values as deep as they go.
   */
  model(state: Model): unknown;
  /**
   * Whether it is of any use after the commands drawn before it; if not, it is left out. Default true. Others run at the
   * same time, so the model must know an answer in any other state, too.
   */
  check?(state: Model): boolean;
  /** The line in which it waits, where the order counts: those of one line go on in the order of their calls. */
  line?: string | ((state: Model) => string | undefined);
  /** What it gives, or throws, when its time is over: only while it has to wait, and without an effect. */
  lapses?(): unknown;
  /** A kill in the middle may leave its effect behind. Default false: killed while parked, it did not happen (S-15). */
  partial?: boolean;
}

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
  arbitraries.forEach((one, i) => needArbitrary(one, `commands's arbitrary ${i + 1}`));
  const greenlets = whole(options.greenlets, "commands's greenlets", 1, 3);
  const maxLength = whole(options.maxCommands, "commands's maxCommands", 1, 8);
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

/** Longer than anybody waits, in simulated milliseconds. */
const FAR = 1e12;

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
    const texts = this.programs.map((program, i) => `${nameOf(i)}: ${program.map(textOf).join(", ")}`);
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
      const name = nameOf(i);
      return spawn({ name }, function* () {
        for (const command of program) yield* history.perform(command, real, name);
      });
    });
    if (options?.kill !== undefined) killAt(options.kill, greenlets);
    // Time may be made to pass early: all is over when nobody else had a step meanwhile.
    for (let before = -1; run.steps !== before + 1 || run.loop.ready.size > 0;) {
      before = run.steps;
      yield* joinAll(greenlets, { timeout: FAR });
      if (greenlets.every(({ dead }) => dead)) break;
    }
    const { operations } = history;
    const copies = operations.map((one) => ({ ...one })); // before those who wait are killed
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

function nameOf(who: number): string {
  return who < 26 ? String.fromCharCode(97 + who) : `g${who}`;
}

/** Calls and returns, as they come. */
class History<Model> {
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

/** What the search knows of a command, and the table calls it. */
function labelOf<Model, Real>(
  command: Command<Model, Real>,
): { kind: Kind<Model>; args: readonly unknown[] } {
  const text = textOf(command);
  const { name, args } = partsOf(text);
  const { line } = command;
  const kind: Kind<Model> = {
    name,
    model: (state) => command.model(state),
    lapses: command.lapses === undefined ? undefined : () => command.lapses?.(),
    line: typeof line === "function" ? (state) => line.call(command, state) : line,
    either: command.partial === true,
  };
  return { kind, args };
}

/** `put(1)` is a name and its arguments, where these are plain. */
function partsOf(text: string): { name: string; args: readonly unknown[] } {
  const match = /^([^()]*)\((.*)\)$/s.exec(text);
  if (match === null) return { name: text, args: [] };
  try {
    return { name: match[1], args: JSON.parse(`[${match[2]}]`) as unknown[] };
  } catch {
    return { name: text, args: [] };
  }
}

/** Its own text, or its class and what it holds. */
function textOf(command: object): string {
  if (command.toString !== Object.prototype.toString) return String(command);
  const values = Object.values(command).filter((value) => typeof value !== "function");
  const name = command.constructor?.name;
  return `${name === "Object" || !name ? "command" : name}(${values.map((value) => show(value)).join(", ")})`;
}

function needCommand(command: unknown): void {
  const { run, model } = (command ?? {}) as { run?: unknown; model?: unknown };
  if (typeof run === "function" && typeof model === "function") return;
  throw new TypeError(`a command needs run(real) and model(state), and this has not both: ${show(command)}`);
}

/** Throws where the history does not fit the model. */
function judge<Model>(history: readonly Operation<Model>[], model: Model): void {
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
