/**
 * A task: a generator that is resumed until it parks, and its outcome.
 *
 * The life of a wait: an operation that cannot go on calls `park` and yields `PARKED` up to `resume`, which leaves.
 * Whoever has what it waits for calls `wake`, which only queues the task: from then on the operation has happened.
 * `resume` hands the value to the generator, and so to the operation, which returns it.
 *
 * A kill enters at one place, `deliver`: only a task that is parked is interrupted, and its wait is withdrawn in the
 * same breath, so an operation has happened or it has not, never both (S-15). For one that is woken already, the
 * interrupt stays pending until it parks again.
 *
 * `call` pushes a frame onto the task's own stack. Native `yield*` re-enters every delegating frame on each
 * resume; with a stack of our own only the top frame is resumed, so depth costs nothing and cannot overflow.
 *
 * Length: contract, waits, interrupts and frames are one object on the hot path and share its private state.
 */
import { binder, type Bound } from "./binder.ts";
import { show } from "./errors.ts";
import { HARD, type Interrupt, PENDING, THROWN, WHOLE_TASK } from "./interrupt.ts";
import type { Linked } from "./list.ts";
import { moment } from "./moment.ts";
import { COMMUTES, probe, WRITES } from "./probe.ts";
import { Alarm, type Timers } from "./timers.ts";

/** A generator, or an operation that is its own iterator. */
export interface Frame {
  next(value?: unknown): IteratorResult<unknown, unknown>;
  throw(error: unknown): IteratorResult<unknown, unknown>;
}

const PARK: unique symbol = Symbol("tendril.park");
const CALL: unique symbol = Symbol("tendril.call");
/** What an operation's `next` gives when its task has parked. One object for all: a switch allocates nothing. */
export const PARKED: IteratorYieldResult<unknown> = { done: false, value: PARK };
/** What an operation's `next` gives when it has pushed a frame. */
export const CALLED: IteratorYieldResult<unknown> = { done: false, value: CALL };

/** In {@linkcode Task}'s bits: the status, and whether it fails. Those from 16 up belong to its handle. */
const STATUS = 7, FAILING = 8;

/** What an operation is resumed with that has only given a turn. */
export const HAD_TURN: unique symbol = Symbol("tendril.turn");

export const NEW = 0, READY = 1, RUNNING = 2, WAITING = 3, DONE = 4;

/** What a parked task waits in. */
export interface Waiting {
  /** Withdraws the wait: the operation did not happen. Called once, on a task that is parked in it. */
  abandon(): void;
  /** A firm wait is not interrupted: whoever ends it is certain to come. */
  readonly firm: boolean;
  /** For dumps and deadlock reports: `Queue.get on jobs`. */
  describe(): string;
  /** The task that this wait depends on, where there is one: a lock's owner, a joined task. */
  blocker(): Task | null;
}

/** A part of a task's body that ends on its own terms; see `scope.ts`. */
export interface Level {
  readonly parent: Level | null;
  readonly owner: Task | null;
  readonly depth: number;
  /** When it was entered. */
  readonly since: number;
  readonly shielded: boolean;
  /** Its body is told to leave: so are the greenlets that it waits for. */
  killWorkers(reason: unknown): void;
}

/** Something that a task's end concerns. */
export interface TaskWatcher {
  taskEnded(task: Task): void;
}

/** What a task needs of its loop. */
export interface Scheduler {
  readonly timers: Timers;
  readonly hooks: Hooks | null;
  /** Milliseconds from a kill to its hard phase, where nobody says otherwise. */
  readonly grace: number;
  /** Switches and ready operations left before somebody must look at the clock. */
  ticks: number;
  /** Looks at the clock: fires what is due, and says whether the host is to have a turn. */
  look(): boolean;
  /** Waits that a promise or an event of the host may still end. */
  outstanding: number;
  /** Waits for other runs of this thread: these may be stuck themselves. */
  awaitedRuns: number;
  now(): number;
  /** Queues a task that is ready to go on. */
  enqueue(task: Task): void;
  /** A task that goes on whatever is thrown at it. */
  stuck(task: Task): void;
  taskEnded(task: Task): void;
  /** An error that nobody has asked for. */
  report(error: unknown, task: Task): void;
  /** The end of `scope` has begun. */
  ending(scope: Level): void;
}

