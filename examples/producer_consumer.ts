// A boss fills a bounded queue, three workers empty it. The bound slows the boss down to the pace of the workers.
import assert from "node:assert/strict";
import { forEach, Queue, run, sleep, spawn, taskGroup } from "tendril";

interface Job {
  readonly id: number;
  readonly ms: number;
}

const done = new Map<string, number[]>();
let deepest = 0;

function* boss(queue: Queue<Job>) {
  for (let id = 1; id <= 12; id++) {
    yield* queue.put({ id, ms: id % 3 }); // parks while three jobs are waiting
    deepest = Math.max(deepest, queue.qsize);
  }
  queue.shutdown(); // what is in it will still be taken; then the workers' loops end
}

function* worker(name: string, queue: Queue<Job>) {
  const mine: number[] = [];
  done.set(name, mine);
  yield* forEach(queue, function* (job) {
    yield* sleep(job.ms);
    mine.push(job.id);
  });
  console.log(`${name} did ${mine.join(", ")}`);
}

await run(function* () {
  const queue = new Queue<Job>({ maxsize: 3 });
  yield* taskGroup(function* () {
    for (const name of ["Ada", "Grace", "Edsger"]) spawn(worker, name, queue);
    yield* boss(queue);
  });
  // Here everybody has gone home: the group has waited for them.
  const ids = [...done.values()].flat().sort((a, b) => a - b);
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.ok([...done.values()].every((mine) => mine.length > 0));
  assert.equal(deepest, 3);
  console.log(`12 jobs done, never more than ${deepest} waiting`);
});
