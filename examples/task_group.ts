// A task group is a block that its greenlets cannot outlive. If one fails, the others are killed and their cleanup is awaited.
import assert from "node:assert/strict";
import { isKill, run, sleep, taskGroup } from "tendril";

const log: string[] = [];
function say(text: string): void {
  console.log(text);
  log.push(text);
}

function* worker(name: string, ms: number) {
  try {
    say(`${name} starts`);
    yield* sleep(ms);
    say(`${name} is done`);
    return name.length;
  } catch (error) {
    if (isKill(error)) say(`${name} is told to stop`);
    throw error;
  } finally {
    yield* sleep(2); // cleanup may take its time
    say(`${name} has cleaned up`);
  }
}

await run(function* () {
  const total = yield* taskGroup(function* (group) {
    const a = group.spawn(worker, "alpha", 2);
    const b = group.spawn(worker, "beta", 4);
    return (yield* a) + (yield* b);
  });
  assert.equal(total, 9);

  log.length = 0;
  try {
    yield* taskGroup(function* (group) {
      group.spawn(worker, "gamma", 60_000);
      const delta = group.spawn(worker, "delta", 1);
      group.spawn(function* () {
        yield* delta.join();
        throw new Error("the kitchen is on fire");
      });
    });
    assert.fail();
  } catch (error) {
    assert.ok(error instanceof Error);
    say(`The group failed: ${error.message}`);
  }
  assert.deepEqual(log, [
    "gamma starts",
    "delta starts",
    "delta is done",
    "delta has cleaned up",
    "gamma is told to stop",
    "gamma has cleaned up",
    "The group failed: the kitchen is on fire",
  ]);
});
