/**
 * Random programs of nested scopes, spawns, shields and cleanups, killed and cancelled at random points, with a random
 * greenlet running next each time. Whatever happens: every `finally` begins exactly once and from the inside out, a cleanup
 * that a kill has begun runs to its end, nothing behind a killed `yield*` runs, a scope outlives all that was spawned in it,
 * and at the end everything is dead and no timer is left.
 *
 * A failure prints the seed and the path; `fc.assert(…, { seed, path })` plays it again.
 */
import fc from "fast-check";
import {
  call,
  type CancelScope,
  cancelScope,
  type Greenlet,
  isKill,
  killAll,
  moveOnAfter,
  Queue,
  run,
  shield,
  sleep,
  spawn,
  spawnLater,
  suspend,
  TaskGroup,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Gen, toss, WatchedClock } from "./kit.ts";

type Program =
  | { do: "sleep" | "get"; ms: number }
  | { do: "suspend" | "cancel" | "killMe" }
  | { do: "guard" | "move" | "timeout"; ms: number; body: Program[] }
  | { do: "call" | "native" | "scope" | "group" | "shield" | "spawn" | "daemon" | "later"; body: Program[] };

const leaf: fc.Arbitrary<Program> = fc.oneof(
  fc.record({ do: fc.constantFrom("sleep" as const, "get" as const), ms: fc.nat({ max: 4 }) }),
  fc.record({ do: fc.constantFrom("suspend" as const, "cancel" as const, "killMe" as const) }),
);
const { programs } = fc.letrec<{ program: Program; programs: Program[] }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 4, depthSize: "max", withCrossShrink: true },
    { weight: 2, arbitrary: leaf },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("guard" as const, "guard" as const, "move" as const, "timeout" as const),
        ms: fc.nat({ max: 6 }),
        body: tie("programs"),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("call", "native", "scope", "group", "shield", "spawn", "daemon", "later"),
        body: tie("programs"),
      }) as fc.Arbitrary<Program>,
    },
  ),
  programs: fc.array(tie("program"), { minLength: 1, maxLength: 3, size: "max" }),
}));

/** A number is a kill of that greenlet, modulo how many there are; the others let the victims run. */
type Step = { kill: number; reason: boolean } | { sleep: number };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kill: fc.nat({ max: 30 }), reason: fc.boolean() }),
    fc.record({ sleep: fc.nat({ max: 3 }) }),
  ),
  { maxLength: 25, size: "max" },
);

/** What is known of one greenlet while it runs. */
interface State {
  /** The guards that it stands in. */
  guards: number[];
  /** The kill on its way out; null in between. */
  leaving: unknown;
  /** The scopes around, innermost last, with what lives in them. */
  scopes: { scope: CancelScope | TaskGroup; members: Greenlet<unknown>[] }[];
  shielded: number;
}

class World {
  readonly greenlets: Greenlet<unknown>[] = [];
  /** Killed with an error of its own, such a one is a failure of its group: it is killed without. */
  readonly inGroups = new Set<Greenlet<unknown>>();
  readonly wrong: string[] = [];
  guards = 0;
  begun = 0;
  ended = 0;

  check(condition: boolean, what: string): void {
    if (!condition) this.wrong.push(what);
  }

  *run(program: readonly Program[], state: State): Gen {
    for (const step of program) {
      try {
        yield* this.step(step, state);
      } catch (e) {
        this.check(isKill(e), `no kill came out: ${e}`);
        state.leaving = e;
        throw e;
      }
      this.check(state.leaving === null, `${step.do} was killed, and what is behind it runs`);
    }
  }

  *step(step: Program, state: State): Gen {
    switch (step.do) {
      case "sleep":
        return yield* sleep(step.ms);
      case "get":
        return void (yield* withTimeout(step.ms, new Queue<void>().get(), { value: undefined }));
      case "suspend":
        return yield* state.shielded > 0 ? sleep(3) : suspend();
      case "cancel":
        return state.scopes.at(-1)?.scope.cancel();
      case "killMe":
        return void this.greenlets.at(-1)?.kill();
      case "guard":
        return yield* this.guard(step, state);
      case "call":
        return yield* call(() => this.run(step.body, state));
      case "native":
        return yield* this.run(step.body, state);
      case "shield":
        state.shielded++;
        try {
          return yield* shield(() => this.run(step.body, state));
        } finally {
          state.shielded--;
        }
      case "timeout":
        yield* withTimeout(step.ms + 1, () => this.run(step.body, state), { value: undefined });
        return this.absorbed(state);
      case "move":
        return yield* this.inside(state, (body) => moveOnAfter(step.ms + 1, body), step.body);
      case "scope":
        return yield* this.inside(state, (body) => cancelScope({}, body), step.body);
      case "group":
        return yield* this.inside(state, (body) => taskGroup(body), step.body);
      default:
        this.start(step, state);
    }
  }

