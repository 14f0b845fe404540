/** Pool.imap and imapUnordered at random. */
import fc from "fast-check";
import { Pool, sleep } from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { virtual } from "../regressions/helpers.ts";

const both = ["imap", "imapUnordered"] as const;

test("S-67, S-69: at random, imap and imapUnordered answer every item once, within capacity and maxsize", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...both),
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      fc.array(fc.integer({ min: -3, max: 5 }), { maxLength: 12 }),
      fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 5 }),
      (kind, capacity, maxsize, items, pauses) =>
        virtual(function* () {
          const pool = new Pool(capacity);
          let [pulled, answered] = [0, 0];
          const [ended, lines]: [string[], string[]] = [[], []];
          function* input(): Generator<number> {
            for (const i of items.keys()) {
              pulled++;
              // The consumer may have been woken for one that it has not counted yet.
              assert(pulled - answered <= (maxsize ?? Infinity) + 1, "more than maxsize were not consumed");
              yield i;
            }
          }
          const stream = pool[kind](
            function* (i: number) {
              assert(pool.size <= capacity, "over its capacity");
              const n = items[i];
              const name = n < 0 ? `error ${i}` : `value ${i}`;
              if (n !== 0) yield* sleep(Math.abs(n));
              ended.push(name);
              if (n < 0) throw new Error(name);
              return name;
            },
            input(),
            { maxsize },
          );
          for (;;) {
            try {
              const step = yield* stream.next();
              if (step.done === true) break;
              lines.push(step.value);
            } catch (e) {
              lines.push((e as Error).message);
            }
            answered++;
            const pause = pauses[answered % pauses.length];
            if (pause > 0) yield* sleep(pause);
          }
          const inOrder = [...items.entries()].map(([i, n]) => n < 0 ? `error ${i}` : `value ${i}`);
          assertEquals(lines, kind === "imap" ? inOrder : ended);
          assertEquals([lines.length, pool.freeCount], [items.length, capacity]);
        }),
    ),
    { numRuns: 300 },
  ));
