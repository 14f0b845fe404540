// Event: many wait until somebody says go. AsyncResult: the same, with a value or an error.
import assert from "node:assert/strict";
import { AsyncResult, Event, joinAll, run, sleep, spawn } from "tendril";

await run(function* () {
  const go = new Event();
  const started: string[] = [];
  const runners = ["one", "two", "three"].map((name) =>
    spawn(function* () {
      yield* go.wait();
      started.push(name);
    })
  );
  assert.equal(yield* go.wait({ timeout: 3 }), false); // a timeout is an answer here, not an error
  assert.deepEqual(started, []);
  go.set();
  yield* joinAll(runners);
  assert.deepEqual(started, ["one", "two", "three"]); // in the order in which they came
  console.log(`Started: ${started.join(", ")}`);

  const answer = new AsyncResult<number>();
  spawn(function* () {
    yield* sleep(2);
    answer.set(42);
  });
  const readers = [1, 2, 3].map(() => spawn(() => answer.get()));
  const values = yield* joinAll(readers);
  assert.deepEqual(values.map((greenlet) => greenlet.value), [42, 42, 42]);
  assert.equal(answer.getNowait(), 42);
  console.log(`Three readers got ${answer.getNowait()}`);

  const broken = new AsyncResult<number>();
  spawn(() => broken.setException(new Error("no answer")));
  try {
    yield* broken.get();
    assert.fail();
  } catch (error) {
    assert.equal((error as Error).message, "no answer");
    console.log(`A fourth got the error: ${(error as Error).message}`);
  }

  // A greenlet that ends can hand its result on.
  const linked = new AsyncResult<string>();
  spawn(() => "from afar").linkValue((greenlet) => linked.set(String(greenlet.value)));
  assert.equal(yield* linked.get(), "from afar");
});
