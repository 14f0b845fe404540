/** Policies that repeat: a schedule to the letter, or FIFO under a few constraints. */
import type { Ring, Task } from "../../core/mod.ts";
import { type Choice, type Departure, KILL, PASS_TIME, type Policy, type Run, Unmoved } from "./contract.ts";

/** A schedule to the letter. */
export class Replaying implements Policy {
  readonly always: boolean = true;
  /** It asked for what was not possible. */
  misfit = false;
  private readonly choices: Map<number, Choice>;
  private readonly last: number;

  constructor(departures: readonly Departure[]) {
    this.choices = new Map(departures.map(({ at, choice }) => [at, choice]));
    this.last = departures.at(-1)?.at ?? -1;
  }

  begin(): void {}

  choose(run: Run, ready: Ring<Task>): Choice {
    const choice = this.choices.get(run.choices) ?? 0;
    if (choice < ready.size && (choice > KILL || KILL - choice < run.victims().length)) return choice;
    this.misfit = true;
    return run.stop(null);
  }

  idle(run: Run): Choice {
    const choice = this.choices.get(run.choices) ?? 0;
    if (choice === 0 || (choice <= KILL && KILL - choice < run.victims().length)) return choice;
    this.misfit = true;
    return run.stop(null);
  }

  /** The run has gone through all of the schedule. */
  isThrough(run: Run): boolean {
    return !this.misfit && run.choices > this.last;
  }
}

/** A step of one greenlet, by a name that is the same in every schedule: who was born as the n-th child of whom. */
export interface StepName {
  readonly path: string;
  readonly index: number;
}

/** Something that was done to a run before a step: a kill, or time that passed. */
export interface Intervention {
  /** The step that follows; null: it came when nobody could go on. */
  readonly before: StepName | null;
  /** How often nobody could go on before it. */
  readonly idles: number;
  /** Who is killed; null: time passes. */
  readonly victim: string | null;
}

/** One step comes before another. */
export interface Constraint {
  readonly first: StepName;
  readonly then: StepName;
}

function idleKey(n: number): string {
  return `idle ${n}`;
}

function key(step: StepName): string {
  return `${step.path}:${step.index}`;
}

/** Gives tasks their names by birth. */
export class Paths extends Unmoved {
  private readonly paths: string[] = [];
  private readonly counts: Map<string, number> = new Map();
  private readonly steps: number[] = [];
  private actor = "";

  pathOf(task: Task): string {
    return this.paths[task.id] ?? "?";
  }

  /** Its next step. */
  nextStep(task: Task): StepName {
    return { path: this.pathOf(task), index: (this.steps[task.id] ?? 0) + 1 };
  }

  override queued(task: Task): void {
    if (this.paths[task.id] !== undefined) return;
    const n = (this.counts.get(this.actor) ?? 0) + 1;
    this.counts.set(this.actor, n);
    this.paths[task.id] = this.actor === "" ? `${n}` : `${this.actor}.${n}`;
  }

  override stepBegins(_run: Run, task: Task): void {
    this.steps[task.id] = (this.steps[task.id] ?? 0) + 1;
    this.actor = this.pathOf(task);
  }
}

/** Follows a schedule, and says by which constraints on FIFO it can be had again. */
export class Explaining implements Policy {
  readonly always: boolean = true;
  readonly constraints: Constraint[] = [];
  readonly interventions: Intervention[] = [];
  private readonly inner: Replaying;
  private readonly paths: Paths;
  private pending: (string | null)[] = [];
  private idles = 0;

  constructor(departures: readonly Departure[], paths: Paths) {
    this.inner = new Replaying(departures);
    this.paths = paths;
  }

  begin(): void {}

  choose(run: Run, ready: Ring<Task>): Choice {
    const choice = this.inner.choose(run, ready);
    if (choice < 0) {
      this.pending.push(choice === PASS_TIME ? null : this.paths.pathOf(run.victims()[KILL - choice]));
      return choice;
    }
    const first = this.paths.nextStep(ready.at(choice) as Task);
    for (let i = 0; i < choice; i++) {
      this.constraints.push({ first, then: this.paths.nextStep(ready.at(i) as Task) });
    }
    for (const victim of this.pending) this.interventions.push({ before: first, idles: this.idles, victim });
    this.pending = [];
    return choice;
  }

  idle(run: Run): Choice {
    const choice = this.inner.idle(run);
    if (choice === 0) this.idles++;
    else {
      const victim = this.paths.pathOf(run.victims()[KILL - choice]);
      this.interventions.push({ before: null, idles: this.idles, victim });
    }
    return choice;
  }
}

/** FIFO, but for a few constraints. */
export class Constrained implements Policy {
  readonly always: boolean = true;
  private readonly paths: Paths;
  /** By the step that has to wait: those that it waits for. */
  private readonly waits: Map<string, string[]> = new Map();
  private readonly interventions: Map<string, Intervention[]> = new Map();
  private readonly over: Set<string> = new Set();
  private idles = 0;

  constructor(
    constraints: readonly Constraint[],
    interventions: readonly Intervention[],
    paths: Paths,
  ) {
    this.paths = paths;
    for (const { first, then } of constraints) push(this.waits, key(then), key(first));
    for (const one of interventions) {
      push(this.interventions, one.before === null ? idleKey(one.idles) : key(one.before), one);
    }
  }

  begin(): void {}

  choose(run: Run, ready: Ring<Task>): Choice {
    let choice = 0;
    for (let i = 0; i < ready.size; i++) {
      const waits = this.waits.get(key(this.paths.nextStep(ready.at(i) as Task)));
      if (waits === undefined || waits.every((step) => this.over.has(step))) {
        choice = i;
        break;
      }
    }
    const step = key(this.paths.nextStep(ready.at(choice) as Task));
    const intervention = this.intervene(run, step);
    if (intervention !== 0) return intervention;
    this.over.add(step);
    return choice;
  }

  idle(run: Run): Choice {
    const intervention = this.intervene(run, idleKey(this.idles));
    if (intervention === 0) this.idles++;
    return intervention;
  }

  /** The next thing that is to be done there, and can be; 0 for none. */
  private intervene(run: Run, where: string): Choice {
    for (;;) {
      const next = this.interventions.get(where)?.shift();
      if (next === undefined) return 0;
      if (next.victim !== null) {
        const victim = run.victims().findIndex((task) => this.paths.pathOf(task) === next.victim);
        if (victim >= 0) return KILL - victim;
      } else if (run.loop.timers.refs > 0) return PASS_TIME;
    }
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
