/** A lock beside a flag and a line. */
import { sleep } from "../../greenlet/mod.ts";
import type { LockLawOptions, LockLike } from "./law_lock_kit.ts";
import type { Law } from "./law_suite.ts";
import { BLOCKED } from "../models/linearizable.ts";
import { modelTest, type ModelTestOptions } from "../models/model_test.ts";

/** What a holder gets who acquires it again is another matter. */
export function lockModelLaw(make: () => LockLike, { runs = 50, seed = 0, maxSteps }: LockLawOptions): Law {
  const take = (state: { held: boolean }): unknown => state.held ? BLOCKED : state.held = true;
  const takes = ["acquire", "acquire within 5 ms", "acquire at once"];
  const timed = (timeout: number) => ({
    run: (lock: LockLike) => lock.acquire({ timeout }),
    model: take,
    lapses: () => false,
    line: "acquire",
    unless: takes,
  });
  const check = (more: ModelTestOptions) =>
    modelTest({
      make,
      model: () => ({ held: false }),
      operations: {
        acquire: {
          run: (lock: LockLike) => lock.acquire(),
          model: take,
          line: "acquire",
          unless: takes,
          weight: 2,
        },
        "acquire within 5 ms": timed(5),
        "acquire at once": timed(0),
        "hold it for a while": { run: () => sleep(5), model: () => undefined },
        release: {
          run: (lock: LockLike) => lock.release(),
          model: (state) => void (state.held = false),
          releases: takes,
          weight: 2,
        },
      },
    }, { seed, maxSteps, ...more });
  return {
    name: "S-50 to S-52 the model: a flag and a line, whoever gives up or is killed",
    check() {
      check({ runs: runs * 5, kills: 2, timeouts: 1 });
      check({ runs: 4, preemptions: 2, kills: 1, maxSchedules: 200 });
    },
  };
}
