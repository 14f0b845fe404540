/** The colours of pictures. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/color.ts";
import { embedded, kernel } from "./define.ts";
import { type Pixels, pixelsLike } from "./resize.ts";

const module = embedded(wasm);

/** Pixels of a block of the kernel, and bytes of a pixel. */
const BLOCK = 16, PIXEL = 4;
/** How many bits weights may have below one, at most. */
const MAX_SHIFT = 14;

function checkPixels(pixels: Pixels, what: string): void {
  if (!(pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray)) {
    throw new TypeError(`${what}: pixels must be a Uint8Array or a Uint8ClampedArray, not ${show(pixels)}`);
  }
  if (pixels.length % PIXEL !== 0) {
    throw new RangeError(`${what}: pixels has ${pixels.length} bytes, which is not four for each pixel`);
  }
}

/** How many blocks there are. */
function blocksOf(pixels: Pixels): number {
  return Math.ceil(pixels.length / (BLOCK * PIXEL));
}

/**
 * The brightness of each pixel, one byte each: 0.299 red + 0.587 green + 0.114 blue (BT.601), rounded. Alpha does not count.
 *
 * @param pixels four bytes a pixel.
 * @throws `TypeError`, `RangeError` for what are no pixels.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const gray = await kernels.grayscale(new Uint8Array([255, 0, 0, 255, 255, 255, 255, 0]));
 * assertEquals([...gray], [76, 255]);
 * ```
 */
export const grayscale: KernelFunction<[pixels: Pixels], Pixels> = kernel(
  "grayscale",
  1,
  (pixels: Pixels) => checkPixels(pixels, "grayscale"),
  function* (run, pixels: Pixels) {
    const out = pixelsLike(pixels, pixels.length / PIXEL);
    yield* run.phase(module(), "grayscale", [pixels, out], blocksOf(pixels));
    return out;
  },
);

/** The matrix as the kernel wants it: weights and sums `shift` bits larger. */
function scaled(matrix: readonly number[]) {
  const rows = [0, 5, 10, 15].map((at) => matrix.slice(at, at + 5));
  const largest = Math.max(...rows.flatMap((row) => row.slice(0, 4).map(Math.abs)));
  const most = Math.max(
    ...rows.map((row) => row.reduce((sum, x, i) => sum + Math.abs(x) * (i < 4 ? 255 : 1), 1)),
  );
  let shift = MAX_SHIFT;
  while (shift >= 0 && (largest * 2 ** shift > 2 ** 15 - 1 || most * 2 ** shift > 2 ** 30)) shift--;
  const weights = Int16Array.from(rows.flatMap((row) => row.slice(0, 4)), (x) => Math.round(x * 2 ** shift));
  return { weights, starts: Int32Array.from(rows, (row) => Math.round((row[4] + 0.5) * 2 ** shift)), shift };
}

/**
 * Each channel of a pixel from all of its channels, by a matrix of four rows of five numbers: the weights of red, green, blue and alpha, and
 * what is added, from 0 to 255. Sums are rounded, and cut off at 0 and 255. Saturation, sepia, an inversion, the way to YCbCr and back are
 * such matrices. Weights are rounded to 14 bits below one, fewer where they are large.
 *
 * @param pixels four bytes a pixel.
 * @param matrix 20 numbers, row by row: for red, green, blue and alpha.
 * @throws `TypeError`, `RangeError` for what are no pixels and no such matrix.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * // deno-fmt-ignore
 * const toYcbcr = [
 *   0.299, 0.587, 0.114, 0, 0,
 *   -0.168736, -0.331264, 0.5, 0, 128,
 *   0.5, -0.418688, -0.081312, 0, 128,
 *   0, 0, 0, 1, 0,
 * ];
 * const ycbcr = await kernels.colorMatrix(new Uint8Array([200, 100, 50, 255]), toYcbcr);
 * assertEquals([...ycbcr], [124, 86, 182, 255]);
 * ```
 */
export const colorMatrix: KernelFunction<[pixels: Pixels, matrix: readonly number[]], Pixels> = kernel(
  "colorMatrix",
  2,
  (pixels: Pixels, matrix: readonly number[]) => {
    checkPixels(pixels, "colorMatrix");
    if (!Array.isArray(matrix) || matrix.length !== 20 || !matrix.every(Number.isFinite)) {
      throw new TypeError(`colorMatrix: matrix must be an array of 20 finite numbers, not ${show(matrix)}`);
    }
    if (scaled(matrix).shift < 0) {
      throw new RangeError("colorMatrix: no weight may be above 32767: numbers are too large for sums of 32 bits");
    }
  },
  function* (run, pixels: Pixels, matrix: readonly number[]) {
    const { weights, starts, shift } = scaled(matrix), out = pixelsLike(pixels, pixels.length);
    yield* run.phase(module(), "colorMatrix", [pixels, out, weights, starts, shift], blocksOf(pixels));
    return out;
  },
);
