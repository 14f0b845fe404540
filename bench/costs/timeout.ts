import * as Effect from "effect/Effect";
import { race, run as runEffection, sleep as sleepEffection } from "effection";
import { run, sleep, withTimeout } from "../../src/mod.ts";
import type { Cost } from "../harness/cost.ts";
import { turn } from "../peers/effection.ts";
import { python } from "../peers/python.ts";

/** A timeout of a minute around a wait that ends at once: what a careful program pays at every call. */
export const cost: Cost = {
  name: "timeout",
  title: "timeout around a turn",
  unit: "ns",
  notes: [
    "A timeout of a minute around a wait of one turn: created, not fired, withdrawn. The promise side is `Promise.race` with a cleared `setTimeout`.",
  ],
  points: [{
    label: "not reached",
    sides: {
      async tendril(n) {
        let count = 0;
        await run(function* () {
          for (let i = 0; i < n; i++) {
            yield* withTimeout(60_000, sleep(0));
            count++;
          }
        });
        return { count };
      },
      async promise(n) {
        let count = 0;
        for (let i = 0; i < n; i++) {
          let timer: ReturnType<typeof setTimeout> | undefined;
          const late = new Promise<void>((_, reject) => {
            timer = setTimeout(() => reject(new Error("late")), 60_000);
          });
          await Promise.race([Promise.resolve(), late]);
          clearTimeout(timer);
          count++;
        }
        return { count };
      },
      async effection(n) {
        let count = 0;
        await runEffection(function* () {
          for (let i = 0; i < n; i++) {
            yield* race([sleepEffection(60_000), turn]);
            count++;
          }
        });
        return { count };
      },
      async effect(n) {
        let count = 0;
        const bounded = Effect.timeout(Effect.yieldNow, 60_000);
        await Effect.runPromise(Effect.gen(function* () {
          for (let i = 0; i < n; i++) {
            yield* bounded;
            count++;
          }
        }));
        return { count };
      },
      gevent: python("gevent", "with_timeout"),
      asyncio: python("asyncio", "with_timeout"),
    },
  }],
};
