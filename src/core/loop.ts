/**
 * The loop of one `run`: a queue of tasks that are ready, a heap of timers, and the host's event loop underneath.
 *
 * It works in passes. A pass begins in a turn of the host (a microtask after a wake from outside, the clock's alarm,
 * or a macrotask) and resumes what is ready until nothing is, or until the slice is over. The slice is counted from
 * the last macrotask, so that a chain of microtasks cannot starve I/O; when it is over the loop lets the host have one
 * macrotask (S-45). How often the clock is read follows from how long the switches take: reading costs as much as
 * a switch, so quick switches are counted in strides, slow ones looked at one by one.
 *
 * Nothing ready, no timer, nothing outstanding at the host: a deadlock, if neither another run of this thread nor, as
 * far as it can tell, the host could still wake anybody here.
 *
 * Length: passes, the end and the deadlock of a loop are three views of one state.
 */
import { binder } from "./binder.ts";
import type { AlarmClient, Clock } from "./clock.ts";
import { DeadlockError, quickExit, show } from "./errors.ts";
import { Interrupt, WHOLE_TASK } from "./interrupt.ts";
import { deadlockReport } from "./deadlock.ts";
import { guarded, Reporter } from "./report.ts";
import { Waiter } from "./line.ts";
import { List } from "./list.ts";
import { probe } from "./probe.ts";
import { Ring } from "./ring.ts";
import { Scope } from "./scope.ts";
import type { Settled } from "./settled.ts";
import { type Hooks, type Level, type Scheduler, type Task, WAITING } from "./task.ts";
import { Alarm, Timers } from "./timers.ts";
import { watch } from "./watch.ts";
import { childrenOf, withDescendants } from "./tree.ts";

/** What the loop needs of the runtime. */
export interface Host {
  /** Real milliseconds, for slices. */
  now(): number;
  /** Calls back before the host does anything else. */
  microtask(callback: () => void): void;
  /** Calls back after the host had a turn: timers, I/O, promises. Keeps the program alive until then. */
  macrotask(callback: () => void): void;
  /** What there is now that could call back, for `whenQuiet`. */
  pending(): unknown;
  /**
   * Calls back, perhaps at once, when nothing but what was `pending` before could call back, and that, if `patient`, has
   * had a moment to do so. Gives a way to take that back.
   */
  whenQuiet(before: unknown, patient: boolean, callback: () => void): () => void;
}

/** Says which of the tasks that are ready runs next. */
export type Chooser = (ready: readonly Task[]) => number;

/** The same for one who takes it out of the queue himself, and is asked also where there is only one. */
export interface Picker {
  pick(ready: Ring<Task>): Task;
}

/** What a loop is made of. */
export interface LoopOptions {
  clock: Clock;
  host: Host;
  /** Milliseconds from a kill to its hard phase. Default 5,000. */
  grace?: number;
  /** Milliseconds before the host gets a turn. Default 10. */
  sliceMs?: number;
  hooks?: Hooks | null;
  chooser?: Chooser | null;
  /** Told of every error that nobody has asked for when it happens. It may throw. */
  onError(error: unknown, task: Task): unknown;
  /** Told where `onError` itself throws. It must not throw. */
  lastResort(error: unknown): void;
}

export const DEFAULT_GRACE = 5_000;
export const DEFAULT_SLICE = 10;
/**
 * Switches between two looks at the clock. Reading it costs about as much as one or two switches (`bench/costs/switch.ts`),
 * and when quick switches turn into slow ones, so many of them pass before anybody notices.
 */
const MAX_STRIDE = 16;
/** Milliseconds: a stride that took longer is too long, look after each switch again. */
const SLOW_STRIDE = 1;
/** A clock that stands still cuts slices by looks instead, so that a simulation is the same each time. */
const LOOKS_PER_SLICE = 2_000;
/** So many slices in which nobody is ever parked are a spin, not a crowd: time passes, or it would stand still for ever. */
const SLICES_PER_SPIN = 30;

/** The loops that could still wake somebody in another one. */
const active = new Set<Loop>();

