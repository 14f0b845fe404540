/**
 * Whether a history of calls and returns fits a sequential model: whether there is a moment for each operation, between
 * its call and its return, such that the operations done one by one at these moments give what was really given.
 *
 * The search is that of J. Wing and C. Gong, "Testing and verifying concurrent objects" (1993), with the memory of G.
 * Lowe, "Testing for linearizability" (2017): which operations are done, and in what state, is tried once. Those that
 * returned first are tried first, which nearly always fits at once; so only dead ends are remembered, and where there are
 * none no state is made into text.
 *
 * Two things come on top, since operations here wait. A line: who stands before another in one goes on before him; one
 * that was withdrawn (killed, or its time was over) stands in it until then, and has no effect. And the end: who still
 * waits then must be one whom the model, in the state that is left, has waiting too; otherwise a wake-up was lost.
 */
import { copyOf, isEqual, type Numbers, textOf } from "./model_state.ts";

/** What a model's operation gives that cannot happen now: see {@linkcode modelTest}. */
export const BLOCKED: unique symbol = Symbol("tendril.blocked");

/** How an operation came out. */
export const RETURNED = 0, THREW = 1, KILLED = 2, PENDING = 3;

/** What the search knows of a kind of operation. */
export interface Kind<M> {
  readonly name: string;
  /** Changes the state, and gives what the operation gives, or throws, or `BLOCKED`. */
  model(state: M, ...args: readonly unknown[]): unknown;
  /** What it may give instead, without an effect, while it would have to wait. */
  lapses?(...args: readonly unknown[]): unknown;
  /** Where it waits; undefined: nowhere, or in no order. */
  readonly line?: string | ((state: M, ...args: readonly unknown[]) => string | undefined);
  /** Killed in the middle it may have had its effect. */
  readonly either: boolean;
}

/** One operation of a history. Histories are in the order of the calls. */
export interface Operation<M> {
  readonly kind: Kind<M>;
  readonly args: readonly unknown[];
  readonly who: string;
  /** Moments: no two events have the same. */
  readonly called: number;
  /** Infinity: never. */
  ended: number;
  how: number;
  /** What it gave, or threw. */
  value: unknown;
  /** Steps of the run, for the reader. */
  readonly from: number;
  to: number;
}

/** How far an order of the operations fits. */
export interface Order<M> {
  /** The operations in that order. */
  readonly done: readonly Operation<M>[];
  /** The state after them. */
  readonly state: M;
  /** Those of which one would have to come next. */
  readonly next: readonly Operation<M>[];
}

const NO: unique symbol = Symbol("no");
const HAPPENS = 0, LAPSES = 1;

/** See the top of the file. */
export class Search<M> {
  /** The longest order that fits. */
  best: Order<M> | null = null;
  private readonly history: readonly Operation<M>[];
  private readonly byEnd: readonly number[];
  private readonly isDone: boolean[];
  private readonly path: number[] = [];
  private readonly deadEnds: Set<string> = new Set();
  private readonly numbers: Numbers = new Map();
  private readonly restCounts: boolean;

  /** @param restCounts whether those who wait at the end must be waiting in the model, too. */
  constructor(history: readonly Operation<M>[], restCounts: boolean) {
    this.history = history;
    this.restCounts = restCounts;
    this.byEnd = history.map((_, i) => i).sort((a, b) => history[a].ended - history[b].ended);
    this.isDone = history.map(() => false);
  }

  /** Whether the history fits, from `state` on. */
  fits(state: M): boolean {
    return this.goOn(state, this.history.reduce((n, { how }) => how === PENDING ? n : n + 1, 0));
  }

