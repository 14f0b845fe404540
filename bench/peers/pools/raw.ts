/** What a user writes who takes no library: one message a call, a promise for each, the threads in turn. */
import { Worker } from "node:worker_threads";
import type { Start } from "./pool.ts";
import type { Answer, Call } from "./raw_worker.ts";

class RawWorker {
  readonly worker = new Worker(new URL("./raw_worker.ts", import.meta.url));
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #calls = 0;

  constructor() {
    this.worker.on("message", ({ id, result }: Answer) => {
      const resolve = this.#waiting.get(id);
      this.#waiting.delete(id);
      resolve?.(result);
    });
  }

  call(task: Call["task"], argument: unknown, moved: ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve) => {
      const call: Call = { id: this.#calls++, task, argument };
      this.#waiting.set(call.id, resolve);
      this.worker.postMessage(call, moved);
    });
  }
}

export const start: Start = (workers) => {
  const threads = Array.from({ length: workers }, () => new RawWorker());
  let next = 0;
  const thread = () => threads[next++ % workers];
  return {
    call: (task, argument) => thread().call(task, argument),
    move: (buffer) => thread().call("stamp", buffer, [buffer]),
  };
};