/** The runs of this thread that have not ended. */
export function activeLoops(): Loop[] {
  return [...active];
}

/** See the top of the file. */
export class Loop implements Scheduler, AlarmClient {
  readonly ready: Ring<Task> = new Ring();
  readonly timers: Timers = new Timers();
  /** Those who wait until everybody else is parked. */
  readonly settlers: List<Settled> = new List();
  readonly root: Scope = new Scope();
  readonly clock: Clock;
  readonly grace: number;
  hooks: Hooks | null;
  picker: Picker | null;
  ticks = 0;
  outstanding = 0;
  awaitedRuns = 0;
  /** Greenlets that were killed and returned as if nothing had happened. */
  swallowed = 0;
  main: Task | null = null;
  /** The scope of the main body. */
  mainScope: Scope | null = null;
  private readonly host: Host;
  private readonly sliceMs: number;
  readonly reporter: Reporter;
  private over = false;
  private awake = false;
  /** Nothing can happen here any more unless another loop does it. */
  private quiet = false;
  private deadlocked = false;
  /** What the host had before the first pass: none of the run's business. */
  private pendingBefore: unknown = undefined;
  private stopWatching: () => void = () => {};
  /** The host had a macrotask since anything ran. */
  private flushed = false;
  private stride = 1;
  private looked = 0;
  private looks = 0;
  private spun = 0;
  private sliceStart = 0;
  private alarmAt = Infinity;
  private alarmRef = false;
  private endTimer: Alarm | null = null;
  private graceIsOver = false;
  private whenDone: () => void = () => {};
  private whenCrashed: (error: unknown) => void = () => {};
  private readonly inMicrotask: () => void = () => this.pass();
  private readonly inMacrotask: () => void = () => this.turn();

  constructor(options: LoopOptions) {
    this.clock = options.clock;
    this.host = options.host;
    this.grace = options.grace ?? DEFAULT_GRACE;
    this.sliceMs = options.sliceMs ?? DEFAULT_SLICE;
    this.reporter = new Reporter(options.onError, options.lastResort);
    this.hooks = options.hooks ? guarded(options.hooks, options.lastResort) : null;
    this.picker = options.chooser ? new Choosing(options.chooser) : null;
    this.root.status = "open";
  }

  /** Begins; `main` runs first. `done` is called in the pass in which it ends, `crashed` if the loop itself cannot go on. */
  start(main: Task, mainScope: Scope, done: () => void, crashed: (error: unknown) => void): void {
    this.main = main;
    this.mainScope = mainScope;
    this.whenDone = done;
    this.whenCrashed = crashed;
    this.sliceStart = this.looked = this.host.now();
    active.add(this);
    this.clock.attach?.(this);
    this.enqueue(main);
  }

  now(): number {
    return this.clock.now();
  }

  enqueue(task: Task): void {
    this.ready.push(task);
    if (!this.awake) this.rouse();
  }

  get isIdle(): boolean {
    return !this.awake;
  }

  /** A wake from outside of any pass. */
  private rouse(): void {
    this.awake = true;
    this.quiet = false;
    this.flushed = false;
    this.stopWatching();
    this.host.microtask(this.inMicrotask);
  }

  /** The clock's alarm. */
  ring(): void {
    this.alarmAt = Infinity;
    if (!this.awake) this.turn();
  }

  /** A pass in a macrotask of the host: a new slice. */
  private turn(): void {
    this.sliceStart = this.looked = this.host.now();
    this.looks = 0;
    this.pass();
  }

  private pass(): void {
    if (this.over) return;
    try {
      this.work();
    } catch (error) {
      // Not an error of a greenlet's: a clock or a chooser that throws, or a defect of ours. It must be loud.
      this.close();
      this.whenCrashed(error);
    } finally {
      if (watch !== null) watch.ends();
    }
  }

  private work(): void {
    this.awake = true;
    this.pendingBefore ??= this.host.pending();
    if (this.look()) return this.letHost();
    const ready = this.ready;
    for (;;) {
      if (ready.size > 0) this.flushed = false;
      while (ready.size > 0) {
        const task = this.picker === null ? ready.shift() as Task : this.picker.pick(ready);
        if (watch !== null) watch.begins(task);
        if (binder === null) task.resume();
        else binder.resume(task);
        if (--this.ticks <= 0 && this.look()) return this.over ? undefined : this.letHost();
      }
      if (this.over || !this.idle()) return;
    }
  }

