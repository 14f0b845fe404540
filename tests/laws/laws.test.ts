/** The laws over all implementations. */
import {
  BoundedSemaphore,
  Broadcast,
  CapacityLimiter,
  Channel,
  Condition,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
} from "../../src/mod.ts";
import { describe } from "../harness.ts";
import { lockLaws } from "./lock.ts";
import { queueLaws, type QueueLike } from "./queue.ts";

describe("laws of locks", () => {
  const semaphore = { deadHolder: "keeps", again: "waits", stranger: "releases" } as const;
  lockLaws("Semaphore(1)", () => new Semaphore(1), semaphore);
  lockLaws("BoundedSemaphore(1)", () => new BoundedSemaphore(1), semaphore);
  lockLaws("CapacityLimiter(1)", () => new CapacityLimiter(1), {
    deadHolder: "frees",
    again: "throws",
    stranger: "throws",
  });
  const owned = { deadHolder: "breaks", stranger: "throws" } as const;
  lockLaws("Lock", () => new Lock(), { ...owned, again: "throws" });
  lockLaws("RLock", () => new RLock(), { ...owned, again: "counts" });
  lockLaws("Condition", () => new Condition(), { ...owned, again: "throws" });
  lockLaws("Condition of an RLock", () => new Condition(new RLock()), { ...owned, again: "counts" });
});

describe("laws of queues", () => {
  for (const maxsize of [1, 2, Infinity]) {
    const size = maxsize === Infinity ? "unlimited" : `maxsize ${maxsize}`;
    const options = maxsize === Infinity ? undefined : { maxsize };
    const traits = { maxsize, keeps: true } as const;
    queueLaws(`Queue, ${size}`, () => new Queue<number>(options), { ...traits, order: "first" });
    queueLaws(`LifoQueue, ${size}`, () => new LifoQueue<number>(options), { ...traits, order: "last" });
    queueLaws(`PriorityQueue, ${size}`, () => new PriorityQueue<number>(options), {
      ...traits,
      order: "least",
    });
    queueLaws(`Broadcast with one subscription, ${size}`, () => oneSubscription(options), {
      maxsize,
      order: "first",
      keeps: false,
    });
  }
  queueLaws("Channel", () => new Channel<number>(), { maxsize: 0, order: "first", keeps: true });
});

/** The way from a broadcast's put to its only subscriber is a queue. */
function oneSubscription(options: { maxsize: number } | undefined): QueueLike {
  const broadcast = new Broadcast<number>();
  const subscription = broadcast.subscribe(options);
  return {
    put: (item, o) => broadcast.put(item, o),
    putNowait: (item) => broadcast.putNowait(item),
    shutdown: () => broadcast.shutdown(),
    get: (o) => subscription.get(o),
    getNowait: () => subscription.getNowait(),
    next: () => subscription.next(),
    get qsize() {
      return subscription.qsize;
    },
    [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](),
  };
}
