/** A kill at every park. */
import type { Ring, Task } from "../core/mod.ts";
import type { Body } from "../sync/mod.ts";
import { inSimulatedWorld } from "./world/environment.ts";
import { type Choice, KILL, type Policy, type Run, Unmoved } from "./schedules/contract.ts";
import { failure } from "./schedules/failure.ts";
import { needKnown, programOf, type ProgramOptions } from "./schedules/program.ts";
import { replayed } from "./replay.ts";
import { Fifo } from "./schedules/strategies.ts";

/** What a sweep without a failure gives. */
export interface Swept {
  /** How many runs there were: one for each kill. */
  readonly runs: number;
}

/** A moment at which a greenlet can be killed. */
interface Moment {
  readonly at: number;
  readonly victim: number;
}

/** Notes who can be killed where in a FIFO run. */
class Moments implements Policy {
  readonly always: boolean = true;
  readonly all: Moment[] = [];
  private readonly fresh: Set<Task> = new Set();

  begin(): void {}

  note(task: Task): void {
    this.fresh.add(task);
  }

  choose(run: Run, _ready: Ring<Task>): Choice {
    return this.idle(run);
  }

  idle(run: Run): Choice {
    if (this.fresh.size > 0) {
      run.victims().forEach((task, victim) => {
        if (this.fresh.has(task)) this.all.push({ at: run.choices, victim });
      });
      this.fresh.clear();
    }
    return 0;
  }
}

/** FIFO with one kill. */
class OneKill implements Policy {
  readonly always: boolean = true;
  private readonly moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  begin(): void {}

  choose(run: Run): Choice {
    return this.idle(run);
  }

  idle(run: Run): Choice {
    return run.choices === this.moment.at ? KILL - this.moment.victim : 0;
  }
}

/** Tells {@linkcode Moments} of them. */
class Watching extends Unmoved {
  private readonly moments: Moments;

  constructor(moments: Moments) {
    super();
    this.moments = moments;
  }

  override parked(task: Task): void {
    this.moments.note(task);
  }

  /** Spawned, woken, or it gave a turn. */
  override queued(task: Task): void {
    this.moments.note(task);
  }
}

/**
 * Runs `body` once for each moment at which a greenlet of it, main included, can be killed, and kills it there: before it
 * begins, at each park, and after each wake, before it goes on. Whatever is killed, nothing may be left over, nothing may deadlock, no
 * other error may appear.
 *
 * @throws {@linkcode SimulationError} for the first kill that does harm, or when the body fails without any.
 * @example
 * ```ts
 * import { Lock, sleep } from "tendril";
 * import { sweep } from "tendril/testing";
 * import { assertThrows } from "@std/assert";
 *
 * sweep(() => new Lock().withLock(() => sleep(10)));
 * assertThrows(() => sweep(function* () {
 *   const lock = new Lock();
 *   yield* lock.acquire();
 *   yield* sleep(10); // killed here, it never releases
 *   lock.release();
 * }), Error, "left over at the end: a Lock");
 * ```
 */
export function sweep(body: Body<[], unknown>, options: ProgramOptions = {}): Swept {
  needKnown(options, "sweep", []);
  const program = programOf(body, options, "sweep");
  return inSimulatedWorld(() => {
    if (replayed(program, "sweep") !== undefined) return { runs: 1 };
    const whole = program.run(new Fifo());
    if (whole.fault !== null) {
      const { departures, fault } = whole;
      throw failure({ program, title: "sweep, without a kill", departures, fault, isFirst: true });
    }
    const moments = new Moments();
    program.run(moments, new Watching(moments));
    moments.all.forEach((moment, i) => {
      const { departures, fault } = program.run(new OneKill(moment));
      if (fault === null) return;
      throw failure({ program, title: `sweep, kill ${i + 1} of ${moments.all.length}`, departures, fault });
    });
    return { runs: moments.all.length };
  }, sweep);
}
