import { expose, transfer } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { type MessagePort, parentPort } from "node:worker_threads";
import { ends, same, spin, square, stamp } from "./tasks.ts";

export const work = {
  ends,
  same,
  spin,
  square,
  moved: (buffer: ArrayBuffer) => transfer(stamp(buffer), [buffer]),
};

expose(work, nodeEndpoint(parentPort as MessagePort));
