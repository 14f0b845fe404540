/**
 * A scope: a part of one task's body, with the greenlets that live in it, a deadline, a shield and a cancel.
 *
 *     open ──body ends──▶ waits for its workers ──▶ kills its daemons one by one, last born first ──▶ closed
 *       └────────── cancelled, or the body fails: all workers are killed, last born first ─────┘
 *
 * A cancel is thrown into the owner as the scope's own `GreenletExit`; the scope alone absorbs it, by identity. The
 * workers of a cancelled scope are interrupted at once and together: one that cleans up slowly must not let the others
 * go on working. Daemons (services, resources) end one after the other, as what came later may need what was before.
 * Greenlets that cleanup spawns in a cancelled scope have until its grace is over.
 *
 * Model: trio `_core/_run.py` (nursery and cancel scope), which holds level-triggered cancels; why ours are thrown once
 * stands in `docs/design.md`.
 *
 * Length: its entry, its cancel, its workers and its end are one state.
 */
import { binder } from "./binder.ts";
import { GreenletExit, quickExit, together } from "./errors.ts";
import { Interrupt, PENDING, WHOLE_TASK } from "./interrupt.ts";
import { List } from "./list.ts";
import { moment } from "./moment.ts";
import { WaitLine } from "./line.ts";
import { breath } from "./sleep.ts";
import { COMMUTES, probe, reads, WRITES, writes } from "./probe.ts";
import { type Op, WAIT } from "./wait.ts";
import { current, currentTask, type Level, type Task } from "./task.ts";
import { Alarm, type Timer } from "./timers.ts";
import { type Child, Unasked } from "./unasked.ts";

/** See the top of the file. */
export class Scope implements Level {
  parent: Scope | null = null;
  owner: Task | null = null;
  depth = 0;
  /** When it was entered. */
  since = 0;
  shielded = false;
  /** Where what is spawned inside goes: this scope, or the next one outside that keeps greenlets. */
  nursery: Scope = this;
  private readonly keepsGreenlets: boolean;
  readonly children: List<Task> = new List();
  /** Children that the scope waits for. */
  workers = 0;
  /** Why it was cancelled; null if it was not. */
  cancelError: GreenletExit | null = null;
  cancelledCaught = false;
  status: "new" | "open" | "closed" = "new";
  grace: number;
  /** Called when a child or the body fails; true: it is dealt with. */
  failed: ((error: unknown, child: Child | null) => boolean) | null = null;
  /** What leaves besides the body's own error, in the order in which it happened. */
  readonly errors: unknown[] = [];
  private readonly unasked: Unasked = new Unasked();
  private interrupt: Interrupt | null = null;
  private timer: Timer | null = null;
  private lateTimer: Timer | null = null;
  private until = Infinity;
  /** The owner waits here for its children. */
  private readonly line: WaitLine<void, () => boolean>;

  constructor(grace: number = Infinity, keepsGreenlets = true) {
    this.grace = grace;
    this.keepsGreenlets = keepsGreenlets;
    this.line = new WaitLine({
      subject: this,
      name: () => {
        const n = this.children.size;
        if (n === 0) return "the links of the greenlets of its scope";
        return `the end of ${n} greenlet${n === 1 ? "" : "s"} of its scope`;
      },
      rule: (w) => (w.payload() ? undefined : WAIT),
      blocker: () => this.children.tail,
    });
  }

  /** Opens it around what the running task does next. */
  enter(): Task {
    const task = currentTask("a scope");
    writes(this);
    if (this.status !== "new") {
      throw new Error("this scope was entered before: a scope is used once, make a new one");
    }
    this.status = "open";
    this.since = moment();
    this.owner = task;
    const parent = task.scope as Scope;
    this.parent = parent;
    this.depth = parent.depth + 1;
    if (!this.keepsGreenlets) this.nursery = parent.nursery;
    task.scope = this;
    if (binder !== null) binder.opened(task, this.depth, this.since);
    if (this.until !== Infinity) this.setDeadline(this.until);
    if (this.cancelError !== null) this.interruptOwner();
    return task;
  }

