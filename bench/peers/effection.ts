import { action, type Operation } from "effection";

/** Effection has no operation that gives a turn (its `sleep(0)` is a host timer of a millisecond): this is the cheapest. */
export const turn: Operation<void> = action((resolve) => {
  resolve();
  return () => {};
}, "turn");
