import type { Start } from "./pool.ts";

/** Of the sources, or of what was built. */
export function startOf({ ThreadPool, transfer }: typeof import("../../../src/threads/mod.ts")): Start {
  return (workers) => {
    const pool = new ThreadPool({ size: workers, minSize: workers });
    const tasks = pool.module<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url));
    const mover = pool.module<typeof import("./tendril_worker.ts")>(
      new URL("./tendril_worker.ts", import.meta.url),
    );
    return {
      call: (task, argument) => tasks[task](argument as never),
      move: (buffer) => mover.moved(transfer(buffer, [buffer])),
    };
  };
}
