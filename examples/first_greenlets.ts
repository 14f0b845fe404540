// The first programs of the gevent tutorial: spawn, switch, join, kill.
import assert from "node:assert/strict";
import { GreenletExit, isKill, joinAll, run, sleep, spawn } from "tendril";

const said: string[] = [];
function say(text: string): void {
  console.log(text);
  said.push(text);
}

// Two greenlets that hand over to each other. Every `yield*` is a place where others may run; nothing else is.
function* foo() {
  say("Running in foo");
  yield* sleep(0);
  say("Explicit context switch to foo again");
}

function* bar() {
  say("Explicit context to bar");
  yield* sleep(0);
  say("Implicit context switch back to bar");
}

// A body with arguments and a result.
function* greet(name: string, ms: number) {
  yield* sleep(ms);
  return `Hello, ${name}!`;
}

function* forEver() {
  try {
    for (;;) yield* sleep(1_000);
  } finally {
    say("Cleaning up"); // a kill is an exception that arrives at the `yield*`
  }
}

await run(function* () {
  yield* joinAll([spawn(foo), spawn(bar)]);
  assert.deepEqual(said, [
    "Running in foo",
    "Explicit context to bar",
    "Explicit context switch to foo again",
    "Implicit context switch back to bar",
  ]);

  const greenlet = spawn(greet, "world", 5);
  assert.equal(greenlet.ready, false);
  const text = yield* greenlet; // the same as greenlet.get(), and `await` works too
  say(text);
  assert.deepEqual([text, greenlet.value, greenlet.successful], ["Hello, world!", "Hello, world!", true]);

  const runner = spawn(forEver);
  yield* sleep(5);
  yield* runner.kill();
  assert.equal(said.at(-1), "Cleaning up");
  assert.ok(runner.dead && runner.value instanceof GreenletExit && isKill(runner.value));
  say(`It ended with ${runner.value.name}`);
});
