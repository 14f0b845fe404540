// Producers and consumers in threads of their own, with a bounded queue between them, and its shutdown as the end.
import assert from "node:assert/strict";
import { run } from "tendril";
import { SharedQueue, Thread } from "tendril/threads";
import { consume, type Item, produce } from "./threads/queue_work.ts";

const url = new URL("./threads/queue_work.ts", import.meta.url);
const EACH = 50;

await run(function* () {
  const queue = new SharedQueue<Item>({ maxsize: 4 });
  const names = ["apples", "pears"];
  const producers = names.map((name) => new Thread({ target: produce, url, args: [queue, EACH], name }));
  const consumers = [1, 2, 3].map(() => new Thread({ target: consume, url, args: [queue] }));
  for (const thread of [...consumers, ...producers]) thread.start();

  for (const producer of producers) console.log(`${yield* producer.job}: all ${EACH} are in the queue`);
  queue.shutdown(); // what is left in it is still taken, then the consumers end

  const taken: Item[] = [];
  for (const consumer of consumers) taken.push(...(yield* consumer.job) as Item[]);
  console.log(`${taken.length} items were taken, each once`);
  for (const name of names) {
    const numbers = taken.filter((item) => item.from === name).map((item) => item.n);
    assert.deepEqual(numbers.toSorted((a, b) => a - b), Array.from({ length: EACH }, (_, i) => i + 1));
  }
  assert.equal(queue.qsize, 0);
});
