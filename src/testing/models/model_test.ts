/** A primitive beside a sequential model of it, under many schedules or all. */
import { show } from "../../core/mod.ts";
import { inSimulatedWorld } from "../world/environment.ts";
import { exploreAll, type ExploreOptions, limitsOf } from "../explore.ts";
import { failure, type Found } from "../schedules/failure.ts";
import type { Kind } from "./linearizable.ts";
import { fewest, SHARE, type Verb } from "./model_plan.ts";
import { oneHistory, type Size, type Tally } from "./model_run.ts";
import { type Program, programOf, type ProgramOptions, whole } from "../schedules/program.ts";
import type { Random } from "../schedules/random.ts";
import { replayed } from "../replay.ts";
import { chancesOf, type SimulateOptions, tryChances } from "../simulate.ts";

/** One kind of operation of a {@linkcode ModelSpec}. `S` is the primitive, `M` the state of the model, `A` the arguments. */
export interface ModelOperation<S, M, A extends readonly unknown[]> {
  /** Arguments by chance, for the greenlet with that number. Default: none. */
  args?(random: Random, who: number): A;
  /** Does it. An operation or generator that it gives is waited for. */
  run(subject: S, ...args: A): unknown;
  /**
   * What a sequential program would get: it changes `state` and gives a value or throws. `BLOCKED`: it cannot happen in
   * this state. Errors are compared by name, values as deep as they go.
   */
  model(state: M, ...args: A): unknown;
  /** What it gives, or throws, when its time is over. It may do so only while it has to wait, and without an effect. */
  lapses?(...args: A): unknown;
  /**
   * The line in which it waits: operations of one line go on in the order of their calls, and a newcomer does not overtake.
   * As a function: the line in that state, undefined where it need not stand in one. Default: the order does not count.
   */
  line?: string | ((state: M, ...args: A) => string | undefined);
  /**
   * It gives back what this operation (or one of these) got: it is done only by a greenlet for which that one gave something
   * else than `false` or `undefined`, and at the greenlet's end, also when that is killed, for all that it still has. Its
   * arguments are what that one gave, and that one's arguments.
   */
  releases?: string | readonly string[];
  /** It is not done by a greenlet that still has what one of these operations gave. */
  unless?: readonly string[];
  /** How often it is picked, beside the others. Default 1. */
  weight?: number;
  /** A kill in the middle may leave its effect behind. Default false: killed while parked, it did not happen (S-15). */
  partial?: boolean;
}

/** What {@linkcode modelTest} compares. */
export interface ModelSpec<S, M, A extends { [name: string]: readonly unknown[] }> {
  /** A fresh primitive; called inside the simulation. */
  make(): S;
  /** The state of a fresh model: plain data, arrays, maps, sets, or an instance with a `clone()`. */
  model(): M;
  operations: { [K in keyof A]: ModelOperation<S, M, A[K]> };
}

/** Options of {@linkcode modelTest}. */
export interface ModelTestOptions extends ProgramOptions {
  /** How many greenlets. Default 3. */
  greenlets?: number;
  /** How many operations each of them does. Default 4. */
  length?: number;
  /** The first seed; each program takes the next one. Default 0. */
  seed?: number;
  /** How many random programs. Default 200, with `preemptions` 20. */
  runs?: number;
  /** Each program under all schedules with so many preemptions. Default: one random schedule for each. */
  preemptions?: number;
  /** With `preemptions`: how many schedules of a program at most. Default 1,000. */
  maxSchedules?: number;
  /** Up to so many greenlets are killed in a run. Default 0. */
  kills?: number;
  /** In each run, up to so many times the next timers fire although somebody could still run. Default 0. */
  timeouts?: number;
  /** As for `simulate`, but the default is false: operations may wait to the end, and then keep what they have. */
  leaks?: boolean;
}

/** What a model test without a failure gives. */
export interface ModelTested {
  /** How many histories were checked: one for each schedule, and one that measures how long they are. */
  readonly histories: number;
  /** How many operations there were in them. */
  readonly operations: number;
  /** How many of these were still waiting at the end, and had to. */
  readonly waiting: number;
  /** How many were killed while they waited. */
  readonly killed: number;
}

/** How many programs, when all schedules of each are run. */
const EXPLORED = 20;