  /** Closes it. */
  exit(): void {
    const task = this.owner as Task;
    if (task.scope !== this) {
      throw new Error("scopes were left out of order: each must end before the one around it");
    }
    writes(this);
    this.status = "closed";
    this.stopTimer();
    if (this.lateTimer !== null) task.loop.timers.remove(this.lateTimer);
    if (this.interrupt !== null) task.release(this.interrupt);
    task.scope = this.parent as Scope;
    if (binder !== null) binder.closed(task, this.depth, this.since);
  }

  get deadline(): number {
    return this.until;
  }

  /** In the loop's time; moves in both directions, also while the body waits (S-42). */
  setDeadline(at: number): void {
    writes(this);
    this.until = at;
    this.stopTimer();
    const task = this.owner;
    if (this.status !== "open" || task === null || this.cancelError !== null || at === Infinity) return;
    if (at <= task.loop.now()) return this.cancel(deadlinePassed());
    this.timer = new Alarm(() => this.cancel(deadlinePassed()));
    task.loop.timers.add(this.timer, at, this.since);
  }

  private stopTimer(): void {
    if (this.timer !== null) this.owner?.loop.timers.remove(this.timer);
    this.timer = null;
  }

  /** Acts at the call; a second cancel does nothing. */
  cancel(error: GreenletExit): void {
    writes(this);
    if (this.cancelError !== null || this.status === "closed") return;
    this.cancelError = error;
    this.stopTimer();
    if (this.status !== "open") return;
    // From the inside out (S-21): the workers first, those of the innermost scope in front, then whoever waits for them.
    for (const inner of this.inside()) inner.killWorkers(error);
    this.killWorkers(error);
    this.interruptOwner();
  }

  /** The scopes in the body that a cancel reaches at once, innermost first: none while the body runs, or under a shield. */
  private inside(): Scope[] {
    const owner = this.owner as Task;
    const found: Scope[] = [];
    if (owner.waiting === null || owner.waiting.firm) return found;
    for (let s = owner.scope as Scope; s !== this && s.owner === owner; s = s.parent as Scope) {
      if (s.shielded) return [];
      found.push(s);
    }
    return found;
  }

  /** The cancel has reached the body. */
  get cancelThrown(): boolean {
    return this.interrupt !== null && this.interrupt.phase !== PENDING;
  }

  private interruptOwner(): void {
    this.interrupt = new Interrupt(this.cancelError, this.depth, this.grace, this.since);
    this.owner?.interrupt(this.interrupt);
  }

  /** Takes the shield away, or puts it up; what it held back comes at once where the task is parked. */
  setShield(on: boolean): void {
    writes(this);
    if (probe !== null && this.owner !== null) probe.stirred(this.owner);
    this.shielded = on;
    if (!on) this.owner?.deliver();
  }

  killWorkers(reason: unknown): void {
    writes(this);
    const error = reason instanceof GreenletExit
      ? reason
      : quickExit("the body of its scope was told to leave, or failed", reason);
    for (const child of this.children.toArray().reverse()) {
      if (!(child as Child).daemon) child.terminate(new Interrupt(error, WHOLE_TASK, this.grace, 0));
    }
    this.limitLateBirths(error);
  }

  /** Those who are spawned from now on belong to somebody's cleanup: they have the grace. */
  private limitLateBirths(error: unknown): void {
    const loop = this.owner?.loop;
    loop?.ending(this);
    if (loop === undefined || this.grace === Infinity || this.lateTimer !== null) return;
    this.lateTimer = new Alarm(() => this.killLateBirths(error));
    loop.timers.add(this.lateTimer, loop.now() + this.grace);
  }

  private killLateBirths(error: unknown): void {
    for (const child of this.children.toArray().reverse()) {
      child.terminate(new Interrupt(error, WHOLE_TASK, 0, 0));
    }
  }

  add(child: Child): void {
    writes(this);
    if (this.status === "closed") {
      throw new Error("spawn into a closed scope: its block has ended, nobody would wait for the greenlet");
    }
    this.children.push(child);
    if (!child.daemon) this.workers++;
  }

