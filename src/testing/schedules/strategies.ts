/**
 * Who runs next, by chance. None is best everywhere, so simulations go through all of them:
 *
 * - FIFO: as in production.
 * - random: each that is ready with the same chance.
 * - PCT: fixed random priorities with a few changes (Burckhardt et al., "A randomized scheduler with probabilistic
 *   guarantees of finding bugs", ASPLOS 2010). Whoever gives a turn draws a new priority, and one who runs on and on drops
 *   to the bottom, or a loop of turns would starve the rest. (Dropping at each turn would be FIFO again.)
 * - POS: a new random priority for each step (Yuan et al., "Partial order aware concurrency sampling", CAV 2018).
 * - URW: weighted by the steps that each still has, so that every interleaving is about as likely as any other (Zhao et
 *   al., "Selectively uniform concurrency testing", ASPLOS 2025). How many steps each has is taken from one FIFO run.
 */
import { type Ring, type Task, TURN } from "../../core/mod.ts";
import { type Choice, KILL, PASS_TIME, type Policy, type Run } from "./contract.ts";
import { Random } from "./random.ts";

/** The names of the strategies. */
export type Strategy = "fifo" | "random" | "pct" | "pos" | "urw";

/** What a FIFO run tells the strategies. */
export interface Estimate {
  /** The body draws random numbers: another seed may make a difference to FIFO, too. */
  readonly drew: boolean;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps of each greenlet, by its number. */
  readonly stepsOf: readonly number[];
}

/** As in production. */
export class Fifo implements Policy {
  readonly always: boolean = false;

  begin(): void {}

  choose(): Choice {
    return 0;
  }
}

/** A FIFO run that counts. */
export class Counting implements Policy {
  readonly always: boolean = true;
  readonly stepsOf: number[] = [];

  begin(): void {}

  choose(_run: Run, ready: Ring<Task>): Choice {
    const { id } = ready.at(0) as Task;
    this.stepsOf[id] = (this.stepsOf[id] ?? 0) + 1;
    return 0;
  }
}

class Uniform implements Policy {
  readonly always: boolean = false;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  begin(): void {}

  choose(_run: Run, ready: Ring<Task>): Choice {
    return this.random.below(ready.size);
  }
}

/** Steps that one greenlet takes on end before the others come first: it may wait for them in a loop. */
const PATIENCE = 20;

class Pct implements Policy {
  readonly always: boolean = false;
  private readonly random: Random;
  private readonly priorities: number[] = [];
  private readonly changes: Set<number> = new Set();
  private lowest = 0;
  private last: Task | null = null;
  /** Steps that the last one has taken on end. */
  private stretch = 0;

  constructor(random: Random, depth: number, length: number) {
    this.random = random;
    for (let i = 1; i < depth; i++) this.changes.add(1 + random.below(Math.max(1, length)));
  }

  begin(): void {}

  choose(run: Run, ready: Ring<Task>): Choice {
    const { last } = this;
    if (last !== null && last.waiting === TURN) this.priorities[last.id] = this.random.fraction();
    else if (last !== null && this.stretch > PATIENCE) this.drop(last);
    let best = this.best(ready);
    if (this.changes.delete(run.steps)) {
      this.drop(ready.at(best) as Task);
      best = this.best(ready);
    }
    const next = ready.at(best) as Task;
    this.stretch = next === last ? this.stretch + 1 : 0;
    this.last = next;
    return best;
  }

  private drop(task: Task): void {
    this.priorities[task.id] = --this.lowest;
    this.stretch = 0;
  }

  private best(ready: Ring<Task>): number {
    let best = 0, highest = -Infinity;
    for (let i = 0; i < ready.size; i++) {
      const priority = this.priorities[(ready.at(i) as Task).id] ??= this.random.fraction();
      if (priority > highest) [best, highest] = [i, priority];
    }
    return best;
  }
}

class Pos implements Policy {
  readonly always: boolean = false;
  private readonly random: Random;
  private readonly priorities: number[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  begin(): void {}

  choose(_run: Run, ready: Ring<Task>): Choice {
    let best = 0, highest = -1;
    for (let i = 0; i < ready.size; i++) {
      const { id } = ready.at(i) as Task;
      const priority = this.priorities[id] ??= this.random.fraction();
      if (priority > highest) [best, highest] = [i, priority];
    }
    delete this.priorities[(ready.at(best) as Task).id]; // its next step has its own
    return best;
  }
}

class Urw implements Policy {
  readonly always: boolean = true;
  private readonly random: Random;
  private readonly left: number[];

