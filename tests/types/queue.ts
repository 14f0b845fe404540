// Queues, channels, broadcasts, streams.
import {
  Broadcast,
  Channel,
  collect,
  forEach,
  LifoQueue,
  type Op,
  PriorityQueue,
  Queue,
  sleep,
  type Stream,
} from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

export function* program() {
  const queue = new Queue<string>({ maxsize: 5 });
  is<Op<void>>()(queue.put("a", { timeout: 5 }));
  is<Op<string>>()(queue.get({ timeout: 5 }));
  is<string>()(yield* queue.get());
  is<void>()(queue.putNowait("a"));
  is<string>()(queue.getNowait());
  is<Op<string>>()(queue.peek());
  is<string>()(queue.peekNowait());
  is<number>()(queue.qsize);
  is<boolean>()(queue.empty);
  is<boolean>()(queue.full);
  is<void>()(queue.taskDone());
  is<Op<boolean>>()(queue.join({ timeout: 5 }));
  is<void>()(queue.shutdown({ immediate: true }));
  is<IteratorResult<string, undefined>>()(yield* queue.next());

  for (
    const other of [
      new LifoQueue<string>(),
      new PriorityQueue<string>({ compare: (a, b) => a.length - b.length }),
    ]
  ) {
    is<string>()(yield* other.get());
  }
  const channel = new Channel<Map<string, number>>();
  is<Map<string, number>>()(yield* channel.get());
  is<Op<void>>()(channel.put(new Map()));
  const broadcast = new Broadcast<number>();
  const subscription = broadcast.subscribe({ maxsize: 5, overflow: "dropOldest" });
  is<number>()(yield* subscription.get());

  const streams: Stream<string>[] = [queue, new LifoQueue<string>()];
  is<Op<void>>()(forEach(queue, (item) => is<string>()(item)));
  is<Op<string[]>>()(collect(queue));
  yield* forEach(queue, function* (item) {
    is<string>()(item);
    yield* sleep(1);
    return false;
  });

  // @ts-expect-error: of the wrong type
  queue.put(5);
  // @ts-expect-error: getters, not methods
  queue.qsize();
  // @ts-expect-error: read-only
  queue.qsize = 5;
  // @ts-expect-error: no such option
  new Queue<string>({ maxSize: 5 });
  // @ts-expect-error: no such way
  broadcast.subscribe({ overflow: "drop" });
  // @ts-expect-error: options are an object
  queue.get(5);
  // @ts-expect-error: a queue of strings gives strings
  const n: number = yield* queue.get();
  // @ts-expect-error: what compares strings does not compare numbers
  new PriorityQueue<number>({ compare: (a: string, b: string) => a.length - b.length });
  return [streams, n];
}

export const inAsync = async (queue: Queue<string>) => {
  for await (const item of queue) is<string>()(item);
};
