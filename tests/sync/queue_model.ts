/** All that a queue can do, beside an array and a number. */
import { call, type Op, type Queue } from "../../src/mod.ts";
import type { Pair } from "../laws/model.ts";

/** All of a queue beside an array and a number. */
export function everything(queue: Queue<number>, maxsize: number): Pair {
  let items: number[] = [], unfinished = 0, down = false;
  const at = (n: number, shutDown: () => void) => call(() => n < 8 ? undefined : shutDown());
  const shutDown = (n: number) => queue.shutdown({ immediate: n === 9 });
  return {
    verbs: {
      peek: {
        start: (_n, o) => queue.peek(o),
        now: () => queue.peekNowait(),
        model: () => items.length > 0 ? String(items[0]) : down ? "!QueueShutDown" : undefined,
        late: "!QueueEmpty",
      },
      get: {
        start: (_n, o) => queue.get(o),
        now: () => queue.getNowait(),
        model() {
          const item = items.shift();
          return item !== undefined ? String(item) : down ? "!QueueShutDown" : undefined;
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
          unfinished++;
          return "ok";
        },
        late: "!QueueFull",
      },
      join: {
        start: (_n, o) => queue.join(o),
        model: () => unfinished === 0 ? "true" : undefined,
        late: "false",
      },
      done: {
        start: (): Op<void> => call(() => queue.taskDone()),
        now: () => queue.taskDone(),
        model() {
          if (unfinished === 0) return "!RangeError";
          unfinished--;
          return "ok";
        },
        late: "",
      },
      shutdown: {
        start: (n) => at(n, () => shutDown(n)),
        now: (n) => n < 8 ? undefined : shutDown(n),
        model(n) {
          down ||= n >= 8;
          if (n === 9) {
            unfinished = Math.max(0, unfinished - items.length);
            items = [];
          }
          return "ok";
        },
        late: "",
      },
    },
    real: () => [queue.qsize, queue.unfinished, queue.empty, queue.full],
    expected: () => [items.length, unfinished, items.length === 0, items.length >= maxsize],
  };
}
