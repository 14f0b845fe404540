/**
 * The event loop of a simulated run: reactions of promises, and callbacks of timers, messages and the like.
 *
 * It is one more actor of the schedule, which takes a step whenever the policy says so. In one step it does what a
 * runtime does in one turn: a single callback, and then all reactions of promises until there are none. So callbacks keep
 * the order among each other that every runtime guarantees, and come in between any two steps of greenlets, as they do in
 * production where a slice may end after any step.
 *
 *     greenlet: settles a promise ──▶ jobs ─────┐
 *     timer fires ──▶ callbacks ────────────────┴──▶ a step of the event loop: its reactions wake who waits
 */
import { Lasting, type Loop, outside, runLater, type Scope, type Timer, writes } from "../../core/mod.ts";
import type { Execution } from "../schedules/execution.ts";

/** A rejected promise, as far as it matters whether anybody has looked. */
export interface Rejected {
  readonly isHandled: boolean;
  readonly reason: unknown;
}

/** What one turn calls. */
interface Callback {
  readonly name: string;
  readonly run: () => void;
}

/** Stands for the queues of whatever run there is: the name of a subject must be the same in all of them. */
const QUEUES: Lasting = new Lasting();

/** See the top of the file. */
export class Turns {
  private readonly run: Execution;
  private readonly jobs: (() => void)[] = [];
  private readonly callbacks: Callback[] = [];
  private rejected: Rejected[] = [];
  /** A step is to come. */
  private queued = false;
  private inside = false;

  private constructor(run: Execution) {
    this.run = run;
    run.atRest = () => this.lookForUnhandled();
  }

  /** That of a run. */
  static of(run: Execution): Turns {
    let turns = run.extras.get(QUEUES) as Turns | undefined;
    if (turns === undefined) run.extras.set(QUEUES, turns = new Turns(run));
    return turns;
  }

  /** Queues a reaction of a promise. */
  job(job: () => void): void {
    writes(QUEUES);
    // After the end of the run nobody takes steps any more: links of its main greenlet.
    if (this.run.loop.isOver) return this.run.host.microtask(() => this.call("a promise", job));
    this.jobs.push(job);
    this.rouse();
  }

  /** Queues a callback, for a turn of its own. */
  callback(name: string, run: () => void): void {
    writes(QUEUES);
    this.callbacks.push({ name, run });
    this.rouse();
  }

  /** Notes a promise that was rejected while nobody had asked for its value. */
  reject(promise: Rejected): void {
    writes(QUEUES);
    this.rejected.push(promise);
  }

  /** Says that the queues are changed by other means: a timer is taken back. */
  touch(): void {
    writes(QUEUES);
  }

  private rouse(): void {
    if (this.queued || this.inside || this.run.loop.isOver) return;
    this.queued = true;
    const { loop } = this.run;
    runLater(loop, homeOf(loop), "event loop", () => this.step());
  }

  private step(): void {
    writes(QUEUES);
    this.queued = false;
    this.inside = true;
    const next = this.jobs.length === 0 ? this.callbacks.shift() : undefined;
    if (next !== undefined) this.call(next.name, next.run);
    for (let job = this.jobs.shift(); job !== undefined; job = this.jobs.shift()) this.call("a promise", job);
    this.inside = false;
    if (this.callbacks.length > 0) this.rouse();
  }

  private call(name: string, callback: () => void): void {
    try {
      outside(callback); // no greenlet's code: as in production, it cannot spawn
    } catch (error) {
      this.run.unhandled(error, name);
    }
  }

  /** As a runtime does it: when all that was ready has run and no reaction is left. */
  private lookForUnhandled(): void {
    for (const promise of this.rejected) {
      if (!promise.isHandled) this.run.unhandled(promise.reason, "a promise");
    }
    this.rejected = [];
  }
}

/** Sets a timer. From outside of a pass, the loop has to be told of it. */
export function setTimer(loop: Loop, timer: Timer, ms: number): void {
  loop.timers.add(timer, loop.now() + ms);
  if (loop.isIdle) runLater(loop, loop.root, "a new timer", () => {});
}

/** The run does not end before a step of its event loop that is to come. */
function homeOf(loop: Loop): Scope {
  const { mainScope } = loop;
  return mainScope !== null && mainScope.status === "open" ? mainScope : loop.root;
}
