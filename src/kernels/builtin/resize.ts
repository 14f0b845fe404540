/** Pictures in another size. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/resize.ts";
import { embedded, kernel, type Run } from "./define.ts";

/** Four bytes a pixel, row by row: red, green, blue, alpha. `ImageData.data`, say. */
export type Pixels = Uint8Array | Uint8ClampedArray;

/** How large a picture is, in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** What the fourth byte of a pixel means to a kernel. */
export interface AlphaOptions {
  /**
   * `straight` (the default): it is the alpha of colours that were not multiplied by it, so what is transparent lends no colour to its
   * neighbours. `independent`: it is one more channel; for colours that were multiplied by it, and pictures without transparency.
   */
  alpha?: "straight" | "independent";
}

/** What {@linkcode resize} is to make. */
export interface ResizeOptions extends ImageSize, AlphaOptions {
  /** `lanczos3` (the default) is the sharpest, `bilinear` softer, `box` the mean of the area. */
  filter?: "lanczos3" | "bilinear" | "box";
}

/** The weights by which each place of one dimension is made of places of the source. */
export interface Windows {
  /** Two numbers a place: where its window begins, and how many source places it has. */
  readonly windows: Int32Array;
  /** `stride` numbers a place, whose sum is 2^14. */
  readonly weights: Int16Array;
  readonly stride: number;
}

const module = embedded(wasm);

const ONE = 1 << 14;

