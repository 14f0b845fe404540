// Statements: broadcasts and channels.

import { Broadcast, Channel, forEach, select, sleep, type Subscription } from "../../src/mod.ts";
import type { Family } from "./programs_kit.ts";

export interface Streams {
  readonly news: Broadcast<string>;
  readonly readers: readonly Subscription<string>[];
  readonly hand: Channel<string>;
}

export const streams: Family<Streams> = {
  make: () => {
    const news = new Broadcast<string>();
    const readers = [
      news.subscribe({ maxsize: 1 }),
      news.subscribe({ maxsize: 1, overflow: "dropOldest" }),
      news.subscribe({ maxsize: 1, overflow: "dropNewest" }),
    ];
    return { news, readers, hand: new Channel() };
  },
  blocks: [],
  acts: {
    *newsPut({ me }, { news }) {
      yield* news.put(`news ${me}`, { timeout: 2 });
    },
    newsPutNowait: ({ me }, { news }) => news.putNowait(`now ${me}`),
    newsShutdown: (_, { news }) => news.shutdown(),
    newsSize: (_, { news }) => news.size,
    *readerGet({ n }, { readers }) {
      return yield* readers[n % 3].get({ timeout: 1 });
    },
    readerGetNowait: ({ n }, { readers }) => readers[n % 3].getNowait(),
    readerSize: ({ n }, { readers }) => readers[n % 3].qsize,
    readerClosed: ({ n }, { readers }) => readers[n % 3].closed,
    readerClose: ({ n }, { readers }) => readers[n % 3].close(),
    *readerNext({ n }, { readers }) {
      const { done, value } = yield* readers[n % 3].next();
      return `${done} ${value}`;
    },
    *subscribe(_, { news }) {
      const own = news.subscribe();
      try {
        return yield* own.get({ timeout: 1 });
      } finally {
        own.close();
      }
    },
    *readerEach({ n, log }, { readers }) {
      yield* forEach(readers[n % 3], function* (item) {
        log.push(`each ${item}`);
        yield* sleep(0);
      });
    },
    *handPut({ me }, { hand }) {
      yield* hand.put(`hand ${me}`, { timeout: 1 });
    },
    *handGet(_, { hand }) {
      return yield* hand.get({ timeout: 1 });
    },
    handPutNowait: ({ me }, { hand }) => hand.putNowait(`now ${me}`),
    handGetNowait: (_, { hand }) => hand.getNowait(),
    handSize: (_, { hand }) => hand.qsize,
    handShutdown: (_, { hand }) => hand.shutdown(),
    handIsDown: (_, { hand }) => hand.isShutDown,
    *handBoth({ me }, { hand }) {
      const { key, value } = yield* select({ get: hand.get(), put: hand.put(`both ${me}`) });
      return `${key} ${value}`;
    },
  },
};
