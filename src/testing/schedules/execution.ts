/**
 * One run of a body under a policy that makes every choice: who runs next, and whether a greenlet is killed or time
 * passes before that.
 *
 *     pick ──▶ the step before is over: invariants ──▶ the policy decides ──▶ the task runs until it parks ──▶ pick …
 *
 * The choices are the input of a run, and everything else follows from them and from the seed. They are numbered: a step
 * is one resume of one greenlet. A choice is noted where it departs from FIFO; those departures are the whole schedule.
 *
 * Simulations are synchronous: nothing of the host's can come in between, but for `simulateAsync`.
 *
 * Length: the choices, the probe and the outcome of a run share its private state.
 */
import {
  apart,
  childrenOf,
  type Loop,
  type Probe,
  type Ring,
  Scope,
  setProbe,
  type Task,
} from "../../core/mod.ts";
import { GreenletTask } from "../../greenlet/mod.ts";
import { type Body, call } from "../../sync/mod.ts";
import {
  type Choice,
  type Conditions,
  type Departure,
  type Fault,
  KILL,
  PASS_TIME,
  type Policy,
  type Run,
  type Witness,
} from "./contract.ts";
import { Both, ObservedLoop } from "./observed.ts";
import { Oracle, stuckFault } from "./oracle.ts";
import { Random } from "./random.ts";
import { SimulatedClock, SimulatedHost } from "./world.ts";

/** So many steps in which time stands still are a loop of turns that waits for a timer: then time passes anyway. */
const SPIN = 500;

const STOP: unique symbol = Symbol("tendril.stop");

/** The run that is under way; null outside of simulations. */
export let running: Execution | null = null;

/** See the top of the file. */
export class Execution implements Run, Probe {
  readonly host: SimulatedHost;
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly loop: Loop;
  readonly conditions: Conditions;
  readonly random: Random;
  /** Steps so far; while one runs, it counts. */
  steps = 0;
  /** Choices so far, also those between one and itself. */
  choices = 0;
  readonly departures: Departure[] = [];
  fault: Fault | null = null;
  value: unknown = undefined;
  /** The body says which plain state it shares. */
  tracks = false;
  /** It drew random numbers, so another seed may make a difference. */
  drew = false;
  /** Called when nobody can go on, and at the end. */
  atRest: () => void = () => {};
  /** What the environment keeps for this run. */
  get extras(): Map<object, unknown> {
    return this.kept ??= new Map();
  }

  private kept: Map<object, unknown> | null = null;
  private readonly policy: Policy;
  private readonly witness: Witness | null;
  private readonly oracle: Oracle = new Oracle();
  /** Steps since time passed. */
  private sinceTime = 0;
  private inStep = false;
  private done = false;

  constructor(
    policy: Policy,
    conditions: Conditions,
    witness: Witness | null,
    host: SimulatedHost = new SimulatedHost(),
  ) {
    this.host = host;
    this.policy = policy;
    this.conditions = conditions;
    this.witness = witness;
    this.random = new Random(conditions.seed, 1);
    this.loop = new ObservedLoop(witness, {
      clock: this.clock,
      host: this.host,
      grace: conditions.grace,
      onError: (error, task) => this.unhandled(error, task.name),
      lastResort: (error) => this.oracle.report(error, "a hook"),
    });
    this.loop.picker = this;
    if (witness !== null) this.loop.hooks = witness;
  }

  /** Runs `body` to its end or its first fault. */
  run(body: Body<[], unknown>): this {
    const leave = this.enter();
    try {
      apart(() => {
        this.launch(body);
        this.host.pump();
        this.conclude();
      });
    } finally {
      leave();
    }
    return this;
  }

  /** From here on it is the run that goes on; gives the way back. */
  enter(): () => void {
    const outer = running;
    const probe = setProbe(this.witness === null ? this : new Both(this, this.witness));
    running = this;
    return () => {
      setProbe(probe);
      running = outer;
    };
  }

  launch(body: Body<[], unknown>): void {
    const { loop } = this;
    const scope = new Scope(loop.grace);
    const todo = call(body);
    const main = new GreenletTask<unknown>(loop, loop.root, scope.run.bind(scope, todo), NOTHING, MAIN);
    this.policy.begin(this);
    loop.start(main, scope, () => this.ended(main), (error) => this.crashed(error));
  }

  get isOver(): boolean {
    return this.done || this.fault !== null;
  }

  /** It has ended, or nothing comes any more. */
  conclude(): void {
    if (!this.isOver) this.stuck();
    this.host.clear();
    this.loop.abandon();
  }

