/** Reading a stream whose errors are part of the scene. */
import type { Stream } from "../../src/mod.ts";

/** Everything that `stream` gives up to its end, errors by their message; at most 20 lines. */
export function* drain(stream: Stream<unknown>): Generator<unknown, string[]> {
  const lines: string[] = [];
  while (lines.length < 20) {
    try {
      const step = yield* stream.next();
      if (step.done === true) return [...lines, "end"];
      lines.push(String(step.value));
    } catch (e) {
      lines.push((e as Error).message);
    }
  }
  return [...lines, "no end"];
}
