/** A queue with an order. */
import { show } from "../core/mod.ts";
import { HeapBuffer, naturalOrder } from "./buffers.ts";
import { BufferedQueue, type QueueOptions } from "./queue.ts";

/** Options of {@linkcode PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /** Negative: `a` comes out before `b`. Default: numbers and strings in their order, arrays item by item. */
  compare?: (a: T, b: T) => number;
}

/** The smallest first; among equals, the first in. */
export class PriorityQueue<T> extends BufferedQueue<T> {
  constructor(options?: PriorityQueueOptions<T>) {
    const compare = options?.compare ?? naturalOrder;
    if (typeof compare !== "function") {
      throw new TypeError(
        `PriorityQueue's compare must be a function (a, b) => number, not ${show(compare)}`,
      );
    }
    super(new HeapBuffer<T>(compare), options);
  }
}
