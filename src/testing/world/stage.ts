/**
 * What simulated devices stand on: a run of `simulate` and the like, or a plain `run` on whatever clock. Whoever makes a
 * device is in a greenlet of it.
 */
import { Alarm, currentTask, type Loop } from "../../core/mod.ts";
import { GreenletTask } from "../../greenlet/mod.ts";
import { type Execution, running } from "../schedules/execution.ts";
import { Dice } from "./faults.ts";
import { Random } from "../schedules/random.ts";
import { setTimer, Turns } from "./turns.ts";

/** Streams of random numbers below this one belong to schedules and to the body. */
const FIRST_STREAM = 16;

/** See the top of the file. */
export interface Stage {
  readonly loop: Loop;
  /** A stream of random numbers of its own; `seed` counts outside of simulations. */
  dice(seed: number | undefined): Dice;
  /** Calls `callback` in a turn of the host's, after so many milliseconds. Gives a way to take that back. */
  after(ms: number, name: string, callback: () => void): () => void;
  /** An error that nobody handles. */
  unhandled(error: unknown, name: string): void;
  /** Throws where this is not the run that goes on now. */
  check(what: string): void;
}

/** The real one, whatever the world looks like. */
const queue = globalThis.queueMicrotask;

const STAGE: object = {};

/** Where the caller stands; throws outside of greenlets. */
export function stageOf(what: string): Stage {
  if (running === null) return new PlainStage(currentTask(what).loop as Loop);
  let stage = running.extras.get(STAGE) as Stage | undefined;
  if (stage === undefined) running.extras.set(STAGE, stage = new SimulatedStage(running));
  return stage;
}

/** Starts a greenlet that belongs to the world and not to the body: nothing waits for it, and no chance kills it. */
export function startApart(stage: Stage, name: string, body: () => unknown): GreenletTask<unknown> {
  const { loop } = stage;
  const greenlet = new GreenletTask<unknown>(loop, loop.root, body, NOTHING, { name, daemon: true });
  loop.enqueue(greenlet);
  return greenlet;
}

const NOTHING: readonly unknown[] = [];

class SimulatedStage implements Stage {
  private readonly run: Execution;
  private streams = FIRST_STREAM;

  constructor(run: Execution) {
    this.run = run;
  }

  get loop(): Loop {
    return this.run.loop;
  }

  dice(): Dice {
    Turns.of(this.run).touch(); // who makes one first gets the first stream
    return new Dice(new Random(this.run.conditions.seed, this.streams++));
  }

  after(ms: number, name: string, callback: () => void): () => void {
    const turns = Turns.of(this.run);
    let wanted = true;
    const due = () => turns.callback(name, () => wanted && callback());
    const take = later(this.loop, ms, due);
    return () => {
      turns.touch();
      wanted = false;
      take();
    };
  }

  unhandled(error: unknown, name: string): void {
    this.run.unhandled(error, name);
  }

  check(what: string): void {
    if (running === this.run) return;
    throw new Error(`${what} was made in another run: make it inside the body, anew for each run`);
  }
}

class PlainStage implements Stage {
  readonly loop: Loop;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  dice(seed: number | undefined): Dice {
    return new Dice(new Random(seed ?? 0, FIRST_STREAM));
  }

  after(ms: number, _name: string, callback: () => void): () => void {
    let wanted = true;
    const take = later(this.loop, ms, () => queue(() => wanted && callback()));
    return () => {
      wanted = false;
      take();
    };
  }

  unhandled(error: unknown, name: string): void {
    this.loop.report(error, { name } as Parameters<Loop["report"]>[1]);
  }

  check(what: string): void {
    if (running !== null) throw new Error(`${what} was made in another run: make it inside the body`);
  }
}

/** Calls `due` after `ms`, at once for 0. It must not run code of the user's: timers fire in the middle of a pass. */
function later(loop: Loop, ms: number, due: () => void): () => void {
  if (!(ms > 0)) {
    due();
    return () => {};
  }
  const alarm = new Alarm(due);
  setTimer(loop, alarm, ms);
  return () => loop.timers.remove(alarm);
}
