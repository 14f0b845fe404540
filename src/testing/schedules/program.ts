/** A body that is run again and again. */
import { show } from "../../core/mod.ts";
import { type Body, needBody } from "../../sync/mod.ts";
import { type Conditions, DEFAULT_CONDITIONS, type Fault, type Policy, type Witness } from "./contract.ts";
import { Execution } from "./execution.ts";
import { kindOf as classOf, textOf } from "./thrown.ts";

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

/** The names of {@linkcode ProgramOptions}. */
const OPTIONS: readonly string[] = ["maxSteps", "leaks", "deadlocks", "onError", "grace"];

/** Refuses options that do not exist: a typing error would be without effect, and without a word. */
export function needKnown(options: object | undefined, what: string, more: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    if (options === undefined) return;
    throw new TypeError(`${what}'s options must be an object, not ${show(options)}`);
  }
  const known = [...more, ...OPTIONS];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${what} has no option ${show(unknown)}: it has ${known.join(", ")}`);
}

/** A whole number of at least `least`; `Infinity` only where there may be no limit. Throws otherwise. */
export function whole(
  value: unknown,
  what: string,
  least: number,
  fallback: number,
  unlimited = false,
): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >= least) {
    if (Number.isSafeInteger(value) || (unlimited && value === Infinity)) return value;
  }
  throw new RangeError(`${what} must be a whole number of at least ${least}, not ${show(value)}`);
}

/** A program of what a user gives, checked. @throws `TypeError` and `RangeError`, with the name of what was called. */
export function programOf(
  body: Body<[], unknown>,
  options: ProgramOptions | undefined,
  what: string,
  seed: number = 0,
): Program {
  needBody(body, what);
  if (what !== "simulateAsync" && Object.prototype.toString.call(body) === "[object AsyncFunction]") {
    throw new TypeError(
      `${what} is one synchronous call, and its body is an async function: make it a generator function, with yield* for` +
        " await, or use await simulateAsync(body)",
    );
  }
  return new Program(body, {
    seed,
    maxSteps: whole(options?.maxSteps, `${what}'s maxSteps`, 1, DEFAULT_CONDITIONS.maxSteps, true),
    leaks: options?.leaks ?? DEFAULT_CONDITIONS.leaks,
    onError: options?.onError,
    deadlocks: options?.deadlocks ?? DEFAULT_CONDITIONS.deadlocks,
    grace: options?.grace ?? DEFAULT_CONDITIONS.grace,
  });
}

/** See the top of the file. */
export class Program {
  readonly body: Body<[], unknown>;
  readonly conditions: Conditions;

  constructor(body: Body<[], unknown>, conditions: Conditions) {
    this.body = body;
    this.conditions = conditions;
  }

  /** The same with another seed. */
  seeded(seed: number): Program {
    return new Program(this.body, { ...this.conditions, seed });
  }

  run(policy: Policy, witness: Witness | null = null): Execution {
    return new Execution(policy, this.conditions, witness).run(this.body);
  }
}

/** Whether two faults are the same defect, as far as can be told. */
export function isSame(a: Fault | null, b: Fault | null): boolean {
  if (a === null || b === null || a.kind !== b.kind) return false;
  return nameOf(a) === nameOf(b);
}

/** The class of an error; of a demand, which one it is. */
function nameOf({ kind, error }: Fault): string {
  return kind === "always" || kind === "eventually" ? textOf(error) : classOf(error);
}
