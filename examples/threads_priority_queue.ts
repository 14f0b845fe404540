// The tutorials' threads with a work queue: three that have names, a priority queue, and a flag that tells them to exit.
import assert from "node:assert/strict";
import { PriorityQueue, run, sleep, spawn } from "tendril";
import { SharedEvent, SharedQueue, Thread } from "tendril/threads";
import { type Done, processData, type Task } from "./threads/queue_work.ts";

const url = new URL("./threads/queue_work.ts", import.meta.url);

await run(function* () {
  const exitFlag = new SharedEvent();
  const handed = new SharedQueue<Task>({ maxsize: 1 }); // no further ahead than one: what is put later may be more urgent
  const threads = ["Thread-1", "Thread-2", "Thread-3"].map((name) =>
    new Thread({ target: processData, url, args: [handed, exitFlag], name })
  );
  for (const thread of threads) thread.start();

  // The order is kept here. A greenlet hands the most urgent task to whichever thread comes first.
  const workQueue = new PriorityQueue<Task>({ compare: (a, b) => a.priority - b.priority });
  for (const [priority, text] of [[3, "Three"], [1, "One"], [5, "Five"], [4, "Four"], [2, "Two"]] as const) {
    yield* workQueue.put({ priority, text });
  }
  spawn({ name: "hand out", daemon: true }, function* () {
    for (;;) {
      yield* handed.put(yield* workQueue.get());
      workQueue.taskDone();
    }
  });

  yield* workQueue.join(); // all are handed out
  while (!handed.empty) yield* sleep(1);
  exitFlag.set();

  const done: Done[] = [];
  for (const thread of threads) {
    const own = (yield* thread.job) as Done[];
    assert.deepEqual(own, own.toSorted((a, b) => a.priority - b.priority)); // each got the most urgent of what was left
    done.push(...own);
  }
  for (const { thread, text } of done.toSorted((a, b) => a.priority - b.priority)) {
    console.log(`${thread} processed ${text}`);
  }
  assert.deepEqual(done.map(({ priority }) => priority).sort(), [1, 2, 3, 4, 5]);
  console.log("Exiting main thread");
});
