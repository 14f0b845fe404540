import { transfer, wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { Worker } from "node:worker_threads";
import type { Start } from "./pool.ts";

type Work = typeof import("./comlink_worker.ts").work;

/** Comlink has no pool: the calls go to the threads in turn. */
export const start: Start = (workers) => {
  const threads = Array.from(
    { length: workers },
    () => new Worker(new URL("./comlink_worker.ts", import.meta.url)),
  );
  const remotes = threads.map((thread) => wrap<Work>(nodeEndpoint(thread)));
  let next = 0;
  const remote = () => remotes[next++ % workers];
  return {
    call: (task, argument) => remote()[task](argument as never),
    move: (buffer) => remote().moved(transfer(buffer, [buffer])),
  };
};
