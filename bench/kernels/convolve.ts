/** Pictures from the surroundings of their pixels. */
import { kernels } from "../../src/kernels/mod.ts";
import { blur, convolve } from "../../tests/kernels/twins/convolve.ts";
import { isNear } from "../../tests/kernels/twins/resize.ts";
import type { KernelCase } from "./types.ts";

const size = { width: 1920, height: 1080 };
const pixels = Uint8Array.from({ length: 4 * 1920 * 1080 }, (_, i) => i % 4 === 3 ? 255 : (i * i) >>> 5);
const soft = { sigma: 1.2, radius: 2 }, softer = { sigma: 5 };
const sharpen = { weights: [0, -1, 0, -1, 5, -1, 0, -1, 0] };

/** Blurs, and any weights. */
export const cases: readonly KernelCase[] = [
  {
    title: "Gaussian blur 5 × 5, 1920 × 1080",
    sides: {
      tendril: () => kernels.blur.sync(pixels, size, soft),
      twin: () => blur(pixels, size, soft),
    },
    same: isNear,
  },
  {
    title: "Gaussian blur 31 × 31, 1920 × 1080",
    sides: {
      tendril: () => kernels.blur.sync(pixels, size, softer),
      twin: () => blur(pixels, size, softer),
    },
    same: isNear,
  },
  {
    title: "sharpen 3 × 3, 1920 × 1080",
    sides: {
      tendril: () => kernels.convolve.sync(pixels, size, sharpen),
      twin: () => convolve(pixels, size, sharpen),
    },
    same: isNear,
  },
];
