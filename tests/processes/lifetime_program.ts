/** A program that starts a family of processes, says who they are, and ends in the way that it is told. */
import process from "node:process";
import { cancelScope, main, sleep } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { Popen } from "../../src/processes/mod.ts";

const [how, patched] = process.argv.slice(2);
if (patched === "patched") patchAll();

function* family(): Generator<unknown, Popen, unknown> {
  const child = new Popen({
    shell: "trap 'echo cleaned >&2; exit 0' TERM; sleep 100 & echo $$ $!; while :; do sleep 0.01; done",
  }, { stderr: "inherit" });
  console.log(yield* child.stdout.readLine());
  return child;
}

await main(function* () {
  if (how === "scope") yield* cancelScope({}, family);
  const child = yield* family();
  if (how === "wait") yield* child.wait();
  if (how === "exit") process.exit(3);
  if (how === "throw") {
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
    yield* sleep(60_000);
  }
  if (how === "outside") {
    // In no greenlet: nothing ends it before the program does.
    setTimeout(() => {
      const late = new Popen(["sleep", "100"]);
      console.log(String(late.pid));
      process.exit(0);
    });
    yield* sleep(60_000);
  }
});