  /** Fires what is due; gives whether the slice is over. */
  look(): boolean {
    const now = this.clock.now();
    if (this.timers.next <= now) this.timers.fire(now);
    let over: boolean;
    if (this.clock.advance === undefined) {
      if (now - this.looked > SLOW_STRIDE) this.stride = 1;
      else if (this.stride < MAX_STRIDE) this.stride *= 2;
      this.looked = now;
      over = now - this.sliceStart >= this.sliceMs;
    } else {
      this.stride = MAX_STRIDE;
      over = ++this.looks >= LOOKS_PER_SLICE;
      if (over && ++this.spun >= SLICES_PER_SPIN && this.timers.size > 0) {
        this.spun = 0;
        this.clock.advance(this, this.timers.next);
      }
    }
    this.ticks = over ? 0 : this.stride;
    return over;
  }

  /** The slice is over: the host first, then on. */
  private letHost(): void {
    this.host.macrotask(this.inMacrotask);
  }

  /** Nothing is ready. Gives whether something is now. */
  private idle(): boolean {
    while (this.graceIsOver && !this.over && this.ready.size === 0) {
      if (!this.giveUp()) break;
    }
    if (this.over || this.ready.size > 0) return !this.over;
    const next = this.timers.next;
    const jump = this.clock.advance !== undefined && this.timers.refs > 0;
    if (this.settlers.size > 0 || jump) {
      if (this.outstanding > 0 && !this.flushed) {
        // Promises get the chance to settle first: only then is everybody parked.
        this.flushed = true;
        this.letHost();
        return false;
      }
      if (probe !== null) {
        probe.idle();
        if (this.ready.size > 0) return true; // a kill came just in time
      }
      if (this.settlers.size > 0) {
        for (const s of this.settlers.toArray()) s.wake(undefined);
        return true;
      }
      if (this.clock.advance?.(this, next) === true) {
        this.flushed = false;
        this.spun = 0;
        this.look();
        return true;
      }
    }
    this.awake = false;
    this.setAlarm(next);
    if (this.timers.refs === 0 && this.outstanding === 0) {
      this.host.macrotask(() => this.suspectDeadlock());
    }
    return false;
  }

  private setAlarm(next: number): void {
    const ref = this.timers.refs > 0;
    if (next >= this.alarmAt && ref === this.alarmRef && this.alarmAt !== Infinity) return; // it rings early: no harm
    if (next === this.alarmAt && ref === this.alarmRef) return;
    this.alarmAt = next;
    this.alarmRef = ref;
    this.clock.alarm(this, next, ref);
  }

  // ---- the end

  /** Called by a task as it ends. */
  taskEnded(task: Task): void {
    if (task !== this.main) return;
    this.close();
    this.whenDone();
    checkDeadlock();
  }

  /** Ends it as it stands: what is parked stays so for ever, and is collected. */
  abandon(): void {
    if (!this.over) this.close();
  }

  private close(): void {
    this.over = true;
    this.stopWatching();
    this.awake = true; // nothing rouses it any more
    active.delete(this);
    this.timers.clear();
    this.clock.alarm(this, Infinity, false);
    this.clock.detach?.(this);
  }

  /** Its main greenlet has ended. */
  get isOver(): boolean {
    return this.over;
  }

  report(error: unknown, task: Task): void {
    this.reporter.report(error, task);
  }

  /** The end of `scope` has begun: if it is that of the whole run, it takes no longer than the grace (S-22). */
  ending(scope: Level): void {
    if (scope === this.mainScope || scope === this.root) this.limitEnd(this.grace);
  }

  limitEnd(grace: number): void {
    if (this.graceIsOver || grace === Infinity) return;
    if (this.endTimer !== null) {
      if (this.endTimer.deadline <= this.now() + grace) return;
      this.timers.remove(this.endTimer);
    }
    this.endTimer = new Alarm(() => this.endGrace());
    this.timers.add(this.endTimer, this.now() + grace);
  }

