/**
 * The measuring loop. All sides of a point run in one process, in turns (A B C A B C …), so a machine that slows
 * down slows them all; the figure of a side is the median of its turns.
 *
 * The heap is not collected between turns. That was tried: V8 then drops optimised code whose types have no living
 * instance and shrinks its young generation, which doubled the figures of whoever came next and is what no program
 * does. A turn that pays for another side's garbage is an outlier that the median leaves out.
 */
import {
  type Cost,
  type CostResult,
  LeftOut,
  type PointResult,
  type Side,
  type SideName,
  SIDES,
  type Sides,
  type Stat,
  type Sweep,
  type SweepResult,
  UNIT,
} from "./cost.ts";
import { judge } from "./goals.ts";
import { now } from "./host.ts";
import { exponent, median } from "./stats.ts";

export interface Options {
  quick: boolean;
  /** Sides that can't be measured here. */
  without: ReadonlySet<SideName>;
  progress: (line: string) => void;
  /** Reads one side of a `fresh` point in a new process. */
  fresh: (cost: Cost, label: string, side: SideName, n: number) => Promise<{ count: number; total: number }>;
}

/**
 * A turn is long beside a young collection's pause and short beside the load that others put on the machine, so that
 * all sides have their share of it; the full suite takes minutes, not hours. V8 and JavaScriptCore go on optimising for
 * half a second of work (seen in the turns of `queue`), longer where other processes want the cores too.
 */
const FULL = { repeats: 7, sweepRepeats: 5, targetNs: 40e6, warmNs: 300e6, freshRepeats: 5 };
const QUICK = { repeats: 3, sweepRepeats: 2, targetNs: 4e6, warmNs: 4e6, freshRepeats: 1 };
type Budget = typeof FULL;

export async function measure(cost: Cost, options: Options): Promise<CostResult> {
  const budget = options.quick ? QUICK : FULL;
  const points: PointResult[] = [];
  for (const point of cost.points) {
    options.progress(`${cost.name}: ${point.label}`);
    const size = options.quick ? (point.quickSize ?? point.size) : point.size;
    const repeats = point.exact ? 1 : point.fresh ? budget.freshRepeats : budget.repeats;
    const runners: Runner[] = [];
    const capped: PointResult["capped"] = {};
    for (const name of SIDES) {
      const side = point.sides[name];
      if (!side || options.without.has(name)) continue;
      // A process for each peer is what a quick run has no time for.
      if (point.fresh && options.quick && name !== "tendril") continue;
      const cap = point.caps?.[name] && Math.ceil(point.caps[name] / (options.quick ? 10 : 1));
      if (cap !== undefined && size !== undefined && cap < size) capped[name] = cap;
      const n = size === undefined ? undefined : Math.min(size, cap ?? size);
      const read = point.fresh ? (k: number) => options.fresh(cost, point.label, name, k) : undefined;
      runners.push(
        new Runner(
          `${cost.name}, ${point.label}, ${name}`,
          name,
          side,
          n,
          budget,
          point.exact === true,
          read,
        ),
      );
    }
    const measured = await alternate(runners, repeats, UNIT[cost.unit]);
    points.push({ label: point.label, ...measured, capped });
  }
  const sweeps: SweepResult[] = [];
  for (const sweep of cost.sweeps ?? []) {
    options.progress(`${cost.name}: growth with ${sweep.variable}`);
    sweeps.push(await grow(cost, sweep, budget, options));
  }
  return {
    name: cost.name,
    title: cost.title,
    unit: cost.unit,
    notes: cost.notes,
    points,
    sweeps,
    findings: cost.findings?.(points),
    verdicts: judge(cost, points, sweeps),
  };
}

