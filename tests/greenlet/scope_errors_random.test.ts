/**
 * Random trees of scopes and greenlets in which bodies and cleanups fail. Every error that was thrown comes out somewhere:
 * of the run, or to the one who asked for it; in what comes out of the run each stands once; whatever `onError` is told
 * has something new in it. A failure prints the seed and the path.
 */
import fc from "fast-check";
import { cancelScope, type Greenlet, isKill, run, sleep, spawn, suspend, taskGroup } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { errorsIn, type Gen } from "./kit.ts";

type Node =
  | { do: "sleep" | "fail"; ms: number }
  | { do: "suspend" | "failLeaving" }
  | { do: "scope" | "group" | "spawn" | "daemon" | "joined"; body: Node[] }
  | { do: "cleanup"; ms: number; body: Node[] };

const { tree } = fc.letrec<{ node: Node; tree: Node[] }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: "max", withCrossShrink: true },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom("sleep" as const, "fail" as const),
        ms: fc.nat({ max: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("failLeaving" as const, "suspend" as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "scope" as const,
          "group" as const,
          "spawn" as const,
          "daemon" as const,
          "joined" as const,
        ),
        body: tie("tree"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("cleanup" as const),
        ms: fc.nat({ max: 3 }),
        body: tie("tree"),
      }),
    },
  ),
  tree: fc.array(tie("node"), { minLength: 1, maxLength: 3, size: "max" }),
}));

class World {
  readonly thrown: Error[] = [];
  readonly asked: unknown[] = [];

  fail(): never {
    const error = new Error(`error ${this.thrown.length}`);
    this.thrown.push(error);
    throw error;
  }

  *run(nodes: readonly Node[]): Gen {
    for (const node of nodes) yield* this.step(node);
  }

  *step(node: Node): Gen {
    switch (node.do) {
      case "sleep":
        return yield* sleep(node.ms);
      case "fail":
        yield* sleep(node.ms);
        return this.fail();
      case "suspend": // main kills what is left
        return yield* suspend();
      case "failLeaving":
        try {
          yield* suspend();
        } catch {
          this.fail(); // as a finally would, but here nothing gets lost on the way
        }
        return;
      case "scope":
        return void (yield* cancelScope({}, () => this.run(node.body)));
      case "group":
        return yield* taskGroup(() => this.run(node.body));
      case "cleanup": {
        let flying: unknown;
        try {
          yield* this.run(node.body);
        } catch (e) {
          flying = e;
          throw e;
        } finally {
          yield* this.cleanUp(node.ms, flying);
        }
        return;
      }
      default: {
        const g = spawn({ daemon: node.do === "daemon" }, () => this.run(node.body));
        if (node.do === "joined") yield* this.ask(g);
      }
    }
  }

  *cleanUp(ms: number, flying: unknown): Gen {
    try {
      yield* sleep(ms);
    } catch (kill) {
      // Killed only now, while an error is on its way: the language forgets the error for the kill.
      this.asked.push(...errorsIn(flying));
      throw kill;
    }
  }

  *ask(g: Greenlet<unknown>): Gen {
    let error: unknown;
    try {
      yield* g;
      return;
    } catch (e) {
      error = e;
    }
    // A kill of the asker comes this way as well.
    if (isKill(error)) throw error;
    this.asked.push(...errorsIn(error));
  }
}

async function play(nodes: Node[]): Promise<void> {
  const world = new World();
  const told: unknown[] = [];
  let out: unknown;
  let failed = false;
  try {
    await run(function* () {
      yield* cancelScope({ timeout: 50 }, () => world.run(nodes));
    }, { clock: new VirtualClock(), onError: (error) => void told.push(error) });
  } catch (e) {
    out = e;
    failed = true;
  }
  const parts = failed ? errorsIn(out) : [];
  const accounted = new Set([...parts, ...world.asked]);
  for (const error of world.thrown) {
    assert(accounted.has(error), `${error.message} of ${world.thrown.length} was lost`);
  }
  for (const part of parts) {
    assert(world.thrown.includes(part as Error), `came out, and nobody threw it: ${part}`);
  }
  assertEquals(parts.length, new Set(parts).size, "something came out twice");
  const known = new Set<unknown>();
  for (const telling of told) {
    const news = errorsIn(telling).filter((error) => !known.has(error));
    assert(news.length > 0, "something was told twice");
    for (const error of news) known.add(error);
  }
  if (failed && world.thrown.length === 1) {
    assertStrictEquals(out, world.thrown[0], "one error comes as it is");
  }
}

describe("random failures", () => {
  test(
    "decision 5: no error is lost, and none is thrown or told twice",
    () => fc.assert(fc.asyncProperty(tree, play), { numRuns: 500 }),
    { timeout: 60_000 },
  );
});
