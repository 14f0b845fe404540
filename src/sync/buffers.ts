/** Where queues keep their items: the order of the buffer is the order of the queue. */
import { Heap, Ring, type Slotted } from "../core/mod.ts";

/** Where a queue keeps its items; its order is the queue's. */
export interface Buffer<T> {
  readonly size: number;
  push(item: T): void;
  /** Takes the next one; the caller knows that there is one. */
  shift(): T | undefined;
  /** Looks at the next one. */
  peek(): T | undefined;
}

/** First in, first out. */
export class RingBuffer<T> extends Ring<T> implements Buffer<T> {
  peek(): T | undefined {
    return this.at(0);
  }
}

/** Last in, first out. */
export class Stack<T> implements Buffer<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    return this.#items.pop();
  }

  peek(): T | undefined {
    return this.#items[this.#items.length - 1];
  }
}

class Entry<T> implements Slotted {
  slot = -1;
  readonly item: T;
  readonly seq: number;

  constructor(item: T, seq: number) {
    this.item = item;
    this.seq = seq;
  }
}

/** The least first; among equals, the first in. */
export class HeapBuffer<T> implements Buffer<T> {
  #pushed = 0;
  readonly #heap: Heap<Entry<T>>;

  constructor(compare: (a: T, b: T) => number) {
    this.#heap = new Heap((a, b) => {
      const order = compare(a.item, b.item);
      return order < 0 || (order === 0 && a.seq < b.seq); // insertion order among equals (S-65)
    });
  }

  get size(): number {
    return this.#heap.size;
  }

  push(item: T): void {
    this.#heap.push(new Entry(item, this.#pushed++));
  }

  shift(): T | undefined {
    return this.#heap.pop()?.item;
  }

  peek(): T | undefined {
    return this.#heap.peek()?.item;
  }
}

/** As Python compares: numbers, strings and the like by `<`, arrays item by item. */
export function naturalOrder(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = naturalOrder(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  const x = a as number, y = b as number;
  return x < y ? -1 : x > y ? 1 : 0;
}
