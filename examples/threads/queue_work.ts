// What the threads of threads_producer_consumer.ts and threads_priority_queue.ts run.
import { QueueEmpty, sleep } from "tendril";
import { currentThread, type SharedEvent, type SharedQueue } from "tendril/threads";

export interface Item {
  readonly from: string;
  readonly n: number;
}

/** Waits while the queue is full: a producer is never far ahead of the consumers. */
export function produce(queue: SharedQueue<Item>, count: number): string {
  const from = currentThread().name;
  for (let n = 1; n <= count; n++) queue.putSync({ from, n });
  return from;
}

/** Until the queue is shut down and empty; gives what it has taken. Greenlets live in threads, too: here one takes the items. */
export function* consume(queue: SharedQueue<Item>) {
  const taken: Item[] = [];
  for (let step = yield* queue.next(); step.done !== true; step = yield* queue.next()) taken.push(step.value);
  return taken;
}

export interface Task {
  readonly priority: number;
  readonly text: string;
}

export interface Done extends Task {
  readonly thread: string;
}

/** Until the flag is set, which it looks at now and then. */
export function* processData(queue: SharedQueue<Task>, exitFlag: SharedEvent) {
  const done: Done[] = [];
  while (!exitFlag.isSet) {
    try {
      done.push({ ...(yield* queue.get({ timeout: 20 })), thread: currentThread().name });
      yield* sleep(10); // the work
    } catch (error) {
      if (!(error instanceof QueueEmpty)) throw error;
    }
  }
  return done;
}
