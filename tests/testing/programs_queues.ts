// Statements: the queues.

import { collect, forEach, LifoQueue, PriorityQueue, Queue, select, sleep } from "../../src/mod.ts";
import type { Family } from "./programs_kit.ts";

export interface Queues {
  readonly ordered: PriorityQueue<number>;
  readonly last: LifoQueue<string>;
  readonly free: Queue<string>;
}

export const queues: Family<Queues> = {
  make: () => ({
    ordered: new PriorityQueue({ maxsize: 2 }),
    last: new LifoQueue({ maxsize: 2 }),
    free: new Queue(),
  }),
  blocks: [],
  acts: {
    *orderedPut({ n, me }, { ordered }) {
      yield* ordered.put(10 * n + me);
    },
    *orderedGet(_, { ordered }) {
      return yield* ordered.get({ timeout: 2 });
    },
    orderedGetNowait: (_, { ordered }) => ordered.getNowait(),
    orderedFull: (_, { ordered }) => ordered.full,
    lastPut: ({ me }, { last }) => last.putNowait(`last ${me}`),
    *lastGet(_, { last }) {
      return yield* last.get();
    },
    lastSize: (_, { last }) => last.qsize,
    freePut: ({ me }, { free }) => free.putNowait(`free ${me}`),
    *freeGet(_, { free }) {
      return yield* free.get({ timeout: 1 });
    },
    *freePeek(_, { free }) {
      return `peek ${yield* free.peek({ timeout: 1 })}`;
    },
    freePeekNowait: (_, { free }) => free.peekNowait(),
    freeDone: (_, { free }) => free.taskDone(),
    *freeJoin(_, { free }) {
      return yield* free.join({ timeout: 2 });
    },
    freeUnfinished: (_, { free }) => free.unfinished,
    freeEmpty: (_, { free }) => free.empty,
    freeDrop: (_, { free }) => free.shutdown({ immediate: true }),
    freeShutdown: (_, { free }) => free.shutdown(),
    freeIsDown: (_, { free }) => free.isShutDown,
    *freeNext(_, { free }) {
      const { done, value } = yield* free.next();
      return `${done} ${value}`;
    },
    *freeEach({ log }, { free }) {
      yield* forEach(free, function* (item) {
        log.push(`each ${item}`);
        yield* sleep(0);
        return item !== "free 0";
      });
    },
    *freeCollect(_, { free }) {
      return (yield* collect(free)).join("+");
    },
    *selectQueues(_, { ordered, free }) {
      return (yield* select({ ordered: ordered.get(), free: free.peek(), room: ordered.put(5) })).key;
    },
  },
};
