/** Rule S-36 against a model: random links and unlinks. */
import fc from "fast-check";
import { sleep, spawn } from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { upTo, virtual } from "../regressions/helpers.ts";
import { linksOf } from "./traces.ts";

test("S-36: random links and unlinks, before, during and after the notification, keep to the model", () =>
  fc.assert(
    fc.asyncProperty(
      // Each link: those that it adds and those that it takes away when it runs.
      fc.array(
        fc.record({ before: fc.boolean(), drops: fc.array(fc.nat({ max: 9 })), adds: fc.boolean() }),
        {
          maxLength: 10,
        },
      ),
      fc.array(fc.nat({ max: 9 })),
      (plan, droppedFirst) =>
        virtual(function* () {
          const log: number[] = [], expected: number[] = [];
          const g = spawn(() => sleep(1));
          const links = plan.map(({ drops, adds }, i) => () => {
            log.push(i);
            for (const d of drops) if (links[d] !== undefined) g.unlink(links[d]);
            if (adds) g.link(extra(i));
          });
          const extra = (i: number) => () => void log.push(100 + i);
          plan.forEach(({ before }, i) => before && g.link(links[i]!));
          for (const d of droppedFirst) if (links[d] !== undefined) g.unlink(links[d]);
          let model = upTo(plan.length).filter((i) => plan[i]!.before && !droppedFirst.includes(i));
          const notify = () => {
            for (let i = model.shift(); i !== undefined; i = model.shift()) {
              expected.push(i);
              if (i >= 100) continue;
              model = model.filter((j) => !plan[i]!.drops.includes(j));
              if (plan[i]!.adds) model.push(100 + i);
            }
          };
          notify();
          yield* sleep(2);
          assertEquals(log, expected);
          model = upTo(plan.length).filter((i) => !plan[i]!.before);
          model.forEach((i) => g.link(links[i]!));
          notify();
          yield* settle();
          assertEquals(log, expected);
          assert(linksOf(g) === 0);
        }),
    ),
    { numRuns: 200 },
  ));
