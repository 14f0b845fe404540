/** A queue beside an array and two lines. */
import { QueueEmpty, QueueFull } from "../../core/mod.ts";
import { sleep } from "../../greenlet/mod.ts";
import { inOrder, type QueueLawOptions, type QueueLike } from "./law_queue_kit.ts";
import type { Law } from "./law_suite.ts";
import { BLOCKED } from "../models/linearizable.ts";
import { modelTest, type ModelTestOptions } from "../models/model_test.ts";

/** None where the model could not say what comes next. */
export function queueModelLaw(make: () => QueueLike, options: QueueLawOptions): Law[] {
  const { maxsize = Infinity, order = "fifo", runs = 50, seed = 0, maxSteps } = options;
  if (order === "none" || maxsize === 0) return [];
  const put = (items: number[], n: number) => items.length < maxsize ? void items.push(n) : BLOCKED;
  const get = (items: number[]) => {
    if (items.length === 0) return BLOCKED;
    const [first] = inOrder(items, order);
    items.splice(order === "lifo" ? items.lastIndexOf(first) : items.indexOf(first), 1);
    return first;
  };
  const timedGet = (timeout: number) => ({
    run: (queue: QueueLike) => queue.get({ timeout }),
    model: get,
    lapses(): never {
      throw new QueueEmpty();
    },
    line: "get",
  });
  const timedPut = (timeout: number) => ({
    args: (random: { below(n: number): number }): [number] => [random.below(20)],
    run: (queue: QueueLike, n: number) => queue.put(n, { timeout }),
    model: put,
    lapses(): never {
      throw new QueueFull();
    },
    line: "put",
  });
  const check = (more: ModelTestOptions) =>
    modelTest({
      make,
      model: (): number[] => [],
      operations: {
        put: {
          ...timedPut(0),
          run: (queue: QueueLike, n: number) => queue.put(n),
          lapses: undefined,
          weight: 3,
        },
        get: { ...timedGet(0), run: (queue: QueueLike) => queue.get(), lapses: undefined, weight: 2 },
        "get at once": timedGet(0),
        "get within 5 ms": timedGet(5),
        "put at once": timedPut(0),
        "put within 5 ms": timedPut(5),
        "wait for a while": { run: () => sleep(5), model: () => undefined },
      },
    }, { seed, maxSteps, ...more });
  return [{
    name: "S-57 to S-61 the model: an array and two lines, whoever gives up or is killed",
    check() {
      check({ runs: runs * 5, kills: 2, timeouts: 1 });
      check({ runs: 4, preemptions: 2, kills: 1, maxSchedules: 200 });
    },
  }];
}
