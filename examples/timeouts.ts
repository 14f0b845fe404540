// Four ways to say "not longer than this", from gevent's to trio's.
import assert from "node:assert/strict";
import { cancelScope, moveOnAfter, run, sleep, Timeout, TimeoutError, withTimeout } from "tendril";

const log: string[] = [];
function* slow(what: string) {
  try {
    yield* sleep(60_000);
    return what;
  } finally {
    log.push(`${what} cleaned up`); // has run when the timeout reaches the caller
  }
}

await run(function* () {
  // gevent's: an exception of one's own that goes off in this block. Leaving the block disarms it.
  {
    using limit = Timeout.start(5);
    try {
      yield* slow("soup");
      assert.fail();
    } catch (error) {
      assert.equal(error, limit); // this very one: nested timeouts are not mistaken for each other
      console.log("Timeout: no soup in 5 ms");
    }
  }

  // Around one operation: an error, or a value to go on with.
  try {
    yield* withTimeout(5, () => slow("salad"));
    assert.fail();
  } catch (error) {
    assert.ok(error instanceof TimeoutError);
    console.log("withTimeout: no salad either");
  }
  const instead = yield* withTimeout(5, () => slow("steak"), { value: "bread" });
  assert.equal(instead, "bread");
  console.log(`withTimeout with a value: ${instead}`);

  // trio's: leave the block and go on behind it. What was had in time stays.
  const tasted: number[] = [];
  const all = yield* moveOnAfter(25, function* () {
    for (let course = 1;; course++) {
      tasted.push(course);
      yield* sleep(10);
    }
  });
  assert.ok(all === undefined && tasted.length <= 3);
  console.log(`moveOnAfter: ${tasted.length} courses`);

  // A scope whose deadline can move while it runs.
  const sweet = yield* cancelScope({ timeout: 5 }, function* (scope) {
    scope.deadline = Infinity; // time enough after all
    yield* sleep(10);
    return "dessert";
  });
  assert.equal(sweet, "dessert");
  assert.deepEqual(log, ["soup cleaned up", "salad cleaned up", "steak cleaned up"]);
});