  /** A child has ended. Gives whether its failure, if any, is somebody's business already. */
  childEnded(child: Child, error: unknown, failed: boolean): boolean {
    if (probe !== null) probe.touched(this, failed ? WRITES : COMMUTES);
    this.children.remove(child);
    if (!child.daemon) this.workers--;
    let dealtWith = true;
    if (failed && !child.owned) {
      dealtWith = this.failed?.(error, child) ?? false;
      if (!dealtWith && !child.asked) this.unasked.add(child);
    }
    if (this.line.size > 0) this.line.serve(failed ? WRITES : COMMUTES);
    return dealtWith;
  }

  /** A failure that somebody had taken upon himself and lets go again. */
  keep(child: Child): void {
    writes(this);
    if (this.status !== "closed") this.unasked.add(child);
  }

  /** Something short that is no greenlet has to run before the scope may end: the links of one that died. */
  hold(): void {
    if (probe !== null) probe.touched(this, COMMUTES);
    this.workers++;
  }

  letGo(): void {
    if (probe !== null) probe.touched(this, COMMUTES);
    this.workers--;
    if (this.line.size > 0) this.line.serve(COMMUTES);
  }

  /** Runs `body` in this scope; gives its value, or undefined where the scope's own cancel ended it. */
  *run<T>(body: Op<T>): Generator<unknown, T | undefined, unknown> {
    yield* breath;
    const task = this.enter();
    let value: T | undefined;
    let main: unknown = NOTHING;
    try {
      value = yield* body;
    } catch (e) {
      main = e;
      if (probe !== null) probe.threw?.(e);
      if (e !== this.cancelError) this.bodyFailed(e, task);
    }
    reads(this);
    if (main === NOTHING && this.workers > 0) {
      try {
        yield* this.line.wait(() => this.workers === 0);
      } catch (e) {
        main = e;
        if (e !== this.cancelError) this.killWorkers(e);
      }
    }
    if (this.workers > 0) yield* this.line.waitFirmly(() => this.workers === 0);
    yield* this.endDaemons();
    this.exit();
    return this.settle(value, main);
  }

  private bodyFailed(error: unknown, task: Task): void {
    if (!task.isKilledBy(error)) this.failed?.(error, null);
    this.killWorkers(error);
  }

  private *endDaemons(): Generator<unknown, void, unknown> {
    if (this.children.size > 0) {
      this.limitLateBirths(quickExit("its scope has ended"));
    }
    for (
      let last = this.children.tail as Child | null;
      last !== null;
      last = this.children.tail as Child | null
    ) {
      const child = last;
      child.terminate(
        new Interrupt(quickExit("its scope has ended"), WHOLE_TASK, this.grace, 0),
      );
      if (!child.isDone) yield* this.line.waitFirmly(() => child.isDone);
      if (this.workers > 0) yield* this.line.waitFirmly(() => this.workers === 0);
    }
  }

  private settle<T>(value: T | undefined, main: unknown): T | undefined {
    const errors: unknown[] = [];
    if (main !== NOTHING) {
      const rest = besidesCancel(main, this.cancelError);
      this.cancelledCaught = rest !== null;
      // A group has noted its body's failure in its turn, the rest of what leaves comes behind the main one.
      if (!this.errors.includes(main)) errors.push(...(rest ?? [main]));
    }
    errors.push(...this.errors);
    errors.push(...this.unasked.errors());
    if (errors.length > 0) throw together(errors);
    return value;
  }
}

const NOTHING: unique symbol = Symbol("nothing");

/** What stands in `error` besides the cancel in front; null where `error` is something else. */
function besidesCancel(error: unknown, cancel: unknown): unknown[] | null {
  if (cancel === null) return null;
  if (error === cancel) return [];
  return error instanceof AggregateError && error.errors[0] === cancel ? error.errors.slice(1) : null;
}

function deadlinePassed(): GreenletExit {
  return quickExit("the scope's deadline has passed");
}

/** The scope that a greenlet spawned now would live in; throws outside. */
export function currentNursery(what: string): Scope {
  return ((current ?? currentTask(what)).scope as Scope).nursery;
}
