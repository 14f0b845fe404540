/** A thread of build_arena.test.ts: calls the kernel again and again in an arena of its own. */
import { parentPort } from "node:worker_threads";
import { churned, Host } from "./build_kit.ts";

export interface ArenaJob {
  bytes: Uint8Array<ArrayBuffer>;
  memory: WebAssembly.Memory;
  arena: [number, number];
  seed: number;
  calls: number;
  /** How many threads have come to their start; they begin at once when it is 2. */
  gate: Int32Array<SharedArrayBuffer>;
}

export interface ArenaReport {
  /** The calls with a wrong result. */
  wrong: number[];
  calls: number;
}

parentPort?.on("message", ({ bytes, memory, arena, seed, calls, gate }: ArenaJob) => {
  const host = new Host(bytes, { memory, arena });
  const wrong: number[] = [];
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  Atomics.wait(gate, 0, 1, 20_000);
  for (let i = 0; i < calls; i++) {
    host.reset();
    const size = 1 + i % 40;
    if (host.call("churn", seed + i, size) !== churned(seed + i, size)) wrong.push(i);
  }
  const report: ArenaReport = { wrong, calls };
  parentPort?.postMessage(report);
});
