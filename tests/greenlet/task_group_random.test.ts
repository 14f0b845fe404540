/** Task groups at random: trees of groups, with failures, slow and failing cleanup, and kills from outside. */
import fc from "fast-check";
import { type Greenlet, GreenletExit, sleep, spawn, taskGroup } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, AssertionError, assertStrictEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { errorsIn, virtual } from "../regressions/helpers.ts";

interface Leaf {
  readonly delay: number;
  readonly fails: boolean;
  readonly cleanup: number;
  readonly cleanupFails: boolean;
}

interface Tree {
  readonly body: Leaf;
  readonly children: readonly (Leaf | Tree)[];
}

const leaf: fc.Arbitrary<Leaf> = fc.record({
  delay: fc.nat({ max: 6 }),
  fails: fc.nat({ max: 3 }).map((n) => n === 0),
  cleanup: fc.nat({ max: 3 }),
  cleanupFails: fc.nat({ max: 4 }).map((n) => n === 0),
});
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    body: leaf,
    children: fc.array(fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("tree")), {
      maxLength: 4,
    }),
  }),
}));
/** At which moment, and the how manieth of those who were spawned. */
const kills = fc.array(fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 12 })), { maxLength: 4 });

/** What is no kill in an error, in its order. */
function failuresIn(error: unknown): unknown[] {
  return error === undefined ? [] : errorsIn(error).filter((e) => !(e instanceof GreenletExit));
}

class Play {
  readonly clock = new VirtualClock();
  readonly spawned: Greenlet<unknown>[] = [];
  #names = 0;

  /** Sleeps and fails as the leaf says; cleans up when it is killed. */
  *leaf(plan: Leaf, whenDone: (now: number) => void): Generator<unknown, void> {
    const name = ++this.#names;
    try {
      if (plan.delay > 0) yield* sleep(plan.delay);
    } catch (kill) {
      if (plan.cleanup > 0) yield* sleep(plan.cleanup);
      throw plan.cleanupFails ? new Error(`cleanup ${name}`) : kill;
    }
    if (plan.fails) throw new Error(`leaf ${name}`);
    whenDone(this.clock.now());
  }

  /** A group of all that stands in `plan`; checks the rules as it leaves. */
  *group(plan: Tree): Generator<unknown, void> {
    const failures: { error: unknown; at: number }[] = [];
    const doneAt: number[] = [];
    const members: Greenlet<unknown>[] = [];
    let alive = 0;
    const member = function* (this: Play, body: Generator<unknown, void>): Generator<unknown, void> {
      alive++;
      try {
        yield* body;
      } catch (e) {
        for (const error of failuresIn(e)) failures.push({ error, at: this.clock.now() });
        throw e;
      } finally {
        alive--;
      }
    };
    const whenDone = (now: number) => void doneAt.push(now);
    let left: unknown;
    try {
      yield* taskGroup((tg) => {
        for (const child of plan.children) {
          const body = "body" in child ? () => this.group(child) : () => this.leaf(child, whenDone);
          const g = tg.spawn(() => member.call(this, body()));
          members.push(g);
          this.spawned.push(g);
        }
        return member.call(this, this.leaf(plan.body, whenDone));
      });
    } catch (e) {
      left = e;
      throw e;
    } finally {
      assertEquals(
        [alive, members.filter((g) => !g.dead).length],
        [0, 0],
        "the block left before its children",
      );
      const distinct = [...new Set(failures.map((f) => f.error))];
      const leaving = failuresIn(left);
      assertStrictEquals(leaving[0], distinct[0], "not the first failure in front");
      assertEquals(new Set(leaving), new Set(distinct), "not all failures were kept");
      assertEquals(leaving.length, distinct.length, "a failure was kept twice");
      const first = failures[0]?.at ?? Infinity;
      assert(doneAt.every((at) => at <= first), "somebody went on after the first failure");
    }
  }

  *main(plan: Tree, shots: readonly (readonly [number, number])[]): Generator<unknown, void> {
    for (const [at, index] of shots) {
      spawn(
        { daemon: true },
        function* (this: Play) {
          yield* sleep(at);
          this.spawned[index]?.kill();
        }.bind(this),
      );
    }
    try {
      yield* this.group(plan);
    } catch (e) {
      if (failuresIn(e).length === 0 || e instanceof AssertionError) throw e;
      for (const error of errorsIn(e)) if (error instanceof AssertionError) throw error;
    }
  }
}

test("S-70: in random trees of groups the first failure wins, all are kept, and each block leaves after its children", () =>
  fc.assert(
    fc.asyncProperty(tree, kills, (plan, shots) => {
      const play = new Play();
      return virtual(() => play.main(plan, shots), play.clock);
    }),
    { numRuns: 500 },
  ));
