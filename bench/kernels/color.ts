/** The colours of pictures. */
import { kernels } from "../../src/kernels/mod.ts";
import { colorMatrix, grayscale } from "../../tests/kernels/twins/color.ts";
import type { KernelCase } from "./types.ts";

const pixels = Uint8Array.from({ length: 4 * 1920 * 1080 }, (_, i) => (i * i) >>> 5);
const whole = [1, -1, 0, 0, 128, 0, 1, -1, 0, 128, -1, 0, 1, 0, 128, 0, 0, 0, 1, 0];

/** Of 1080 rows. */
export const cases: readonly KernelCase[] = [
  {
    title: "grayscale, 1920 × 1080",
    sides: { tendril: () => kernels.grayscale.sync(pixels), twin: () => grayscale(pixels) },
  },
  {
    title: "colour matrix, 1920 × 1080",
    sides: { tendril: () => kernels.colorMatrix.sync(pixels, whole), twin: () => colorMatrix(pixels, whole) },
  },
];
