import { fileURLToPath } from "node:url";
import Tinypool from "tinypool";
import type { Start } from "./pool.ts";

const mover = fileURLToPath(new URL("./tinypool_worker.ts", import.meta.url));

export const start: Start = (workers) => {
  const pool = new Tinypool({
    filename: fileURLToPath(new URL("./tasks.ts", import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
  });
  return {
    call: (name, argument) => pool.run(argument, { name }),
    // Its type of lists is derived from an overload that newer types of Node have no more.
    move: (buffer) => pool.run(buffer, { filename: mover, name: "moved", transferList: [buffer] as object }),
  };
};
