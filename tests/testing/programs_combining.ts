// Statements: several greenlets and operations at once.

import {
  all,
  asCompleted,
  AsyncResult,
  collect,
  Event,
  gather,
  iwait,
  joinAll,
  killAll,
  Queue,
  race,
  select,
  sleep,
  wait,
} from "../../src/mod.ts";
import { type Context, type Family, others, shown } from "./programs_kit.ts";

export interface Combined {
  readonly event: Event;
  readonly result: AsyncResult<string>;
  readonly queue: Queue<string>;
}

/** Sees a cell, takes turns, and changes it. */
function* part({ cells }: Context, turns: number): Generator<unknown, string, unknown> {
  for (let i = 0; i < turns; i++) yield* sleep(0);
  const seen = cells[0].value;
  cells[0].value = 5;
  return `part ${turns} ${seen}`;
}

export const combining: Family<Combined> = {
  make: () => ({ event: new Event(), result: new AsyncResult(), queue: new Queue() }),
  blocks: ["raceBlock", "allBlock"],
  acts: {
    *waitOne(context, { event, result }) {
      const ready = yield* wait([...others(context), event, result], { count: 1, timeout: 2 });
      return ready.map((one) => "name" in one ? one.name : one === event ? "event" : "result").join("+");
    },
    *waitAll(context) {
      return (yield* wait(others(context), { timeout: 2 })).map(({ name }) => name).join("+");
    },
    *firstOf(context) {
      const stream = iwait(others(context), { timeout: 1 });
      const { value } = yield* stream.next();
      stream.close?.();
      return value?.name ?? "none";
    },
    *eachOf(context) {
      return (yield* collect(iwait(others(context), { count: 2, timeout: 2 }))).map((g) => g.name).join("+");
    },
    *completed(context) {
      const { value } = yield* asCompleted(others(context)).next();
      return shown(value);
    },
    *completedParts(context) {
      return (yield* collect(asCompleted([part(context, 1), part(context, 0)]))).join("+");
    },
    *gatherOthers(context) {
      return shown(yield* gather(others(context), { returnExceptions: true }));
    },
    *gatherParts(context) {
      return (yield* gather([part(context, 0), sleep(1), part(context, 1)])).join("+");
    },
    *allParts(context) {
      return (yield* all([part(context, 0), part(context, 1)])).join("+");
    },
    *allBlock(context) {
      yield* all([context.run(context.listen("all")), part(context, 1)]);
    },
    *raceParts(context) {
      return yield* race([part(context, 1), part(context, 2)]);
    },
    *raceBlock(context) {
      yield* race([context.run(context.listen("race")), sleep(1)]);
    },
    *raceOthers(context) {
      return shown(yield* race(others(context).map((greenlet) => greenlet.join())));
    },
    killOthers: (context) => void killAll(others(context)),
    *killThem(context) {
      return (yield* killAll(others(context), undefined, { timeout: 1 })).length;
    },
    *firstFailure(context) {
      const ended = yield* joinAll(others(context), { raiseError: true, timeout: 2 });
      return ended.map(({ name }) => name).join("+");
    },
    *joinOne(context) {
      return (yield* joinAll(others(context), { count: 1 })).map(({ name }) => name).join("+");
    },
    *selectGreenlets(context, { event }) {
      const [one] = others(context);
      return (yield* select({ one: one.join(), event, late: sleep(1) })).key;
    },
    combinedEvent: (_, { event }) => event.set(),
    combinedResult: ({ me }, { result }) => result.set(`by ${me}`),
    combinedPut: ({ me }, { queue }) => queue.putNowait(`${me}`),
    *raceQueue(_, { queue }) {
      return yield* race([queue.get(), queue.get({ timeout: 1 })]);
    },
  },
};
