/**
 * Every schedule, those with fewer preemptions first.
 *
 * A preemption is a switch away from a greenlet that could go on (it gave a turn, or was woken already); where the one
 * that ran is parked, going on with any other is free. Bugs that need many preemptions are rare, so the bound that is
 * worth having is small. Every schedule runs once: a run goes on from its prefix without further preemptions, and leaves
 * what it could have done instead on the list, under the number of preemptions that it takes.
 *
 * Source: M. Musuvathi and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded programs",
 * PLDI 2007.
 */
import type { Ring, Task } from "../../core/mod.ts";
import { type Choice, fickle, type Policy, type Run } from "./contract.ts";

/** One choice of a prefix, and the ones before it. */
interface Node {
  readonly before: Node | null;
  readonly choice: number;
  /** How many could go on. */
  readonly ready: number;
}

/**
 * Who runs on and on is asked to let others go first after so many steps: a loop of turns that waits for somebody else
 * would never end.
 */
const PATIENCE = 50;

/** See the top of the file. It is the policy of each of its runs. */
export class BoundedSearch implements Policy {
  readonly always: boolean = true;
  /** By preemptions: the schedules that are still to be run. */
  private readonly todo: (Node | null)[][] = [[null]];
  private readonly bound: number;
  /** How many schedules may still be run: to remember more would be of no use. */
  private left: number;
  private forgot = false;
  private level = 0;
  private prefix: Node[] = [];
  private node: Node | null = null;
  private at = 0;
  private last = -1;
  private stretch = 0;
  private used = 0;

  /**
   * @param bound the most preemptions that a schedule may have.
   * @param most the most schedules that are run.
   */
  constructor(bound: number, most: number = Infinity) {
    this.bound = bound;
    this.left = most;
  }

  /** There was more than could be run. */
  get isCut(): boolean {
    return this.forgot || this.left < 0;
  }

  /** Turns to the next schedule; false: there is none, or no more may be run. */
  next(): boolean {
    while (this.level < this.todo.length && this.todo[this.level].length === 0) this.level++;
    if (this.level >= this.todo.length || --this.left < 0) return false;
    this.node = this.todo[this.level].pop() as Node | null;
    this.prefix = [];
    for (let n = this.node; n !== null; n = n.before) this.prefix.push(n);
    this.prefix.reverse();
    return true;
  }

  begin(): void {
    this.at = 0;
    this.last = -1;
    this.stretch = 0;
    this.used = this.level;
  }

  choose(_run: Run, ready: Ring<Task>): Choice {
    const choice = ready.size === 1 ? 0 : this.decide(ready);
    const { id } = ready.at(choice) as Task;
    this.stretch = id === this.last ? this.stretch + 1 : 0;
    this.last = id;
    return choice;
  }

  private decide(ready: Ring<Task>): number {
    if (this.at < this.prefix.length) {
      const { choice, ready: before } = this.prefix[this.at++];
      if (before !== ready.size) throw fickle();
      return choice;
    }
    let stay = -1;
    if (this.stretch < PATIENCE) {
      for (let i = 0; i < ready.size; i++) if ((ready.at(i) as Task).id === this.last) stay = i;
    }
    const choice = Math.max(0, stay);
    const cost = this.used + (stay >= 0 ? 1 : 0);
    if (cost <= this.bound && this.isReachable(cost)) {
      const list = this.todo[cost] ??= [];
      for (let i = ready.size - 1; i >= 0; i--) {
        if (i !== choice) list.push({ before: this.node, choice: i, ready: ready.size });
      }
    }
    this.node = { before: this.node, choice, ready: ready.size };
    this.at++;
    return choice;
  }

  /** Whether a schedule with so many preemptions would get its turn. */
  private isReachable(cost: number): boolean {
    let before = 0;
    for (let level = this.level; level <= cost; level++) {
      before += (this.todo[level] ??= []).length;
    }
    if (before <= this.left) return true;
    this.forgot = true;
    return false;
  }
}