  private goOn(state: M, left: number): boolean {
    if (left === 0) {
      if (!this.restCounts || this.isAtRest(state)) return true;
      this.note(state);
      return false;
    }
    const { history, isDone, byEnd, path, deadEnds } = this;
    const key = deadEnds.size === 0 ? "" : this.key(state);
    if (key !== "" && deadEnds.has(key)) return false;
    let horizon = Infinity;
    for (const i of byEnd) {
      if (history[i].called > horizon) continue; // somebody returned before it was called
      if (isDone[i]) continue;
      const { ended, how } = history[i];
      if (ended < horizon) horizon = ended;
      if (how === PENDING) continue;
      for (let way = HAPPENS; way <= LAPSES; way++) {
        const next = way === HAPPENS ? this.happens(i, state) : this.lapses(i, state);
        if (next === NO) continue;
        isDone[i] = true;
        path.push(i);
        if (this.goOn(next, left - 1)) return true;
        path.pop();
        isDone[i] = false;
      }
    }
    this.note(state);
    deadEnds.add(key === "" ? this.key(state) : key);
    return false;
  }

  /** The state after it has happened. */
  private happens(i: number, state: M): M | typeof NO {
    const operation = this.history[i];
    const { kind, how } = operation;
    if ((how === KILLED && !kind.either) || this.standsBehind(i, state)) return NO;
    const next = copyOf(state);
    const answer = ask(operation, next);
    if (answer === null) return NO;
    return how === KILLED || isAnswer(operation, answer) ? next : NO;
  }

  /** The state after it was withdrawn: the same. */
  private lapses(i: number, state: M): M | typeof NO {
    const operation = this.history[i];
    if (operation.how === KILLED) return state;
    const late = lapseOf(operation);
    if (late === null || !isAnswer(operation, late)) return NO;
    return this.standsBehind(i, state) || ask(operation, copyOf(state)) === null ? state : NO;
  }

  /** Whether somebody stands before it in its line. */
  private standsBehind(i: number, state: M): boolean {
    const { history, isDone } = this;
    const line = lineOf(history[i], state);
    if (line === undefined) return false;
    for (let j = 0; j < i; j++) if (!isDone[j] && lineOf(history[j], state) === line) return true;
    return false;
  }

  /** Whether all who wait have to. */
  private isAtRest(state: M): boolean {
    return this.awake(state).length === 0;
  }

  private awake(state: M): Operation<M>[] {
    return this.history.filter((operation, i) =>
      operation.how === PENDING && !this.standsBehind(i, state) && ask(operation, copyOf(state)) !== null
    );
  }

  private key(state: M): string {
    let done = "";
    for (let i = 0; i < this.isDone.length; i++) done += this.isDone[i] ? "1" : "0";
    return `${done}|${textOf(state, this.numbers)}`;
  }

  private note(state: M): void {
    const { path, history, isDone } = this;
    if (this.best !== null && this.best.done.length >= path.length) return;
    const left = history.filter((_, i) => !isDone[i]);
    const horizon = Math.min(...left.map(({ ended }) => ended));
    const next = left.filter(({ called, how }) => how !== PENDING && called < horizon);
    this.best = {
      done: path.map((i) => history[i]),
      state: copyOf(state),
      next: next.length > 0 ? next : this.awake(state),
    };
  }
}

function lineOf<M>({ kind, args }: Operation<M>, state: M): string | undefined {
  return typeof kind.line === "function" ? kind.line(state, ...args) : kind.line;
}

/** A value or an error. */
export interface Answer {
  readonly how: typeof RETURNED | typeof THREW;
  readonly value: unknown;
}

/** What the model answers, in `state`, which it may change; null: it would wait. */
export function ask<M>({ kind, args }: Operation<M>, state: M): Answer | null {
  try {
    const value = kind.model(state, ...args);
    return value === BLOCKED ? null : { how: RETURNED, value };
  } catch (value) {
    return { how: THREW, value };
  }
}

/** What it gives, or throws, when its time is over; null: it has no end of time. */
function lapseOf<M>({ kind, args }: Operation<M>): Answer | null {
  if (kind.lapses === undefined) return null;
  try {
    return { how: RETURNED, value: kind.lapses(...args) };
  } catch (value) {
    return { how: THREW, value };
  }
}

/** Errors are compared by name: messages tell what the model need not know. */
function isAnswer<M>({ how, value: real }: Operation<M>, answer: Answer): boolean {
  const { value } = answer;
  if (how !== answer.how) return false;
  const areErrors = how === THREW && real instanceof Error && value instanceof Error;
  return areErrors ? real.name === value.name : isEqual(real, value);
}