  /** A timeout or a scope has ended normally: if something was leaving, it went no further. */
  absorbed(state: State): void {
    state.leaving = null;
  }

  *inside(
    state: State,
    open: (body: (scope: CancelScope | TaskGroup) => Gen) => Iterable<unknown>,
    body: Program[],
  ): Gen {
    const depth = state.scopes.length;
    const members: Greenlet<unknown>[] = [];
    try {
      yield* open((scope) => {
        state.scopes.push({ scope, members });
        return this.run(body, state);
      });
      this.absorbed(state);
    } finally {
      state.scopes.length = depth;
      this.check(members.every((g) => g.dead), "a scope has ended before what was spawned in it");
    }
  }

  *guard(step: { ms: number; body: Program[] }, state: State): Gen {
    const id = this.guards++;
    state.guards.push(id);
    let killed = false;
    try {
      yield* this.run(step.body, state);
    } catch (e) {
      killed = true;
      throw e;
    } finally {
      this.begun++;
      this.check(state.guards.at(-1) === id, "a finally out of order");
      try {
        for (let i = 0; i <= step.ms; i++) yield* sleep(i % 3);
      } catch (e) {
        this.check(!killed, "a cleanup that a kill has begun was interrupted");
        state.leaving = e;
        toss(e);
      } finally {
        this.ended++;
        this.check(state.guards.pop() === id, "the end of a finally out of order");
      }
    }
  }

  start(step: { do: string; body: Program[] }, state: State): void {
    const around = state.scopes.at(-1);
    // In a greenlet of its own: the scope around it is the one that it lives in, and its own scopes are within.
    const own: State = {
      guards: [],
      leaving: null,
      scopes: around === undefined ? [] : [around],
      shielded: 0,
    };
    const body = () => this.run(step.body, own);
    const g = step.do === "later" ? spawnLater(3, body) : spawn({ daemon: step.do === "daemon" }, body);
    this.greenlets.push(g);
    around?.members.push(g);
    if (around?.scope instanceof TaskGroup) this.inGroups.add(g);
  }
}

async function play(programs: Program[][], plan: Step[], picks: number[]): Promise<void> {
  const world = new World();
  const clock = new WatchedClock();
  const reasons = new Set<unknown>();
  let pick = 0;
  const chooser = (ready: readonly unknown[]) => (picks[pick++ % picks.length] ?? 0) % ready.length;
  const onError = (error: unknown) => void world.check(false, `reported: ${error}`);
  await run(function* () {
    yield* cancelScope({}, function* () {
      const fresh = (): State => ({ guards: [], leaving: null, scopes: [], shielded: 0 });
      for (const program of programs) world.greenlets.push(spawn(() => world.run(program, fresh())));
      for (const step of plan) {
        if ("sleep" in step) yield* sleep(step.sleep);
        else {
          const victim = world.greenlets[step.kill % world.greenlets.length];
          const reason = step.reason && !world.inGroups.has(victim)
            ? new Error(`kill ${step.kill}`)
            : undefined;
          if (reason !== undefined) reasons.add(reason);
          victim?.kill(reason);
        }
      }
      // Again and again: under a shield some are still born, and those under it are waited for.
      while (world.greenlets.some((g) => !g.dead)) {
        yield* killAll(world.greenlets.toReversed(), undefined, { timeout: 5 });
      }
    });
    yield* clock.assertNoTimers();
  }, { clock, onError, chooser: picks.length > 0 ? chooser : undefined });
  for (const g of world.greenlets) {
    world.check(g.dead, "a greenlet lives on");
    world.check(
      g.exception === undefined || reasons.has(g.exception),
      `an exception of its own: ${g.exception}`,
    );
  }
  assertEquals(world.wrong, []);
  assertEquals([world.begun, world.ended], [world.guards, world.guards], "every finally exactly once");
}

const many: fc.Arbitrary<Program[][]> = fc.array(programs, { minLength: 1, maxLength: 4, size: "max" });

describe("random kills", () => {
  test(
    "S-12, S-13, S-14, S-21: random programs, killed in the order of the schedule",
    () => fc.assert(fc.asyncProperty(many, steps, (all, plan) => play(all, plan, [])), { numRuns: 500 }),
    {
      timeout: 60_000,
    },
  );

  test(
    "S-12, S-13, S-14, S-21: random programs, killed at random points, any greenlet runs next",
    () =>
      fc.assert(
        fc.asyncProperty(many, steps, fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 }), play),
        { numRuns: 500 },
      ),
    { timeout: 60_000 },
  );
});
