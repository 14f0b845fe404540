import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import type { Start } from "./pool.ts";

/** It moves buffers to its threads, not back. */
export const start: Start = (workers) => {
  const file = fileURLToPath(new URL("./poolifier_worker.ts", import.meta.url));
  const pool = new FixedThreadPool<number | Uint8Array, unknown>(workers, file);
  return {
    call: (name, argument) => pool.execute(argument, name),
  };
};
