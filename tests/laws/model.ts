/**
 * A sequential model of "lines and a rule", and the player that runs it beside the real thing.
 *
 * A program is a list of steps: start an actor that does one operation, do one at once, kill an actor, let time
 * pass, let everybody run. Between two steps nobody runs unless the step says so; kills hence hit actors that are
 * parked and actors that are woken and have not run yet. The model knows from the rules alone how each operation ends
 * (S-50: in line order, S-51: a wake commits) and when its actor hears of it, so the logs must be equal to the letter.
 */
import fc from "fast-check";
import { type Greenlet, isKill, type Op, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { type Gen, outcome, outcomeOf } from "./kit.ts";

/** One kind of operation: how it is done for real, and what the model says. */
export interface Verb {
  /** The operation with a limit, for an actor. */
  start(n: number, options: { timeout: number }): Op<unknown>;
  /** The same at once, by the player, where there is such a call. */
  now?(n: number): unknown;
  /** If the model allows it now: does it, and gives how it ends, as text. Undefined: not yet. */
  model(n: number): string | undefined;
  /** How it ends when its time is over. */
  late: string;
  /** What `now` gives where the model says "not yet". Default: `late`. */
  refused?: string;
}

/** Something real and its model, both fresh. */
export interface Pair {
  verbs: { [name: string]: Verb };
  /** What both can show of their state; compared whenever all is quiet, and after each step that acts at once. */
  real?(): unknown;
  expected?(): unknown;
  /** A last word when all actors have ended. */
  end?(): void;
}

/** See the top of the file. */
export type Step =
  | { do: "start" | "now"; verb: number; n: number; timeout: number }
  | { do: "kill"; who: number }
  | { do: "pass"; ms: number }
  | { do: "settle" };

const forever = Infinity;

/** Random programs over `verbs` operations. */
export function programs(verbs: number, n: fc.Arbitrary<number> = fc.nat({ max: 9 })): fc.Arbitrary<Step[]> {
  const verb = fc.nat({ max: verbs - 1 });
  const timeout = fc.constantFrom(forever, forever, forever, 0, 1, 2, 3);
  const start: fc.Arbitrary<Step> = fc.record({ do: fc.constant("start" as const), verb, n, timeout });
  const now: fc.Arbitrary<Step> = fc.record({ do: fc.constant("now" as const), verb, n, timeout });
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: start },
      { weight: 4, arbitrary: now },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("kill" as const), who: fc.nat({ max: 12 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2 }) }),
      },
      { weight: 1, arbitrary: fc.constant<Step>({ do: "settle" }) },
    ),
    { maxLength: 40 },
  );
}

interface Waiting {
  id: number;
  verb: string;
  n: number;
  deadline: number;
}

/** In each kind of operation, who ended how, in order. No rule says how the killed stand among the others. */
type Logs = { [verb: string]: string[] };

function note(logs: Logs, verb: string, id: number, how: string): void {
  (logs[how === "!GreenletExit" ? "killed" : verb] ??= []).push(`${id} ${how}`);
}

/** Who waits, in the model, and the log of who ended how. */
class Model {
  readonly verbs: { [name: string]: Verb };
  readonly lines: Map<string, Waiting[]> = new Map();
  readonly logs: Logs = {};
  /** Killed while woken: the operation counts, and the kill comes at the next park. */
  readonly killedLate: Set<number> = new Set();
  readonly fresh: Set<number> = new Set();
  time = 0;

  constructor(verbs: { [name: string]: Verb }) {
    this.verbs = verbs;
    for (const verb of Object.keys(verbs)) this.lines.set(verb, []);
  }

  line(verb: string): Waiting[] {
    return this.lines.get(verb) as Waiting[];
  }

  ended(actor: { id: number; verb: string }, how: string): void {
    note(this.logs, actor.verb, actor.id, how);
    this.fresh.add(actor.id);
  }

  start(id: number, verb: string, n: number, timeout: number): void {
    const got = this.line(verb).length === 0 ? this.verbs[verb].model(n) : undefined;
    if (got !== undefined) this.ended({ id, verb }, got);
    else if (timeout === 0) this.ended({ id, verb }, this.verbs[verb].late);
    else this.line(verb).push({ id, verb, n, deadline: this.time + timeout });
    this.serve();
  }