  constructor(random: Random, estimate: Estimate) {
    this.random = random;
    this.left = [...estimate.stepsOf];
  }

  begin(): void {}

  choose(_run: Run, ready: Ring<Task>): Choice {
    let total = 0;
    for (let i = 0; i < ready.size; i++) total += this.weight(ready.at(i) as Task);
    let at = 0;
    if (ready.size > 1) {
      let point = this.random.fraction() * total;
      while (at < ready.size - 1 && (point -= this.weight(ready.at(at) as Task)) >= 0) at++;
    }
    const { id } = ready.at(at) as Task;
    this.left[id] = (this.left[id] ?? 1) - 1;
    return at;
  }

  private weight(task: Task): number {
    return Math.max(1, this.left[task.id] ?? 1);
  }
}

/** What a simulation does to a run besides choosing. */
export interface Injections {
  /** How many greenlets are killed in a run, at most. */
  readonly kills: number;
  /** How often time passes early, at most. */
  readonly timeouts: number;
}

/** Another policy, with kills and early timeouts at random steps. */
class Injecting implements Policy {
  readonly always: boolean = true;
  private readonly inner: Policy;
  private readonly random: Random;
  private readonly kills: Set<number> = new Set();
  private readonly timeouts: Set<number> = new Set();

  constructor(inner: Policy, random: Random, injections: Injections, length: number) {
    this.inner = inner;
    this.random = random;
    const some = (points: Set<number>, most: number) => {
      for (let n = random.below(most + 1); n > 0; n--) points.add(2 + random.below(Math.max(1, length)));
    };
    some(this.kills, injections.kills);
    some(this.timeouts, injections.timeouts);
  }

  begin(run: Run): void {
    this.inner.begin(run);
  }

  choose(run: Run, ready: Ring<Task>): Choice {
    if (this.timeouts.delete(run.steps) && run.loop.timers.refs > 0) return PASS_TIME;
    if (this.kills.delete(run.steps)) {
      const { length } = run.victims();
      if (length > 1) return KILL - 1 - this.random.below(length - 1); // main is the first
    }
    return this.inner.always || ready.size > 1 ? this.inner.choose(run, ready) : 0;
  }

  /** A kill that has no step to come before comes here, too. */
  idle(run: Run): Choice {
    if (!this.kills.delete(run.steps + 1)) return 0;
    const { length } = run.victims();
    return length > 1 ? KILL - 1 - this.random.below(length - 1) : 0;
  }
}

const ROTATION: readonly Strategy[] = ["urw", "pos", "pct", "random", "fifo"];
/** How deep the bugs are that PCT looks for, by turns: most need two or three changes. */
const DEPTHS: readonly number[] = [2, 3, 4];

/** The strategy of a seed, where all take turns. Where FIFO would only do the same again, chance has its turn. */
export function strategyOf(seed: number, estimate: Estimate): Strategy {
  const name = ROTATION[seed % ROTATION.length];
  return name === "fifo" && !estimate.drew ? "random" : name;
}

/** A new policy for one run. */
export function policyFor(
  strategy: Strategy,
  seed: number,
  estimate: Estimate,
  injections: Injections,
): Policy {
  const random = new Random(seed, 2);
  const policy = plain(strategy, seed, random, estimate);
  if (injections.kills === 0 && injections.timeouts === 0) return policy;
  return new Injecting(policy, random, injections, estimate.steps);
}

function plain(strategy: Strategy, seed: number, random: Random, estimate: Estimate): Policy {
  switch (strategy) {
    case "fifo":
      return new Fifo();
    case "random":
      return new Uniform(random);
    case "pct": {
      const turn = Math.trunc(seed / ROTATION.length);
      return new Pct(random, DEPTHS[turn % DEPTHS.length], estimate.steps);
    }
    case "pos":
      return new Pos(random);
    case "urw":
      return new Urw(random, estimate);
  }
}

/** Whether `name` is one. */
export function isStrategy(name: unknown): name is Strategy {
  return typeof name === "string" && (ROTATION as readonly string[]).includes(name);
}
