/**
 * Simulation of bodies with async functions and promises of the host. The run is as in `simulate`, but whenever nobody can
 * go on and something is outstanding, the host gets a turn: then promises settle, and the run goes on where they wake
 * somebody. Only after that does time pass.
 */
import type { Body } from "../sync/mod.ts";
import { systemHost } from "../host/mod.ts";
import { inSimulatedWorldFor } from "./world/environment.ts";
import { Execution } from "./schedules/execution.ts";
import { SimulationError } from "./schedules/failure.ts";
import { needKnown, programOf } from "./schedules/program.ts";
import { tell } from "./schedules/report.ts";
import {
  chancesOf,
  Fingerprint,
  SIMULATE_OPTIONS,
  type Simulated,
  type SimulateOptions,
} from "./simulate.ts";
import { type Estimate, policyFor, strategyOf } from "./schedules/strategies.ts";
import { Trail } from "./schedules/witness.ts";
import { SimulatedHost } from "./schedules/world.ts";

/** Turns in which nothing happens that a run waits for: as many as a promise of the host's could reasonably take. */
const MOST_IDLE = 5_000;

/** The real ones: inside, the global ones are simulated. */
const { setImmediate: immediate, Promise: NativePromise }: {
  setImmediate?: (callback: () => void) => unknown;
  Promise: PromiseConstructor;
} = globalThis;

function hostTurn(): Promise<void> {
  return new NativePromise((done) =>
    immediate === undefined ? systemHost.macrotask(done) : void immediate(done)
  );
}

/** A host whose macrotasks wait for a turn of the real one. */
class TurningHost extends SimulatedHost {
  private held: (() => void)[] = [];
  private idle = 0;

  override macrotask(callback: () => void): void {
    this.held.push(callback);
  }

  /** Gives the real host a turn, if that may be of use. */
  async turn(isOutstanding: boolean): Promise<boolean> {
    const { held } = this;
    if (held.length === 0 && (!isOutstanding || ++this.idle > MOST_IDLE)) return false;
    await hostTurn();
    if (held.length > 0) this.idle = 0;
    this.held = [];
    for (const callback of held) this.microtask(callback);
    return true;
  }

  override clear(): void {
    super.clear();
    this.held = [];
  }
}

/**
 * {@linkcode simulate} for bodies that use async functions: the host gets a turn whenever nobody can go on. Slower by far,
 * and with limits:
 *
 * - What async functions do between two `await`s is no step: its order among others is the host's, and no schedule changes
 *   it. Wait in generators for what matters.
 * - Time passes when the host has had a turn and nothing has come of it: a promise that takes real time (a real file, a real
 *   socket) comes after all timers that the body has set. The same seed gives the same run only without such promises.
 * - The globals of this program are simulated until it has ended: await it before anything else, another simulation and
 *   another `run` included.
 * - A failure is shown as it was, not reduced; its `token` is empty. The seed that the report names repeats it.
 *
 * @throws (rejects with) {@linkcode SimulationError} for the first schedule that fails; `TypeError` and `RangeError` for bad
 *   options.
 * @example
 * ```ts
 * import { Lock, spawn, until } from "tendril";
 * import { simulateAsync, simulatedNetwork } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function nameOf(user: string): Promise<string> {
 *   const response = await fetch(`https://users.example/${user}`);
 *   return ((await response.json()) as { name: string }).name;
 * }
 * const { runs, values } = await simulateAsync(function* () {
 *   simulatedNetwork({ latency: [1, 100] }).on("https://users.example/", ({ url }) => ({ json: { name: url.at(-1) } }));
 *   const lock = new Lock(), names: string[] = [];
 *   const all = ["a", "b"].map((user) =>
 *     spawn(() => lock.withLock(function* () {
 *       names.push(yield* until(nameOf(user)));
 *     }))
 *   );
 *   for (const one of all) yield* one;
 *   return names.sort().join();
 * }, { runs: 20 });
 * assertEquals([runs, new Set(values)], [20, new Set(["a,b"])]);
 * ```
 */
export async function simulateAsync<T>(
  body: Body<[], T>,
  options: SimulateOptions = {},
): Promise<Simulated<T>> {
  needKnown(options, "simulateAsync", SIMULATE_OPTIONS);
  const program = programOf(body, options, "simulateAsync");
  const { runs, first, strategy, injections } = chancesOf(options, "simulateAsync");
  await hostTurn(); // not in the middle of somebody's step
  return await inSimulatedWorldFor(async () => {
    const values: T[] = [];
    let estimate: Estimate = { drew: true, steps: 100, stepsOf: [] };
    const fingerprint = new Fingerprint();
    let steps = 0;
    for (let seed = first; seed < first + runs; seed++) {
      const name = strategy ?? strategyOf(seed, estimate);
      const trail = new Trail(0), host = new TurningHost();
      const policy = policyFor(name, seed, estimate, injections);
      const run = new Execution(policy, program.seeded(seed).conditions, trail, host);
      const leave = run.enter();
      try {
        run.launch(body);
        do host.pump(); while (!run.isOver && await host.turn(run.loop.outstanding > 0));
        run.conclude();
      } finally {
        leave();
      }
      if (run.fault !== null) {
        const title = `simulateAsync, schedule ${seed - first + 1} of ${runs} (seed ${seed}, ${name})`;
        throw failed(title, run, trail, seed);
      }
      if (seed === first) estimate = { ...estimate, steps: run.steps };
      values.push(run.value as T);
      steps += run.steps;
      fingerprint.add(run);
    }
    return { runs, steps, values, fingerprint: String(fingerprint) };
  });
}

function failed(title: string, run: Execution, trail: Trail, seed: number): SimulationError {
  const fault = run.fault as NonNullable<Execution["fault"]>;
  const message = tell({
    title,
    fault,
    rows: trail.rows,
    parked: trail.survivors(run),
    departs: true,
    reasons: [],
    token: "",
    data: undefined,
    note: undefined,
    reported: run.alsoReported(),
  });
  const story = message.slice(0, message.lastIndexOf("\n\nTo repeat it:"));
  return new SimulationError(`${story}\n\nTo repeat it: { seed: ${seed}, runs: 1 } as options`, fault, "");
}
