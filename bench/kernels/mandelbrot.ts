import { kernels } from "tendril/kernels";
import { mandelbrot } from "../../tests/kernels/twins/mandelbrot.ts";
import type { KernelCase } from "./types.ts";

const options = { width: 400, height: 300, left: -2.25, top: 1.125, step: 0.0075, limit: 200 };

export const cases: readonly KernelCase[] = [{
  title: "mandelbrot, 400 × 300, 200 steps at most",
  sides: {
    tendril: () => kernels.mandelbrot.sync(options),
    TypeScript: () => mandelbrot(options),
  },
}];
