/**
 * Random programs of greenlets that will not leave: cleanups that never end, shields that never open, loops that swallow
 * everything, cleanups that spawn more of the same. However they are nested: when the main greenlet is told to leave, the
 * run ends within its grace. A failure prints the seed and the path.
 */
import fc from "fast-check";
import {
  call,
  cancelScope,
  Queue,
  run,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import type { Gen } from "./kit.ts";

type Node =
  | { do: "sleep" | "clean"; ms: number }
  | { do: "suspend" | "deaf" | "deafCleanup" | "swallow" | "spin" }
  | { do: "scope" | "group" | "timeout" | "call" | "spawn" | "daemon" | "whenLeaving"; body: Node[] };

const ABORT_AT = 10, GRACE = 20;

const { tree } = fc.letrec<{ node: Node; tree: Node[] }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: "max", withCrossShrink: true },
    fc.record({ do: fc.constantFrom("sleep" as const, "clean" as const), ms: fc.nat({ max: 30 }) }),
    fc.record({ do: fc.constantFrom("suspend", "deaf", "deafCleanup", "swallow", "spin") }) as fc.Arbitrary<
      Node
    >,
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("scope", "group", "timeout", "call", "spawn", "daemon", "whenLeaving"),
        body: tie("tree"),
      }) as fc.Arbitrary<Node>,
    },
  ),
  tree: fc.array(tie("node"), { minLength: 1, maxLength: 3, size: "max" }),
}));

function* play(nodes: readonly Node[]): Gen {
  for (const node of nodes) yield* step(node);
}

function* swallow(wait: () => Iterable<unknown>): Gen {
  for (;;) {
    try {
      yield* wait();
    } catch {
      // swallows everything
    }
  }
}

function* step(node: Node): Gen {
  switch (node.do) {
    case "sleep":
      return yield* sleep(node.ms);
    case "suspend":
      return yield* suspend();
    case "clean":
      try {
        return yield* suspend();
      } finally {
        yield* sleep(node.ms);
      }
    case "deaf":
      return void (yield* shield(() => new Queue().get()));
    case "deafCleanup":
      try {
        return yield* suspend();
      } finally {
        yield* shield(() => suspend());
      }
    case "swallow":
      return yield* swallow(() => new Queue().get());
    case "spin":
      return yield* swallow(() => sleep(1));
    case "scope":
      return void (yield* cancelScope({}, () => play(node.body)));
    case "group":
      return yield* taskGroup(() => play(node.body));
    case "timeout":
      return void (yield* withTimeout(3, () => play(node.body), { value: undefined }));
    case "call":
      return yield* call(() => play(node.body));
    case "whenLeaving":
      try {
        return yield* suspend();
      } finally {
        yield* play(node.body);
      }
    default:
      spawn({ daemon: node.do === "daemon" }, () => play(node.body));
  }
}

describe("random greenlets that will not leave", () => {
  test("S-22: the run ends within its grace, however they are nested", () =>
    fc.assert(
      fc.asyncProperty(tree, async (nodes) => {
        const clock = new VirtualClock();
        const controller = new AbortController();
        const reason = new Error("leave");
        let out: unknown;
        try {
          await run(function* () {
            spawn({ daemon: true }, function* () {
              yield* sleep(ABORT_AT);
              controller.abort(reason);
            });
            yield* play(nodes);
            yield* suspend();
            // No slices: time that a greenlet spins away is not of interest here.
          }, { clock, grace: GRACE, signal: controller.signal, onError: () => {}, sliceMs: 0 });
        } catch (e) {
          out = e instanceof AggregateError ? e.errors[0] : e;
        }
        assertEquals(out, reason);
        assert(clock.now() <= ABORT_AT + GRACE, `it took ${clock.now() - ABORT_AT} ms`);
      }),
      { numRuns: 300 },
    ), { timeout: 60_000 });
});
