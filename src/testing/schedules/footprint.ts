/**
 * What each step of a run touches, under names that are the same in another run with the same beginning: an object is
 * called by the step in which it came to be.
 */
import { COMMUTES, ENDS, Lasting, Task, WRITES } from "../../core/mod.ts";
import { type Run, Unmoved } from "./contract.ts";

/** One step, or a moment in which nobody could go on. */
export interface Event {
  /** The task's number; {@linkcode WORLD} for a moment in which time passes. */
  readonly actor: number;
  /** The number of the step among the actor's. */
  readonly index: number;
  /** The place of the event that made the actor ready; -1 for none. */
  readonly waker: number;
  /** What it touches, and how. */
  readonly touches: Map<number, number>;
}

/** Not a task: it conflicts with everybody. */
export const WORLD = 0;

/** Names of what is no object of the run: below 0 stand tasks, these are the rest. */
const EVERYTHING = 0, ENDS_NAME = 1;
/** All that was there before the run: what it is called must not depend on who gets to it first. */
const OUTER = 2, FIRST_LASTING = 16;
/** Where names that a step gives begin. */
const FIRST_BORN = 2 ** 31;

/** Whether two uses of one object order each other. */
export function clash(a: number, b: number): boolean {
  return a === WRITES || b === WRITES || a !== b;
}

/** Whether two steps can not change places. */
export function conflict(a: Map<number, number>, b: Map<number, number>): boolean {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  for (const [name, how] of small) {
    const other = large.get(name);
    if (other !== undefined && clash(how, other)) return true;
  }
  return false;
}

/** Names that hold for all runs of one search: of lasting subjects, of moments. */
export class Names {
  private readonly lasting: WeakMap<Lasting, number> = new WeakMap();
  private readonly moments: Map<number, number> = new Map();
  private next = FIRST_LASTING;

  of(object: Lasting): number {
    let name = this.lasting.get(object);
    if (name === undefined) this.lasting.set(object, name = this.next++);
    return name;
  }

  at(moment: number): number {
    let name = this.moments.get(moment);
    if (name === undefined) this.moments.set(moment, name = this.next++);
    return name;
  }
}

/** See the top of the file. */
export class Footprints extends Unmoved {
  readonly events: Event[] = [];
  /** Two ends were compared: their order counts. */
  endsCompared = false;
  /** Called with each event when it is complete. */
  whenComplete: (event: Event, place: number) => void = () => {};
  private readonly names: Names;
  private readonly endsMatter: boolean;
  private readonly givenNames: Map<object, number> = new Map();
  private readonly steps: number[] = [];
  private readonly wakers: number[] = [];
  private births = 0;
  private event: Event | null = null;

  /** @param endsMatter the order of all ends counts. */
  constructor(names: Names, endsMatter: boolean) {
    super();
    this.names = names;
    this.endsMatter = endsMatter;
  }

  private begin(actor: number, waker: number): void {
    this.complete();
    const index = this.steps[actor] = (this.steps[actor] ?? 0) + 1;
    this.births = 0;
    const touches = new Map<number, number>();
    touches.set(EVERYTHING, actor === WORLD ? WRITES : COMMUTES);
    if (actor !== WORLD) touches.set(-2 * actor, WRITES);
    this.event = { actor, index, waker, touches };
    this.events.push(this.event);
  }

  /** The event that goes on, if there is one, is over. */
  complete(): void {
    const { event } = this;
    if (event === null) return;
    this.event = null;
    this.whenComplete(event, this.events.length - 1);
  }

  private touch(name: number, how: number): void {
    const touches = this.event?.touches;
    if (touches === undefined) return;
    const before = touches.get(name);
    if (before === undefined) touches.set(name, how);
    else if (before !== how) touches.set(name, WRITES);
  }

  // ---- steps

  override stepBegins(_run: Run, task: Task): void {
    this.begin(task.id, this.wakers[task.id] ?? -1);
  }

  override stepEnds(): void {
    this.complete();
  }

  override idle(): void {
    this.begin(WORLD, -1);
  }

  override queued(task: Task): void {
    this.wakers[task.id] = this.event === null ? -1 : this.events.length - 1;
  }

  override woken(task: Task): void {
    this.touch(-2 * task.id, WRITES);
  }

  // ---- touches

  override touched(subject: object, how: number): void {
    if (subject === ENDS) {
      if (how === COMMUTES) this.touch(ENDS_NAME, this.endsMatter ? WRITES : COMMUTES);
      else {
        this.endsCompared = true;
        this.touch(ENDS_NAME, how);
      }
      return;
    }
    this.touch(this.nameOf(subject), how);
  }

  private nameOf(subject: object): number {
    const born = this.givenNames.get(subject);
    if (born !== undefined) return born;
    // A task as a subject is its outcome.
    if (subject instanceof Task) return -2 * subject.id - 1;
    return subject instanceof Lasting ? this.names.of(subject) : OUTER;
  }

  override born(subject: object): void {
    const { event } = this;
    if (event === null || this.givenNames.has(subject)) return;
    this.givenNames.set(subject, FIRST_BORN + (event.actor * 65_536 + event.index) * 256 + this.births++);
  }

  override stirred(task: Task): void {
    this.touch(-2 * task.id, WRITES);
  }

  override timed(deadline: number, alone: boolean): void {
    this.touch(this.names.at(deadline), alone ? COMMUTES : WRITES);
  }
}