  /** From here on, whoever has been told to leave is told so at every park, and is given up when that does not help. */
  private endGrace(): void {
    this.graceIsOver = true;
    for (const task of this.tasks()) this.hurry(task);
  }

  /** Whoever was not told to leave is told now: nobody is left who would wait for him. Main ends by itself. */
  private hurry(task: Task): void {
    if (task.interrupts !== null) task.harden();
    else if (task !== this.main) {
      task.terminate(new Interrupt(quickExit("the run has ended"), WHOLE_TASK, 0, 0));
    }
  }

  /** Gives up the innermost of those who still wait; their scopes then end in order. False: nobody was left to give up. */
  private giveUp(): boolean {
    const innermost = this.tasks().filter((task) => childrenOf(task).length === 0);
    const left = innermost.filter((task) => task.interrupts !== null || task !== this.main);
    for (const task of left) {
      if (task.interrupts !== null) this.stuck(task);
      else this.hurry(task);
    }
    return left.length > 0;
  }

  stuck(task: Task): void {
    const waiting = task.waiting?.describe() ?? "nothing: it runs on";
    const reason = task.interrupts?.[0]?.error;
    for (const child of childrenOf(task)) this.stuck(child);
    this.report(
      new Error(
        `greenlet ${task.name} was given up: it was told to leave and has not ended within its grace.` +
          ` It waits on ${waiting}. Put a deadline on its cleanup, or on its shield`,
        { cause: reason },
      ),
      task,
    );
    if (task.status === WAITING) task.waiting?.abandon();
    task.finish(reason, true);
  }

  /** All that have not ended, parents before children. */
  tasks(): Task[] {
    return this.root.children.toArray().flatMap(withDescendants);
  }

  // ---- deadlock

  private suspectDeadlock(): void {
    const nothingLeft = () => !this.over && !this.awake && this.timers.refs === 0 && this.outstanding === 0;
    if (!nothingLeft() || this.tasks().some((t) => t.waiting instanceof Waiter && t.waiting.line.foreign)) {
      return;
    }
    this.stopWatching();
    this.stopWatching = this.host.whenQuiet(this.pendingBefore, this.clock.advance === undefined, () => {
      if (!nothingLeft()) return;
      this.quiet = true;
      checkDeadlock();
    });
  }

  get isQuiet(): boolean {
    return this.quiet;
  }

  /** Ends it: the main greenlet gets the report, and the others end with its scope. */
  deadlock(): void {
    this.quiet = false;
    const main = this.main as Task;
    if (this.deadlocked) return this.giveUpAll();
    this.deadlocked = true;
    main.terminate(new Interrupt(new DeadlockError(deadlockReport(this.tasks())), WHOLE_TASK, this.grace, 0));
    if (this.ready.size === 0) this.giveUpAll();
  }

  private giveUpAll(): void {
    this.giveUp();
    if (this.ready.size === 0 && !this.over) this.stuck(this.main as Task);
  }
}

/** A chooser as a picker; it is asked only where there is a choice. */
class Choosing implements Picker {
  private readonly chooser: Chooser;

  constructor(chooser: Chooser) {
    this.chooser = chooser;
  }

  pick(ready: Ring<Task>): Task {
    const n = ready.size;
    if (n === 1) return ready.shift() as Task;
    const at = this.chooser(ready.toArray());
    if (!Number.isInteger(at) || at < 0 || at >= n) {
      throw new RangeError(
        `the chooser must give the index of one of the ${n} tasks that are ready, not ${show(at)}`,
      );
    }
    return ready.take(at) as Task;
  }
}

/** If nobody in this thread can go on, everybody is told. */
function checkDeadlock(): void {
  const all = [...active];
  if (all.length === 0 || !all.every((loop) => loop.isQuiet)) return;
  // Those who only wait for another run get its error.
  const innermost = all.filter((loop) => loop.awaitedRuns === 0);
  for (const loop of innermost.length > 0 ? innermost : all) loop.deadlock();
}
