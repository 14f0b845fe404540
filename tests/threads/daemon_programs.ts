/** A program with nothing but a daemon, which it waits for in the way that its argument names. */
import process from "node:process";
import { run } from "../../src/mod.ts";
import { Thread } from "../../src/threads/mod.ts";

const url = new URL("./work.ts", import.meta.url);
const daemon = new Thread({ target: { url, name: "wait" }, args: [300], daemon: true });
daemon.start();
const ways: Record<string, () => PromiseLike<unknown>> = {
  join: () => daemon.join(),
  "join in a greenlet": () => run(() => daemon.join()),
  "a join with a timeout": () =>
    run(function* () {
      yield* daemon.join({ timeout: 10 });
    }),
  job: () => daemon.job,
  get: () => run(() => daemon.job.get()),
};
await ways[process.argv[2]]();
console.log(daemon.isAlive ? "goes on" : "has ended");