async function grow(cost: Cost, sweep: Sweep, budget: Budget, options: Options): Promise<SweepResult> {
  const sizes = [...(options.quick ? sweep.quickSizes : sweep.sizes)];
  const perSide: { [name in SideName]?: { values: number[]; exponent: number } } = {};
  for (const size of sizes) {
    const sides: Sides = sweep.at(size);
    const runners = SIDES.filter((name) => sides[name] && !options.without.has(name)).map((name) =>
      new Runner(
        `${cost.name}, ${sweep.variable} = ${size}, ${name}`,
        name,
        sides[name] as Side,
        sweep.ops?.(size),
        budget,
        false,
        undefined,
      )
    );
    const { stats } = await alternate(runners, budget.sweepRepeats, UNIT[cost.unit]);
    for (const { name } of runners) {
      const entry = (perSide[name] ??= { values: [], exponent: 0 });
      entry.values.push(stats[name]?.median ?? NaN);
    }
  }
  for (const entry of Object.values(perSide)) entry.exponent = exponent(sizes, entry.values);
  return { variable: sweep.variable, limit: sweep.limit, sizes, sides: perSide };
}

async function alternate(
  runners: readonly Runner[],
  repeats: number,
  unit: number,
): Promise<Pick<PointResult, "stats" | "leftOut">> {
  const costs = new Map<Runner, number[]>(runners.map((runner) => [runner, []]));
  let leftOut: PointResult["leftOut"];
  const attempt = async (runner: Runner, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      costs.delete(runner);
      leftOut = { ...leftOut, [runner.name]: error.message };
    }
  };
  for (const runner of runners) await attempt(runner, () => runner.warm());
  for (let i = 0; i < repeats; i++) {
    for (const [runner, values] of costs) {
      await attempt(runner, async () => void values.push(await runner.turn()));
    }
  }
  const stats: PointResult["stats"] = {};
  for (const [runner, values] of costs) {
    const stat: Stat = {
      median: median(values) / unit,
      min: Math.min(...values) / unit,
      max: Math.max(...values) / unit,
      repeats,
      ops: runner.ops * runner.calls,
    };
    stats[runner.name] = stat;
  }
  return { stats, leftOut };
}

/** One side at one point: finds how much to do in a turn, and does it. */
class Runner {
  readonly label: string;
  readonly name: SideName;
  readonly #side: Side;
  readonly #budget: Budget;
  readonly #fixed: boolean;
  readonly #once: boolean;
  readonly #read: ((n: number) => Promise<{ count: number; total: number }>) | undefined;
  ops: number;
  calls = 1;

  constructor(
    label: string,
    name: SideName,
    side: Side,
    size: number | undefined,
    budget: Budget,
    exact: boolean,
    read: ((n: number) => Promise<{ count: number; total: number }>) | undefined,
  ) {
    this.label = label;
    this.name = name;
    this.#side = side;
    this.#budget = budget;
    this.#fixed = size !== undefined;
    this.#once = exact || read !== undefined;
    this.#read = read;
    this.ops = size ?? 64;
  }

  /** Runs until the engine has compiled it, and until the number of operations, or of calls, fills a turn. */
  async warm(): Promise<void> {
    if (this.#once) return;
    const { targetNs } = this.#budget;
    // Python compiles nothing.
    const warmNs = this.name === "gevent" || this.name === "asyncio" ? targetNs : this.#budget.warmNs;
    let spent = 0;
    for (;;) {
      const start = now();
      await this.#call();
      const took = Math.max(now() - start, 1);
      spent += took;
      if (this.#fixed) {
        if (spent < warmNs) continue;
        this.calls = Math.max(1, Math.min(10_000, Math.round(targetNs / took)));
        return;
      }
      const next = Math.ceil(this.ops * Math.min(16, targetNs / took));
      // Half the target is near enough once it is warm: growing on would only chase the noise.
      if (took >= targetNs / 2 && spent >= warmNs) return;
      if (took < targetNs / 2 || took > targetNs * 2) this.ops = Math.max(64, next);
    }
  }

  /** The cost of one operation. */
  async turn(): Promise<number> {
    let total = 0;
    for (let i = 0; i < this.calls; i++) total += await this.#call();
    return total / (this.ops * this.calls);
  }

  async #call(): Promise<number> {
    const start = now();
    const reading = this.#read ? await this.#read(this.ops) : await this.#side(this.ops);
    const elapsed = now() - start;
    if (reading.count !== this.ops) {
      throw new Error(`${this.label}: ${this.ops} operations were asked for and ${reading.count} counted`);
    }
    return reading.total ?? elapsed;
  }
}