/** Weights as the kernel wants them. Each place has a window that begins at `start`. */
export function windowsOf(places: readonly { start: number; weights: readonly number[] }[]): Windows {
  const stride = Math.max(...places.map(({ weights }) => weights.length));
  const windows = new Int32Array(2 * places.length), whole = new Int16Array(stride * places.length);
  places.forEach(({ start, weights }, place) => {
    windows.set([start, weights.length], 2 * place);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Rounded sums, not weights, so that errors do not add up.
    let sum = 0, before = 0;
    weights.forEach((weight, i) => {
      sum += weight;
      const rounded = Math.round(ONE * sum / total);
      whole[place * stride + i] = rounded - before;
      before = rounded;
    });
  });
  return { windows, weights: whole, stride };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** How a filter weighs the source pixel that lies `x` away, within `radius`. */
const FILTERS = {
  lanczos3: { radius: 3, at: (x: number): number => Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0 },
  bilinear: { radius: 1, at: (x: number): number => Math.max(0, 1 - Math.abs(x)) },
};

function resizeWindows(from: number, to: number, filter: NonNullable<ResizeOptions["filter"]>): Windows {
  const ratio = from / to;
  return windowsOf(Array.from({ length: to }, (_, place) => {
    if (filter === "box") return coverage(place * ratio, Math.min(from, (place + 1) * ratio));
    const { radius, at } = FILTERS[filter];
    // A filter is as wide as a pixel of whichever side has the larger ones.
    const scale = Math.max(1, ratio), center = (place + 0.5) * ratio;
    const start = Math.max(0, Math.floor(center - radius * scale + 0.5));
    const end = Math.min(from, Math.ceil(center + radius * scale - 0.5));
    return {
      start,
      weights: Array.from({ length: end - start }, (_, i) => at((start + i + 0.5 - center) / scale)),
    };
  }));
}

/** How much of each pixel lies in an interval. */
function coverage(low: number, high: number): { start: number; weights: number[] } {
  const start = Math.floor(low), n = Math.max(1, Math.ceil(high) - start);
  return {
    start,
    weights: Array.from({ length: n }, (_, i) => Math.min(start + i + 1, high) - Math.max(start + i, low)),
  };
}

/** @throws `TypeError`, `RangeError` where the bytes are no picture of that size. */
export function checkPixels(pixels: Pixels, { width, height }: ImageSize, what: string): void {
  if (!(pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray)) {
    throw new TypeError(`${what}: pixels must be a Uint8Array or a Uint8ClampedArray, not ${show(pixels)}`);
  }
  checkSize({ width, height }, what);
  if (pixels.length !== 4 * width * height) {
    throw new RangeError(
      `${what}: pixels has ${pixels.length} bytes, and a picture of ${width} × ${height} has ${
        4 * width * height
      }, four a pixel`,
    );
  }
}

function checkSize(size: ImageSize, what: string): void {
  for (const name of ["width", "height"] as const) {
    if (!Number.isSafeInteger(size[name]) || size[name] < 1) {
      throw new RangeError(`${what}: ${name} must be a whole number from 1, not ${show(size[name])}`);
    }
  }
}

/** @throws `TypeError` for a meaning of alpha that there is not. */
export function checkAlpha(alpha: unknown, what: string): void {
  if (alpha !== undefined && alpha !== "straight" && alpha !== "independent") {
    throw new TypeError(`${what}: alpha must be "straight" or "independent", not ${show(alpha)}`);
  }
}

/** Bytes of the same class: of what is a class of its own, as a Buffer, of `Uint8Array`. */
export function pixelsLike(given: Pixels, length: number): Pixels {
  return given instanceof Uint8ClampedArray ? new Uint8ClampedArray(length) : new Uint8Array(length);
}

/** A picture each of whose pixels is a weighted sum of a window of another. */
export function* resample(
  run: Run,
  given: Pixels,
  { width, height }: ImageSize,
  across: Windows,
  down: Windows,
  alpha: AlphaOptions["alpha"] = "straight",
): Generator<unknown, Pixels, unknown> {
  const columns = across.windows.length / 2, rows = down.windows.length / 2;
  const pixels = run.held(given);
  const straight = alpha === "straight" &&
    (yield* run.phase(module(), "isOpaque", [pixels, width], height)).includes(0);
  const between = run.array(Int16Array, 4 * columns * height);
  const table = [across.windows, across.weights, width, columns, across.stride];
  if (straight) {
    const halves = run.array(Int16Array, pixels.length);
    yield* run.phase(module(), "premultiply", [pixels, halves, width], height);
    yield* run.phase(module(), "rowsOfHalves", [halves, between, ...table], height);
  } else yield* run.phase(module(), "rowsOfBytes", [pixels, between, ...table], height);
  const out = pixelsLike(given, 4 * columns * rows);
  const { windows, weights, stride } = down;
  yield* run.phase(module(), "columns", [between, out, windows, weights, columns, stride, straight], rows);
  return out;
}

/**
 * A picture in another size.
 *
 * Sums are whole numbers: weights have 14 bits, and the picture between the two passes 6 bits below a byte's. The result may differ by
 * one from that of exact arithmetic; it is the same on every machine.
 *
 * @param pixels four bytes a pixel, row by row.
 * @param from how large the picture is.
 * @param to how large it shall be, and how.
 * @returns pixels, a `Uint8ClampedArray` for one, else a `Uint8Array`.
 * @throws `TypeError`, `RangeError` for what is no picture of that size, and for options that there are not.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const blackAndWhite = new Uint8Array([0, 0, 0, 255, 255, 255, 255, 255]);
 * const gray = await kernels.resize(blackAndWhite, { width: 2, height: 1 }, { width: 1, height: 1, filter: "box" });
 * assertEquals([...gray], [128, 128, 128, 255]);
 * ```
 */
export const resize: KernelFunction<[pixels: Pixels, from: ImageSize, to: ResizeOptions], Pixels> = kernel(
  "resize",
  3,
  (pixels: Pixels, from: ImageSize, to: ResizeOptions) => {
    checkPixels(pixels, from, "resize");
    checkSize(to, "resize to");
    checkAlpha(to.alpha, "resize");
    const { filter = "box" } = to;
    if (filter !== "box" && !Object.hasOwn(FILTERS, filter)) {
      throw new TypeError(
        `resize: filter must be "lanczos3", "bilinear" or "box", not ${show(filter)}`,
      );
    }
  },
  (run, pixels: Pixels, from: ImageSize, { width, height, filter = "lanczos3", alpha }: ResizeOptions) =>
    resample(
      run,
      pixels,
      from,
      resizeWindows(from.width, width, filter),
      resizeWindows(from.height, height, filter),
      alpha,
    ),
);
