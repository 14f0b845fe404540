/** A body that is run again and again. */
import { show } from "../core/mod.ts";
import { type Body, needBody } from "../sync/mod.ts";
import { type Conditions, DEFAULT_CONDITIONS, type Fault, type Policy, type Witness } from "./contract.ts";
import { Execution } from "./execution.ts";

/** Options that all of `simulate`, `explore`, `sweep` and `replay` have. */
export interface ProgramOptions {
  /** A run with more steps fails: it does not end. Default 10,000. */
  maxSteps?: number;
  /** Fail when a lock, a permit, an item or a `Timeout` is left over at the end. Default true. */
  leaks?: boolean;
  /**
   * Fail when nobody can go on. Default true. With false such a run counts as over: for programs in which a greenlet that
   * is killed from outside may leave others waiting for it.
   */
  deadlocks?: boolean;
  /** Told of each error that nobody had asked for when its greenlet, named `name`, died. Default: it is a failure. */
  onError?: (error: unknown, name: string) => void;
  /** Milliseconds from a kill to its hard phase, in simulated time. Default 5,000. */
  grace?: number;
}

/** A whole number of at least `least`; throws otherwise. */
export function whole(value: unknown, what: string, least: number, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && (value === Infinity || Number.isSafeInteger(value)) && value >= least) {
    return value;
  }
  throw new RangeError(`${what} must be a whole number of at least ${least}, not ${show(value)}`);
}

/** See the top of the file. */
export class Program {
  readonly body: Body<[], unknown>;
  readonly conditions: Conditions;

  constructor(body: Body<[], unknown>, options: ProgramOptions | undefined, what: string, seed: number = 0) {
    needBody(body, what);
    this.body = body;
    this.conditions = {
      seed,
      maxSteps: whole(options?.maxSteps, `${what}'s maxSteps`, 1, DEFAULT_CONDITIONS.maxSteps),
      leaks: options?.leaks ?? DEFAULT_CONDITIONS.leaks,
      onError: options?.onError,
      deadlocks: options?.deadlocks ?? DEFAULT_CONDITIONS.deadlocks,
      grace: options?.grace ?? DEFAULT_CONDITIONS.grace,
    };
  }

  /** The same with another seed. */
  seeded(seed: number): Program {
    return new Program(this.body, this.conditions, "a simulation", seed);
  }

  run(policy: Policy, witness: Witness | null = null): Execution {
    return new Execution(policy, this.conditions, witness).run(this.body);
  }
}

/** Whether two faults are the same defect, as far as can be told. */
export function isSame(a: Fault | null, b: Fault | null): boolean {
  if (a === null || b === null || a.kind !== b.kind) return false;
  return nameOf(a.error) === nameOf(b.error);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
