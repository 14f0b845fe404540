/**
 * What happens in one run, step by step, for the failure report and for the check of a replay token. Slow, and used only
 * for the one run that is shown.
 */
import { DONE, GreenletExit, type Task, TURN, WAITING } from "../../core/mod.ts";
import { type Run, Unmoved, type Witness } from "./contract.ts";
import { Labels } from "./labels.ts";
import { briefOf, kindOf } from "./thrown.ts";
import { hash } from "./token.ts";

/** One row of the table. */
export interface Row {
  readonly step: number;
  readonly task: Task;
  /** Its name; two of one name are told apart by their numbers. */
  readonly name: string;
  /** What ended its wait, where it is not what it waited for. */
  readonly thrown: unknown;
  readonly woke: string[];
  readonly spawned: string[];
  /** What happened before the step: a kill from outside, time. */
  readonly before: string[];
  /** How it ended: what it waits on, or its outcome. */
  end: string;
  /** Where it parked. */
  stack: string;
  /** What it failed with. */
  error: unknown;
  /** What the body of one of its scopes threw, which is still to end. */
  threw: unknown;
}

/** Frames that a park has at most, for the stacks of a report. */
const STACK_LIMIT = 60;

/** See the top of the file. */
export class Trail extends Unmoved implements Witness {
  readonly rows: Row[] = [];
  private row: Row | null = null;
  private readonly from: number;
  private before: string[] = [];
  /** After each step, a hash of all that has happened. */
  private readonly sums: number[] = [hash("")];

  private readonly labels: Labels = new Labels();
  /** What has to be given back, and where it was made. */
  private readonly makings: { left: () => string | undefined; stack: string }[] = [];
  private time = 0;

  /** @param from keep what happens, with the stack at each park, from this step on. */
  constructor(from: number) {
    super();
    this.from = from;
  }

  /** Where that was made which is left over. */
  get leaks(): { what: string; stack: string }[] {
    return this.makings.map(({ left, stack }) => ({ what: left() ?? "", stack })).filter(({ what }) =>
      what !== ""
    );
  }

  override made(left: () => string | undefined): void {
    if (this.from !== Infinity) this.makings.push({ left, stack: stackHere() });
  }

  /** Who lives at the end, and what each waits on. */
  survivors(run: Run): { name: string; waitsOn: string }[] {
    return run.loop.tasks().filter((task) => task.status === WAITING).map((task) => ({
      name: this.labels.of(task),
      waitsOn: task.waiting?.describe() ?? "nothing",
    }));
  }

  /** How many steps there were. */
  get steps(): number {
    return this.sums.length - 1;
  }

  /** A hash of all that happened in the first so many steps; undefined where there were fewer. */
  programOf(steps: number): number | undefined {
    return this.sums[steps];
  }

  override stepBegins(run: Run, task: Task): void {
    const thrown = task.failing && task.waiting === null ? task.inbox : undefined;
    const now = run.loop.now();
    if (now > this.time) this.before.unshift(`${now} ms`);
    this.time = now;
    const row = {
      step: run.steps,
      task,
      name: this.labels.of(task),
      thrown,
      woke: [],
      spawned: [],
      before: this.before,
      end: "",
      stack: "",
      error: undefined,
      threw: undefined,
    };
    this.before = [];
    this.row = row;
    if (row.step >= this.from) this.rows.push(row);
  }

  override stepEnds(): void {
    const { row } = this;
    if (row === null) return;
    const { task } = row;
    if (task.status === DONE) {
      row.end = outcomeOf(task);
      row.stack = "";
      if (task.failing) row.error = task.inbox;
    } else if (task.status === WAITING) row.end ||= `waits: ${task.waiting?.describe() ?? "nothing"}`;
    else if (task.waiting === TURN) row.end = "gives a turn";
    const text = `${row.name}|${row.before}|${row.spawned}|${row.woke}|${
      task.status === DONE ? "ends" : row.end
    }`;
    this.sums.push(hash(`${text}\n`, this.sums[this.sums.length - 1]));
    this.row = null;
  }

  threw(error: unknown): void {
    if (this.row !== null && !(error instanceof GreenletExit)) this.row.threw = error;
  }

  noted(text: string): void {
    this.before.push(text);
  }

  override queued(task: Task): void {
    if (task === this.row?.task && task.waiting === TURN) this.takeStack();
  }

  override spawned(task: Task): void {
    this.row?.spawned.push(this.labels.of(task));
  }

  override woken(task: Task): void {
    if (this.row !== null) this.row.woke.push(this.labels.of(task));
    else this.before.push(`${this.labels.of(task)} is woken`);
  }

  override parked(task: Task): void {
    if (this.row === null) return;
    this.row.end = `waits: ${task.waiting?.describe() ?? "nothing"}`;
    this.takeStack();
  }

  private takeStack(): void {
    if (this.row !== null && this.row.step >= this.from) this.row.stack = stackHere();
  }
}

function stackHere(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_LIMIT;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  return stack;
}

function outcomeOf(task: Task): string {
  if (!task.failing) return "ends";
  const name = kindOf(task.inbox), text = briefOf(task.inbox);
  return `fails: ${name === "Error" ? `Error: ${text}` : text}`;
}