/** Listeners of the scheduler, all optional. They run inside the loop, so they must be quick; one that throws is reported. */
export interface Hooks {
  spawned?(task: Task): void;
  parked?(task: Task, waiting: Waiting): void;
  woken?(task: Task): void;
  switched?(task: Task): void;
  ended?(task: Task): void;
}

/** In `sleep(0)`: queued by its own will, with nothing that a kill could take away from it. */
export const TURN: Waiting = {
  firm: false,
  abandon() {},
  describe: () => "its turn",
  blocker: () => null,
};

/** Stands for the order of all ends, when a {@linkcode probe} asks: whoever compares two ends reads it. */
export const ENDS: object = {};

/** How often a hard interrupt is thrown before the task is given up: more parks than any cleanup has. */
const HARD_LIMIT = 1_000;

/** The task that runs now; null outside. */
export let current: Task | null = null;

let ids = 0, ends = 0;

/** Runs `f` as if no task ran: a callback of the host's that has a turn in the run queue. */
export function outside<T>(f: () => T): T {
  const before = current;
  current = null;
  try {
    return f();
  } finally {
    current = before;
  }
}

/**
 * Runs `f` apart from what runs here, as if nothing did, and with tasks that are numbered from 1: a simulation in the
 * middle of a greenlet.
 */
export function apart<T>(f: () => T): T {
  const before = { current, ids, ends };
  current = null;
  ids = ends = 0;
  try {
    return f();
  } finally {
    ({ current, ids, ends } = before);
  }
}

/** See the top of the file. */
export abstract class Task implements Linked<Task> {
  readonly id: number = ++ids;
  readonly loop: Scheduler;
  /** The frame that is resumed next, and those that wait for it. */
  frame: Frame | null = null;
  frames: Frame[] | null = null;
  /** What the next resume hands in; after the end, the result. */
  inbox: unknown = undefined;
  /** Status and flags, in one word: a million tasks are held at once. */
  protected bits: number = NEW;
  waiting: Waiting | null = null;
  /** The innermost scope around what runs. */
  scope: Level;
  /** Those not yet through, outermost first. */
  interrupts: Interrupt[] | null = null;
  /** Who must hear of the end besides joiners: locks that it holds. */
  watchers: TaskWatcher | Set<TaskWatcher> | null = null;
  /** What somebody who attends to switches knows of it; see `binder.ts`. */
  binding: Bound | null = null;
  /** Counts the ends of all tasks: who ended first. */
  endSeq = 0;
  /** Its place among the children of its scope. */
  before: Task | null = null;
  after: Task | null = null;

  constructor(loop: Scheduler, scope: Level) {
    this.loop = loop;
    this.scope = scope;
  }

  /** Makes the first frame, or null when the body has ended already (its result is then in `inbox`). */
  protected abstract begin(): Frame | null;
  /** A value that still has to be waited for becomes one more frame. */
  protected abstract rest(value: unknown): Frame | null;
  /** A bare `yield value`: the frame that waits for it; throws for what cannot be waited for. */
  protected abstract yielded(value: unknown): Frame;
  /** It is killed, for this reason: said at the call, before anything is thrown. */
  protected abstract told(reason: unknown): void;
  /** Makes the outcome final, before anybody hears of the end. */
  protected abstract settleOutcome(): void;
  /** Tells its scope, which may kill others for it before anybody makes use of what is free now. */
  protected abstract ended(): void;
  /** Wakes those who wait for the end. */
  protected abstract announce(): void;
  abstract readonly name: string;

  get status(): number {
    return this.bits & STATUS;
  }

  set status(status: number) {
    this.bits = (this.bits & ~STATUS) | status;
  }

  get isDone(): boolean {
    return this.status === DONE;
  }

