// A program that asks is answered line by line, one that takes too long is asked again later, and one that does not heed
// the end of its scope is ended with all that it has started.
import assert from "node:assert/strict";
import { cancelScope, run } from "tendril";
import { subprocess, TimeoutExpired } from "tendril/processes";

await run(function* () {
  // It prompts, and we see the prompt before we answer.
  const script = "printf 'name? '; read name; printf 'age? '; read age; echo \"$name is $age\"";
  const form = new subprocess.Popen({ shell: script });
  for (const [question, answer] of [["name? ", "Ada"], ["age? ", "36"]]) {
    const asked = new TextDecoder().decode(yield* form.stdout.readUntil(question, { timeout: 5_000 }));
    console.log(`${asked}${answer}`);
    yield* form.stdin.write(`${answer}\n`);
  }
  const result = yield* form.stdout.readLine();
  console.log(result);
  assert.deepEqual([result, yield* form.wait()], ["Ada is 36", 0]);

  // Out of time it runs on, and nothing is lost.
  const slow = new subprocess.Popen({ shell: "echo begun; sleep 0.2; tr a-z A-Z" });
  try {
    yield* slow.communicate({ input: "the end", timeout: 50 });
    assert.fail("it was faster than it can be");
  } catch (error) {
    if (!(error instanceof TimeoutExpired)) throw error;
    console.log(`not yet, but it has said ${JSON.stringify(error.stdout)}`);
  }
  const { stdout } = yield* slow.communicate();
  console.log(JSON.stringify(stdout));
  assert.equal(stdout, "begun\nTHE END");

  // SIGTERM is not heeded, SIGKILL comes after the grace.
  const options = { grace: 100 };
  const stubborn = yield* cancelScope({}, function* () {
    const child = new subprocess.Popen({ shell: "trap '' TERM; sleep 100 & echo up; wait; wait" }, options);
    yield* child.stdout.readLine();
    return child;
  });
  console.log(`the stubborn one ended with ${stubborn?.returncode}`);
  assert.equal(stubborn?.returncode, -9);
});