  now(verb: string, n: number): string {
    const got = this.line(verb).length === 0 ? this.verbs[verb].model(n) : undefined;
    this.serve();
    return got ?? this.verbs[verb].refused ?? this.verbs[verb].late;
  }

  kill(id: number): void {
    const actor = this.leave((w) => w.id === id);
    if (actor !== undefined) {
      this.ended(actor, "!GreenletExit");
      this.fresh.delete(id);
      this.serve();
    } else if (this.fresh.has(id)) {
      this.killedLate.add(id);
    }
  }

  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const due = [...this.lines.values()].flat().filter((w) => w.deadline <= until);
      if (due.length === 0) break;
      const next = Math.min(...due.map((w) => w.deadline));
      this.time = next;
      // Of one instant: in the order in which they were set.
      const first = due.filter((w) => w.deadline === next).sort((a, b) => a.id - b.id)[0];
      this.leave((w) => w === first);
      this.ended(first, this.verbs[first.verb].late);
      this.serve();
    }
    this.time = until;
    this.fresh.clear();
  }

  private leave(which: (w: Waiting) => boolean): Waiting | undefined {
    for (const line of this.lines.values()) {
      const at = line.findIndex(which);
      if (at >= 0) {
        return line.splice(at, 1)[0];
      }
    }
    return undefined;
  }

  /** Whoever heads a line and may go on does; after each move from the first line on, in the order of the verbs. */
  serve(): void {
    while ([...this.lines.values()].some((line) => this.serveHead(line)));
  }

  private serveHead(line: Waiting[]): boolean {
    const head = line[0];
    const got = head === undefined ? undefined : this.verbs[head.verb].model(head.n);
    if (got === undefined) return false;
    line.splice(line.indexOf(head), 1);
    this.ended(head, got);
    return true;
  }
}

/** Plays `program` on both and compares. */
export function* play(program: readonly Step[], make: (model: () => Model) => Pair): Gen<void> {
  const pair = make(() => model);
  const model: Model = new Model(pair.verbs);
  const names = Object.keys(pair.verbs);
  const logs: Logs = {};
  const late = new Set<number>();
  const actors: Greenlet<void>[] = [];
  const same = () => {
    if (pair.real !== undefined) assertEquals(pair.real(), pair.expected?.());
  };
  const rest = function* (): Gen<void> {
    yield* settle();
    model.fresh.clear();
    assertEquals(logs, model.logs);
    same();
  };
  for (const step of program) {
    if (step.do === "settle") {
      yield* rest();
    } else if (step.do === "pass") {
      yield* rest();
      model.pass(step.ms);
      yield* sleep(step.ms);
      yield* rest();
    } else if (step.do === "kill") {
      actors[step.who]?.kill();
      if (step.who < actors.length) model.kill(step.who);
    } else {
      const name = names[step.verb % names.length], verb = pair.verbs[name];
      if (step.do === "now") {
        if (verb.now === undefined) continue;
        const { now } = verb;
        const got = outcomeOf(() => now(step.n));
        assertEquals(got, model.now(name, step.n), `${name}(${step.n}) at once`);
      } else {
        yield* rest();
        const id = actors.length;
        model.start(id, name, step.n, step.timeout);
        actors.push(spawn(function* () {
          note(logs, name, id, yield* outcome(verb.start(step.n, { timeout: step.timeout })));
          try {
            yield* sleep(0);
          } catch (e) {
            if (isKill(e)) late.add(id);
            throw e;
          }
        }));
        yield* rest();
      }
    }
    same();
  }
  yield* rest();
  // No waiter is left behind, and none is forgotten: whom the model still has waiting can be killed, and nobody else.
  const parked = [...model.lines.values()].flat().map((w) => w.id);
  assertEquals(
    actors.flatMap((a, id) => a.dead ? [] : [id]),
    parked.sort((a, b) => a - b),
    "who still waits",
  );
  for (const id of parked) {
    actors[id].kill();
    model.kill(id);
  }
  yield* rest();
  assertEquals(late, model.killedLate, "whose kill came after the operation");
  pair.end?.();
}