  /** Whether `inbox` is an error. */
  get failing(): boolean {
    return (this.bits & FAILING) !== 0;
  }

  set failing(on: boolean) {
    this.bits = on ? this.bits | FAILING : this.bits & ~FAILING;
  }

  // ---- park and wake

  park(waiting: Waiting): void {
    this.waiting = waiting;
    this.status = WAITING;
    const hooks = this.loop.hooks;
    if (hooks !== null) hooks.parked?.(this, waiting);
    if (this.interrupts !== null) this.deliver();
  }

  /** Goes to the end of the run queue; `value` is what the operation gives. */
  wake(value: unknown): void {
    this.waiting = null;
    this.inbox = value;
    this.status = READY;
    const hooks = this.loop.hooks;
    if (hooks !== null) hooks.woken?.(this);
    this.loop.enqueue(this);
  }

  /** The same, but the operation throws. */
  fail(error: unknown): void {
    this.failing = true;
    this.wake(error);
  }

  /** One turn for the others; the operation gets `HAD_TURN` back. */
  giveTurn(): void {
    this.inbox = HAD_TURN;
    this.waiting = TURN;
    this.status = READY;
    this.loop.enqueue(this);
    if (this.interrupts !== null) this.deliver();
  }

  /** Counts an operation; where the slice is over, gives a turn and says so. */
  turnIsDue(): boolean {
    const { loop } = this;
    if (--loop.ticks > 0 || !loop.look()) return false;
    this.giveTurn();
    return true;
  }

  /** False: it watches already. */
  watch(watcher: TaskWatcher): boolean {
    const all = this.watchers;
    if (all === null) this.watchers = watcher; // one is the rule, and needs no set
    else if (all === watcher || (all instanceof Set && all.has(watcher))) return false;
    else if (all instanceof Set) all.add(watcher);
    else this.watchers = new Set([all, watcher]);
    return true;
  }

  unwatch(watcher: TaskWatcher): void {
    const all = this.watchers;
    if (all === watcher) this.watchers = null;
    else if (all instanceof Set) all.delete(watcher);
  }

  /** Puts `frame` on top of the one that runs. */
  push(frame: Frame): void {
    if (this.frames === null) this.frames = [this.frame as Frame];
    else this.frames.push(this.frame as Frame);
    this.frame = frame;
  }

  // ---- interrupts

  /** Ends the whole task: at once if it never began (S-9), else at its park. The first reason wins, and the least grace. */
  terminate(interrupt: Interrupt): void {
    const earlier = this.interrupts?.find((i) => i.depth === WHOLE_TASK);
    if (probe !== null) probe.stirred(this);
    if (earlier !== undefined) return this.shorten(earlier, interrupt.grace);
    if (this.status !== NEW) return this.interrupt(interrupt);
    (this.interrupts ??= []).push(interrupt);
    this.told(interrupt.error);
    this.finish(interrupt.error, true);
  }

  interrupt(interrupt: Interrupt): void {
    if (probe !== null) probe.stirred(this);
    if (this.status === DONE) return;
    const all = this.interrupts ??= [];
    if (all.includes(interrupt)) return;
    let at = all.length;
    while (at > 0 && interrupt.isOutside(all[at - 1])) at--;
    all.splice(at, 0, interrupt);
    if (interrupt.depth === WHOLE_TASK) this.told(interrupt.error);
    this.deliver();
  }

  /** Brings the hard phase of an interrupt forward, never back. */
  private shorten(interrupt: Interrupt, grace: number): void {
    if (grace >= interrupt.grace || this.status === DONE) return;
    interrupt.grace = grace;
    if (interrupt.timer !== null) this.loop.timers.remove(interrupt.timer);
    interrupt.timer = null;
    this.deliver(); // starts the shorter one
  }

  /** The grace of all that was thrown into it is over. */
  harden(): void {
    for (const i of this.interrupts ?? []) {
      if (i.phase === THROWN) i.phase = HARD;
    }
    this.deliver();
  }

