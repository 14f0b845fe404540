/** What all pools look like to the benchmarks. */

export type Task = "same" | "square" | "spin" | "ends";

export interface Pool {
  /** Runs a function of `tasks.ts` with this argument, in any thread. */
  call(task: Task, argument: number | Uint8Array): PromiseLike<unknown>;
  /** Moves a buffer there and back; `stamp` runs on it. Absent: the library cannot. */
  move?(buffer: ArrayBuffer): PromiseLike<unknown>;
}

/** What each adapter exports: starts so many threads, all at once. */
export type Start = (workers: number) => Pool;
