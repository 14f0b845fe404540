/**
 * Every schedule that can make a difference, once, or nearly so: dynamic partial order reduction.
 *
 * A step is what one greenlet does between two parks. Two steps that touch nothing in common can change places without
 * anybody noticing, so of all schedules that differ in such exchanges only, one is enough. What a step touches is known
 * when it has run. So the search runs a schedule to its end, looks for races (two steps of different greenlets that clash,
 * with nothing in between that orders them, and of which the second could have come first), and notes at the state before
 * the first of the two that the other order is to be tried. Sleep sets keep it from trying an order twice.
 *
 *     A: read x ── B: write x          a race: from the state before A, run B first
 *     A: wake B ── B: goes on          none: B could not have come first
 *
 * What makes stretches between parks different from the single reads and writes of the literature:
 *
 * - What a step touches depends on what it finds, so nothing is said about a step before it has run in that very state;
 *   a sleeping one keeps the footprint that it had, also when it is woken, until it goes on.
 * - Time passes only when nobody can go on, so its passing is ordered with everything.
 * - A greenlet that is killed before it began still has its place in the queue: leaving it is a step, too.
 * - Killing one that is woken already changes what it does later: kills write to the task.
 *
 * Where nobody says what plain variables are shared (`cell`, `track`), this would be unsound: then `bounded.ts` searches.
 *
 * Source: P. Abdulla, S. Aronis, B. Jonsson, K. Sagonas, "Optimal dynamic partial order reduction", POPL 2014, algorithm 1
 * (source sets); C. Flanagan and P. Godefroid, "Dynamic partial-order reduction for model checking software", POPL 2005.
 */
import { type Ring, type Task, WRITES } from "../../core/mod.ts";
import { type Choice, fickle, type Policy, type Run } from "./contract.ts";
import { clash, conflict, type Event, Footprints, Names, WORLD } from "./footprint.ts";

/** The state before one event. */
interface State {
  /** Who could go on. */
  readonly enabled: readonly number[];
  /** Who is to be tried from here. */
  readonly backtrack: Set<number>;
  /** Who has been tried, or need not be: what they do was seen already. */
  readonly asleep: Map<number, Map<number, number>>;
  /** Who goes on in the schedule that runs; {@linkcode WORLD} where time passes. */
  chosen: number;
}

/** Who has happened before an event: for each actor, how many of its events. */
type Clock = number[];

/** See the top of the file. It is the policy of each of its runs. */
export class ReducedSearch implements Policy {
  readonly always: boolean = true;
  private readonly names: Names = new Names();
  /** The order of all ends counts. */
  private endsMatter = false;
  private states: State[] = [];
  /** States that are as in the run before. */
  private kept = 0;
  private started = false;
  private blocked = false;
  private footprints: Footprints = new Footprints(this.names, false);
  /** Who sleeps in the state that comes next. */
  private sleepers: Map<number, Map<number, number>> = new Map();

  /**
   * Of those who slept, were woken and have not gone on: what they would have touched. It counts as touched when they do.
   * Who was killed meanwhile touches nothing, and yet what it would have read must be able to come before the kill.
   */
  private woken: Map<number, Map<number, number>> = new Map();

  /** A witness for the next run. */
  witness(): Footprints {
    this.footprints = new Footprints(this.names, this.endsMatter);
    this.footprints.whenComplete = (event, place) => this.completed(event, place);
    return this.footprints;
  }

  /** The run ended because everything that could go on sleeps: it showed nothing new. */
  get wasBlocked(): boolean {
    return this.blocked;
  }

  /** Turns to the next schedule; false: there is none. */
  next(): boolean {
    if (!this.started) return this.started = true;
    for (let i = this.states.length - 1; i >= 0; i--) {
      const state = this.states[i];
      if (state.chosen === WORLD) continue;
      for (const actor of state.enabled) {
        if (!state.backtrack.has(actor) || state.asleep.has(actor)) continue;
        state.chosen = actor;
        this.states.length = i + 1;
        this.kept = i;
        return true;
      }
    }
    return false;
  }

  begin(): void {
    this.blocked = false;
    this.sleepers = new Map();
    this.woken = new Map();
  }

  choose(run: Run, ready: Ring<Task>): Choice {
    this.footprints.complete();
    const place = this.footprints.events.length;
    let state = this.states[place];
    if (state === undefined) {
      const enabled = ready.toArray().map((task) => task.id);
      const chosen = enabled.find((actor) => !this.sleepers.has(actor));
      if (chosen === undefined) {
        this.blocked = true;
        run.stop(null);
      }
      state = { enabled, backtrack: new Set([chosen]), asleep: this.sleepers, chosen };
      this.states.push(state);
    }
    if (state.enabled.length !== ready.size) throw fickle();
    for (let i = 0; i < ready.size; i++) {
      if ((ready.at(i) as Task).id === state.chosen) return i;
    }
    throw fickle();
  }

