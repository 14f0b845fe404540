/** Starts threads that use shared primitives. */
import { Worker } from "node:worker_threads";
import { encodeShared } from "../../src/threads/shared_registry.ts";
import { threadDied, threadPass } from "../../src/threads/shared_seat.ts";
import type { Job, jobs } from "./shared_jobs.ts";

/** A thread of a test. */
export interface TestThread {
  readonly id: number;
  /** What its job gave; rejects with an error whose message is that of the one that it threw. */
  readonly result: Promise<unknown>;
  readonly ended: Promise<void>;
  /** Waits until it says a word. */
  says(word: string): Promise<void>;
  /** Ends it, wherever it is. */
  end(): Promise<void>;
}

export function thread(job: keyof typeof jobs, ...args: unknown[]): TestThread {
  const pass = threadPass();
  const over = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Job = { pass, job, args: args.map((arg) => encodeShared(arg) ?? arg), over };
  const worker = new Worker(new URL("./shared_worker.ts", import.meta.url), { workerData });
  const said = new Set<string>();
  let listeners: (() => void)[] = [];
  const look = () => listeners.forEach((listener) => listener());
  const { promise: result, resolve, reject } = Promise.withResolvers<unknown>();
  result.catch(() => {}); // not every test asks
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  worker.on("message", (message: string | { result?: unknown; error?: string }) => {
    if (typeof message === "string") said.add(message);
    else if (message.error !== undefined) reject(new Error(message.error));
    else resolve(message.result);
    look();
  });
  worker.on("error", (error) => reject(error));
  worker.on("exit", () => {
    threadDied(pass.id);
    reject(new Error("the thread ended"));
    end();
  });
  return {
    id: pass.id,
    result,
    ended,
    says: (word) =>
      new Promise((heard, failed) => {
        const listener = () => {
          if (!said.has(word)) return;
          listeners = listeners.filter((other) => other !== listener);
          heard();
        };
        listeners.push(listener);
        result.catch(failed);
        listener();
      }),
    end: async () => {
      await worker.terminate();
      await ended;
      Atomics.store(over, 0, 1);
      Atomics.notify(over, 0);
    },
  };
}
