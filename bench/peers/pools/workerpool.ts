import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import type { Start } from "./pool.ts";

export const start: Start = (workers) => {
  const pool = workerpool.pool(fileURLToPath(new URL("./workerpool_worker.ts", import.meta.url)), {
    workerType: "thread",
    minWorkers: workers,
    maxWorkers: workers,
  });
  return {
    call: (name, argument) => pool.exec(name, [argument]) as unknown as Promise<unknown>,
    move: (buffer) => pool.exec("moved", [buffer], { transfer: [buffer] }) as unknown as Promise<unknown>,
  };
};
