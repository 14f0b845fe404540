/** One function over a list of items: one call, with one outcome for all of them. */
import type { Callable } from "./definitions.ts";
import { encodeError } from "./errors.ts";
import type { ChunkFailure, ChunkResult } from "./protocol.ts";
import { isWaitedFor } from "./stream.ts";

/** Looks at whether it is cancelled, and says of its progress, so often in all. */
const LOOKS = 64;

/** What a chunk asks of whoever runs it. */
export interface ChunkHost {
  /** How far it is, from 0 to 1; false: it is to end. */
  goOn(part: number): boolean;
  /** The outcome of what an item's call has returned. */
  wait(value: object): unknown;
}

/** See the top of the file. `spread`: the items are lists of arguments. */
export async function runChunk(
  call: Callable,
  items: readonly unknown[],
  spread: boolean,
  host: ChunkHost,
): Promise<ChunkResult> {
  const values: unknown[] = [];
  let failed: ChunkFailure[] | null = null;
  const step = Math.max(Math.ceil(items.length / LOOKS), 1);
  for (let at = 0; at < items.length; at++) {
    if (at % step === 0 && !host.goOn(at / items.length)) break;
    try {
      const item = items[at];
      let value = spread ? call(...item as unknown[]) : call(item);
      if (typeof value === "object" && value !== null && isWaitedFor(value)) value = await host.wait(value);
      values.push(value);
    } catch (error) {
      values.push(undefined);
      (failed ??= []).push({ at, error: encodeError(error) });
    }
  }
  return { values, failed };
}
