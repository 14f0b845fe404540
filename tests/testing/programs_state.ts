// Statements: plain state, time and chance.

import { sleep, until } from "../../src/mod.ts";
import { always, cell, settle, track } from "../../src/testing/mod.ts";
import type { Family } from "./programs_kit.ts";

interface Inner {
  n: number;
}

export interface Plain {
  readonly map: Map<string, Inner>;
  readonly set: Set<number>;
  readonly list: Inner[];
  readonly record: { n?: number; inner: Inner; call?: () => number };
  readonly timer: { value: ReturnType<typeof setTimeout> | undefined };
  readonly controllers: readonly AbortController[];
  /** Follows both. */
  readonly either: AbortSignal;
  readonly promise: Promise<string>;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

export const state: Family<Plain> = {
  make: () => {
    let resolve!: Plain["resolve"], reject!: Plain["reject"];
    const promise = new Promise<string>((a, b) => {
      resolve = a;
      reject = b;
    });
    promise.catch(() => {});
    const controllers = [new AbortController(), new AbortController()];
    return {
      map: track(new Map([["a", { n: 0 }]])),
      set: track(new Set<number>()),
      list: track([{ n: 0 }]),
      record: track<Plain["record"]>({ inner: { n: 0 } }),
      timer: cell<ReturnType<typeof setTimeout> | undefined>(undefined),
      controllers,
      either: AbortSignal.any(controllers.map(({ signal }) => signal)),
      promise,
      resolve,
      reject,
    };
  },
  blocks: [],
  acts: {
    mapSet: ({ me }, { map }) => void map.set("a", { n: me }),
    mapDelete: (_, { map }) => map.delete("a"),
    mapInside: (_, { map }) => {
      const inner = map.get("a");
      return inner === undefined ? "none" : ++inner.n;
    },
    mapSize: (_, { map }) => map.size,
    mapSum: (_, { map }) => {
      let sum = 0;
      map.forEach(({ n }) => void (sum += n));
      for (const { n } of map.values()) sum += n;
      for (const [, { n }] of map) sum += n;
      return sum;
    },
    mapEach: ({ me }, { map }) => map.forEach((inner) => void (inner.n += 10 * (me + 1))),
    setAdd: ({ n }, { set }) => void set.add(n),
    setHas: ({ n }, { set }) => set.has(n),
    setClear: (_, { set }) => set.clear(),
    setJoin: (_, { set }) => [...set].join("+"),
    listPush: ({ me }, { list }) => list.push({ n: me }),
    listPop: (_, { list }) => list.pop()?.n ?? "none",
    listSum: (_, { list }) => list.reduce((sum, { n }) => sum + n, 0),
    listLength: (_, { list }) => list.length,
    listInside: ({ me }, { list }) => {
      const inner = list.find(({ n }) => n < 9);
      if (inner !== undefined) inner.n += me + 1;
    },
    recordSet: ({ me }, { record }) => void (record.n = me),
    recordHas: (_, { record }) => Object.hasOwn(record, "n"),
    recordIn: (_, { record }) => "n" in record,
    recordDelete: (_, { record }) => delete record.n,
    recordKeys: (_, { record }) => JSON.stringify(record),
    recordInside: ({ me }, { record }) => {
      const before = record.inner.n;
      record.inner.n = me + 1;
      return before;
    },
    recordNew: ({ me }, { record }) => void (record.inner = { n: 20 + me }),
    recordCall: (_, { record }) => record.call?.() ?? "no call",
    recordCallSet: ({ me }, { record }) => void (record.call = () => me),
    random: () => Math.floor(Math.random() * 1_000),
    now: () => Date.now() % 1_000 + performance.now(),
    timer1: ({ cells, me, listen }, { timer }) => {
      const log = listen("timeout");
      timer.value = setTimeout(() => {
        log.push(cells[0].value);
        cells[0].value = me + 1;
      }, 1);
    },
    timer2: ({ cells, me }, { timer }) => void (timer.value = setTimeout(() => cells[0].value = me + 1, 2)),
    soon: ({ cells, listen }) => {
      const log = listen("microtask");
      queueMicrotask(() => void log.push(cells[0].value++));
    },
    timerClear: (_, { timer }) => clearTimeout(timer.value),
    *settled() {
      yield* settle();
    },
    *background() {
      yield* sleep(1, { ref: false });
    },
    always: ({ cells }) => always(() => !(cells[0].value === 1 && cells[1].value === 0), "both"),
    abort: ({ n }, { controllers }) => controllers[n % 2].abort(),
    isAborted: ({ n }, { controllers }) => controllers[n % 2].signal.aborted,
    isEither: (_, { either }) => either.aborted,
    whenAborted: ({ n, cells }, { controllers }) =>
      controllers[n % 2].signal.addEventListener("abort", () => void (cells[1].value += 7), { once: true }),
    whenEither: ({ cells }, { either }) => void (either.onabort = () => void (cells[1].value += 20)),
    resolve: ({ me }, { resolve }) => resolve(`by ${me}`),
    reject: (_, { reject }) => reject(new RangeError("rejected")),
    *awaitPromise(_, { promise }) {
      return yield* until(promise);
    },
    then: ({ cells, listen }, { promise }) => {
      const log = listen("then");
      promise.then((value) => void log.push(value, cells[0].value), () => void log.push("rejected"));
    },
    awaitGreenlet: ({ other, listen }) => {
      const log = listen("awaited");
      other.then(() => void log.push("value"), (error) => void log.push((error as Error).name));
    },
  },
};
