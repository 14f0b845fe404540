/** Where bytes stand. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/search.ts";
import { embedded, kernel } from "./define.ts";

const module = embedded(wasm);

/** Bytes of a piece of the kernel. */
const PIECE = 16_384;

/**
 * All places at which a byte stands: the ends of the lines of a file, say, by `"\n".charCodeAt(0)`.
 *
 * @param byte from 0 to 255.
 * @returns the places, in order.
 * @throws `TypeError`, `RangeError` for other arguments.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const text = new TextEncoder().encode("one\ntwo\n\n");
 * assertEquals([...await kernels.placesOf(text, 10)], [3, 7, 8]);
 * ```
 */
export const placesOf: KernelFunction<[data: Uint8Array, byte: number], Uint32Array> = kernel(
  "placesOf",
  2,
  (data: Uint8Array, byte: number) => {
    if (!(data instanceof Uint8Array)) {
      throw new TypeError(`placesOf: data must be a Uint8Array, not ${show(data)}`);
    }
    if (!Number.isInteger(byte) || byte < 0 || byte > 255) {
      throw new RangeError(`placesOf: byte must be a whole number from 0 to 255, not ${show(byte)}`);
    }
  },
  function* (run, given: Uint8Array, byte: number) {
    const data = run.held(given), pieces = Math.ceil(data.length / PIECE);
    const counts = run.array(Uint32Array, pieces);
    yield* run.phase(module(), "countByte", [data, byte, counts], pieces);
    const starts = new Uint32Array(pieces);
    let n = 0;
    for (let piece = 0; piece < pieces; piece++) {
      starts[piece] = n;
      n += counts[piece];
    }
    const out = run.array(Uint32Array, n);
    yield* run.phase(module(), "placesOfByte", [data, byte, starts, out], pieces);
    return out.slice();
  },
);
