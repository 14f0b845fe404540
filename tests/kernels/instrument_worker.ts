/** Runs kernels of a module in mode "kill" for `instrument_kill.test.ts`, one call a message. */
import { parentPort, workerData } from "node:worker_threads";

export interface WorkerData {
  bytes: Uint8Array<ArrayBuffer>;
  memory: WebAssembly.Memory;
  /** The address of the flag. */
  flag: number;
}

export interface Call {
  run: number;
  kernel: string;
  value: number;
}

export type Answer = { run: number; result: unknown } | { run: number; trap: boolean };

const { bytes, memory, flag } = workerData as WorkerData;
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
(exports.__flag as WebAssembly.Global).value = flag;

parentPort?.on("message", ({ run, kernel, value }: Call) => {
  (exports.__run as WebAssembly.Global).value = run;
  let answer: Answer;
  try {
    answer = { run, result: (exports[kernel] as (value: number) => unknown)(value) };
  } catch (error) {
    answer = { run, trap: error instanceof WebAssembly.RuntimeError };
  }
  parentPort?.postMessage(answer);
});