  /** Its block is over. */
  release(interrupt: Interrupt): void {
    if (interrupt.timer !== null) this.loop.timers.remove(interrupt.timer);
    interrupt.timer = null;
    const all = this.interrupts;
    if (all === null) return;
    const at = all.indexOf(interrupt);
    if (at >= 0) all.splice(at, 1);
    if (all.length === 0) this.interrupts = null;
  }

  /** Whether `error`, or the main one among several, is a reason to leave that this task was given. */
  isKilledBy(error: unknown): boolean {
    if (this.interrupts === null) return false;
    return this.interrupts.some((i) => i.error === error && !i.once) ||
      (error instanceof AggregateError && this.isKilledBy(error.errors[0]));
  }

  /** A reason to leave was thrown into it: what it throws itself now comes from its cleanup. */
  get isLeaving(): boolean {
    return this.interrupts !== null && this.interrupts.some((i) => i.phase !== PENDING);
  }

  /** Throws what is due into a task that can be interrupted now. Called again whenever a shield has gone. */
  deliver(): void {
    const parked = this.status === WAITING;
    if (!parked && (this.status !== READY || !this.mayStillChange())) {
      return;
    }
    const due = this.due();
    if (due === null) return this.startGrace();
    const inner = this.inFlight();
    if (inner !== undefined) {
      inner.phase = PENDING; // it was never thrown
      this.release(inner);
    }
    const first = due.phase === PENDING;
    if (first) {
      due.phase = THROWN;
      due.thrownAt = moment();
    } else if (++due.repeats > HARD_LIMIT) return this.loop.stuck(this);
    const waiting = this.waiting;
    due.inFlight = true;
    this.failing = true;
    this.inbox = due.error;
    this.waiting = null;
    // Decided before anything is withdrawn: that may run code of the user's (an abort listener), which may kill again.
    if (parked) this.status = READY;
    if (binder !== null) binder.interrupted(this, due);
    if (parked) {
      waiting?.abandon();
      this.loop.enqueue(this);
    }
    if (first) this.endInside(due);
  }

  /** Queued, but for its turn only, or with an interrupt that an outer one may still overrule (S-39). */
  private mayStillChange(): boolean {
    return this.waiting === TURN || this.inFlight() !== undefined;
  }

  /** The interrupt that is queued to be thrown. */
  private inFlight(): Interrupt | undefined {
    return this.interrupts?.find((i) => i.inFlight);
  }

  /** It is being thrown. */
  private landed(): void {
    const landed = this.inFlight();
    if (landed === undefined) return;
    landed.inFlight = false;
    if (landed.once) this.release(landed);
  }

  private due(): Interrupt | null {
    const all = this.interrupts, waiting = this.waiting;
    if (all === null || (waiting !== null && waiting.firm)) return null;
    const inner = this.inFlight();
    // The latest throw that is not through: what it ends is being cleaned up.
    let cleaning = -1;
    for (const i of all) {
      if (i.phase === THROWN && i !== inner && i.thrownAt > cleaning) cleaning = i.thrownAt;
    }
    for (const i of all) {
      if (inner !== undefined && !i.isOutside(inner)) return null;
      if ((i.phase === HARD || (i.phase === PENDING && i.since > cleaning)) && !this.isShielded(i)) return i;
    }
    return null;
  }

  /**
   * The greenlets in the scopes that this interrupt ends are told at once, those of the innermost first (S-21). In the scope
   * that was cancelled those are left to be told which were spawned since: after a cancel before its entry, all.
   */
  private endInside(due: Interrupt): void {
    for (
      let s: Level | null = this.scope;
      s !== null && s.owner === this && s.depth >= due.depth;
      s = s.parent
    ) {
      s.killWorkers(due.error);
    }
  }

  /** Whether a shield stands between what runs and the block that the interrupt ends. */
  private isShielded(i: Interrupt): boolean {
    for (
      let s: Level | null = this.scope;
      s !== null && s.owner === this && s.depth > i.depth;
      s = s.parent
    ) {
      if (s.shielded) return true;
    }
    return false;
  }

