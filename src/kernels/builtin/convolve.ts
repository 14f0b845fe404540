/** Pictures from the surroundings of their pixels: blurred, sharpened, with edges found. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/convolve.ts";
import { embedded, kernel } from "./define.ts";
import {
  type AlphaOptions,
  checkAlpha,
  checkPixels,
  type ImageSize,
  type Pixels,
  pixelsLike,
  resample,
  type Windows,
  windowsOf,
} from "./resize.ts";

/** How {@linkcode blur} blurs. */
export interface BlurOptions extends AlphaOptions {
  /** The standard deviation of the bell curve, in pixels. */
  sigma: number;
  /** How many pixels to each side count. Default: three times `sigma`, rounded up. */
  radius?: number;
}

/** Weights of the 2 · radius + 1 pixels around each place; those beyond an edge count for the last pixel. */
function blurWindows(places: number, sigma: number, radius: number): Windows {
  const bell = Array.from(
    { length: 2 * radius + 1 },
    (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  return windowsOf(Array.from({ length: places }, (_, place) => {
    const start = Math.max(0, place - radius), end = Math.min(places - 1, place + radius);
    if (end - start === 2 * radius) return { start, weights: bell };
    const weights: number[] = Array(end - start + 1).fill(0);
    bell.forEach((weight, i) => {
      weights[Math.min(end, Math.max(start, place - radius + i)) - start] += weight;
    });
    return { start, weights };
  }));
}

/**
 * Blurs a picture by a Gaussian bell curve. Beyond its edges it goes on as its last pixels. Arithmetic is that of `resize`: the result
 * may differ by one from the exact one, and is the same on every machine.
 *
 * @param pixels four bytes a pixel, row by row.
 * @param size how large the picture is.
 * @returns pixels, a `Uint8ClampedArray` for one, else a `Uint8Array`.
 * @throws `TypeError`, `RangeError` for what is no picture of that size, and for options that make no sense.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const dot = new Uint8Array(4 * 9).fill(255, 16, 20);
 * const soft = await kernels.blur(dot, { width: 3, height: 3 }, { sigma: 1, radius: 1, alpha: "independent" });
 * assertEquals([soft[0], soft[4], soft[16]], [19, 32, 52]);
 * ```
 */
export const blur: KernelFunction<[pixels: Pixels, size: ImageSize, options: BlurOptions], Pixels> = kernel(
  "blur",
  3,
  (pixels: Pixels, size: ImageSize, { sigma, radius = 0, alpha }: BlurOptions) => {
    checkPixels(pixels, size, "blur");
    checkAlpha(alpha, "blur");
    if (typeof sigma !== "number" || !(sigma > 0) || sigma === Infinity) {
      throw new RangeError(`blur: sigma must be a number of pixels above 0, not ${show(sigma)}`);
    }
    if (!Number.isSafeInteger(radius) || radius < 0) {
      throw new RangeError(`blur: radius must be a whole number from 0, not ${show(radius)}`);
    }
  },
  (run, pixels: Pixels, size: ImageSize, options: BlurOptions) => {
    const { sigma, radius = Math.ceil(3 * sigma), alpha } = options;
    const across = blurWindows(size.width, sigma, radius);
    const down = size.height === size.width ? across : blurWindows(size.height, sigma, radius);
    return resample(run, pixels, size, across, down, alpha);
  },
);

/** Options of {@linkcode convolve}. */
export interface ConvolveOptions {
  /** A square of weights, row by row; its side is odd. The middle one is of the pixel itself. */
  weights: readonly number[] | Float32Array | Float64Array;
  /** Sums are divided by this. Default: the sum of the weights, or 1 where that is 0. */
  divisor?: number;
  /** What is added after that: 128, say, so that differences can be seen. Default 0. */
  bias?: number;
  /** `keep` (the default): alpha stays as it is. `filter`: it is one more channel. Colours are taken as they are in both. */
  alpha?: "keep" | "filter";
}

/** How many bits weights may have below one, at most. */
const MAX_SHIFT = 14;
/** A sum of weights below this is what rounding left of 0. */
const NOTHING = 1e-9;

const module = embedded(wasm);

/** The options as the kernel wants them: weights and sums `shift` bits larger. */
function scaled({ weights, divisor, bias = 0, alpha = "keep" }: ConvolveOptions) {
  const sum = Array.from(weights).reduce((total, weight) => total + weight, 0);
  const by = divisor ?? (Math.abs(sum) < NOTHING ? 1 : sum);
  const exact = Array.from(weights, (weight) => weight / by);
  const largest = Math.max(...exact.map(Math.abs));
  const most = 255 * exact.reduce((total, weight) => total + Math.abs(weight), 1) + Math.abs(bias);
  let shift = MAX_SHIFT;
  while (shift >= 0 && (largest * 2 ** shift > 2 ** 15 - 1 || most * 2 ** shift > 2 ** 30)) shift--;
  return { exact, bias, shift, size: Math.sqrt(exact.length), keep: alpha === "keep" };
}

function checkConvolve(pixels: Pixels, size: ImageSize, options: ConvolveOptions): void {
  checkPixels(pixels, size, "convolve");
  const { weights, divisor = 1, bias = 0, alpha } = options;
  if (!Array.isArray(weights) && !(weights instanceof Float32Array || weights instanceof Float64Array)) {
    throw new TypeError(`convolve: weights must be an array of numbers, not ${show(weights)}`);
  }
  const side = Math.sqrt(weights.length);
  if (!Number.isInteger(side) || side % 2 === 0) {
    throw new RangeError(
      `convolve: weights must be a square with an odd side (1, 9, 25, 49 numbers, ...), not ${weights.length} numbers`,
    );
  }
  const odd = Array.from(weights).find((weight) => !Number.isFinite(weight));
  if (odd !== undefined) throw new RangeError(`convolve: weights must be finite numbers, not ${show(odd)}`);
  if (!Number.isFinite(bias)) {
    throw new RangeError(`convolve: bias must be a finite number, not ${show(bias)}`);
  }
  if (!Number.isFinite(divisor) || divisor === 0) {
    throw new RangeError(`convolve: divisor must be a number other than 0, not ${show(divisor)}`);
  }
  if (alpha !== undefined && alpha !== "keep" && alpha !== "filter") {
    throw new TypeError(`convolve: alpha must be "keep" or "filter", not ${show(alpha)}`);
  }
  if (scaled(options).shift < 0) {
    throw new RangeError(
      "convolve: weights or bias are too large for sums of 32 bits: no weight may be above 32767 after the division",
    );
  }
}

/**
 * Each pixel of a picture from the square around it, by any weights: sharpening, edges, relief. Beyond its edges a picture goes on as its
 * last pixels; sums are rounded, and cut off at 0 and 255. Weights are rounded to 14 bits below one, fewer where they are large.
 *
 * A blur by two passes is faster: see `blur`.
 *
 * @param pixels four bytes a pixel, row by row.
 * @param size how large the picture is.
 * @returns pixels, a `Uint8ClampedArray` for one, else a `Uint8Array`.
 * @throws `TypeError`, `RangeError` for what is no picture of that size, and for options that make no sense.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const step = new Uint8Array([9, 9, 9, 255, 9, 9, 9, 255, 50, 50, 50, 255]);
 * const sharp = await kernels.convolve(step, { width: 3, height: 1 }, { weights: [0, -1, 0, -1, 5, -1, 0, -1, 0] });
 * assertEquals([...sharp].filter((_, i) => i % 4 === 0), [9, 0, 91]);
 * ```
 */
export const convolve: KernelFunction<
  [pixels: Pixels, size: ImageSize, options: ConvolveOptions],
  Pixels
> = kernel("convolve", 3, checkConvolve, function* (run, pixels, { width, height }, options) {
  const { exact, bias, shift, size, keep } = scaled(options);
  const rows = new Int16Array(size * (size + 1));
  exact.forEach((weight, i) => rows[i + Math.floor(i / size)] = Math.round(weight * 2 ** shift));
  const out = pixelsLike(pixels, pixels.length);
  const start = Math.round((bias + 0.5) * 2 ** shift);
  const args = [pixels, out, rows, width, height, size, shift, start, keep];
  yield* run.phase(module(), "convolve", args, height);
  return out;
});
