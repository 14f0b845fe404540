/** Queues and channels beside a plain array. */
import { type Op, spawn, type Stream } from "../../src/mod.ts";
import { type Gen, upTo } from "./kit.ts";
import type { Pair, play } from "./model.ts";

/** A queue, whatever its name. */
export interface QueueLike extends Stream<number> {
  put(item: number, options?: { timeout?: number }): Op<void>;
  get(options?: { timeout?: number }): Op<number>;
  putNowait(item: number): void;
  getNowait(): number;
  /** How many are in it; in a rendezvous, how many wait to hand over. */
  readonly qsize: number;
  shutdown(): void;
}

/** What is different from queue to queue. */
export interface QueueTraits {
  /** How many items it holds; 0 for a rendezvous. */
  maxsize: number;
  /** Which item comes out next. */
  order: "first" | "last" | "least";
  /** False where leaving an iteration gives up what is left, as with a subscription. */
  keeps: boolean;
}

/** Takes the next item out of `items`, by the queue's order. */
function next(items: number[], order: QueueTraits["order"]): number | undefined {
  if (order === "first") return items.shift();
  if (order === "last") return items.pop();
  const least = Math.min(...items);
  return items.length === 0 ? undefined : items.splice(items.indexOf(least), 1)[0];
}

/** The queue beside a plain array. */
export function pair(queue: QueueLike, { maxsize, order }: QueueTraits): Pair {
  const items: number[] = [];
  let down = false;
  return {
    verbs: {
      get: {
        start: (_n, o) => queue.get(o),
        now: () => queue.getNowait(),
        model() {
          const item = next(items, order);
          return item === undefined ? (down ? "!QueueShutDown" : undefined) : String(item);
        },
        late: "!QueueEmpty",
      },
      put: {
        start: (n, o) => queue.put(n, o),
        now: (n) => queue.putNowait(n),
        model(n) {
          if (down) return "!QueueShutDown";
          if (items.length >= maxsize) return undefined;
          items.push(n);
          return "ok";
        },
        late: "!QueueFull",
      },
      shutdown: {
        start: (n) => spawn(() => n === 0 ? queue.shutdown() : undefined),
        // Rarely, or the programs would have nothing else to do.
        now: (n) => n === 0 ? queue.shutdown() : undefined,
        model(n) {
          down ||= n === 0;
          return "ok";
        },
        late: "",
      },
    },
    real: () => queue.qsize,
    expected: () => items.length,
  };
}

/** A rendezvous beside two lines. */
export function rendezvous(channel: QueueLike, model: Parameters<Parameters<typeof play>[1]>[0]): Pair {
  let down = false;
  /** Takes the first who stands in `line` out of it. */
  const partner = (line: "get" | "put") => model().line(line).shift();
  return {
    verbs: {
      get: {
        start: (_n, o) => channel.get(o),
        now: () => channel.getNowait(),
        model() {
          const putter = partner("put");
          if (putter === undefined) return down ? "!QueueShutDown" : undefined;
          model().ended(putter, "ok");
          return String(putter.n);
        },
        late: "!QueueEmpty",
      },
      put: {
        start: (n, o) => channel.put(n, o),
        now: (n) => channel.putNowait(n),
        model(n) {
          if (down) return "!QueueShutDown";
          const getter = partner("get");
          if (getter === undefined) return undefined;
          model().ended(getter, String(n));
          return "ok";
        },
        late: "!QueueFull",
      },
      shutdown: {
        start: (n) => spawn(() => n === 0 ? channel.shutdown() : undefined),
        now: (n) => n === 0 ? channel.shutdown() : undefined,
        model(n) {
          if (n === 0) {
            down = true;
            for (const line of ["put", "get"] as const) {
              for (let w = partner(line); w !== undefined; w = partner(line)) {
                model().ended(w, "!QueueShutDown");
              }
            }
          }
          return "ok";
        },
        late: "",
      },
    },
    real: () => channel.qsize,
    expected: () => model().line("put").length,
  };
}

/** Puts as many as go in at once; gives what is in it. */
export function* filled(queue: QueueLike, maxsize: number): Gen<number[]> {
  const items = upTo(Math.min(maxsize, 3));
  for (const item of items) yield* queue.put(item);
  return items;
}

/** `items` as they come out. */
export function inOrder(items: readonly number[], order: QueueTraits["order"]): number[] {
  const rest = [...items];
  return items.map(() => next(rest, order) as number);
}
