/** Rule S-25: random joins, kills and timeouts leave no link and no timer behind. */
import fc from "fast-check";
import {
  cancelScope,
  gather,
  type Greenlet,
  joinAll,
  killAll,
  type Op,
  spawn,
  suspend,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { caught, play, schedules, virtual } from "../regressions/helpers.ts";
import { linksOf, timersSet } from "./traces.ts";

test("S-25: random joins, kills and timeouts leave no link and no timer behind", () =>
  fc.assert(
    fc.asyncProperty(schedules, fc.array(fc.nat({ max: 6 }), { maxLength: 6 }), (schedule, picks) =>
      virtual(function* () {
        const targets = [spawn(suspend), spawn(suspend)];
        const ops: ((g: Greenlet<unknown>, ms: number) => Op<unknown>)[] = [
          (g, timeout) =>
            g.join({ timeout }),
          (g, timeout) =>
            withTimeout(1000, caught(g.get({ timeout }))),
          (g, ms) => withTimeout(ms, g, { value: 0 }),
          (g, timeout) => cancelScope({ timeout }, () => g.join()),
          (_, timeout) => wait(targets, { timeout, count: 2 }),
          (_, timeout) => joinAll(targets, { timeout, raiseError: true }),
          (g, ms) => withTimeout(ms, gather([g.join({ timeout: 3 }), g.join()]), { value: 0 }),
        ];
        const joiners: Greenlet<unknown>[] = [];
        const join = (n: number) => {
          const op = ops[n % ops.length]!;
          const greenlet = spawn(() => op(targets[n % 2]!, n % 5));
          joiners.push(greenlet);
        };
        picks.forEach(join);
        yield* play(schedule, joiners.slice(0, 6), join);
        yield* joinAll(joiners);
        assertEquals(targets.map((g) => g.dead), [false, false], "a joiner's end reached the joined");
        assertEquals(targets.map(linksOf), [0, 0], "links");
        assertEquals(timersSet(), 0, "timers");
        yield* killAll(targets);
      })),
    { numRuns: 200 },
  ));