  /** It was interrupted and parks again, so it cleans up: from here the grace counts, also of one that has to wait for that. */
  private startGrace(): void {
    for (const i of this.interrupts ?? []) {
      if (
        (i.phase === THROWN || (i.phase === PENDING && !this.isShielded(i))) && i.timer === null &&
        i.grace !== Infinity
      ) {
        i.timer = new Alarm(() => {
          i.phase = HARD;
          this.deliver();
        });
        this.loop.timers.add(i.timer, this.loop.now() + i.grace);
      }
    }
  }

  // ---- running

  /** Runs until the task parks or ends. */
  resume(): void {
    if (this.status === DONE) return; // killed while queued
    const hooks = this.loop.hooks;
    if (hooks !== null) hooks.switched?.(this);
    current = this;
    let value = this.inbox, failing = this.failing;
    if (this.status === NEW) {
      this.status = RUNNING;
      try {
        this.frame = this.begin();
        value = this.frame === null ? this.inbox : undefined;
      } catch (e) {
        value = e;
        failing = true;
      }
      if (this.frame === null) return this.finish(value, failing);
    }
    this.status = RUNNING;
    this.waiting = null;
    this.inbox = undefined;
    if (failing) {
      this.failing = false;
      if (this.interrupts !== null) this.landed();
    }
    let frame = this.frame as Frame;
    for (;;) {
      try {
        const step = failing ? frame.throw(value) : frame.next(value);
        if (step.done !== true) {
          const what = step.value;
          if (what === PARK) {
            current = null;
            return;
          }
          value = undefined;
          failing = false;
          if (what !== CALL) {
            try {
              this.push(this.yielded(what));
            } catch (e) {
              value = e;
              failing = true;
            }
          }
          frame = this.frame as Frame;
          continue;
        }
        value = step.value;
        failing = false;
      } catch (e) {
        value = e;
        failing = true;
      }
      const below = this.frames;
      if (below !== null && below.length > 0) {
        this.frame = frame = below.pop() as Frame;
        continue;
      }
      if (!failing && typeof value === "object" && value !== null) {
        const rest = this.rest(value);
        if (rest !== null) {
          this.frame = frame = rest;
          value = undefined;
          continue;
        }
      }
      return this.finish(value, failing);
    }
  }

  /** Settles the outcome. Also from outside: a task that is killed before it began, or given up. */
  finish(value: unknown, failing: boolean): void {
    this.status = DONE;
    this.endSeq = ++ends;
    if (probe !== null) {
      probe.stirred(this);
      probe.touched(this, WRITES);
      probe.touched(ENDS, COMMUTES);
    }
    this.inbox = value;
    this.failing = failing;
    this.frame = this.frames = this.waiting = null;
    if (this.interrupts !== null) {
      for (const i of this.interrupts) {
        if (i.timer !== null) this.loop.timers.remove(i.timer);
      }
    }
    const hooks = this.loop.hooks;
    if (hooks !== null) hooks.ended?.(this);
    if (binder !== null) binder.ended(this);
    this.settleOutcome();
    this.ended();
    const { watchers } = this;
    if (watchers instanceof Set) { for (const watcher of watchers) watcher.taskEnded(this); }
    else if (watchers !== null) watchers.taskEnded(this);
    this.announce();
    this.loop.taskEnded(this);
    if (current === this) current = null;
  }
}

/** The task that runs now; throws outside, naming what was called. */
export function currentTask(what: string): Task {
  if (current === null) {
    throw new Error(
      `${what} needs a running greenlet: call it inside run(function* () { … }) or a spawned greenlet` +
        ` (in an async function: before its first await)`,
    );
  }
  return current;
}

/** The error for a bare `yield` of something that cannot be waited for. */
export function notYieldable(value: unknown): TypeError {
  return new TypeError(
    `yield needs a promise or a generator, not ${
      show(value)
    }: use yield* for an operation, as in yield* sleep(10)`,
  );
}