/**
 * Runs random programs over a primitive, in several greenlets, and checks that each history of calls and returns is
 * linearizable: that the operations, one by one in some order that the history allows, give in the model what they gave.
 * Who waits at the end must wait in the model, too. Operations that were killed while they waited have not happened.
 *
 * @param spec the primitive, the model, and what can be done with them.
 * @throws {@linkcode SimulationError} for the first history that does not fit, with the fewest operations that could be
 *   found; also for what `simulate` fails for. `TypeError` and `RangeError` for bad options.
 * @example
 * ```ts
 * import { Queue } from "tendril";
 * import { BLOCKED, modelTest } from "tendril/testing";
 * import { assert } from "@std/assert";
 *
 * const { histories } = modelTest({
 *   make: () => new Queue<number>({ maxsize: 2 }),
 *   model: () => [] as number[],
 *   operations: {
 *     put: {
 *       args: (random): [number] => [random.below(9)],
 *       run: (queue, n: number) => queue.put(n),
 *       model: (items, n: number) => items.length < 2 ? void items.push(n) : BLOCKED,
 *       line: "putters",
 *     },
 *     get: {
 *       run: (queue) => queue.get(),
 *       model: (items) => items.length > 0 ? items.shift() : BLOCKED,
 *       line: "getters",
 *     },
 *   },
 * }, { runs: 100, kills: 1 });
 * assert(histories >= 100);
 * ```
 */
export function modelTest<S, M, A extends { [name: string]: readonly unknown[] }>(
  spec: ModelSpec<S, M, A>,
  options: ModelTestOptions = {},
): ModelTested {
  const verbs = verbsOf(spec as unknown as ModelSpec<S, M, { [name: string]: readonly unknown[] }>);
  const size: Size = {
    greenlets: whole(options.greenlets, "modelTest's greenlets", 1, 3),
    length: whole(options.length, "modelTest's length", 1, 4),
    kills: options.preemptions === undefined ? 0 : whole(options.kills, "modelTest's kills", 0, 0),
  };
  const tally: Tally = { histories: 0, operations: 0, waiting: 0, killed: 0 };
  const body = () => oneHistory(spec, verbs, size, tally);
  const conditions: ProgramOptions = { ...options, leaks: options.leaks ?? false };
  const first = whole(options.seed, "modelTest's seed", 0, 0);
  if (first >= SHARE) throw new RangeError(`modelTest's seed must be below ${SHARE}, not ${first}`);
  const program = programOf(body, conditions, "modelTest", first);
  const find = options.preemptions === undefined
    ? byChance(program, options)
    : bySearch(program, first, options);
  return inSimulatedWorld(() => {
    if (replayed(program, "modelTest") === undefined) {
      const found = find();
      if (found !== null) {
        const least = fewest(found, size.greenlets * size.length);
        throw failure({ ...least, title: `modelTest, ${found.title}` });
      }
    }
    return { ...tally };
  });
}

function byChance(program: Program, options: ModelTestOptions): () => Found | null {
  const simulated: SimulateOptions = { ...options, runs: options.runs ?? 200 };
  const chances = chancesOf(simulated);
  return () => tryChances(program, chances).found;
}

function bySearch(program: Program, first: number, options: ModelTestOptions): () => Found | null {
  const explored: ExploreOptions = {
    preemptions: options.preemptions,
    maxSchedules: options.maxSchedules ?? 1_000,
    reduce: false,
  };
  const limits = limitsOf(explored, 1_000);
  const runs = whole(options.runs, "modelTest's runs", 1, EXPLORED);
  return () => {
    for (let i = 0; i < runs; i++) {
      const { found } = exploreAll(program.seeded(first + i), limits);
      if (found !== null) return found;
    }
    return null;
  };
}

function verbsOf<S, M>(
  spec: ModelSpec<S, M, { [name: string]: readonly unknown[] }>,
): Verb<S, M>[] {
  if (typeof spec?.make !== "function" || typeof spec.model !== "function") {
    throw new TypeError(`modelTest needs { make, model, operations }, not ${show(spec)}`);
  }
  const { operations } = spec;
  const names = Object.keys(operations ?? {});
  if (names.length === 0) throw new TypeError("modelTest needs at least one operation in `operations`");
  const verbs = names.map((name): Verb<S, M> => {
    const operation = operations[name];
    const releases = typeof operation.releases === "string" ? [operation.releases] : operation.releases;
    const { unless = [] } = operation;
    const unknown = [...releases ?? [], ...unless].find((other) => !names.includes(other));
    if (unknown !== undefined) {
      throw new TypeError(`modelTest's ${name} names ${show(unknown)}, which is none of its operations`);
    }
    const kind: Kind<M> = {
      name,
      model: (state, ...args) => operation.model(state, ...args),
      lapses: operation.lapses === undefined
        ? undefined
        : (...args) => (operation.lapses as (...args: readonly unknown[]) => unknown)(...args),
      line: operation.line,
      either: operation.partial === true,
    };
    return {
      kind,
      run: (subject, ...args) => operation.run(subject, ...args),
      args: (random, who) => operation.args?.(random, who) ?? [],
      releases,
      unless,
      isHeld: names.some((other) =>
        other !== name && [operations[other].releases ?? []].flat().includes(name)
      ),
      weight: operation.weight ?? 1,
    };
  });
  if (verbs.every(({ releases }) => releases !== undefined)) {
    throw new TypeError("modelTest needs at least one operation that releases nothing");
  }
  return verbs;
}