  /** An event is over: what it clashes with wakes up. */
  private completed(event: Event, place: number): void {
    if (event.actor === WORLD) {
      this.states[place] ??= { enabled: [], backtrack: new Set(), asleep: new Map(), chosen: WORLD };
      this.sleepers = new Map();
      this.woken = new Map(); // nobody is left who could go on
      return;
    }
    const { asleep } = this.states[place];
    merge(event.touches, this.woken.get(event.actor));
    this.woken.delete(event.actor);
    const next = new Map<number, Map<number, number>>();
    for (const [actor, touches] of asleep) {
      if (actor === event.actor) continue;
      if (!conflict(touches, event.touches)) next.set(actor, touches);
      else this.woken.set(actor, merge(new Map(touches), this.woken.get(actor)));
    }
    this.sleepers = next;
  }

  /** Learns from the run that has ended. True: it has learnt that it must begin anew. */
  learn(): boolean {
    this.footprints.complete();
    if (this.footprints.endsCompared && !this.endsMatter) {
      this.endsMatter = true;
      this.states = [];
      this.kept = 0;
      this.started = false;
      return true;
    }
    this.findRaces();
    // What was tried sleeps from now on, with the footprint that it had.
    this.footprints.events.forEach((event, place) => {
      if (event.actor !== WORLD) this.states[place]?.asleep.set(event.actor, event.touches);
    });
    return false;
  }

  private findRaces(): void {
    const { events } = this.footprints;
    const clocks: Clock[] = [];
    const lastOf: number[] = [];
    const uses = new Map<number, { place: number; how: number }[]>();
    events.forEach((event, place) => {
      const clock: Clock = [];
      clocks.push(clock);
      const before = lastOf[event.actor];
      if (before !== undefined) join(clock, clocks[before]);
      if (event.waker >= 0) join(clock, clocks[event.waker]);
      const rivals = new Set<number>();
      for (const [name, how] of event.touches) {
        const list = uses.get(name);
        if (list === undefined) continue;
        for (const use of list) if (clash(use.how, how)) rivals.add(use.place);
      }
      // From the latest to the earliest: whoever is ordered by a later one is in no race.
      for (const rival of [...rivals].sort((a, b) => b - a)) {
        const other = events[rival];
        if ((clock[other.actor] ?? 0) >= other.index) continue;
        if (place >= this.kept && other.actor !== WORLD && event.actor !== WORLD) {
          this.reverse(rival, place, events, clocks);
        }
        join(clock, clocks[rival]);
      }
      clock[event.actor] = event.index;
      lastOf[event.actor] = place;
      for (const [name, how] of event.touches) {
        const list = uses.get(name);
        // A write is ordered with all before it: whoever comes later needs to look no further.
        if (list === undefined || how === WRITES) uses.set(name, [{ place, how }]);
        else list.push({ place, how });
      }
    });
  }

  /** The event at `second` is to be tried before the one at `first`. */
  private reverse(first: number, second: number, events: readonly Event[], clocks: readonly Clock[]): void {
    const state = this.states[first];
    if (state === undefined || state.chosen === WORLD) return;
    const { actor, index } = events[first];
    // What can come before the second without the first.
    const between: number[] = [];
    for (let k = first + 1; k < second; k++) if ((clocks[k][actor] ?? 0) < index) between.push(k);
    between.push(second);
    const initials: number[] = [];
    const seen = new Set<number>();
    for (const k of between) {
      const event = events[k];
      if (seen.has(event.actor)) continue;
      seen.add(event.actor);
      const depends = between.some((j) => j < k && (clocks[k][events[j].actor] ?? 0) >= events[j].index);
      if (!depends) initials.push(event.actor);
    }
    if (initials.some((one) => state.backtrack.has(one))) return;
    const own = events[second].actor;
    const possible = initials.filter((one) => state.enabled.includes(one));
    if (possible.length > 0) state.backtrack.add(possible.includes(own) ? own : possible[0]);
    else for (const one of state.enabled) state.backtrack.add(one);
  }
}

/** Adds the uses of `from` to those of `into`. */
function merge(into: Map<number, number>, from: Map<number, number> | undefined): Map<number, number> {
  for (const [name, how] of from ?? []) {
    const before = into.get(name);
    into.set(name, before === undefined || before === how ? how : WRITES);
  }
  return into;
}

function join(into: Clock, from: Clock | undefined): void {
  if (from === undefined) return;
  for (let i = 0; i < from.length; i++) {
    const n = from[i];
    if (n !== undefined && n > (into[i] ?? 0)) into[i] = n;
  }
}
