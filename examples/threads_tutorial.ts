// The threads of a tutorial: a function, a subclass, a stop flag, a daemon, thread-local data, Lock and RLock.
import assert from "node:assert/strict";
import { run, sleep } from "tendril";
import { SharedEvent, SharedLock, SharedRLock, SharedValue, Thread } from "tendril/threads";
import { beat, callMe, Counter, deposit, greet, increment } from "./threads/tutorial_work.ts";

const url = new URL("./threads/tutorial_work.ts", import.meta.url); // where the threads find the functions

await run(function* () {
  const greeter = new Thread({ target: greet, url, args: ["you"], name: "greeter" });
  greeter.start();
  console.log(yield* greeter.job); // waits for the result; join() for the end alone
  assert.equal(greeter.job.value, "greeter says hello to you");

  const total = new SharedValue("int32");
  const counters = [1_000, 2_000].map((to) => new Counter(total, to));
  for (const counter of counters) counter.start();
  for (const counter of counters) console.log(yield* counter.job);
  console.log(`together they counted to ${total.value}`);
  assert.equal(total.value, 3_000);

  // A daemon: the program would end without waiting for it. This one is told to stop.
  const stop = new SharedEvent(), beats = new SharedValue("int32");
  const heart = new Thread({ target: beat, url, args: [stop, beats], name: "heart", daemon: true });
  heart.start();
  while (beats.value < 3) yield* sleep(5);
  assert.equal(heart.isAlive, true);
  stop.set();
  assert.equal(yield* heart.join({ timeout: 60_000 }), true);
  console.log(`${heart.name} beat at least three times and ${heart.job.value}`);
  assert.deepEqual([heart.isAlive, heart.job.value], [false, "stopped"]);

  const locals = [3, 5].map((times) => new Thread({ target: callMe, url, args: [times] }));
  for (const thread of locals) thread.start();
  const calls: unknown[] = [];
  for (const thread of locals) calls.push(yield* thread.job);
  console.log(`each thread has its own counter: ${calls.join(" and ")}`);
  assert.deepEqual(calls, [3, 5]);

  const lock = new SharedLock(), locked = new SharedValue("int32");
  const workers = [1, 2, 3].map(() => new Thread({ target: increment, url, args: [lock, locked, 1_000] }));
  for (const worker of workers) worker.start();
  for (const worker of workers) yield* worker.join();
  console.log(`with a lock nothing is lost: ${locked.value}`);
  assert.equal(locked.value, 3_000);

  const account = new SharedValue("int32"), rlock = new SharedRLock();
  const clerks = [[10, 20], [5, 5]].map((amounts) =>
    new Thread({ target: deposit, url, args: [rlock, account, amounts] })
  );
  for (const clerk of clerks) clerk.start();
  for (const clerk of clerks) yield* clerk.join();
  console.log(`an RLock may be taken twice by its holder: ${account.value}`);
  assert.deepEqual([account.value, rlock.locked], [40, false]);
});
