/** A kill at one park, as data say. */
import { type Hooks, show, type Task, type Waiting } from "../../core/mod.ts";
import { type Greenlet, GreenletTask } from "../../greenlet/mod.ts";
import { running } from "../schedules/execution.ts";

/** Who is killed, and when; see {@linkcode killAt}. */
export interface KillPoint {
  /** The place among the greenlets, counted around; null: nobody is killed. */
  readonly victim: number | null;
  /** After so many parks; 0: before it goes on at all. */
  readonly parks: number;
}

/** Listens in front of whoever listens already. */
class KillingHooks implements Hooks {
  private readonly victim: GreenletTask<unknown>;
  private readonly behind: Hooks | null;
  private left: number;

  constructor(victim: GreenletTask<unknown>, parks: number, behind: Hooks | null) {
    this.victim = victim;
    this.left = parks;
    this.behind = behind;
  }

  /** It stands where an interrupt that is due already comes: the wait is entered, and is withdrawn at once. */
  parked(task: Task, waiting: Waiting): void {
    this.behind?.parked?.(task, waiting);
    if (task === this.victim && --this.left === 0) this.victim.kill();
  }

  spawned(task: Task): void {
    this.behind?.spawned?.(task);
  }

  woken(task: Task): void {
    this.behind?.woken?.(task);
  }

  switched(task: Task): void {
    this.behind?.switched?.(task);
  }

  ended(task: Task): void {
    this.behind?.ended?.(task);
  }
}

/**
 * Kills one of `greenlets` as soon as it has parked so often from here on, in every schedule: where `sweep` tries all parks
 * of one body, this is one kill that comes with the data of a `property`. See {@linkcode arbitraries} for points that
 * shrink.
 *
 * @param point who, and at which park. A turn (`sleep(0)`) is no park.
 * @param greenlets those that may be killed; with none of them, or with no victim, nothing happens.
 * @throws `Error` outside of a simulation; `TypeError` for what is no point or no greenlet.
 * @example
 * ```ts
 * import { Lock, sleep, spawn } from "tendril";
 * import { killAt, simulate } from "tendril/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { values } = simulate(function* () {
 *   const lock = new Lock();
 *   const log: string[] = [];
 *   const all = ["a", "b"].map((name) => spawn({ name }, () => lock.withLock(function* () {
 *     yield* sleep(10);
 *     log.push(name);
 *   })));
 *   killAt({ victim: 1, parks: 1 }, all);
 *   for (const one of all) yield* one.join();
 *   return log.join();
 * });
 * assertEquals(new Set(values), new Set(["a"]));
 * ```
 */
export function killAt(point: KillPoint, greenlets: readonly Greenlet<unknown>[]): void {
  const { victim, parks } = point ?? {};
  if (
    (victim !== null && !(Number.isSafeInteger(victim) && victim >= 0)) ||
    !(Number.isSafeInteger(parks) && parks >= 0)
  ) {
    throw new TypeError(
      `killAt needs a point { victim, parks } of whole numbers from 0, victim null for nobody, not ${
        show(point)
      }`,
    );
  }
  if (!Array.isArray(greenlets) || !greenlets.every((one) => one instanceof GreenletTask)) {
    throw new TypeError(`killAt needs an array of greenlets, as spawn gives them, not ${show(greenlets)}`);
  }
  if (running === null) {
    throw new Error("killAt() belongs inside the body of simulate, explore, property or replay");
  }
  if (victim === null || greenlets.length === 0) return;
  const one: GreenletTask<unknown> = greenlets[victim % greenlets.length];
  if (parks === 0) one.kill();
  else running.loop.hooks = new KillingHooks(one, parks, running.loop.hooks);
}
