/** What a queue is to its laws. */
import { type Op, QueueEmpty, QueueFull } from "../../core/mod.ts";
import { type Gen, upTo } from "./law_kit.ts";
import type { Law, LawOptions, Trials } from "./law_suite.ts";

/** A queue of numbers, whatever its name. What it does not have is not checked. */
export interface QueueLike {
  /** Adds an item, waiting for room. Throws `QueueFull` when its timeout, in milliseconds, came first. */
  put(item: number, options?: { timeout?: number }): Op<void>;
  /** Takes the next item, waiting for one. Throws `QueueEmpty` when its timeout came first. */
  get(options?: { timeout?: number }): Op<number>;
  putNowait?(item: number): void;
  /** How many are in it; in a rendezvous, how many wait to hand over. */
  readonly qsize?: number;
  /** Looks at the next item. */
  peek?(options?: { timeout?: number }): Op<number>;
  /** Takes no more; what is left can be taken. */
  shutdown?(): void;
  /** A step of an iteration; the end is the shutdown. */
  next?(): Op<IteratorResult<number, undefined>>;
  taskDone?(): void;
  join?(options?: { timeout?: number }): Op<boolean>;
}

/** What is different from queue to queue. */
export interface QueueLawOptions extends LawOptions {
  /** Which item comes out next: the first, the last, the least, or nobody knows. Default `"fifo"`. */
  order?: "fifo" | "lifo" | "priority" | "none";
  /** How many items it holds; 0: a rendezvous. Default: no limit. */
  maxsize?: number;
}

/** Makes a law about a queue. */
export type QueueSay = (name: string, body: (queue: QueueLike) => Gen, trials?: Trials) => Law;

/** What calls give that time out, as text. */
export const EMPTY: string = `!${QueueEmpty.name}`;
export const FULL: string = `!${QueueFull.name}`;

/** Puts as many as go in at once, three at most; gives what is in it. */
export function* fill(queue: QueueLike, maxsize: number): Gen<number[]> {
  const items = upTo(Math.min(maxsize, 3));
  if (maxsize !== Infinity && maxsize > 3) items.push(...upTo(maxsize - 3).map((i) => i + 3));
  for (const item of items) yield* queue.put(item);
  return items;
}

/** Takes what comes until none comes for so many milliseconds. */
export function* takeAll(queue: QueueLike, timeout: number): Gen<number[]> {
  const items: number[] = [];
  while (items.length < 100) {
    try {
      items.push(yield* queue.get({ timeout }));
    } catch (error) {
      if (error instanceof QueueEmpty) return items;
      throw error;
    }
  }
  throw new Error("items come out without an end, and few were put");
}

/** `items`, which were put in this order, as they come out. */
export function inOrder(items: readonly number[], order: "fifo" | "lifo" | "priority" | "none"): number[] {
  if (order === "lifo") return items.toReversed();
  return order === "priority" ? items.toSorted((a, b) => a - b) : [...items];
}
