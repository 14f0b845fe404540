import { parentPort } from "node:worker_threads";
import * as tasks from "./tasks.ts";

export interface Call {
  readonly id: number;
  readonly task: keyof typeof tasks;
  readonly argument: unknown;
}

export interface Answer {
  readonly id: number;
  readonly result: unknown;
}

parentPort?.on("message", ({ id, task, argument }: Call) => {
  const result = tasks[task](argument as never);
  const answer: Answer = { id, result };
  parentPort?.postMessage(answer, task === "stamp" ? [result as ArrayBuffer] : []);
});
