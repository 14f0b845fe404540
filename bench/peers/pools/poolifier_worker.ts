import { ThreadWorker } from "poolifier";
import { ends, same, spin, square } from "./tasks.ts";

type Argument = number | Uint8Array;

const task = (run: (argument: never) => unknown) => (data?: Argument) => run(data as never);

export default new ThreadWorker<Argument, unknown>({
  ends: task(ends),
  same: task(same),
  spin: task(spin),
  square: task(square),
});