  private ended(main: GreenletTask<unknown>): void {
    this.done = true;
    if (this.inStep && !this.endStep()) return;
    this.atRest();
    const { oracle } = this;
    this.fault = main.failing ? oracle.blame(main.inbox) : oracle.unhandled() ?? oracle.unmet();
    if (this.fault === null && this.conditions.leaks) this.fault = oracle.leak();
    if (this.fault === null) this.value = main.inbox;
  }

  private crashed(error: unknown): void {
    this.done = true;
    if (error !== STOP) throw error; // a defect of ours
  }

  /** Nobody can go on, and no time is left to pass. */
  private stuck(): void {
    if (this.inStep && !this.endStep()) return;
    this.atRest();
    const { loop } = this;
    this.fault = this.oracle.unhandled(); // what failed there may be what is waited for here
    if (this.fault !== null || (loop.outstanding === 0 && !this.conditions.deadlocks)) return;
    this.fault = stuckFault(loop);
  }

  // ---- choices

  /** Part of the loop's contract. */
  pick(ready: Ring<Task>): Task {
    if (this.inStep && !this.endStep()) throw STOP;
    if (++this.steps > this.conditions.maxSteps) {
      const error = new Error(
        `no end after ${this.conditions.maxSteps} steps: a loop that waits for what never comes, or raise maxSteps`,
      );
      this.stop({ kind: "endless", error });
    }
    if (++this.sinceTime > SPIN && this.loop.timers.refs > 0) this.interfere(PASS_TIME);
    let choice = 0;
    if (this.policy.always || ready.size > 1) {
      for (;;) {
        choice = this.policy.choose(this, ready);
        if (choice !== 0) this.departures.push({ at: this.choices, choice });
        if (choice >= 0) break;
        this.choices++;
        this.interfere(choice);
      }
    }
    this.choices++;
    const task = ready.take(choice) as Task;
    this.inStep = true;
    if (this.witness !== null) this.witness.stepBegins(this, task);
    return task;
  }

  private interfere(choice: Choice): void {
    if (choice === PASS_TIME) {
      this.sinceTime = 0;
      this.witness?.idle();
      this.witness?.noted?.("time passes early");
      this.clock.passTo(this.loop.timers.next);
      this.loop.look();
    } else {
      const victim = this.victims()[KILL - choice];
      if (victim === undefined) return;
      this.witness?.noted?.(`${victim.name} is killed`);
      victim.kill();
    }
  }

  /** Who may be killed from outside: main, and all below it. */
  victims(): GreenletTask<unknown>[] {
    const all: GreenletTask<unknown>[] = [];
    const visit = (task: Task): void => {
      if (task instanceof GreenletTask) all.push(task);
      childrenOf(task).forEach(visit);
    };
    // Not those beside main: servers, workers and the like belong to the world.
    if (this.loop.main !== null && !this.loop.main.isDone) visit(this.loop.main);
    return all;
  }

  /** Ends the run here and now. */
  stop(fault: Fault | null): never {
    this.fault = fault;
    throw STOP;
  }

  /** An error that nobody handled: of a greenlet, in a timer's callback, of a promise. */
  unhandled(error: unknown, name: string): void {
    if (this.conditions.onError === undefined) this.oracle.report(error, name);
    else this.conditions.onError(error, name);
  }

  /** Errors besides the fault that nobody asked for. */
  alsoReported(): unknown[] {
    return this.oracle.besides(this.fault?.error);
  }

  demand(kind: "always" | "eventually", condition: () => boolean, name: string): void {
    this.oracle.demand(kind, condition, name);
  }

  /** The step is over; false: something that must hold does not. */
  private endStep(): boolean {
    this.inStep = false;
    const ready = this.loop.ready.size;
    this.fault ??= this.oracle.broken();
    if (this.loop.ready.size !== ready) this.fault ??= this.oracle.meddled();
    if (this.witness !== null) this.witness.stepEnds(this);
    return this.fault === null;
  }

  // ---- part of the probe's contract

  touched(): void {}
  born(): void {}
  stirred(): void {}
  timed(): void {}

  /** Nobody can go on: the last moment for a kill before time passes. */
  idle(): void {
    if (this.inStep && !this.endStep()) throw STOP;
    this.atRest();
    if (this.policy.idle !== undefined) {
      for (let choice = this.policy.idle(this); choice !== 0; choice = this.policy.idle(this)) {
        this.departures.push({ at: this.choices++, choice });
        this.interfere(choice);
        if (this.loop.ready.size > 0) return;
      }
    }
    this.choices++;
    this.sinceTime = 0;
    this.witness?.idle();
  }

  made(left: () => string | undefined): void {
    this.oracle.made(left);
  }
}

const NOTHING: readonly unknown[] = [];
const MAIN = { name: "main" };
