/** What a wait could leave behind. Nothing public tells of greenlets and timers: this looks inside, and says so if it cannot. */
import { getCurrent, type Greenlet, type Op, sleep, spawn } from "../../src/mod.ts";
import { WAIT, WaitLine } from "../../src/lowlevel.ts";

/** How many stand in the line of those who wait for the end of `greenlet`, and how many links it has that have not run. */
export function linksOf(greenlet: Greenlet<unknown>): number {
  if (!("joiners" in greenlet && "rare" in greenlet)) {
    throw new Error("greenlets look different inside now: mend linksOf");
  }
  const { joiners, rare } = greenlet as {
    joiners: { size: number } | null;
    rare: { links?: unknown[] } | null;
  };
  return (joiners?.size ?? 0) + (rare?.links?.length ?? 0);
}

/** How many timers are set in this run. */
export function timersSet(): number {
  return (getCurrent() as unknown as { loop: { timers: { size: number } } }).loop.timers.size;
}

/** An event that tells how many stand in its line. */
export class Watched {
  #ready = false;
  readonly #line: WaitLine<boolean> = new WaitLine<boolean>({
    name: "Watched.wait",
    rule: () => this.#ready ? true : WAIT,
    lapse: () => false,
  });

  get waiting(): number {
    return this.#line.size;
  }

  set(): void {
    this.#ready = true;
    this.#line.serve();
  }

  wait(): Op<boolean> {
    return this.#line.wait(undefined);
  }
}

/** Where each of `some` stands among `all`: says which ones these are, and in what order, without printing them. */
export function places(some: Iterable<unknown>, all: readonly unknown[]): number[] {
  return [...some].map((one) => all.indexOf(one));
}

/** A body that works `ms`, then gives its name, or throws where that is an Error; killed, it cleans up for `cleanup` ms. */
export function work<T>(
  log: unknown[],
  ms: number,
  result: T,
  cleanup = 0,
): () => Generator<unknown, T, unknown> {
  const name = result instanceof Error ? result.message : result;
  return function* () {
    let ended = false;
    try {
      yield* sleep(ms);
      ended = true;
    } finally {
      if (!ended && cleanup > 0) yield* sleep(cleanup);
      log.push(ended ? `${name} ended` : `${name} killed`);
    }
    if (result instanceof Error) throw result;
    return result;
  };
}

/** Greenlets that end after so many milliseconds each. */
export function sleepers(...times: number[]): Greenlet<number>[] {
  return times.map((ms) =>
    spawn(function* () {
      yield* sleep(ms);
      return ms;
    })
  );
}
