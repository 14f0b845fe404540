/** Selects between two queues, beside two arrays. */
import { type Op, Queue, select, sleep, suspend } from "../../src/mod.ts";
import type { Gen } from "../laws/kit.ts";
import type { Pair } from "../laws/model.ts";

/** Selects of `a` and `b`, and puts into both. */
export function pair(bounded: boolean): Pair {
  const a = new Queue<number>(bounded ? { maxsize: 1 } : undefined), b = new Queue<number>();
  const inA: number[] = [], inB: number[] = [], maxsize = bounded ? 1 : Infinity;
  const chosen = function* (timeout: number): Gen<string> {
    const got = yield* select({ a, b: b.get(), late: timeout === Infinity ? suspend() : sleep(timeout) });
    return got.key === "late" ? "late" : `${got.key}${got.value}`;
  };
  return {
    verbs: {
      select: {
        start: (_n, o) => spawnless(() => chosen(o.timeout)),
        model() {
          if (inA.length > 0) return `a${inA.shift()}`;
          return inB.length > 0 ? `b${inB.shift()}` : undefined;
        },
        late: "late",
      },
      "put a": {
        start: (n, o) => a.put(n, o),
        now: (n) => a.putNowait(n),
        model(n) {
          if (inA.length >= maxsize) return undefined;
          inA.push(n);
          return "ok";
        },
        late: "!QueueFull",
      },
      "put b": {
        start: (n, o) => b.put(n, o),
        now: (n) => b.putNowait(n),
        model(n) {
          inB.push(n);
          return "ok";
        },
        late: "!QueueFull",
      },
    },
    real: () => [a.qsize, b.qsize],
    expected: () => [inA.length, inB.length],
  };
}

/** A generator as an operation, on the stack of whoever delegates to it. */
function spawnless<T>(body: () => Gen<T>): Op<T> {
  return { [Symbol.iterator]: body };
}
