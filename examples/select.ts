// Several waits, of which the first wins. The others have not happened: no item is taken from a queue that lost.
import assert from "node:assert/strict";
import { Event, Queue, race, run, select, sleep, spawn } from "tendril";

await run(function* () {
  const orders = new Queue<string>();
  const deliveries = new Queue<{ crates: number }>();
  const closing = new Event();

  spawn(function* () {
    yield* orders.put("coffee");
    yield* deliveries.put({ crates: 3 });
    yield* sleep(20);
    yield* orders.put("tea");
    closing.set();
  });

  const log: string[] = [];
  let open = true;
  while (open) {
    const first = yield* select({ order: orders, delivery: deliveries.get(), closing, idle: sleep(5) });
    switch (first.key) {
      case "order":
        log.push(`made ${first.value}`); // a string here …
        break;
      case "delivery":
        log.push(`stored ${first.value.crates} crates`); // … and a record here: the compiler knows which
        break;
      case "idle":
        if (log.at(-1) !== "swept the floor") log.push("swept the floor");
        break;
      case "closing":
        open = false;
    }
  }
  console.log(log.join("\n"));
  assert.deepEqual(log, ["made coffee", "stored 3 crates", "swept the floor", "made tea"]);

  // A promise can be a case as well.
  const { key } = yield* select({ host: Promise.resolve(42), late: sleep(60_000) });
  assert.equal(key, "host");

  // For bodies with several steps there is `race`: it kills the losers and waits for their cleanup.
  const ended: string[] = [];
  function* runner(name: string, ms: number) {
    try {
      yield* sleep(ms);
      return name;
    } finally {
      ended.push(name);
    }
  }
  const winner = yield* race([runner("tortoise", 60_000), runner("hare", 2)]);
  assert.deepEqual([winner, ended], ["hare", ["hare", "tortoise"]]);
  console.log(`The ${winner} won`);
});
