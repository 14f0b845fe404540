/** Pictures of the Mandelbrot set. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/mandelbrot.ts";
import { embedded, kernel } from "./define.ts";

/** Which part of the plane, and how exactly. */
export interface MandelbrotOptions {
  /** Points of a row, and rows. */
  width: number;
  height: number;
  /** The real part of the first point of a row. Default -2.25. */
  left?: number;
  /** The imaginary part of the first row: those below have less. Default 1.5. */
  top?: number;
  /** How far apart points are, in both directions. Default: such that `width` points are 3 wide. */
  step?: number;
  /** Steps at most. Default 256. */
  limit?: number;
}

const module = embedded(wasm);

/**
 * How many steps of z → z² + c, from 0, each point c of a part of the plane stays within 2 of 0: at most `limit`, which those of the
 * Mandelbrot set have.
 *
 * @returns row by row, in 16 bits where `limit` fits.
 * @throws `RangeError` for sizes that are no whole numbers.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const steps = await kernels.mandelbrot({ width: 4, height: 1, left: -1, top: 0, step: 1, limit: 100 });
 * assertEquals([...steps], [100, 100, 3, 2]);
 * ```
 */
export const mandelbrot: KernelFunction<[options: MandelbrotOptions], Uint16Array | Uint32Array> = kernel(
  "mandelbrot",
  1,
  (options: MandelbrotOptions) => {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`mandelbrot: needs an object of options, { width, height }, not ${show(options)}`);
    }
    const { width, height, limit = 256, left = 0, top = 0, step = 0 } = options;
    for (const [name, n] of Object.entries({ width, height, limit })) {
      if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
        throw new RangeError(`mandelbrot: ${name} must be a whole number of 31 bits, not ${show(n)}`);
      }
    }
    for (const [name, x] of Object.entries({ left, top, step })) {
      if (typeof x !== "number") throw new TypeError(`mandelbrot: ${name} must be a number, not ${show(x)}`);
    }
  },
  function* (
    run,
    { width, height, limit = 256, left = -2.25, top = 1.5, step = 3 / width }: MandelbrotOptions,
  ) {
    const [type, name] = limit < 2 ** 16
      ? [Uint16Array, "mandelbrot16"] as const
      : [Uint32Array, "mandelbrot32"] as const;
    const out = new type(width * height);
    yield* run.phase(module(), name, [out, width, left, top, step, limit], height);
    return out;
  },
);
