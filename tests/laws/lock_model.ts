/** Whatever lets so many in at once, against a model: kills, timeouts and hand-overs at random points. */
import fc from "fast-check";
import { Event, type Greenlet, type Op, sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { type Gen, outcome, property } from "./kit.ts";

/** What has a number of places, each held by a greenlet. */
export interface Places {
  acquire(options?: { timeout?: number }): Op<boolean>;
  tryAcquire(): boolean;
  release(): void;
  readonly locked: boolean;
  /** Where the number can be changed. */
  resize?(places: number): void;
}

type Step =
  | { do: "start"; timeout: number }
  | { do: "kill" | "letGo"; who: number }
  | { do: "resize"; places: number }
  | { do: "pass"; ms: number }
  | { do: "take" | "give" | "settle" };

const who = fc.nat({ max: 9 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("start" as const),
        timeout: fc.constantFrom(Infinity, Infinity, Infinity, 0, 1, 2),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("kill" as const, "letGo" as const), who }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("take" as const, "give" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("resize" as const), places: fc.nat({ max: 3 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2 }) }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ do: "settle" }) },
  ),
  { maxLength: 40 },
);

const PLAYER = -1;

/** Who waits, who holds, and who is queued to run, from the rules alone. */
class Model {
  places: number;
  readonly line: { id: number; deadline: number }[] = [];
  readonly holders: Set<number> = new Set();
  readonly log: string[] = [];
  time = 0;
  /** Woken, in this order, and what each does when it runs. */
  private readonly queued: { id: number; does: "begin" | "leave" | "tell"; tells: string }[] = [];
  /** Killed while woken with a place of their own. */
  private readonly doomed: Set<number> = new Set();

  constructor(places: number) {
    this.places = places;
  }

  serve(): void {
    while (this.line.length > 0 && this.holders.size < this.places) {
      const { id } = this.line.shift() as { id: number };
      this.holders.add(id);
      this.queued.push({ id, does: "begin", tells: `${id} true` });
    }
  }

  start(id: number, timeout: number): void {
    if (this.line.length === 0 && this.holders.size < this.places) {
      this.holders.add(id);
      this.log.push(`${id} true`);
    } else if (timeout === 0) this.log.push(`${id} false`);
    else this.line.push({ id, deadline: this.time + timeout });
  }

  take(): boolean {
    if (this.line.length > 0 || this.holders.size >= this.places) return false;
    this.holders.add(PLAYER);
    return true;
  }

  free(id: number): void {
    this.holders.delete(id);
    this.serve();
  }

  kill(id: number): void {
    const at = this.line.findIndex((w) => w.id === id);
    if (at >= 0) {
      this.line.splice(at, 1);
      this.queued.push({ id, does: "tell", tells: `${id} !GreenletExit` });
      this.serve();
    } else if (this.holders.has(id)) {
      if (this.queued.some((q) => q.id === id)) this.doomed.add(id);
      else this.queued.push({ id, does: "leave", tells: "" });
    }
  }

  /** Gives whether it holds a place, parked. */
  letGo(id: number): boolean {
    if (!this.holders.has(id) || this.queued.some((q) => q.id === id)) return false;
    this.queued.push({ id, does: "leave", tells: "" });
    return true;
  }

  /** Everybody runs until all are parked. */
  flush(): void {
    for (let next = this.queued.shift(); next !== undefined; next = this.queued.shift()) {
      if (next.tells !== "") this.log.push(next.tells);
      if (next.does === "leave") this.free(next.id);
      else if (next.does === "begin" && this.doomed.delete(next.id)) {
        this.queued.push({ id: next.id, does: "leave", tells: "" });
      }
    }
  }

  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const next = Math.min(...this.line.map((w) => w.deadline));
      if (next > until) break;
      this.time = next;
      const at = this.line.findIndex((w) => w.deadline === next);
      const [{ id }] = this.line.splice(at, 1);
      this.log.push(`${id} false`);
      this.serve();
      this.flush();
    }
    this.time = until;
  }
}

function* play(program: readonly Step[], real: Places, places: number): Gen<void> {
  const model = new Model(places);
  const log: string[] = [];
  const actors: Greenlet<void>[] = [];
  const gates: Event[] = [];
  let inside = 0, playerHolds = false;
  const enter = () => assert(++inside <= model.places || real.resize !== undefined, "too many inside");
  const worker = (id: number, timeout: number) => {
    const gate = new Event();
    gates.push(gate);
    return spawn(function* () {
      const got = yield* outcome(real.acquire({ timeout }));
      log.push(`${id} ${got}`);
      if (got !== "true") return;
      enter();
      try {
        yield* gate.wait();
      } finally {
        inside--;
        real.release();
      }
    });
  };
  const rest = function* (): Gen<void> {
    yield* settle();
    model.flush();
    assertEquals(log, model.log);
    assertEquals(real.locked, model.holders.size >= model.places, "locked");
  };
  const give = () => {
    if (!playerHolds) return;
    playerHolds = false;
    inside--;
    real.release();
    model.free(PLAYER);
  };
  for (const step of program) {
    if (step.do === "settle") yield* rest();
    else if (step.do === "pass") {
      yield* rest();
      model.pass(step.ms);
      yield* sleep(step.ms);
    } else if (step.do === "start") {
      yield* rest();
      model.start(actors.length, step.timeout);
      actors.push(worker(actors.length, step.timeout));
      yield* rest();
    } else if (step.do === "kill") {
      actors[step.who]?.kill();
      model.kill(step.who);
    } else if (step.do === "letGo") {
      if (model.letGo(step.who)) gates[step.who].set();
    } else if (step.do === "give") give();
    else if (step.do === "resize") {
      if (real.resize === undefined) continue;
      real.resize(step.places);
      model.places = step.places;
      model.serve();
    } else if (!playerHolds) {
      playerHolds = real.tryAcquire();
      assertEquals(playerHolds, model.take(), "tryAcquire");
      if (playerHolds) enter();
    }
  }
  give();
  real.resize?.(1);
  for (const gate of gates) gate.set();
  yield* settle();
  assert(actors.every((a) => a.dead), "nobody is left behind");
  assertEquals(inside, 0);
  assertEquals(real.locked, false, "every place is given back");
}

/** Checks `make` by random programs. */
export function checkPlaces(make: (places: number) => Places, places: number): Promise<void> {
  return property(steps, (program) => play(program, make(places), places));
}
